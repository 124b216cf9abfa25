extension RADLError.Excerpt {
    private static let widest = 110

    /// The first line of a range.
    init?(_ range: SourceRange, in source: RADLSource) {
        let bytes = source.bytes
        guard range.offset <= bytes.count else { return nil }
        let piece = source.maskedLines.piece(around: range.offset, in: bytes)
        var scalars = piece.scalars[...]
        while let last = scalars.last, last == "\r" { scalars.removeLast() }
        var indent = piece.count(bytes, from: piece.start, to: range.offset)
        let markEnd = max(range.offset, min(range.end, piece.end))
        var width = max(1, min(piece.count(bytes, from: range.offset, to: markEnd), scalars.count - indent))

        var lead = piece.isCutBefore
        if indent > Self.widest * 2 / 3 {
            let cut = indent - Self.widest / 2
            scalars = scalars.dropFirst(cut)
            indent -= cut
            lead = true
        }
        var tail = false
        if scalars.count > Self.widest {
            scalars = scalars.prefix(Self.widest)
            tail = true
        }
        width = min(width, max(1, scalars.count - indent))
        let shown = Unprintable.escape(Array(scalars), indent: &indent, width: &width)
        line = (lead ? "…" : "") + shown + (tail ? "…" : "")
        self.indent = indent + (lead ? 1 : 0)
        self.width = width
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
