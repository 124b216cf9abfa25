import Foundation

/// The members of one JSON object as ranges of its bytes: enough to route a message without decoding what it carries.
///
/// Strings and nesting are followed, numbers and literals are not checked: the decoder of the value does that. Keys are
/// compared as they are written.
package struct JSONMembers: Sendable {
    package let bytes: [UInt8]
    private let members: [(key: Range<Int>, value: Range<Int>)]

    /// - Returns: nil where the bytes are no JSON object.
    package init?(_ bytes: [UInt8]) {
        guard let members = bytes.withUnsafeBufferPointer({ Self.scan($0) }) else { return nil }
        self.bytes = bytes
        self.members = members
    }

    /// The bytes of a member's value.
    package subscript(key: StaticString) -> ArraySlice<UInt8>? {
        let wanted = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        for member in members where member.key.count == wanted.count {
            if bytes[member.key].elementsEqual(wanted) { return bytes[member.value] }
        }
        return nil
    }

    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> [(key: Range<Int>, value: Range<Int>)]? {
        var scanner = Scanner(bytes: bytes)
        var members: [(key: Range<Int>, value: Range<Int>)] = []
        scanner.skipSpace()
        guard scanner.take(UInt8(ascii: "{")) else { return nil }
        scanner.skipSpace()
        if scanner.take(UInt8(ascii: "}")) { return scanner.isAtEnd ? members : nil }
        while true {
            scanner.skipSpace()
            guard let key = scanner.string() else { return nil }
            scanner.skipSpace()
            guard scanner.take(UInt8(ascii: ":")) else { return nil }
            scanner.skipSpace()
            guard let value = scanner.value() else { return nil }
            members.append((key, value))
            scanner.skipSpace()
            if scanner.take(UInt8(ascii: ",")) { continue }
            guard scanner.take(UInt8(ascii: "}")) else { return nil }
            return scanner.isAtEnd ? members : nil
        }
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
        }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return position == bytes.count
            }
        }

        mutating func skipSpace() {
            while position < bytes.count {
                let byte = bytes[position]
                guard byte <= 0x20, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return }
                position += 1
            }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        /// A string; the range is what stands between the quotes.
        mutating func string() -> Range<Int>? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = position
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\\"): position += 2
                case UInt8(ascii: "\""):
                    position += 1
                    return start..<position - 1
                default: position += 1
                }
            }
            return nil
        }

        /// Any value, with its quotes or brackets.
        mutating func value() -> Range<Int>? {
            let start = position
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return nil }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard nested() else { return nil }
            default:
                while position < bytes.count {
                    let byte = bytes[position]
                    if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte <= 0x20 { break }
                    position += 1
                }
                guard position > start else { return nil }
            }
            return start..<position
        }

        private mutating func nested() -> Bool {
            var depth = 0
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return false }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                position += 1
                if depth == 0 { return true }
            }
            return false
        }
    }
}
