extension RADLError.Excerpt {
    private static let widest = 110

    /// The first line of a range.
    init?(_ range: SourceRange, in source: RADLSource) {
        let bytes = source.bytes
        guard range.offset <= bytes.count else { return nil }
        let newline = UInt8(ascii: "\n")
        // A line may have megabytes: look at a window around the place.
        let reach = 4 * Self.widest
        var start = range.offset
        while start > 0, bytes[start - 1] != newline, range.offset - start < reach { start -= 1 }
        while start > 0, start < range.offset, bytes[start] & 0xC0 == 0x80 { start += 1 }
        var end = range.offset
        while end < bytes.count, bytes[end] != newline, end - range.offset < reach { end += 1 }
        while end < bytes.count, end > range.offset, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let isCutBefore = start > 0 && bytes[start - 1] != newline

        var scalars = Self.scalars(bytes[start..<end])
        if Secrets.isNamed(in: bytes[start..<end]) { Secrets.mask(&scalars) }
        while let last = scalars.last, last == "\r" { scalars.removeLast() }
        var indent = Self.scalars(bytes[start..<range.offset]).count
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
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        line = (lead ? "…" : "") + String(text) + (tail ? "…" : "")
        self.indent = indent + (lead ? 1 : 0)
        self.width = width
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
        // Control characters would move the terminal's cursor.
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map {
            $0.value < 0x20 && $0 != "\t" && $0 != "\r" ? "\u{FFFD}" : $0
        }
    }
}

/// Which features hold secrets.
enum Secrets {
    private static let words: [[UInt8]] = [
        "password", "passwd", "private_key", "secret", "token", "proxy_host", "proxy_key",
    ].map { Array($0.utf8) }

    /// Whether a feature of this name holds a secret.
    static func isSecret(_ name: String) -> Bool {
        isNamed(in: Array(name.utf8)[...])
    }

    /// Whether a line names such a feature.
    static func isNamed(in line: ArraySlice<UInt8>) -> Bool {
        words.contains { word in
            guard line.count >= word.count else { return false }
            for start in line.startIndex...(line.endIndex - word.count)
            where line[start] | 0x20 == word[0] {
                var matches = true
                for (offset, byte) in word.enumerated() where matches {
                    let other = line[start + offset]
                    matches = other == byte || (other >= 0x41 && other <= 0x5A && other | 0x20 == byte)
                }
                if matches { return true }
            }
            return false
        }
    }

    /// Replaces what stands between quotes by stars, as many.
    static func mask(_ line: inout [Unicode.Scalar]) {
        var isInside = false
        var isEscaped = false
        for index in line.indices {
            let scalar = line[index]
            if scalar == "'" && !isEscaped {
                isInside.toggle()
            } else if isInside {
                line[index] = "*"
            }
            isEscaped = isInside && scalar == "\\" && !isEscaped
        }
    }
}
