/// A JSON value as the RADL forms need it: members keep their order, whole numbers stay whole.
public indirect enum RADLJSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case number(RADLNumber)
    case string(String)
    case array([RADLJSONValue])
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        public var name: String
        public var value: RADLJSONValue

        public init(_ name: String, _ value: RADLJSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// How the text is spaced.
    public enum Spacing: Sendable, Hashable {
        /// None.
        case compact
        /// One blank behind commas and colons.
        case spaced
        /// A line for each member, indented by two blanks for each level.
        case indented
    }

    /// The member of a name; of several the last one.
    public subscript(name: String) -> RADLJSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The value as JSON text in UTF-8.
    public func text(spacing: Spacing = .compact) -> String {
        var text = ""
        write(to: &text, spacing, level: 0)
        return text
    }

    private func write(to text: inout String, _ spacing: Spacing, level: Int) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(.integer(let value)): text += String(value)
        case .number(.real(let value)): text += value.description
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.write(values.count, "[", "]", to: &text, spacing, level) { index, text in
                values[index].write(to: &text, spacing, level: level + 1)
            }
        case .object(let members):
            Self.write(members.count, "{", "}", to: &text, spacing, level) { index, text in
                Self.write(members[index].name, to: &text)
                text += spacing == .compact ? ":" : ": "
                members[index].value.write(to: &text, spacing, level: level + 1)
            }
        }
    }

    private static func write(
        _ count: Int, _ open: String, _ close: String, to text: inout String, _ spacing: Spacing, _ level: Int,
        element: (Int, inout String) -> Void
    ) {
        text += open
        for index in 0..<count {
            if index > 0 { text += spacing == .spaced ? ", " : "," }
            if spacing == .indented { text += "\n" + String(repeating: "  ", count: level + 1) }
            element(index, &text)
        }
        if spacing == .indented, count > 0 { text += "\n" + String(repeating: "  ", count: level) }
        text += close
    }

    private static func write(_ value: String, to text: inout String) {
        text += "\""
        if value.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                case "\r": text += "\\r"
                case "\t": text += "\\t"
                case _ where scalar.value < 0x20:
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: text.unicodeScalars.append(scalar)
                }
            }
        } else {
            text += value
        }
        text += "\""
    }
}
