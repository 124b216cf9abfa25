import FuzzedJSON

/// What a connector or a stored record may hold: read as a value of any shape, written, and read again.
indirect enum AnyJSON: Codable, Hashable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([AnyJSON])
    case members([String: AnyJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .list(value)
        } else {
            self = .members(try container.decode([String: AnyJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .members(let value): try container.encode(value)
        }
    }

    static func feed(_ bytes: [UInt8]) {
        struct Known: Codable {
            var id: String
            var count: Int?
            var list: [[String: Double]]?
        }
        _ = try? JSONText.decode(Known.self, from: bytes)
        guard let value = try? JSONText.decode(AnyJSON.self, from: bytes) else { return }
        guard let written = try? JSONText.encode(value) else { preconditionFailure("what was read cannot be written") }
        precondition((try? JSONText.decode(AnyJSON.self, from: written)) == value, "JSON does not survive")
    }
}
