import RADL

/// An open document: its bytes, and where its lines begin.
///
/// Editors count lines from 0 and columns in UTF-16 code units; everything here counts bytes. A line ends with `\n`,
/// `\r\n` or `\r`.
struct TextDocument: Sendable {
    let uri: String
    private(set) var version: Int?
    private(set) var bytes: [UInt8]
    private var lineStarts: [Int]

    init(uri: String, version: Int?, text: String) {
        self.init(uri: uri, version: version, bytes: Array(text.utf8))
    }

    init(uri: String, version: Int?, bytes: [UInt8]) {
        self.uri = uri
        self.version = version
        self.bytes = bytes
        lineStarts = Self.lineStarts(of: bytes)
    }

    private static func lineStarts(of bytes: [UInt8]) -> [Int] {
        // Editors do not count a byte order mark.
        var starts = [bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A || (byte == 0x0D && (index + 1 == bytes.count || bytes[index + 1] != 0x0A)) {
                starts.append(index + 1)
            }
        }
        return starts
    }

    /// The document for the library.
    var source: RADLSource { RADLSource(text: String(decoding: bytes, as: UTF8.self)) }

    // MARK: - Places

    /// Number of lines, at least 1.
    var lineCount: Int { lineStarts.count }

    /// Byte of a place. Places behind the end of a line or of the text are moved back to it, as the protocol says.
    func offset(of position: LSPPosition) -> Int {
        guard position.line < lineStarts.count else { return bytes.count }
        guard position.line >= 0 else { return 0 }
        var offset = lineStarts[position.line]
        let end = contentEnd(ofLine: position.line)
        var units = 0
        while offset < end, units < position.character {
            let width = Self.width(bytes[offset])
            units += width == 4 ? 2 : 1
            // Within a pair: the character begins before it.
            if units > position.character { break }
            offset += width
        }
        return min(offset, end)
    }

    /// Place of a byte.
    func position(of offset: Int) -> LSPPosition {
        let offset = min(max(offset, 0), bytes.count)
        var (low, high) = (0, lineStarts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
        }
        var units = 0
        for byte in bytes[lineStarts[low]..<max(lineStarts[low], offset)] where byte & 0xC0 != 0x80 {
            units += byte >= 0xF0 ? 2 : 1
        }
        return LSPPosition(line: low, character: units)
    }

    func range(_ start: Int, _ end: Int) -> LSPRange {
        LSPRange(start: position(of: start), end: position(of: max(start, end)))
    }

    func range(_ source: SourceRange) -> LSPRange { range(source.offset, source.end) }

    func text(_ start: Int, _ end: Int) -> String {
        guard start >= 0, start <= end, end <= bytes.count else { return "" }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private func contentEnd(ofLine line: Int) -> Int {
        guard line + 1 < lineStarts.count else { return bytes.count }
        var end = lineStarts[line + 1] - 1
        if bytes[end] == 0x0A, end > lineStarts[line], bytes[end - 1] == 0x0D { end -= 1 }
        return end
    }

    private static func width(_ byte: UInt8) -> Int {
        switch byte {
        case 0xF0...: 4
        case 0xE0...: 3
        case 0xC0...: 2
        default: 1
        }
    }

    // MARK: - Changes

    /// Makes the changes of one notification, one after the other.
    mutating func apply(_ changes: [LSPContentChange], version: Int?) {
        for change in changes {
            if let range = change.range {
                let start = offset(of: range.start)
                let end = max(start, offset(of: range.end))
                bytes.replaceSubrange(start..<end, with: change.text.utf8)
            } else {
                bytes = Array(change.text.utf8)
            }
            lineStarts = Self.lineStarts(of: bytes)
        }
        self.version = version ?? self.version
    }
}
