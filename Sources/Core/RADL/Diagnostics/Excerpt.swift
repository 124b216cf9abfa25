extension RADLError.Excerpt {
    private static let widest = 110
    /// How far back a line is looked at for the name of the feature whose value begins there.
    private static let farthest = 8 << 10

    /// The first line of a range.
    init?(_ range: SourceRange, in source: RADLSource) {
        let bytes = source.bytes
        guard range.offset <= bytes.count else { return nil }
        let newline = UInt8(ascii: "\n")
        // A line may have megabytes: look at a window around the place.
        let reach = 4 * Self.widest
        var lineStart = range.offset
        func goBack(to limit: Int, until isEnd: (UInt8) -> Bool) {
            while lineStart > max(0, limit), bytes[lineStart - 1] != newline, !isEnd(bytes[lineStart - 1]) {
                lineStart -= 1
            }
        }
        goBack(to: range.offset - reach) { _ in false }
        // What begins there may be the value of a secret: its name stands before the quote.
        goBack(to: range.offset - Self.farthest) { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") }
        goBack(to: lineStart - 200) { _ in false }
        while lineStart > 0, lineStart < range.offset, bytes[lineStart] & 0xC0 == 0x80 { lineStart += 1 }
        var end = range.offset
        while end < bytes.count, bytes[end] != newline, end - range.offset < reach { end += 1 }
        while end < bytes.count, end > range.offset, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let isCutBefore = lineStart > 0 && bytes[lineStart - 1] != newline
        if lineStart < range.offset, bytes[lineStart..<end].starts(with: Unprintable.byteOrderMark) { lineStart += 3 }

        var scalars = Self.scalars(bytes[lineStart..<end])
        Secrets.mask(&scalars)
        while let last = scalars.last, last == "\r" { scalars.removeLast() }
        var indent = Self.scalars(bytes[lineStart..<range.offset]).count
        let markEnd = max(range.offset, min(range.end, end))
        var width = max(1, min(Self.scalars(bytes[range.offset..<markEnd]).count, scalars.count - indent))

        var lead = isCutBefore
        if indent > Self.widest * 2 / 3 {
            let cut = indent - Self.widest / 2
            scalars.removeFirst(min(cut, scalars.count))
            indent -= cut
            lead = true
        }
        var tail = false
        if scalars.count > Self.widest {
            scalars.removeLast(scalars.count - Self.widest)
            tail = true
        }
        width = min(width, max(1, scalars.count - indent))
        let shown = Unprintable.escape(scalars, indent: &indent, width: &width)
        line = (lead ? "…" : "") + shown + (tail ? "…" : "")
        self.indent = indent + (lead ? 1 : 0)
        self.width = width
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
        Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }
}

/// Characters that move a terminal's cursor, turn the direction of what follows, or cannot be seen.
enum Unprintable {
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Whether a character has to be shown as its number.
    static func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        // Control characters.
        case 0..<0x20, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates of directions; separators of lines; what is invisible.
        case 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        // Tags.
        case 0xE0000...0xE007F: true
        default: false
        }
    }

    /// Such a character in ASCII: `\u{202E}`.
    static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }

    /// A text without such characters, but line feeds where they are kept.
    static func escape(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { contains($0) && $0 != "\n" }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if contains(scalar), scalar != "\n" {
                result += escaped(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// A line whose mark, `width` scalars behind `indent`, stays under the same characters.
    fileprivate static func escape(_ scalars: [Unicode.Scalar], indent: inout Int, width: inout Int) -> String {
        var text = String.UnicodeScalarView()
        let (start, end) = (indent, indent + width)
        for (index, scalar) in scalars.enumerated() {
            guard contains(scalar) else {
                text.append(scalar)
                continue
            }
            let shown = escaped(scalar).unicodeScalars
            text.append(contentsOf: shown)
            if index < start { indent += shown.count - 1 } else if index < end { width += shown.count - 1 }
        }
        return String(text)
    }
}
