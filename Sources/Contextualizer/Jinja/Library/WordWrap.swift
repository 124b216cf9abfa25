/// Python's `textwrap` as the filter `wordwrap` uses it: whitespace is kept inside lines and dropped where they break.
enum WordWrap {
    static func filter(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let width = try arguments.int(1, "width") ?? 79
        guard width > 0 else { throw JinjaError.value("invalid width \(width) (must be > 0)") }
        let breaksWords = arguments.flag(2, "break_long_words", default: true)
        let separator = try arguments.text(3, "wrapstring") ?? "\n"
        let breaksHyphens = arguments.flag(4, "break_on_hyphens", default: true)
        let lines = StringMethods.splitLines(arguments.subject.text).map { line in
            wrap(line.scalars, width, breaksWords, breaksHyphens).joined(separator: separator)
        }
        let text = lines.joined(separator: separator)
        try context.checkSize(text.utf8.count)
        return .string(text)
    }

    private static func wrap(
        _ line: [Unicode.Scalar], _ width: Int, _ breaksWords: Bool, _ breaksHyphens: Bool
    ) -> [String] {
        var chunks = Array(chunks(line, breaksHyphens).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            var current: [[Unicode.Scalar]] = []
            var length = 0
            if let chunk = chunks.last, isSpace(chunk), !lines.isEmpty { chunks.removeLast() }
            while let chunk = chunks.last, length + chunk.count <= width {
                current.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width {
                if breaksWords {
                    let room = max(1, width - length)
                    var cut = room
                    // A long word breaks behind its last hyphen that fits.
                    if breaksHyphens, chunk.count > room,
                        let hyphen = chunk.prefix(room).lastIndex(of: "-"), hyphen > 0,
                        chunk[..<hyphen].contains(where: { $0 != "-" })
                    {
                        cut = hyphen + 1
                    }
                    current.append(Array(chunk.prefix(cut)))
                    chunks[chunks.count - 1] = Array(chunk.dropFirst(cut))
                } else if current.isEmpty {
                    current.append(chunk)
                    chunks.removeLast()
                }
            }
            if let chunk = current.last, isSpace(chunk) { current.removeLast() }
            if !current.isEmpty { lines.append(String(scalars: current.joined())) }
        }
        return lines
    }

    private static func isSpace(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(isBreak) }

    /// textwrap breaks at ASCII whitespace only.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x80 && scalar.isPythonSpace }

    /// Words and runs of whitespace; words with hyphens between letters in several pieces.
    private static func chunks(_ line: [Unicode.Scalar], _ breaksHyphens: Bool) -> [[Unicode.Scalar]] {
        var chunks: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for (index, scalar) in line.enumerated() {
            if let last = current.last, isBreak(last) != isBreak(scalar) {
                chunks.append(current)
                current = []
            }
            current.append(scalar)
            let isHyphen =
                breaksHyphens && scalar == "-" && index >= 2 && index + 2 < line.count
                && isLetter(line[index - 1]) && isLetter(line[index - 2]) && isLetter(line[index + 1])
                && (isLetter(line[index + 2]) || line[index + 2] == "-")
            if isHyphen {
                chunks.append(current)
                current = []
            }
        }
        if !current.isEmpty { chunks.append(current) }
        return chunks
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar.isWord && !scalar.isDecimalDigit }
}
