/// Strings that end where they should not: the one mistake that makes many others.
extension Parser {
    /// Whether the string before the current token ends where nobody meant it to: its quote was left open, so that it takes
    /// the first quote of the next string for its end; or there is a quote within it. That is noted then, and reading goes
    /// on behind the string as it was meant.
    mutating func mendString() -> Bool {
        guard let string = lastString, string.end == previousEnd, token.kind != .end, !isFull else { return false }
        // Much may lie between the string and what the parser noticed; a feature ends with its string.
        let between = source.bytes[string.end..<token.start]
        let isAttached = !between.contains { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let content = source.bytes[string.start..<string.end]
        guard content.count < 1 << 20, mayReadAgain(content.count) else { return false }
        let lineEnd = content.firstIndex(of: UInt8(ascii: "\n"))
        if let lineEnd {
            // A text of several lines, such as a key, may end with '=' of its own.
            guard isAttached || OpenString.endsWithFeature(content.dropFirst().dropLast()) else { return false }
            noteOpen(string, upTo: lineEnd)
            return true
        }
        switch token.kind {
        case .name, .number, .string, .random, .openString: break
        default:
            guard token.kind.reservedWord != nil else { return false }
        }
        guard isAttached, !Token.sentences.contains(token.kind) || !token.isFirstOfLine else { return false }
        if let end = lostEnd(content) {
            noteOpen(string, upTo: end)
            return true
        }
        return noteQuote(in: string)
    }

    /// `'a, '` and `'a and name = '`: where the string was meant to end.
    private func lostEnd(_ content: ArraySlice<UInt8>) -> Int? {
        let blanks: [UInt8] = [0x20, 0x09]
        if let last = content.dropLast().lastIndex(where: { !blanks.contains($0) }), content[last] == UInt8(ascii: ",")
        {
            return last
        }
        guard endsWithSign(content) else { return nil }
        let and = Array(" and ".utf8)
        return content.indices.dropLast(and.count).last { content[$0...].starts(with: and) }
    }

    /// `… and name = '`: what a string ends with that has taken the next string's quote for its own.
    private func endsWithSign(_ content: ArraySlice<UInt8>) -> Bool {
        let last = content.dropLast().last { ![0x20, 0x09].contains($0) }
        return [UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "<"), UInt8(ascii: "[")].contains(last)
    }

    private mutating func noteOpen(_ string: Token, upTo lineEnd: Int) {
        var end = lineEnd
        func trim() {
            while end > string.start + 1, [0x20, 0x09, 0x0D].contains(source.bytes[end - 1]) { end -= 1 }
        }
        trim()
        let text = source.bytes[string.start..<end]
        if text.count > 4, text.suffix(4).elementsEqual(" and".utf8) {
            end -= 4
            trim()
        }
        // `'yes)`: what closes more than is open within the string was meant to be outside.
        while end > string.start + 1, source.bytes[end - 1] == UInt8(ascii: ")"), closesMore(string.start..<end) {
            end -= 1
            trim()
        }
        stack.amend(
            endingAt: string.end, to: String(decoding: source.bytes[(string.start + 1)..<end], as: UTF8.self))
        let place = range(of: string).extended(to: end)
        let known = source.scalars(from: string.start, to: end)
        let insertion = SourceRange(line: string.line, column: string.column + known, offset: end, length: 0)
        report(
            .string, "this string has no end", hint: "close it with ', and write \\' for a quote within it",
            expected: ["'"], suggestion: .init(range: insertion, replacement: "'"), at: place,
            imText: imText(unexpected: token))
        restart(at: end, behind: string, depth: string.depth)
    }

    private func closesMore(_ range: Range<Int>) -> Bool {
        source.bytes[range].reduce(0) { $0 + ($1 == UInt8(ascii: "(") ? 1 : $1 == UInt8(ascii: ")") ? -1 : 0) } < 0
    }

    /// `'it's here'`: the string goes on up to a quote behind which something else can begin.
    private mutating func noteQuote(in string: Token) -> Bool {
        let bytes = source.bytes
        let quote = UInt8(ascii: "'")
        let limit = min(bytes.count, string.end + 4096)
        guard mayReadAgain(limit - string.end) else { return false }
        guard var end = bytes[string.end..<limit].firstIndex(of: quote) else { return false }
        while !isEnd(end) {
            // One more within a word: `dog's`.
            guard isLetter(at: end - 1), isLetter(at: end + 1),
                let next = bytes[(end + 1)..<limit].firstIndex(of: quote)
            else { return false }
            end = next
        }
        let place = range(of: string).extended(to: end + 1)
        report(
            .string, "there is a quote within this string", hint: "write \\' for a quote within a string",
            expected: ["\\'"], suggestion: escaping(string, upTo: end), at: place,
            imText: imText(unexpected: token))
        stack.amend(
            endingAt: string.end, to: String(decoding: bytes[(string.start + 1)..<end], as: UTF8.self))
        restart(at: end + 1, behind: string, depth: string.depth)
        return true
    }

    /// Every quote of a string with a backslash; none for a long one, or one that may be a secret.
    private func escaping(_ string: Token, upTo end: Int) -> RADLError.Suggestion? {
        let start = string.start + 1
        guard end - start <= 100, !Secrets.isLikely(before: source.bytes[..<string.start]) else { return nil }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in source.bytes[start..<end] {
            if byte == UInt8(ascii: "'"), !isEscaped { result.append(UInt8(ascii: "\\")) }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            result.append(byte)
        }
        let place = SourceRange(line: string.line, column: string.column + 1, offset: start, length: end - start)
        return .init(range: place, replacement: String(decoding: result, as: UTF8.self))
    }

    private func isLetter(at position: Int) -> Bool {
        guard source.bytes.indices.contains(position) else { return false }
        let byte = source.bytes[position]
        return byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x80
    }

    /// Whether behind a quote stands what can stand behind a string.
    private func isEnd(_ quote: Int) -> Bool {
        let bytes = source.bytes
        var index = quote + 1
        while index < bytes.count, [0x20, 0x09, 0x0D, 0x0A].contains(bytes[index]) { index += 1 }
        guard index < bytes.count else { return true }
        if [UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "#")].contains(bytes[index]) {
            return true
        }
        return index > quote + 1 && bytes[index...].starts(with: "and".utf8)
    }
}
