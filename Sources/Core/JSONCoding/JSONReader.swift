import Foundation

/// A value of another kind than the one asked for. Light, since types such as `JSONValue` ask for one kind after the
/// other; becomes a `DecodingError` where it leaves the decoder.
struct JSONMismatch: Error {
    let index: Int
    let type: any Any.Type

    func decodingError(_ tape: JSONTape) -> DecodingError {
        let kind = tape[index].kind
        let context = DecodingError.Context(codingPath: tape.path(to: index), debugDescription: "\(kind) found")
        return kind == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

/// A value within a tape.
struct JSONReader: Decoder, SingleValueDecodingContainer {
    // No more than fits into an `any Decoder` without a box: one is made for every value.
    let tape: JSONTape
    var index = 0

    var codingPath: [any CodingKey] { tape.path(to: index) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private var node: JSONTape.Node { tape[index] }

    func at(_ index: Int) -> JSONReader {
        JSONReader(tape: tape, index: index)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let kind = node.kind
        guard kind == .object || kind == .repeatingObject else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(JSONKeyedReader<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard node.kind == .array else { throw mismatch([Any].self) }
        return JSONUnkeyedReader(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: Values

    func mismatch(_ type: any Any.Type) -> any Error { JSONMismatch(index: index, type: type) }

    /// Any value, with the forms of dates and bytes.
    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if Value.self == Date.self, let read = tape.form.date {
            let text = try decode(String.self)
            guard let value = read(text) as? Value else { throw corrupted("it is no ISO 8601 time with zone") }
            return value
        }
        if Value.self == Data.self, tape.form.hasBase64 {
            let text = try decode(String.self)
            guard let value = Data(base64Encoded: text) as? Value else { throw corrupted("it is no base64") }
            return value
        }
        if Value.self == [String: String].self,
            let value = try members({ try $0.decode(String.self) }) as? Value
        {
            return value
        }
        if let keyed = Value.self as? any TextKeyed.Type, let value = try keyed.init(members: self) as? Value {
            return value
        }
        return try Value(from: self)
    }

    /// The members of an object as a dictionary, which is what `Dictionary` reads with a container and two searches a
    /// member: every machine has such objects.
    fileprivate func members<Member>(_ read: (JSONReader) throws -> Member) throws -> [String: Member] {
        let node = node
        guard node.kind == .object || node.kind == .repeatingObject else { throw mismatch([String: Any].self) }
        var members: [String: Member] = [:]
        members.reserveCapacity(Int(node.end))
        var name = index + 1
        while name < Int(node.next) {
            guard let key = tape.string(tape[name]) else { throw corrupted("it has a name that is no text") }
            if members[key] == nil { members[key] = try read(at(name + 1)) }
            name = Int(tape[name + 1].next)
        }
        return members
    }

    private func corrupted(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
    }

    private func integer<Value: FixedWidthInteger>() throws -> Value {
        guard let value = tape.integer(node, as: Value.self) else { throw mismatch(Value.self) }
        return value
    }

    func decodeNil() -> Bool { node.kind == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        let kind = node.kind
        guard kind == .yes || kind == .no else { throw mismatch(type) }
        return kind == .yes
    }

    func decode(_ type: String.Type) throws -> String {
        guard let value = tape.string(node) else { throw mismatch(type) }
        return value
    }

    func decode(_ type: Double.Type) throws -> Double {
        guard let value = tape.double(node) else { throw mismatch(type) }
        return value
    }

    func decode(_ type: Float.Type) throws -> Float {
        guard let value = tape.double(node).map({ Float($0) }), value.isFinite else { throw mismatch(type) }
        return value
    }

    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type) }
}

/// A dictionary by texts.
private protocol TextKeyed {
    init(members object: JSONReader) throws
}

extension Dictionary: TextKeyed where Key == String, Value: Decodable {
    fileprivate init(members object: JSONReader) throws {
        self = try object.members { try $0.value(Value.self) }
    }
}

/// The members of an object.
private struct JSONKeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let object: JSONReader
    /// Values by name, of an object that is too large to be searched.
    private let table: [String: Int]?

    init(_ object: JSONReader) {
        self.object = object
        if object.tape[object.index].end > JSONTapeBuilder.smallObject {
            table = Dictionary(
                object.tape.members(of: object.index).map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first })
        } else {
            table = nil
        }
    }

    var codingPath: [any CodingKey] { object.codingPath }

    var allKeys: [Key] {
        object.tape.members(of: object.index).compactMap { Key(stringValue: $0.name) }
    }

    private func find(_ name: String) -> JSONReader? {
        if let table { return table[name].map { object.at($0) } }
        return object.tape.member(name, of: object.index).map { object.at($0) }
    }

    private func reader(_ key: Key) throws -> JSONReader {
        let name = key.stringValue
        guard let found = find(name) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "no member \(name)"))
        }
        return found
    }

    /// The value of a member that is there and not null.
    private func present(_ key: Key) -> JSONReader? {
        guard let found = find(key.stringValue), !found.decodeNil() else { return nil }
        return found
    }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try reader(key).decodeNil() }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reader(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try reader(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try reader(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try reader(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try reader(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader(key).value(type)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try present(key)?.decode(type) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try present(key)?.decode(type) }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key)?.value(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try reader(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try reader(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let found = find("super") else {
            throw DecodingError.valueNotFound(
                (any Decoder).self, .init(codingPath: codingPath, debugDescription: "no member super"))
        }
        return found
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try reader(key) }
}

/// The elements of an array.
private struct JSONUnkeyedReader: UnkeyedDecodingContainer {
    private var element: JSONReader
    private let array: Int
    private let end: Int
    private(set) var currentIndex = 0
    let count: Int?

    init(_ array: JSONReader) {
        let node = array.tape[array.index]
        self.array = array.index
        element = array.at(array.index + 1)
        end = Int(node.next)
        count = Int(node.end)
    }

    var codingPath: [any CodingKey] { element.tape.path(to: array) }
    var isAtEnd: Bool { element.index >= end }

    private func current(_ type: any Any.Type) throws -> JSONReader {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type, .init(codingPath: codingPath, debugDescription: "no element \(currentIndex)"))
        }
        return element
    }

    private mutating func advance() {
        element.index = Int(element.tape[element.index].next)
        currentIndex += 1
    }

    mutating func decodeNil() throws -> Bool {
        guard try current(Never.self).decodeNil() else { return false }
        advance()
        return true
    }

    mutating func decode(_ type: String.Type) throws -> String {
        let value = try current(type).decode(type)
        advance()
        return value
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try current(type).value(type)
        advance()
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try current([String: Any].self).container(keyedBy: type)
        advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current([Any].self).unkeyedContainer()
        advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let reader = try current((any Decoder).self)
        advance()
        return reader
    }
}
