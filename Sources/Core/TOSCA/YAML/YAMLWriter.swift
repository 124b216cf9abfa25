/// Writes values as YAML that this module, PyYAML and Ansible read as the same values.
struct YAMLWriter {
    private(set) var text = ""

    static func text(of value: TOSCAValue) -> String {
        var writer = YAMLWriter()
        writer.document(value)
        return writer.text
    }

    mutating func document(_ value: TOSCAValue) {
        switch value.content {
        case .list(let list) where !list.isEmpty: self.list(list, indent: 0)
        case .map(let map) where !map.isEmpty: self.map(map, indent: 0, isFirstInline: false)
        default:
            scalar(value, indent: 0)
            text += "\n"
        }
    }

    private mutating func pad(_ count: Int) {
        text += String(repeating: " ", count: count)
    }

    private mutating func map(_ map: TOSCAMap, indent: Int, isFirstInline: Bool) {
        for (number, entry) in map.entries.enumerated() {
            if number > 0 || !isFirstInline { pad(indent) }
            text += Self.isPlain(entry.key) ? entry.key : Self.quoted(entry.key)
            text += ":"
            behindKey(entry.value, indent: indent)
        }
    }

    private mutating func behindKey(_ value: TOSCAValue, indent: Int) {
        switch value.content {
        case .list(let list) where !list.isEmpty:
            text += "\n"
            self.list(list, indent: indent)
        case .map(let map) where !map.isEmpty:
            text += "\n"
            self.map(map, indent: indent + 2, isFirstInline: false)
        default:
            text += " "
            scalar(value, indent: indent)
            text += "\n"
        }
    }

    private mutating func list(_ list: [TOSCAValue], indent: Int) {
        for value in list {
            pad(indent)
            text += "- "
            switch value.content {
            case .map(let map) where !map.isEmpty: self.map(map, indent: indent + 2, isFirstInline: true)
            case .list(let inner) where !inner.isEmpty:
                // A list within a list begins on a line of its own.
                text.removeLast()
                text += "\n"
                self.list(inner, indent: indent + 2)
            default:
                scalar(value, indent: indent)
                text += "\n"
            }
        }
    }

    private mutating func scalar(_ value: TOSCAValue, indent: Int) {
        switch value.content {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .real(let number): text += Self.real(number, value.written)
        case .text(let string): string.utf8.contains(0x0a) ? block(string, indent) : plain(string)
        case .tagged(let tag, let string):
            text += tag + " "
            string.utf8.contains(0x0a) ? block(string, indent) : (text += Self.quoted(string))
        case .list: text += "[]"
        case .map: text += "{}"
        }
    }

    private static func real(_ number: Double, _ written: String?) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        if let written { return written }
        let text = number.description
        // PyYAML reads an exponent only behind a point and with a sign.
        guard let mark = text.firstIndex(of: "e") else { return text }
        var mantissa = String(text[..<mark])
        var exponent = String(text[text.index(after: mark)...])
        if !mantissa.contains(".") { mantissa += ".0" }
        if !exponent.hasPrefix("-"), !exponent.hasPrefix("+") { exponent = "+" + exponent }
        return "\(mantissa)e\(exponent)"
    }

    private mutating func plain(_ string: String) {
        text += Self.isPlain(string) && !YAMLScalars.isAmbiguous(string) ? string : Self.quoted(string)
    }

    /// A text of several lines as it is, where a block can hold it.
    private mutating func block(_ string: String, _ indent: Int) {
        let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        let isClean = string.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || ($0.value >= 0x20 && isPrintable($0))
        }
        guard isClean, let first = lines.first, !first.isEmpty, first.first != " ", first.first != "\t",
            !string.hasSuffix("\n\n"),
            !lines.contains(where: { $0.allSatisfy { $0 == " " || $0 == "\t" } && !$0.isEmpty })
        else {
            text += Self.quoted(string)
            return
        }
        let endsInNewline = string.hasSuffix("\n")
        text += endsInNewline ? "|" : "|-"
        for line in endsInNewline ? lines.dropLast() : lines[...] {
            text += "\n"
            if !line.isEmpty {
                pad(indent + 2)
                text += line
            }
        }
    }

    private static func isPlain(_ string: String) -> Bool {
        guard let first = string.utf8.first, string.utf8.count <= 120 else { return false }
        let isLetter =
            (first | 0x20 >= 0x61 && first | 0x20 <= 0x7a) || first == UInt8(ascii: "_")
            || first == UInt8(ascii: "/") || (first >= 0x30 && first <= 0x39)
        guard isLetter else { return false }
        return string.utf8.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "/")
        }
    }

    private static func quoted(_ string: String) -> String {
        let needsEscapes = string.unicodeScalars.contains { !isPrintable($0) }
        if !needsEscapes {
            return "'" + string.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        }
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    let width = scalar.value < 0x100 ? 2 : scalar.value < 0x10000 ? 4 : 8
                    result += ["\\x", "\\u", "\\U"][width == 2 ? 0 : width == 4 ? 1 : 2]
                    result += String(repeating: "0", count: width - digits.count) + digits
                }
            }
        }
        return result + "\""
    }
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff: true
    default: false
    }
}
