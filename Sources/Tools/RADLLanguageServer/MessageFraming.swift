/// Cuts a stream of bytes into messages by their `Content-Length`.
///
/// Any bytes are safe: what is no header is skipped up to the next one and told once; a message that is larger than the
/// limit is skipped without being kept.
struct MessageFraming: Sendable {
    enum Item: Sendable, Hashable {
        case message([UInt8])
        /// Why something was skipped.
        case malformed(String)
    }

    /// Largest message, in bytes.
    static let largestMessage = 64 << 20
    private static let longestHeader = 8 << 10

    private var buffer: [UInt8] = []
    /// Bytes of a message that is too large which are still to come.
    private var skipping = 0
    /// Whether what cannot be a header was told already.
    private var isLost = false

    /// Takes bytes in.
    mutating func receive(_ bytes: some Collection<UInt8>) {
        var bytes = Array(bytes)[...]
        if skipping > 0 {
            let count = min(skipping, bytes.count)
            bytes.removeFirst(count)
            skipping -= count
        }
        buffer += bytes
    }

    /// The next whole message; nil where more bytes are needed.
    mutating func next() -> Item? {
        while true {
            guard let headerEnd = endOfHeader() else {
                guard buffer.count > Self.longestHeader else { return nil }
                if let item = resynchronize() { return item }
                continue
            }
            let header = String(decoding: buffer[..<headerEnd.content], as: UTF8.self)
            guard let length = Self.contentLength(header) else {
                if let item = resynchronize() { return item }
                continue
            }
            isLost = false
            if length > Self.largestMessage {
                let present = min(length, buffer.count - headerEnd.body)
                buffer.removeFirst(headerEnd.body + present)
                skipping = length - present
                return .malformed(
                    "a message of \(length) bytes is skipped: at most \(Self.largestMessage) are read")
            }
            guard buffer.count - headerEnd.body >= length else { return nil }
            let body = Array(buffer[headerEnd.body..<(headerEnd.body + length)])
            buffer.removeFirst(headerEnd.body + length)
            return .message(body)
        }
    }

    /// Where the header ends and the body begins: at an empty line.
    private func endOfHeader() -> (content: Int, body: Int)? {
        let newline = UInt8(ascii: "\n")
        var index = 0
        let end = min(buffer.count, Self.longestHeader)
        while index < end {
            if buffer[index] == newline {
                if index + 1 < buffer.count, buffer[index + 1] == newline { return (index, index + 2) }
                if index + 2 < buffer.count, buffer[index + 1] == 0x0D, buffer[index + 2] == newline {
                    return (index, index + 3)
                }
            }
            index += 1
        }
        return nil
    }

    private static func contentLength(_ header: String) -> Int? {
        var length: Int?
        for line in header.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let name = parts[0].lowercased().trimmed
            guard name == "content-length" else { continue }
            guard length == nil, let number = Int(String(parts[1]).trimmed), number >= 0 else { return nil }
            length = number
        }
        return length
    }

    /// Drops bytes up to the next `Content-Length`.
    private mutating func resynchronize() -> Item? {
        let mark = Array("content-length:".utf8)
        var index = min(1, buffer.count)
        while index + mark.count <= buffer.count {
            if zip(buffer[index...], mark).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) { break }
            index += 1
        }
        // Its beginning may be there already.
        buffer.removeFirst(min(index, buffer.count))
        if isLost { return nil }
        isLost = true
        return .malformed("the header of a message has no valid Content-Length")
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
