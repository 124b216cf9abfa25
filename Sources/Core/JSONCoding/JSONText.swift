package import Foundation

/// How values that JSON does not know are written.
package struct JSONForm: Sendable {
    /// Dates and bytes as they encode themselves: seconds since 2001, and a list of numbers.
    package static let plain = JSONForm()

    /// The text of a date; nil: as `Date` encodes itself.
    package var dateText: (@Sendable (Date) -> String)?
    /// The date of a text, nil where it is none.
    package var date: (@Sendable (String) -> Date?)?
    /// Whether bytes are written as base64.
    package var hasBase64 = false

    package init() {}

    /// Bytes as base64, dates as texts.
    package init(dateText: @escaping @Sendable (Date) -> String, date: @escaping @Sendable (String) -> Date?) {
        self.dateText = dateText
        self.date = date
        hasBase64 = true
    }
}

/// JSON for `Codable` values, some five times as fast as Foundation's coders, which matters where thousands of machines
/// are written in one transaction or come in one message.
package enum JSONText {
    /// Writes a value on one line, in one pass, without a tree in between.
    ///
    /// Keys come in the order in which they are encoded. A value must finish a nested container before it goes on with the
    /// outer one, as synthesized conformances do; everything else throws.
    ///
    /// - Throws: `EncodingError` for numbers that are not finite and for containers that are used out of order.
    package static func encode(_ value: some Encodable, form: JSONForm = .plain) throws -> [UInt8] {
        let writer = JSONWriter(form: form)
        try writer.writeAny(value)
        guard !writer.isMisused else { throw JSONWriter.usedAfterEnd }
        return writer.bytes
    }

    /// Reads a value from any JSON (RFC 8259) in UTF-8 that is nested no deeper than 256. Members that the type does not
    /// know are ignored; of members of one name the first counts.
    ///
    /// - Throws: `DecodingError`. Its texts hold the names of members, never a value.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], form: JSONForm = .plain
    ) throws -> Value {
        let tape: JSONTape
        do {
            tape = try JSONTape(bytes, form: form)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: error.description))
        }
        do {
            return try JSONReader(tape: tape).value(type)
        } catch let mismatch as JSONMismatch {
            throw mismatch.decodingError(tape)
        }
    }

    /// Reads a value from a text.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String, form: JSONForm = .plain
    ) throws -> Value {
        try decode(type, from: Array(text.utf8), form: form)
    }
}
