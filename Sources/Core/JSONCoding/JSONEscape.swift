/// What stands behind a backslash in a string.
enum JSONEscape {
    /// The text of a string's content.
    /// - Returns: nil for half a surrogate pair. Everything else was checked when the tape was built.
    static func unescape(_ content: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
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
    private static func scalar(_ content: Slice<UnsafeBufferPointer<UInt8>>, _ index: inout Int) -> Unicode.Scalar? {
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

    private static func unit(_ content: Slice<UnsafeBufferPointer<UInt8>>, at index: Int) -> UInt32? {
        guard content.endIndex - index >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in content[index..<(index + 4)] {
            guard let digit = digit(byte) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return UInt32(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
    }
}
