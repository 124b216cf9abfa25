import Foundation

/// Reads the settings of one line, one after the other: `key = value; key = value`.
///
/// `'` and `"` delimit, where no quote is open already, and are no part of the text. An array or object of JSON that is
/// the whole value stays as it stands.
struct AuthorizationLine {
    private let bytes: [UInt8]
    private var position = 0
    private let place: String
    /// How often a bracket began no list: every look goes to the end of the line at worst, so there are few.
    private var misses = 0
    private static let mostMisses = 16

    /// - Parameter place: What messages name the line with.
    init(_ line: String, place: String) {
        bytes = Array(line.utf8)
        self.place = place
    }

    /// The next setting; nil at the end of the line.
    /// - Throws: ``AuthorizationError``, which names the key but no value.
    mutating func next() throws -> (key: String, value: String)? {
        while position < bytes.count, isBlank(position) || bytes[position] == UInt8(ascii: ";") { position += 1 }
        guard position < bytes.count else { return nil }
        let start = position
        let key: String
        do throws(OpenQuote) {
            key = try text(until: [UInt8(ascii: "="), UInt8(ascii: ";")])
        } catch {
            throw AuthorizationError("\(place): the quote \(error.mark) before '=' is not closed")
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
            let word = Self.harmless(String(decoding: bytes[start..<position], as: UTF8.self))
            throw AuthorizationError("\(place): '\(word)' is not 'key = value'; a value with ';' needs quotes")
        }
        position += 1
        if let list = collection() { return (key, list) }
        do throws(OpenQuote) {
            return (key, try text(until: [UInt8(ascii: ";")]).replacing("\\n", with: "\n"))
        } catch {
            let other = error.mark == "'" ? "\"" : "'"
            throw AuthorizationError(
                "\(place), key '\(Self.harmless(key))': the quote \(error.mark) is not closed; "
                    + "a value with this quote in it stands between two \(other)")
        }
    }

    private struct OpenQuote: Error {
        var mark: Character
    }

    /// What comes before one of the marks, without the quotes that delimit, then trimmed.
    private mutating func text(until ends: Set<UInt8>) throws(OpenQuote) -> String {
        var text: [UInt8] = []
        var quote: UInt8?
        while position < bytes.count {
            let byte = bytes[position]
            if let open = quote {
                if byte == open { quote = nil } else { text.append(byte) }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if ends.contains(byte) {
                break
            } else {
                text.append(byte)
            }
            position += 1
        }
        if let quote { throw OpenQuote(mark: Character(UnicodeScalar(quote))) }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }

    /// The array or object that is the whole value here.
    private mutating func collection() -> String? {
        var start = position
        while start < bytes.count, isBlank(start) { start += 1 }
        guard start < bytes.count, bytes[start] == UInt8(ascii: "[") || bytes[start] == UInt8(ascii: "{"),
            misses < Self.mostMisses
        else { return nil }
        guard let end = JSONExtent.end(ofCollectionAt: start, in: bytes) else {
            misses += 1
            return nil
        }
        var next = end
        while next < bytes.count, isBlank(next) { next += 1 }
        guard next == bytes.count || bytes[next] == UInt8(ascii: ";") else {
            misses += 1
            return nil
        }
        position = next
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static let blanks = Set(" \t\r\n".utf8)

    private func isBlank(_ position: Int) -> Bool {
        Self.blanks.contains(bytes[position])
    }

    /// The beginning of a token for a message: never what may be a value.
    private static func harmless(_ token: String) -> String {
        let trimmed = token.trimmingCharacters(in: .whitespaces)
        let word = trimmed.prefix { $0.isLetter || $0 == "_" }
        return word.count < trimmed.count ? "\(word.prefix(16))…" : "\(word.prefix(16))"
    }
}
