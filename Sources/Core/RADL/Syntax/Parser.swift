/// Reads tokens into a document: one pass, one token ahead, every mistake noted.
struct Parser {
    /// The rest of the sentence cannot be understood; the mistake is noted already.
    struct Stop: Error {}

    static let deepestNesting = 64
    static let mostErrors = 1000
    static let longestRandom = 1024

    let source: RADLSource
    private(set) var lexer: Lexer
    var token: Token
    /// End of the token before ``token``.
    private(set) var previousEnd = 0
    /// The last string that was read.
    private(set) var lastString: Token?
    /// How many characters `random(N)` drew for the value that was read last; 0 for other values.
    var drawnLength: UInt16 = 0
    /// Bytes that were read once more because a string has no end.
    private var readAgain = 0
    var document = RADLDocument()
    private(set) var errors: [RADLError] = []
    /// No more errors are told.
    private(set) var isFull = false
    var warnings: [RADLError] = []

    var names = NameTable()
    var stack = FeatureStack()
    /// By the numbers of names: the kinds of sections that have such an id, as bits.
    private var ids: [UInt8] = []
    /// Whether a sentence has begun somewhere.
    private var hasSentence = false
    private var countedBytes = 0
    private var countedScalars = 0

    init(_ source: RADLSource) {
        self.source = source
        lexer = Lexer(source.bytes)
        token = lexer.next()
        document.source = source
    }

    // MARK: - Tokens

    mutating func advance() {
        previousEnd = token.end
        if token.kind == .string { lastString = token }
        token = lexer.next()
    }

    /// Place of a token.
    func range(of token: Token) -> SourceRange { token.range }

    /// Takes an id; false where a section of the kind has it already.
    mutating func take(id number: Int, of kind: Token.Kind) -> Bool {
        let bit: UInt8 =
            switch kind {
            case .network: 1
            case .system: 2
            case .ansible: 4
            default: 8
            }
        while number >= ids.count { ids.append(0) }
        defer { ids[number] |= bit }
        return ids[number] & bit == 0
    }

    /// Number of scalars before a byte: IM counts positions so. Counted onwards from the last place asked for.
    mutating func scalarOffset(ofByte offset: Int) -> Int {
        if offset < countedBytes { (countedBytes, countedScalars) = (0, 0) }
        while countedBytes < min(offset, source.bytes.count) {
            if source.bytes[countedBytes] & 0xC0 != 0x80 { countedScalars += 1 }
            countedBytes += 1
        }
        return countedScalars
    }

    /// Text of a name.
    mutating func text(ofName token: Token) -> String {
        let number = names.number(token.start..<token.end, in: source.bytes)
        return names.text(number)
    }

    /// Content of a string: `\'` is a quote, every other backslash stays. Where a backslash stands behind the string, two
    /// are one: so strings are written that IM's rule has no way for, with a backslash at the end or before a quote.
    func text(ofString token: Token) -> String {
        if !token.flag {
            return source.bytes.withUnsafeBufferPointer {
                String(decoding: UnsafeBufferPointer(rebasing: $0[token.start + 1..<token.end - 1]), as: UTF8.self)
            }
        }
        let backslash = UInt8(ascii: "\\")
        let isPlain = source.bytes[token.end - 1] != backslash
        let content = source.bytes[(token.start + 1)..<(token.end - (isPlain ? 1 : 2))]
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = content.startIndex
        while index < content.endIndex {
            if content[index] == backslash, index + 1 < content.endIndex {
                let next = content[index + 1]
                if next != UInt8(ascii: "'"), isPlain || next != backslash { result.append(backslash) }
                result.append(next)
                index += 2
            } else {
                result.append(content[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// RADL knows no sign: as in IM the lexer skips it. Read without it, a number is another than what is meant.
    private func minus(before token: Token) -> Int? {
        let blank: [UInt8] = [0x20, 0x09]
        let dash = UInt8(ascii: "-")
        guard let last = source.bytes[..<token.start].lastIndex(where: { !blank.contains($0) }),
            source.bytes[last] == dash
        else { return nil }
        // A name may end with it: `deploy front- 1`.
        let before = source.bytes[..<last].last { $0 != dash }
        return before.map(Lexer.isNamePart) == true ? nil : last
    }

    /// A number with the sign before it; nil where it has none.
    func signed(_ token: Token) -> Token? {
        guard let position = minus(before: token) else { return nil }
        var number = token
        number.column -= token.start - position
        number.start = position
        return number
    }

    private mutating func refuseSign(of token: Token) {
        guard let number = signed(token) else { return }
        report(
            .number, "a number cannot have a sign", hint: "write a number from 0", at: range(of: number),
            imText: "Line \(token.line): Parse error in: a number with a sign")
    }

    /// Value of a number. A sign before it is noted, and the number read without it.
    mutating func number(of token: Token) throws(Stop) -> RADLNumber {
        refuseSign(of: token)
        if let number = finiteNumber(of: token) { return number }
        report(
            .number, "this number is too large", hint: token.flag ? nil : "whole numbers go up to \(Int.max)", at: token
        )
        throw Stop()
    }

    /// Nil where the number is too large: whole numbers have 64 bits, others those of floating-point numbers.
    func finiteNumber(of token: Token) -> RADLNumber? {
        if !token.flag, token.end - token.start <= 18 {
            var value = 0
            for index in token.start..<token.end { value = value * 10 + Int(source.bytes[index] - 0x30) }
            return .integer(value)
        }
        guard token.end - token.start <= 400 else { return nil }
        var text = String(decoding: source.bytes[token.start..<token.end], as: UTF8.self)
        guard token.flag else { return Int(text).map { .integer($0) } }
        if text.hasSuffix(".") { text += "0" }
        return Double(text).flatMap { $0.isFinite ? .real($0) : nil }
    }

    // MARK: - Errors

    /// - Parameter replacement: What stands in the place of the token where that mends the text.
    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, expected: [String] = [],
        suggestion: RADLError.Suggestion? = nil, replacement: String? = nil, at token: Token, imText: String? = nil
    ) {
        guard !isFull else { return }
        let place = range(of: token)
        report(
            code, message, hint: hint, expected: expected,
            suggestion: suggestion ?? replacement.map { .init(range: place, replacement: $0) }, at: place,
            imText: imText ?? self.imText(unexpected: token))
    }

    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, expected: [String] = [],
        suggestion: RADLError.Suggestion? = nil, at range: SourceRange, imText: String
    ) {
        guard !isFull else { return }
        errors.append(
            RADLError(
                code, message, hint: hint, expected: expected, suggestion: suggestion, at: range, in: source,
                imText: imText))
        isFull = errors.count >= Self.mostErrors
    }

    /// Notes that the current token is not what has to stand there.
    ///
    /// - Parameters:
    ///   - expected: What has to stand there, in words.
    ///   - options: The same, each on its own; `expected` alone where they are left out.
    ///   - replacement: What stands in the place of the token where that mends the text.
    mutating func unexpected(
        _ expected: String, hint: String? = nil, options: [String] = [], replacement: String? = nil
    ) -> Stop {
        if mendString() { return Stop() }
        let options = options.isEmpty ? [expected] : options
        switch token.kind {
        case .end:
            report(
                .unclosed, "the text ends where \(expected) has to follow", hint: hint, expected: options, at: token)
        case .openString:
            report(
                .string, "this string has no end", hint: "close it with ', and write \\' for a quote within it",
                expected: ["'"], at: token)
        default:
            report(
                .syntax, "expected \(expected), found \(describe(token))", hint: hint, expected: options,
                replacement: replacement, at: token)
        }
        return Stop()
    }

    mutating func expect(_ kind: Token.Kind, hint: String? = nil) throws(Stop) -> Token {
        if token.kind != kind {
            // A word that is nearly the one that has to stand here is noted and taken for it.
            guard token.kind == .name, let wanted = kind.reservedWord,
                Vocabulary.nearest(to: word(token), among: [wanted]) != nil
            else { throw unexpected(kind.words, hint: hint) }
            _ = unexpected(kind.words, hint: "did you mean '\(wanted)'?", options: ["'\(wanted)'"], replacement: wanted)
        }
        let found = token
        advance()
        return found
    }

    /// The text of a token, the beginning of a long one.
    func word(_ token: Token) -> String {
        String(decoding: source.bytes[token.start..<min(token.end, token.start + 80)], as: UTF8.self)
    }

    /// Reads on from a byte of the current line.
    mutating func resume(at position: Int) {
        lexer.move(to: position)
        advance()
        previousEnd = position
    }

    /// Reads on from any byte between two tokens, which lies behind the beginning of a token.
    mutating func restart(at position: Int, behind known: Token, depth: Int) {
        let newline = UInt8(ascii: "\n")
        let between = source.bytes[known.start..<position]
        let lineStart = between.lastIndex(of: newline).map { $0 + 1 } ?? known.lineStart
        lexer.restart(
            at: position, line: known.line + between.count { $0 == newline }, lineStart: lineStart, depth: depth)
        token = lexer.next()
        previousEnd = position
    }

    /// Whether so many bytes may be read once more: all together at most about twice the text.
    mutating func mayReadAgain(_ bytes: Int) -> Bool {
        readAgain += bytes
        return readAgain <= 2 * source.bytes.count + 65_536
    }

    private func describe(_ token: Token) -> String {
        // What stands where a secret is expected may be one.
        let before = source.bytes[max(0, token.start - 160)..<token.start]
        let isSecret =
            Secrets.isNamed(in: before) || Secrets.isLikely(before: before)
            || [.name, .number].contains(token.kind)
                && source.maskedLines.isSecret(token.start, in: source.bytes)
        switch token.kind {
        case .name where isSecret, .number where isSecret: return token.kind.words
        case .name, .number:
            return "'\(String(decoding: source.bytes[token.start..<token.end].prefix(60), as: UTF8.self))'"
        default: return token.kind.words
        }
    }

    // MARK: - Sentences

    mutating func parse(using generator: inout some RandomNumberGenerator) {
        var isFirst = true
        var sentences = 0
        while token.kind != .end, !isFull {
            do throws(Stop) {
                if Token.sentences.contains(token.kind) || isInclude { noteSentence() }
                if token.kind == .description {
                    try descriptionSentence(isFirst: isFirst && sentences == 0, using: &generator)
                } else {
                    try sentence(using: &generator)
                    sentences += 1
                }
            } catch {
                sentences += 1
                skipSentence()
            }
            isFirst = false
        }
        if isFull {
            warnings.append(
                RADLError(
                    .tooMany, "more than \(Self.mostErrors) mistakes: the rest of the text is not looked at",
                    at: range(of: token), in: source, imText: "", severity: .warning))
        }
        finish(sentences: sentences)
    }

    /// A sentence begins here, even if its word is misspelled.
    mutating func noteSentence() { hasSentence = true }

    private mutating func finish(sentences: Int) {
        let told = Set(errors.filter { $0.code == .number }.compactMap { $0.range?.offset })
        // A text without a sentence is no RADL: what it has else is no news.
        let isOther = !hasSentence && !errors.isEmpty
        for skipped in lexer.skipped where !told.contains(skipped.start) && !isOther {
            let range = range(of: skipped)
            let isLetter = source.text(of: range).unicodeScalars.first?.properties.isAlphabetic == true
            if source.text(of: range).hasSuffix("!"), range.end < source.bytes.count,
                source.bytes[range.end] == UInt8(ascii: "=")
            {
                report(
                    .syntax, "there is no '!='", hint: "write what it may be: =, <, >, <= or >=",
                    expected: ["an operator"],
                    at: skipped)
                continue
            }
            warnings.append(
                RADLError(
                    .character, "'\(source.text(of: range))' means nothing here and is skipped",
                    hint: isLetter ? "names begin with a letter from a to z, '_' or '.'" : nil, at: range,
                    in: source, imText: "", severity: .warning))
        }
        if let zero = lexer.zeroByte {
            report(
                .string, "a string or recipe holds a zero byte", hint: "remove it", at: zero,
                imText: "Line \(zero.line): zero byte")
        }
        let isBlank = source.bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C].contains($0) }
        if sentences == 0, errors.isEmpty, !isBlank {
            report(
                .unclosed, "the document describes nothing",
                hint: "write at least one of \(Self.sentenceWords.joined(separator: ", "))", at: token,
                imText: "Parse error in: None")
        }
    }

    /// Goes on to a word that begins a sentence: first in its line, and outside of parentheses or in the first column.
    private mutating func skipSentence() {
        while token.kind != .end, !token.beginsSentence || isItem { advance() }
        lexer.closeAll()
    }

    /// `system a configure b` on one line is no sentence: it stands in a `contextualize` that was not understood.
    private var isItem: Bool {
        guard token.kind == .system else { return false }
        var ahead = lexer
        guard ahead.next().kind == .name else { return false }
        let next = ahead.next()
        return next.kind == .configure && !next.isFirstOfLine
    }

    static let sentenceWords = [
        "network", "system", "configure", "contextualize", "deploy", "ansible", "description",
    ]
}
