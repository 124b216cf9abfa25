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
        Secrets.mask(&scalars)
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
        // EC3's: the credentials that a cluster grows with.
        isNamed(in: Array(name.utf8)[...]) || name == "auth"
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

    /// Replaces the values of features that hold secrets by stars, as many: what is quoted up to its end or that of the line,
    /// else up to a blank.
    static func mask(_ line: inout [Unicode.Scalar]) {
        // A line has the form `NAME SIGN VALUE and NAME …`, and may begin within a string.
        var start = 0
        while let sign = line[start...].firstIndex(of: "=") {
            let name = line[start..<sign].map { UInt8(truncatingIfNeeded: $0.value) }
            var index = line[line.index(after: sign)...].firstIndex { $0 != " " && $0 != "\t" } ?? line.endIndex
            start = index
            guard isNamed(in: name[...]) || isSecret(lastWord(name)), index < line.endIndex else { continue }
            // All that stands before the next feature: a value too many is the mistake that is shown.
            while index < line.endIndex, line[index] != ")", !isAnd(line, at: index) {
                let isQuoted = line[index] == "'"
                if isQuoted { index += 1 }
                var isEscaped = false
                while index < line.endIndex {
                    let scalar = line[index]
                    if isQuoted ? scalar == "'" && !isEscaped : scalar == " " || scalar == ")" { break }
                    if scalar != "\r" { line[index] = "*" }
                    isEscaped = isQuoted && scalar == "\\" && !isEscaped
                    index += 1
                }
                if isQuoted, index < line.endIndex { index += 1 }
                while index < line.endIndex, line[index] == " " || line[index] == "\t" { index += 1 }
            }
            start = index
        }
    }

    private static func isAnd(_ line: [Unicode.Scalar], at index: Int) -> Bool {
        let rest = line[index...]
        return rest.starts(with: "and".unicodeScalars)
            && (rest.count == 3 || " \t\r".unicodeScalars.contains(rest[index + 3]))
    }

    private static func lastWord(_ bytes: [UInt8]) -> String {
        let words = String(decoding: bytes, as: UTF8.self).split { " \t(>,<".contains($0) }
        return words.last.map(String.init) ?? ""
    }
}
