/// A JSON text with the places of its values, made in one pass: what ``RecordDecoder`` reads from.
///
/// Built from the bytes as they are, so any text is safe: what is no JSON throws. Immutable afterwards.
final class RecordTape: Sendable {
    enum Kind: UInt8, Sendable {
        case null, yes, no, number, string, escapedString, array, object
    }

    struct Node: Sendable {
        var kind: Kind
        /// First byte of the content: after the quote of a string.
        var start: Int32
        /// End of the content: before the quote of a string.
        var end: Int32
        /// The node that follows this one and all within it.
        var next: Int32
    }

    struct SyntaxError: Error, Sendable {
        var offset: Int
    }

    let bytes: [UInt8]
    /// Objects are followed by key, value, key, value, …; arrays by their elements.
    let nodes: [Node]

    private static let maximumDepth = 100

    init(_ bytes: [UInt8]) throws(SyntaxError) {
        guard bytes.count < Int(Int32.max) else { throw SyntaxError(offset: 0) }
        var builder = Builder(bytes: bytes)
        try builder.value(depth: 0)
        builder.skipSpace()
        guard builder.offset == bytes.count else { throw SyntaxError(offset: builder.offset) }
        self.bytes = bytes
        nodes = builder.nodes
    }

    // MARK: Reading

    /// Whether the string at a node is this text.
    func isString(_ index: Int, _ text: String) -> Bool {
        let node = nodes[index]
        if node.kind == .escapedString { return string(index) == text }
        guard node.kind == .string, Int(node.end - node.start) == text.utf8.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            text.utf8.elementsEqual(bytes[Int(node.start)..<Int(node.end)])
        }
    }

    /// The string at a node; nil when it is none or not well formed.
    func string(_ index: Int) -> String? {
        let node = nodes[index]
        let content = bytes[Int(node.start)..<Int(node.end)]
        switch node.kind {
        case .string: return String(decoding: content, as: UTF8.self)
        case .escapedString: return Self.unescape(content)
        default: return nil
        }
    }

    func integer<Value: FixedWidthInteger>(_ index: Int, as type: Value.Type) -> Value? {
        let node = nodes[index]
        guard node.kind == .number else { return nil }
        let content = bytes[Int(node.start)..<Int(node.end)]
        var value: Value = 0
        let isNegative = content.first == UInt8(ascii: "-")
        for byte in content.dropFirst(isNegative ? 1 : 0) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                // With a fraction or an exponent: allowed where the value is whole.
                return double(index).flatMap { Value(exactly: $0) }
            }
            let digit = Value(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflows, !overflowsToo else { return nil }
            value = sum
        }
        return value
    }

    func double(_ index: Int) -> Double? {
        let node = nodes[index]
        guard node.kind == .number else { return nil }
        return Double(String(decoding: bytes[Int(node.start)..<Int(node.end)], as: UTF8.self))
    }

    private static func unescape(_ content: ArraySlice<UInt8>) -> String? {
        var output: [UInt8] = []
        output.reserveCapacity(content.count)
        var index = content.startIndex
        while index < content.endIndex {
            guard content[index] == UInt8(ascii: "\\") else {
                output.append(content[index])
                index += 1
                continue
            }
            guard index + 1 < content.endIndex else { return nil }
            index += 2
            switch content[index - 1] {
            case UInt8(ascii: "n"): output.append(0x0a)
            case UInt8(ascii: "r"): output.append(0x0d)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0c)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(content, &index) else { return nil }
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            case let other: output.append(other)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The scalar of a `\u` escape whose digits begin at `index`, with its second half where it has one.
    private static func scalar(_ content: ArraySlice<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
        guard let first = unit(content, at: index) else { return nil }
        index += 4
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard content.endIndex - index >= 6, content[index] == UInt8(ascii: "\\"),
            content[index + 1] == UInt8(ascii: "u"), let second = unit(content, at: index + 2),
            (0xDC00..<0xE000).contains(second)
        else { return nil }
        index += 6
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    private static func unit(_ content: ArraySlice<UInt8>, at index: Int) -> UInt32? {
        guard content.endIndex - index >= 4 else { return nil }
        let digits = content[index..<(index + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    // MARK: Building

    private struct Builder {
        let bytes: [UInt8]
        var offset = 0
        var nodes: [Node] = []

        init(bytes: [UInt8]) {
            self.bytes = bytes
            nodes.reserveCapacity(bytes.count / 8)
        }

        private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        mutating func skipSpace() {
            while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
        }

        mutating func value(depth: Int) throws(SyntaxError) {
            guard depth < maximumDepth else { throw SyntaxError(offset: offset) }
            skipSpace()
            switch current {
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "{"): try container(.object, end: UInt8(ascii: "}"), depth: depth)
            case UInt8(ascii: "["): try container(.array, end: UInt8(ascii: "]"), depth: depth)
            case UInt8(ascii: "n"): try word("null", .null)
            case UInt8(ascii: "t"): try word("true", .yes)
            case UInt8(ascii: "f"): try word("false", .no)
            default: try number()
            }
        }

        private mutating func append(_ kind: Kind, _ start: Int, _ end: Int) {
            nodes.append(
                Node(kind: kind, start: Int32(start), end: Int32(end), next: Int32(nodes.count + 1)))
        }

        private mutating func container(_ kind: Kind, end: UInt8, depth: Int) throws(SyntaxError) {
            let index = nodes.count
            append(kind, offset, offset)
            offset += 1
            skipSpace()
            if current == end {
                offset += 1
            } else {
                while true {
                    if kind == .object {
                        skipSpace()
                        guard current == UInt8(ascii: "\"") else { throw SyntaxError(offset: offset) }
                        try string()
                        skipSpace()
                        guard current == UInt8(ascii: ":") else { throw SyntaxError(offset: offset) }
                        offset += 1
                    }
                    try value(depth: depth + 1)
                    skipSpace()
                    let byte = current
                    guard byte == UInt8(ascii: ",") || byte == end else { throw SyntaxError(offset: offset) }
                    offset += 1
                    if byte == end { break }
                }
            }
            nodes[index].end = Int32(offset)
            nodes[index].next = Int32(nodes.count)
        }

        private mutating func string() throws(SyntaxError) {
            offset += 1
            let start = offset
            var kind = Kind.string
            while let byte = current {
                switch byte {
                case UInt8(ascii: "\""):
                    append(kind, start, offset)
                    offset += 1
                    return
                case UInt8(ascii: "\\"):
                    kind = .escapedString
                    offset += 2
                case 0..<0x20:
                    throw SyntaxError(offset: offset)
                default:
                    offset += 1
                }
            }
            throw SyntaxError(offset: start)
        }

        private mutating func number() throws(SyntaxError) {
            let start = offset
            while let byte = current, Self.isPartOfNumber(byte) { offset += 1 }
            guard offset > start, bytes[start] == UInt8(ascii: "-") || bytes[start] >= UInt8(ascii: "0"),
                bytes[offset - 1] != UInt8(ascii: "-")
            else { throw SyntaxError(offset: start) }
            append(.number, start, offset)
        }

        private static func isPartOfNumber(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                return true
            default: return false
            }
        }

        private mutating func word(_ word: StaticString, _ kind: Kind) throws(SyntaxError) {
            let length = word.utf8CodeUnitCount
            guard bytes.count - offset >= length,
                word.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<(offset + length)]) })
            else { throw SyntaxError(offset: offset) }
            append(kind, offset, offset + length)
            offset += length
        }
    }
}
