extension BuiltIns {
    static let ansibleTextFilters: [String: JinjaFunction] = [
        "regex_replace": JinjaFunction(
            ["value", "pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"]
        ) { arguments, context in
            let pattern = try regex(arguments, 1, "pattern", ignoreCase: 3, multiline: 4)
            let replacement = try arguments.text(2, "replacement") ?? ""
            let (text, count) = try pattern.replacing(
                in: arguments.subject.text, with: replacement, limit: try arguments.int(5, "count") ?? 0, context)
            if let wanted = try arguments.int(6, "mandatory_count"), wanted != 0, wanted != count {
                throw JinjaError.value(
                    "'\(try arguments.text(1, "pattern") ?? "")' should match \(wanted) times, but matches \(count) times in '\(arguments.subject.text)'"
                )
            }
            return .string(text)
        },
        "regex_search": JinjaFunction(nil, regexSearch),
        "regex_findall": JinjaFunction(["value", "regex", "multiline", "ignorecase"]) { arguments, context in
            let pattern = try regex(arguments, 1, "regex", ignoreCase: 3, multiline: 2)
            let source = arguments.subject.text.scalars
            return .list(
                try pattern.matches(in: source, context).map { match in
                    func text(_ group: Int) -> JinjaValue {
                        .string(match.range(of: group).map { String(scalars: source[$0]) } ?? "")
                    }
                    switch pattern.groupCount {
                    case 0: return text(0)
                    case 1: return text(1)
                    default: return .tuple((1...pattern.groupCount).map(text))
                    }
                })
        },
        "regex_escape": JinjaFunction(["string", "re_type"]) { arguments, _ in
            let special =
                try arguments.text(1, "re_type") == "posix_basic"
                ? "[].^$*\\" : "()[]{}?*+-|^$\\.&~# \t\n\r\u{0b}\u{0c}"
            var output = ""
            for scalar in arguments.subject.text.unicodeScalars {
                if special.unicodeScalars.contains(scalar) { output += "\\" }
                output.unicodeScalars.append(scalar)
            }
            return .string(output)
        },
        "quote": JinjaFunction(["a"]) { arguments, _ in
            .string(shellQuote(arguments.subject.isNone ? "" : arguments.subject.text))
        },
        "comment": JinjaFunction(nil, CommentFilter.filter),
        "split": JinjaFunction(["value", "sep", "maxsplit"]) { arguments, _ in
            .strings(
                try StringMethods.split(
                    arguments.subject.text, separator: try arguments.text(1, "sep"),
                    limit: try arguments.int(2, "maxsplit") ?? -1))
        },
        "b64encode": JinjaFunction(["string", "encoding"]) { arguments, _ in
            let encoding = try TextEncoding(named: try arguments.text(1, "encoding") ?? "utf-8")
            return .string(Base64.encode(try encoding.bytes(of: arguments.subject.text)))
        },
        "b64decode": JinjaFunction(["string", "encoding"]) { arguments, _ in
            let encoding = try TextEncoding(named: try arguments.text(1, "encoding") ?? "utf-8")
            return .string(encoding.text(of: try Base64.decode(arguments.subject.text)))
        },
        "urlsplit": JinjaFunction(["value", "query"]) { arguments, _ in
            let parts = URLParts(arguments.subject.text).dict
            guard let wanted = try arguments.text(1, "query"), !wanted.isEmpty else { return .dict(parts) }
            guard let part = parts[wanted] else {
                throw JinjaError.value("urlsplit: unknown URL component: \(wanted)")
            }
            return part
        },
        "urldecode": JinjaFunction(["string"]) { arguments, _ in
            .string(URLParts.percentDecode(arguments.subject.text))
        },
    ]

    private static func regex(
        _ arguments: JinjaArguments, _ position: Int, _ name: String, ignoreCase: Int, multiline: Int
    ) throws(JinjaError) -> PythonRegex {
        try PythonRegex(
            try arguments.text(position, name) ?? "", ignoresCase: arguments.flag(ignoreCase, "ignorecase"),
            isMultiline: arguments.flag(multiline, "multiline"))
    }

    private static func regexSearch(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        guard let pattern = try arguments.text(1, "regex") else {
            throw JinjaError.type("regex_search() needs an expression")
        }
        let regex = try PythonRegex(
            pattern, ignoresCase: arguments["ignorecase"]?.isTrue ?? false,
            isMultiline: arguments["multiline"]?.isTrue ?? false)
        let source = arguments.subject.text.scalars
        var groups: [Int] = []
        for argument in arguments.positional.dropFirst(2) {
            var name = argument.text
            if name.hasPrefix("\\g<"), name.hasSuffix(">") {
                name = String(name.dropFirst(3).dropLast())
            } else if name.hasPrefix("\\") {
                name = String(name.dropFirst())
            } else {
                throw JinjaError.value("Unknown argument \(argument.repr)")
            }
            guard let number = regex.number(ofGroup: name) else { throw JinjaError.value("no such group '\(name)'") }
            groups.append(number)
        }
        guard let match = try regex.firstMatch(in: source, context) else { return .none }
        func text(_ group: Int) -> JinjaValue {
            match.range(of: group).map { .string(String(scalars: source[$0])) } ?? .none
        }
        return groups.isEmpty ? text(0) : .list(groups.map(text))
    }

    /// Python's `shlex.quote`.
    static func shellQuote(_ text: String) -> String {
        if text.isEmpty { return "''" }
        let isSafe = text.unicodeScalars.allSatisfy {
            $0.value < 0x80 && ($0.isWord || "@%+=:,./-".unicodeScalars.contains($0))
        }
        if isSafe { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
    }
}

/// `comment`.
enum CommentFilter {
    private struct Style {
        var beginning = ""
        var decoration: String
        var end = ""
    }

    private static let styles: [String: Style] = [
        "plain": Style(decoration: "# "), "decoration": Style(decoration: "# "), "erlang": Style(decoration: "% "),
        "c": Style(decoration: "// "), "cblock": Style(beginning: "/*", decoration: " * ", end: " */"),
        "xml": Style(beginning: "<!--", decoration: " - ", end: "-->"),
    ]

    static func filter(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let name = try arguments.text(1, "style") ?? "plain"
        guard let style = styles[name] else { throw JinjaError.value("Invalid style '\(name)'.") }
        func option(_ name: String, _ fallback: String) throws -> String {
            try arguments.text(Int.max, name) ?? fallback
        }
        let decoration = try option("decoration", style.decoration)
        let prefix = try option("prefix", decoration.trimmingTrailingSpaces())
        let postfix = try option("postfix", prefix)
        let newline = try option("newline", "\n")
        let prefixCount = try arguments.int(Int.max, "prefix_count") ?? 1
        let postfixCount = try arguments.int(Int.max, "postfix_count") ?? 1
        try context.checkSize(max(prefixCount, postfixCount))
        let beginning = try option("beginning", style.beginning)
        let end = try option("end", style.end)
        let first = beginning.isEmpty ? "" : beginning + newline
        let before = prefix.isEmpty ? "" : String(repeating: prefix + newline, count: max(0, prefixCount))
        let lines = arguments.subject.text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines.map { line in
            let text = (decoration + line)
            return line.isEmpty ? decoration.trimmingTrailingSpaces() : text
        }.joined(separator: newline)
        let after =
            postfix.isEmpty
            ? newline
            : newline + Array(repeating: postfix, count: max(0, postfixCount)).joined(separator: newline)
        let last = end.isEmpty ? "" : (after.hasSuffix(newline) ? end : newline + end)
        return .string(first + before + body + after + last)
    }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        StringMethods.strip(self, nil, left: false, right: true)
    }
}

/// Base64 with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let one = UInt32(bytes[index]) << 16
            let two = index + 1 < bytes.count ? UInt32(bytes[index + 1]) << 8 : 0
            let three = index + 2 < bytes.count ? UInt32(bytes[index + 2]) : 0
            let group = one | two | three
            for (position, shift) in [18, 12, 6, 0].enumerated() {
                let isPadding = index + position > bytes.count
                output.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(group >> UInt32(shift)) & 63])
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Characters outside of the alphabet are skipped, as Python does.
    static func decode(_ text: String) throws(JinjaError) -> [UInt8] {
        var output: [UInt8] = []
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard let value = alphabet.firstIndex(of: byte) else { continue }
            group = group << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 {
                output += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
                group = 0
            }
        }
        switch count % 4 {
        case 0: break
        case 2 where padding >= 2: output.append(UInt8(group >> 4 & 255))
        case 3 where padding >= 1: output += [UInt8(group >> 10 & 255), UInt8(group >> 2 & 255)]
        default: throw .value("Incorrect padding")
        }
        return output
    }
}

/// The parts of an address as Python's `urlsplit` names them.
struct URLParts {
    let dict: JinjaDict

    init(_ text: String) {
        var rest = text[...]
        func cut(_ separator: Character) -> String {
            guard let place = rest.firstIndex(of: separator) else { return "" }
            let tail = String(rest[rest.index(after: place)...])
            rest = rest[..<place]
            return tail
        }
        var scheme = ""
        if let colon = rest.firstIndex(of: ":"), rest.first?.isLetter == true,
            rest[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        var authority = ""
        let hasAuthority = rest.hasPrefix("//")
        if hasAuthority {
            let body = rest.dropFirst(2)
            let end = body.firstIndex { "/?#".contains($0) } ?? body.endIndex
            authority = String(body[..<end])
            rest = body[end...]
        }
        let fragment = cut("#")
        let query = cut("?")
        var host = authority[...]
        var user: JinjaValue = .none
        var password: JinjaValue = .none
        if let at = host.lastIndex(of: "@") {
            let credentials = host[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = .string(String(credentials.first ?? ""))
            if credentials.count > 1 { password = .string(String(credentials[1])) }
            host = host[host.index(after: at)...]
        }
        var port: JinjaValue = .none
        if host.hasPrefix("["), let close = host.firstIndex(of: "]") {
            port = Int(host[host.index(after: close)...].dropFirst()).map(JinjaValue.int) ?? .none
            host = host[host.index(after: host.startIndex)..<close]
        } else if let colon = host.lastIndex(of: ":") {
            port = Int(host[host.index(after: colon)...]).map(JinjaValue.int) ?? .none
            host = host[..<colon]
        }
        dict = [
            "fragment": .string(fragment), "hostname": host.isEmpty ? .none : .string(host.lowercased()),
            "netloc": .string(authority), "password": password, "path": .string(String(rest)), "port": port,
            "query": .string(query), "scheme": .string(scheme), "username": user,
        ]
    }

    /// `%41` and `+` decoded.
    static func percentDecode(_ text: String) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let value = UInt8(String(decoding: source[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                index += 3
            } else {
                bytes.append(source[index] == UInt8(ascii: "+") ? 0x20 : source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
