import Foundation

/// Cuts a stream of bytes into lines, with a limit on their length. A value; belongs to one reader.
package struct LineSplitter: Sendable {
    /// One piece of the stream.
    package enum Piece: Sendable, Hashable {
        /// A line without its newline.
        case line([UInt8])
        /// A line longer than the limit, told as soon as it is; all of its bytes are dropped. `start` are the first of them.
        case tooLong(start: [UInt8])
    }

    private let limit: Int
    private var buffer: [UInt8] = []
    /// The rest of an overlong line is being dropped.
    private var isDropping = false

    /// - Parameter limit: Most bytes of a line.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether all bytes so far belong to lines that were handed out.
    package var isEmpty: Bool { buffer.isEmpty && !isDropping }

    /// Takes the next bytes and hands out each line that is complete.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, _ emit: (Piece) -> Void) {
        var rest = bytes[...]
        while let base = rest.base.baseAddress, !rest.isEmpty {
            let start = base + rest.startIndex
            guard let found = memchr(start, 0x0A, rest.count) else {
                keep(rest, emit)
                return
            }
            let length = UnsafeRawPointer(found) - start
            let line = rest.prefix(length)
            rest = rest.dropFirst(length + 1)
            if isDropping {
                isDropping = false
            } else if buffer.count + length > limit {
                let beginning = buffer.isEmpty ? Array(line.prefix(200)) : Array(buffer.prefix(200))
                buffer.removeAll()
                emit(.tooLong(start: beginning))
            } else if buffer.isEmpty {
                emit(.line(Array(line)))
            } else {
                buffer.append(contentsOf: line)
                let whole = buffer
                buffer = []
                emit(.line(whole))
            }
        }
    }

    /// What is left when the stream ends without a newline.
    package mutating func finish() -> [UInt8]? {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : buffer
    }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>, _ emit: (Piece) -> Void) {
        if isDropping { return }
        if buffer.count + bytes.count > limit {
            let beginning = buffer.isEmpty ? Array(bytes.prefix(200)) : Array(buffer.prefix(200))
            isDropping = true
            buffer = []
            emit(.tooLong(start: beginning))
        } else {
            buffer.append(contentsOf: bytes)
        }
    }
}
