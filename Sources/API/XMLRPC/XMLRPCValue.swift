/// A value of XML-RPC, with the extensions that clients use: `nil` and integers of 64 bits.
package indirect enum XMLRPCValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// Read from `int`, `i4`, `i8` and the other widths; written as `int`, or `i8` where 32 bits are too few.
    case integer(Int64)
    case double(Double)
    case string(String)
    /// As it was written: XML-RPC gives it no time zone.
    case dateTime(String)
    case base64([UInt8])
    case array([XMLRPCValue])
    /// In the order of the text; of two members with one name the last one counts.
    case structure([Member])
    /// A value as it is written, for answers that many ask for; nothing that is read is this. See ``written()``.
    case written([UInt8])

    package struct Member: Sendable, Hashable {
        package var name: String
        package var value: XMLRPCValue

        package init(_ name: String, _ value: XMLRPCValue) {
            self.name = name
            self.value = value
        }
    }

    /// A member of a structure; nil where there is none, or where this is no structure.
    package subscript(name: String) -> XMLRPCValue? {
        guard case .structure(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The word for its type in messages and signatures.
    package var typeName: String {
        switch self {
        case .null: "nil"
        case .boolean: "boolean"
        case .integer: "int"
        case .double: "double"
        case .string: "string"
        case .dateTime: "dateTime.iso8601"
        case .base64: "base64"
        case .array: "array"
        case .structure: "struct"
        case .written: "value"
        }
    }

    /// The same, written already: who answers with it again and again writes it once.
    package func written() -> XMLRPCValue {
        .written(XMLRPCWriter(self).reduce(into: []) { $0 += $1 })
    }
}

extension XMLRPCValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: XMLRPCValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, XMLRPCValue)...) {
        self = .structure(elements.map { Member($0, $1) })
    }
}
