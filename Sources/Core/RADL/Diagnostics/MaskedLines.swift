import Synchronization

/// Lines of a text with the values of secrets masked, for excerpts.
///
/// A text may have a thousand mistakes in one line of megabytes: a line is masked in pieces, and a piece once for all the
/// mistakes in it. What a piece is depends on the text alone, so that a mistake is shown in the same way in any order.
final class MaskedLines: Sendable {
    /// A piece of a line, or all of it.
    struct Piece {
        /// First byte in the text.
        fileprivate(set) var start: Int
        /// The byte after the last one.
        fileprivate(set) var end: Int
        /// As many as the bytes hold, those of secrets replaced by stars.
        fileprivate(set) var scalars: [Unicode.Scalar]
        /// The line goes on before it.
        fileprivate(set) var isCutBefore: Bool
        fileprivate var number: Int

        /// How many scalars stand between two bytes of it.
        func count(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
            // Every byte is a scalar, as nearly always.
            scalars.count == self.end - self.start ? end - start : MaskedLines.scalars(bytes[start..<end]).count
        }
    }

    private struct State {
        var last: Piece?
        var words = Secrets.Words()
        var spans: SecretSpans?

        mutating func spans(_ bytes: [UInt8]) -> SecretSpans {
            if let spans { return spans }
            let new = SecretSpans(bytes)
            spans = new
            return new
        }
    }

    /// Bytes whose mistakes share a piece.
    private static let size = 4096
    /// Bytes behind and before those that an excerpt may show.
    static let reach = 440
    /// How far back a line is looked at for the name of the feature whose value begins there.
    private static let farthest = 8 << 10

    private let state = Mutex(State())

    /// The piece of a line that holds a byte, with what an excerpt shows around it.
    func piece(around offset: Int, in bytes: [UInt8]) -> Piece {
        state.withLock { state in
            let number = offset / Self.size
            if let last = state.last, last.number == number, last.start <= offset, offset <= last.end { return last }
            let spans = state.spans(bytes)
            let new = Self.make(number, around: offset, in: bytes, &state.words, spans)
            state.last = new
            return new
        }
    }

    /// Whether a byte is one of a secret whose name stands in a line before it.
    func isSecret(_ offset: Int, in bytes: [UInt8]) -> Bool {
        state.withLock { !$0.spans(bytes).within(offset..<offset + 1).isEmpty }
    }

    private static func make(
        _ number: Int, around offset: Int, in bytes: [UInt8], _ words: inout Secrets.Words, _ spans: SecretSpans
    ) -> Piece {
        let newline = UInt8(ascii: "\n")
        let (first, limit) = (number * size, min(bytes.count, (number + 1) * size + reach))
        let isMark = bytes.starts(with: Unprintable.byteOrderMark)
        var (start, end) = bytes.withUnsafeBufferPointer { bytes in
            var start = offset
            func goBack(to limit: Int, until isEnd: (UInt8) -> Bool) {
                while start > max(0, limit), bytes[start - 1] != newline, !isEnd(bytes[start - 1]) { start -= 1 }
            }
            goBack(to: first - reach) { _ in false }
            // What begins there may be the value of a secret: its name stands before the quote.
            goBack(to: first - farthest) { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") }
            goBack(to: start - 200) { _ in false }
            while start > 0, start < offset, bytes[start] & 0xC0 == 0x80 { start += 1 }
            var end = offset
            while end < limit, bytes[end] != newline { end += 1 }
            while end < bytes.count, end > offset, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            return (start, end)
        }
        let isCutBefore = start > 0 && bytes[start - 1] != newline
        if start == 0, isMark, offset >= 3 { start = 3 }
        end = max(start, end)
        var scalars = scalars(bytes[start..<end])
        var piece = Piece(start: start, end: end, scalars: scalars, isCutBefore: isCutBefore, number: number)
        for span in spans.within(start..<end) {
            let first = piece.count(bytes, from: start, to: max(start, span.lowerBound))
            let last = piece.count(bytes, from: start, to: min(end, span.upperBound))
            for index in first..<max(first, min(last, scalars.count)) where scalars[index] != "\r" {
                scalars[index] = "*"
            }
        }
        Secrets.mask(&scalars, &words)
        piece.scalars = scalars
        return piece
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { scalars.append(scalar) }
        return scalars
    }
}
