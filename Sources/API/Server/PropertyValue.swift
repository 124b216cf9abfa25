import RADL

/// The value of a machine's property as IM prints it: numbers without a unit (sizes in bytes), lists as lines.
enum PropertyValue: Encodable, Sendable {
    case text(String)
    case list([String])
    case number(RADLNumber)

    /// Nil for a feature that there is not.
    init?(_ name: String, in features: Features) {
        switch features[name]?.value {
        case .string(let text, _): self = .text(text)
        case .list(let texts, _): self = .list(texts)
        case .number(let interval): self = .number(interval.value.converted())
        default: return nil
        }
    }

    /// As plain text.
    var text: String {
        switch self {
        case .text(let text): text
        case .list(let texts): texts.joined(separator: "\n")
        case .number(let number): number.description
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text, .list: try container.encode(text)
        case .number(.integer(let value)): try container.encode(value)
        case .number(.real(let value)): try container.encode(value)
        }
    }
}
