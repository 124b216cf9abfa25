import Foundation

/// Where JSON values stand in a text, so that they can be kept as they were written.
enum JSONExtent {
    /// The end of the array or object that begins at a position; nil where none that is valid does.
    static func end(ofCollectionAt start: Int, in bytes: [UInt8]) -> Int? {
        guard let end = balancedEnd(from: start, in: bytes),
            (try? JSONSerialization.jsonObject(with: Data(bytes[start..<end]))) != nil
        else { return nil }
        return end
    }

    /// The objects of an array with the text of their values: strings decoded, all others as they are written. What is
    /// null is left out.
    /// - Returns: nil for what is no array of objects.
    static func objects(ofArray text: String) -> [[String: String]]? {
        let bytes = Array(text.utf8)
        guard (try? JSONSerialization.jsonObject(with: Data(bytes))) is [[String: Any]] else { return nil }
        var cursor = Cursor(bytes: bytes)
        var objects: [[String: String]] = []
        cursor.skip(Set("[".utf8))
        while cursor.byte == UInt8(ascii: "{") {
            objects.append(cursor.object())
            cursor.skip(Set(",".utf8))
        }
        return objects
    }

    private static func balancedEnd(from start: Int, in bytes: [UInt8]) -> Int? {
        var depth = 0
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "\""):
                guard let end = stringEnd(from: position, in: bytes) else { return nil }
                position = end - 1
            default: break
            }
            position += 1
            if depth == 0 { return position }
        }
        return nil
    }

    /// Behind the closing quote.
    private static func stringEnd(from start: Int, in bytes: [UInt8]) -> Int? {
        var position = start + 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 2
            case UInt8(ascii: "\""): return position + 1
            default: position += 1
            }
        }
        return nil
    }

    /// Walks through JSON that is known to be valid.
    private struct Cursor {
        let bytes: [UInt8]
        var position = 0

        var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

        private static let blanks = Set(" \t\r\n".utf8)

        mutating func skip(_ marks: Set<UInt8>) {
            while let byte, marks.contains(byte) || Self.blanks.contains(byte) { position += 1 }
        }

        mutating func object() -> [String: String] {
            var values: [String: String] = [:]
            skip(Set("{".utf8))
            while byte == UInt8(ascii: "\"") {
                guard let key = value() else { break }
                skip(Set(":".utf8))
                values[key] = value()
                skip(Set(",".utf8))
            }
            if byte == UInt8(ascii: "}") { position += 1 }
            return values
        }

        /// The text of the value here; nil for null.
        private mutating func value() -> String? {
            let start = position
            switch byte {
            case UInt8(ascii: "\""):
                position = JSONExtent.stringEnd(from: start, in: bytes) ?? bytes.count
                let data = Data(bytes[start..<position])
                return (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) as? String
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                position = JSONExtent.balancedEnd(from: start, in: bytes) ?? bytes.count
            default:
                let ends = Self.blanks.union(",}".utf8)
                while let byte, !ends.contains(byte) { position += 1 }
            }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            return text == "null" ? nil : text
        }
    }
}
