import Foundation

/// Hands the value's calls on to the text. Used by one thread, within one call of ``JSONText``.
final class JSONWriter: Encoder {
    private var output = JSONOutput()
    private let form: JSONForm
    /// Whether a call that cannot throw met a container that has ended.
    private(set) var isMisused = false
    /// How many containers were open when the value began that is being written.
    private var valueDepth = 0

    var bytes: [UInt8] { output.bytes }
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static let usedAfterEnd = EncodingError.invalidValue(
        "container", .init(codingPath: [], debugDescription: "a container was used after its end"))

    init(form: JSONForm) {
        self.form = form
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONKeyedWriter<Key>(writer: self, place: container(object: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedWriter(writer: self, place: container(object: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleWriter(writer: self)
    }

    /// The container of the value that is being written: the one that is open already where it asks again.
    private func container(object: Bool) -> JSONOutput.Place {
        if let place = output.container(ofValueAt: valueDepth) {
            if !output.isOpen(place, object: object) { isMisused = true }
            return place
        }
        return output.open(object: object)
    }

    func open(object: Bool) -> JSONOutput.Place {
        output.open(object: object)
    }

    func startElement(_ place: JSONOutput.Place, key: String?) throws {
        guard output.startElement(place, key: key) else { throw Self.usedAfterEnd }
    }

    /// Starts an element from a call that cannot throw.
    func startElementOrMarkMisuse(_ place: JSONOutput.Place, key: String?) {
        if !output.startElement(place, key: key) { isMisused = true }
    }

    // MARK: Values

    func writeAny<Value: Encodable>(_ value: Value) throws {
        if Value.self == Date.self, let dateText = form.dateText, let date = value as? Date {
            return write(dateText(date))
        }
        if Value.self == Data.self, form.hasBase64, let data = value as? Data {
            return write(data.base64EncodedString())
        }
        let before = output.position
        let outer = valueDepth
        valueDepth = before.depth
        defer { valueDepth = outer }
        try value.encode(to: self)
        output.endValue(startedAt: before)
    }

    func writeNull() { output.append("null") }

    func write(_ value: Bool) { output.append(value ? "true" : "false") }

    func write(_ value: String) { output.append(quoted: value) }

    func writeInteger(_ value: some BinaryInteger & CustomStringConvertible) {
        output.append(value.description)
    }

    func writeNumber(_ value: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "JSON has no number that is not finite"))
        }
        output.append(value.description)
    }
}

/// Writes what a superclass encodes as a value of its own.
private struct JSONSuperWriter: Encoder {
    let writer: JSONWriter

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONKeyedWriter<Key>(writer: writer, place: writer.open(object: true)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedWriter(writer: writer, place: writer.open(object: false))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { writer.singleValueContainer() }
}

private struct JSONKeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let place: JSONOutput.Place

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
        KeyedEncodingContainer(JSONKeyedWriter<NestedKey>(writer: writer, place: openNested(key, object: true)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONUnkeyedWriter(writer: writer, place: openNested(key, object: false))
    }

    private func openNested(_ key: Key, object: Bool) -> JSONOutput.Place {
        writer.startElementOrMarkMisuse(place, key: key.stringValue)
        return writer.open(object: object)
    }

    func superEncoder() -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: "super")
        return JSONSuperWriter(writer: writer)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: key.stringValue)
        return JSONSuperWriter(writer: writer)
    }
}

private struct JSONUnkeyedWriter: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let place: JSONOutput.Place
    private(set) var count = 0

    init(writer: JSONWriter, place: JSONOutput.Place) {
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
        KeyedEncodingContainer(JSONKeyedWriter<NestedKey>(writer: writer, place: openNested(object: true)))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedWriter(writer: writer, place: openNested(object: false))
    }

    private mutating func openNested(object: Bool) -> JSONOutput.Place {
        writer.startElementOrMarkMisuse(place, key: nil)
        count += 1
        return writer.open(object: object)
    }

    mutating func superEncoder() -> any Encoder {
        writer.startElementOrMarkMisuse(place, key: nil)
        count += 1
        return JSONSuperWriter(writer: writer)
    }
}

private struct JSONSingleWriter: SingleValueEncodingContainer {
    let writer: JSONWriter

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
