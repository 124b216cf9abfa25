import Foundation
import XMLRPC

extension XMLRPCValue {
    /// A number; what `int` cannot hold is a string, which clients print.
    static func number(_ value: Int64) -> XMLRPCValue {
        Int32(exactly: value) == nil ? .string(String(value)) : .integer(value)
    }

    /// What REST answers as JSON, as a value: the same names and types.
    init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(Decoded.self, from: try JSONEncoder().encode(value)).value
    }

    /// JSON of any shape.
    private struct Decoded: Decodable {
        var value: XMLRPCValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let flag = try? container.decode(Bool.self) {
                value = .boolean(flag)
            } else if let number = try? container.decode(Int64.self) {
                value = .number(number)
            } else if let number = try? container.decode(Double.self) {
                value = .double(number)
            } else if let text = try? container.decode(String.self) {
                value = .string(text)
            } else if let list = try? container.decode([Decoded].self) {
                value = .array(list.map(\.value))
            } else {
                let members = try container.decode([String: Decoded].self)
                value = .structure(members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value.value) })
            }
        }
    }
}
