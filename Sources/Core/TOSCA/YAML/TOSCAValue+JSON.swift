extension TOSCAValue {
    /// The value as JSON, keys in the order of the document.
    package var json: String {
        var text = ""
        write(into: &text)
        return text
    }

    private func write(into text: inout String) {
        switch content {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .real(let number): text += number.isFinite ? number.description : "null"
        case .text(let string), .tagged(_, let string): Self.quote(string, into: &text)
        case .list(let list):
            text += "["
            for (place, value) in list.enumerated() {
                if place > 0 { text += ", " }
                value.write(into: &text)
            }
            text += "]"
        case .map(let map):
            text += "{"
            for (place, entry) in map.entries.enumerated() {
                if place > 0 { text += ", " }
                Self.quote(entry.key, into: &text)
                text += ": "
                entry.value.write(into: &text)
            }
            text += "}"
        }
    }

    private static func quote(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
