extension BuiltIns {
    static let htmlFilters: [String: JinjaFunction] = [
        "e": escapeFilter, "escape": escapeFilter, "forceescape": escapeFilter,
        "safe": JinjaFunction(["value"]) { arguments, _ in .string(arguments.subject.text) },
        "striptags": JinjaFunction(["value"]) { arguments, _ in .string(stripTags(arguments.subject.text)) },
        "urlencode": JinjaFunction(["value"]) { arguments, context in
            .string(try urlEncode(arguments.subject, context))
        },
        "xmlattr": JinjaFunction(["d", "autospace"]) { arguments, context in
            guard case .dict(let dict) = arguments.subject else {
                throw JinjaError.type("xmlattr() needs a dict, not \(arguments.subject.typeName)")
            }
            var parts: [String] = []
            for (key, value) in dict where !value.isNone && !value.isUndefined {
                let name = key.text
                guard !name.unicodeScalars.contains(where: { $0.isPythonSpace || "/>=".unicodeScalars.contains($0) })
                else { throw JinjaError.value("Invalid character in attribute name: \(key.repr)") }
                parts.append("\(escape(name))=\"\(escape(value.text))\"")
            }
            let text = parts.joined(separator: " ")
            return .string(!text.isEmpty && arguments.flag(1, "autospace", default: true) ? " " + text : text)
        },
        "tojson": JinjaFunction(["value", "indent"]) { arguments, _ in
            let writer = JSONWriter(indent: try arguments.int(1, "indent"), sortsKeys: true)
            let text = try writer.text(of: arguments.subject)
            var output = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "<": output += "\\u003c"
                case ">": output += "\\u003e"
                case "&": output += "\\u0026"
                case "'": output += "\\u0027"
                default: output.unicodeScalars.append(scalar)
                }
            }
            return .string(output)
        },
        "urlize": JinjaFunction(
            ["value", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes"], Urlize.filter),
    ]

    private static let escapeFilter = JinjaFunction(["s"]) { arguments, _ in .string(escape(arguments.subject.text)) }

    static func escape(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&#34;"
            case "'": output += "&#39;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private static func stripTags(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        let scalars = text.scalars
        var index = 0
        while index < scalars.count {
            if scalars.hasPart("<!--".scalars, at: index),
                let end = scalars.firstIndex(of: "-->".scalars, from: index + 4)
            {
                index = end + 3
            } else if scalars[index] == "<", let end = scalars.firstIndex(of: [">"], from: index) {
                index = end + 1
            } else {
                output.append(scalars[index])
                index += 1
            }
        }
        let words = (try? StringMethods.split(String(output), separator: nil, limit: -1)) ?? []
        return HTMLEntities.decode(words.joined(separator: " "))
    }

    static func percentEncode(_ text: String, safe: String = "/", spaceAsPlus: Bool = false) -> String {
        var output = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || scalar.isDecimalDigit
                    || "_.-~".unicodeScalars.contains(scalar) || safe.unicodeScalars.contains(scalar)
            {
                output.unicodeScalars.append(scalar)
            } else if spaceAsPlus, scalar == " " {
                output += "+"
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                output += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return output
    }

    private static func urlEncode(_ value: JinjaValue, _ context: JinjaContext) throws(JinjaError) -> String {
        let pairs: [(JinjaValue, JinjaValue)]
        switch value {
        case .dict(let dict): pairs = dict.map { ($0.key, $0.value) }
        case .list(let items), .tuple(let items):
            var list: [(JinjaValue, JinjaValue)] = []
            for item in items {
                guard let pair = item.listValue, pair.count == 2 else { throw .value("urlencode() needs pairs") }
                list.append((pair[0], pair[1]))
            }
            pairs = list
        default: return percentEncode(value.text)
        }
        return pairs.map { key, value in
            percentEncode(key.text, safe: "", spaceAsPlus: true) + "="
                + percentEncode(value.text, safe: "", spaceAsPlus: true)
        }.joined(separator: "&")
    }
}

/// The entities that markup usually holds.
enum HTMLEntities {
    private static let named: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}", "copy": "©", "reg": "®",
        "hellip": "…", "mdash": "—", "ndash": "–", "raquo": "»", "laquo": "«", "euro": "€",
    ]

    static func decode(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        let scalars = text.scalars
        var output = ""
        var index = 0
        while index < scalars.count {
            if scalars[index] == "&", let end = scalars[index...].firstIndex(of: ";"), end - index <= 10,
                let decoded = entity(String(scalars: scalars[(index + 1)..<end]))
            {
                output += decoded
                index = end + 1
            } else {
                output.unicodeScalars.append(scalars[index])
                index += 1
            }
        }
        return output
    }

    private static func entity(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return named[name] }
        let digits = name.dropFirst()
        let isHexadecimal = digits.hasPrefix("x") || digits.hasPrefix("X")
        let value = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap(Unicode.Scalar.init).map { String($0) }
    }
}

/// Turns addresses in text into links.
enum Urlize {
    static func filter(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let limit = try arguments.int(1, "trim_url_limit")
        var rel = Set((try arguments.text(4, "rel") ?? "").split(separator: " ").map(String.init))
        if arguments.flag(2, "nofollow") { rel.insert("nofollow") }
        rel.insert("noopener")
        let relation = " rel=\"\(BuiltIns.escape(rel.sorted().joined(separator: " ")))\""
        let target = try arguments.text(3, "target").map { " target=\"\(BuiltIns.escape($0))\"" } ?? ""
        let schemes = (arguments.value(5, "extra_schemes")?.listValue ?? []).map(\.text)
        var output = ""
        var word = ""
        for scalar in BuiltIns.escape(arguments.subject.text).unicodeScalars {
            if scalar.isPythonSpace {
                output += link(word, limit, relation, target, schemes)
                word = ""
                output.unicodeScalars.append(scalar)
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        return .string(output + link(word, limit, relation, target, schemes))
    }

    private static func link(
        _ word: String, _ limit: Int?, _ relation: String, _ target: String, _ schemes: [String]
    ) -> String {
        var head = ""
        var tail = ""
        var middle = word
        for opening in ["(", "<", "&lt;"] where middle.hasPrefix(opening) {
            head += opening
            middle = String(middle.dropFirst(opening.count))
        }
        if [")", ">", ".", ",", "\n", "&gt;"].contains(where: { middle.hasSuffix($0) }) {
            for closing in [")", ">", ".", ",", "\n", "&gt;"] {
                while middle.hasSuffix(closing), closing != ")" || !balanced(middle) {
                    tail = closing + tail
                    middle = String(middle.dropLast(closing.count))
                }
            }
        }
        func trimmed(_ text: String) -> String {
            guard let limit, text.count > limit else { return text }
            return text.prefix(limit) + "..."
        }
        func anchor(_ address: String, _ attributes: String) -> String {
            "<a href=\"\(address)\"\(attributes)>\(trimmed(middle))</a>"
        }
        if isAddress(middle) {
            let address = middle.hasPrefix("http://") || middle.hasPrefix("https://") ? middle : "https://\(middle)"
            return head + anchor(address, relation + target) + tail
        }
        if middle.hasPrefix("mailto:"), middle.contains("@") {
            return "\(head)<a href=\"\(middle)\">\(middle.dropFirst(7))</a>\(tail)"
        }
        if let at = middle.firstIndex(of: "@"), at != middle.startIndex, middle[at...].contains("."),
            !middle.hasPrefix("www."), !middle.contains(":"), !middle.contains("/")
        {
            return "\(head)<a href=\"mailto:\(middle)\">\(middle)</a>\(tail)"
        }
        if schemes.contains(where: { middle.hasPrefix($0) && middle != $0 }) {
            return head + anchor(middle, relation + target) + tail
        }
        return word
    }

    private static func balanced(_ text: String) -> Bool {
        text.count { $0 == "(" } == text.count { $0 == ")" }
    }

    private static func isAddress(_ text: String) -> Bool {
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return text.count > 8 && text.contains(".") }
        if text.hasPrefix("www.") { return text.count > 5 }
        let host = text.prefix { $0 != "/" }
        return !text.contains("@")
            && [".com", ".net", ".org", ".edu", ".gov", ".int", ".mil", ".info"].contains { host.hasSuffix($0) }
            && host.count > 4
    }
}
