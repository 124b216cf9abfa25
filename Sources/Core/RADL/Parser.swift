/// Reads tokens into a document: one pass, one token ahead, every mistake noted.
struct Parser {
    /// The rest of the sentence cannot be understood; the mistake is noted already.
    struct Stop: Error {}

    static let deepestNesting = 64
    static let mostErrors = 100
    static let longestRandom = 1024

    let source: RADLSource
    private(set) var lexer: Lexer
    private(set) var token: Token
    /// End of the token before ``token``.
    private(set) var previousEnd = 0
    var document = RADLDocument()
    private(set) var errors: [RADLError] = []
    private(set) var warnings: [RADLError] = []

    private var names = NameTable()
    private var ids: [Token.Kind: Set<String>] = [:]
    private var columnLineStart = 0
    private var columnOffset = 0
    private var column = 1

    init(_ source: RADLSource) {
        self.source = source
        lexer = Lexer(source.bytes)
        token = lexer.next()
        document.source = source
    }

    // MARK: - Tokens

    mutating func advance() {
        previousEnd = token.end
        token = lexer.next()
    }

    /// Place of a token. Columns are counted onwards from the last place asked for in the same line.
    mutating func range(of token: Token) -> SourceRange {
        if columnLineStart != token.lineStart || columnOffset > token.start {
            columnLineStart = token.lineStart
            columnOffset = token.lineStart
            column = 1
        }
        while columnOffset < token.start {
            if source.bytes[columnOffset] & 0xC0 != 0x80 { column += 1 }
            columnOffset += 1
        }
        return SourceRange(line: token.line, column: column, offset: token.start, length: token.end - token.start)
    }

    /// Text of a name.
    mutating func text(ofName token: Token) -> String {
        names.text(token.start..<token.end, in: source.bytes)
    }

    /// Content of a string: `\'` is a quote, every other backslash stays.
    func text(ofString token: Token) -> String {
        let content = source.bytes[(token.start + 1)..<(token.end - 1)]
        guard token.flag else { return String(decoding: content, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var index = content.startIndex
        while index < content.endIndex {
            if content[index] == UInt8(ascii: "\\"), index + 1 < content.endIndex {
                if content[index + 1] != UInt8(ascii: "'") { result.append(content[index]) }
                result.append(content[index + 1])
                index += 2
            } else {
                result.append(content[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// RADL knows no sign: as in IM the lexer skips it, with a warning. Where the number says how much is made, that would
    /// be something else than what is meant.
    private func hasMinus(before token: Token) -> Bool {
        let blank: [UInt8] = [0x20, 0x09]
        return source.bytes[..<token.start].last { !blank.contains($0) } == UInt8(ascii: "-")
    }

    /// Value of a number. Whole numbers beyond 64 bits become floating-point.
    mutating func number(of token: Token) throws(Stop) -> RADLNumber {
        if let number = finiteNumber(of: token) { return number }
        report(.number, "this number is too large", at: token)
        throw Stop()
    }

    /// Nil where the number is too large for any kind of number.
    private func finiteNumber(of token: Token) -> RADLNumber? {
        if !token.flag, token.end - token.start <= 18 {
            var value = 0
            for index in token.start..<token.end { value = value * 10 + Int(source.bytes[index] - 0x30) }
            return .integer(value)
        }
        guard token.end - token.start <= 400 else { return nil }
        var text = String(decoding: source.bytes[token.start..<token.end], as: UTF8.self)
        if !token.flag, let value = Int(text) { return .integer(value) }
        if text.hasSuffix(".") { text += "0" }
        return Double(text).flatMap { $0.isFinite ? .real($0) : nil }
    }

    // MARK: - Errors

    var isFull: Bool { errors.count >= Self.mostErrors }

    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, at token: Token, imText: String? = nil
    ) {
        report(code, message, hint: hint, at: range(of: token), imText: imText ?? self.imText(unexpected: token))
    }

    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, at range: SourceRange, imText: String
    ) {
        guard !isFull else { return }
        errors.append(RADLError(code, message, hint: hint, at: range, in: source, imText: imText))
    }

    /// Notes that the current token is not what has to stand there.
    mutating func unexpected(_ expected: String, hint: String? = nil) -> Stop {
        switch token.kind {
        case .end:
            report(.unclosed, "the text ends where \(expected) has to follow", hint: hint, at: token)
        case .openString:
            report(
                .string, "this string has no end", hint: "close it with ', and write \\' for a quote within it",
                at: token)
        default:
            report(.syntax, "expected \(expected), found \(describe(token))", hint: hint, at: token)
        }
        return Stop()
    }

    mutating func expect(_ kind: Token.Kind, hint: String? = nil) throws(Stop) -> Token {
        guard token.kind == kind else { throw unexpected(kind.words, hint: hint) }
        let found = token
        advance()
        return found
    }

    private func describe(_ token: Token) -> String {
        switch token.kind {
        case .name, .number:
            "'\(String(decoding: source.bytes[token.start..<token.end].prefix(60), as: UTF8.self))'"
        default: token.kind.words
        }
    }

    // MARK: - Sentences

    mutating func parse(using generator: inout some RandomNumberGenerator) {
        var isFirst = true
        var sentences = 0
        while token.kind != .end, !isFull {
            do throws(Stop) {
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
        finish(sentences: sentences)
    }

    private mutating func finish(sentences: Int) {
        for skipped in lexer.skipped {
            let range = range(of: skipped)
            warnings.append(
                RADLError(
                    .character, "'\(source.text(of: range))' means nothing here and is skipped", at: range,
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
        while token.kind != .end, !beginsSentence { advance() }
        lexer.closeAll()
    }

    /// Whether the current token begins a sentence even though parentheses may still be open.
    var beginsSentence: Bool {
        token.isFirstOfLine && Token.sentences.contains(token.kind)
            && (token.depth == 0 || token.start == token.lineStart)
    }

    static let sentenceWords = [
        "network", "system", "configure", "contextualize", "deploy", "ansible", "description",
    ]

    private mutating func sentence(using generator: inout some RandomNumberGenerator) throws(Stop) {
        switch token.kind {
        case .network, .system, .ansible: try section(using: &generator)
        case .configure: try configureSentence()
        case .deploy: try deploySentence()
        case .contextualize: try contextualizeSentence()
        default:
            let word = token.kind == .name ? text(ofName: token) : ""
            let nearest = Vocabulary.nearest(to: word, among: Self.sentenceWords)
            throw unexpected(
                "a sentence (\(Self.sentenceWords.joined(separator: ", ")))",
                hint: nearest.map { "did you mean '\($0)'? Reserved words are in lower case" })
        }
    }

    /// Id of a section, noted as taken.
    private mutating func newID(_ kind: Token.Kind, _ what: String, keyword: Token) throws(Stop) -> (
        String, SourceRange
    ) {
        let nameToken = token
        guard token.kind == .name else {
            let isReserved = token.kind.reservedWord != nil && !token.isFirstOfLine
            throw unexpected(
                "the id of the \(what)", hint: isReserved ? "reserved words cannot be ids; choose another name" : nil)
        }
        let id = text(ofName: nameToken)
        advance()
        let place = range(of: keyword).extended(to: nameToken.end)
        if !ids[kind, default: []].insert(id).inserted {
            report(
                .duplicate, "there is a \(what) '\(id)' already", hint: "give one of them another id",
                at: range(of: nameToken), imText: "Aspect with the same id was found.")
        }
        return (id, place)
    }

    private mutating func section(using generator: inout some RandomNumberGenerator) throws(Stop) {
        let keyword = token
        advance()
        let what = keyword.kind == .ansible ? "ansible host" : keyword.kind.reservedWord ?? ""
        let (id, place) = try newID(keyword.kind, what, keyword: keyword)
        var features = Features()
        var isReference = false
        if token.kind == .leftParenthesis {
            features = try parenthesizedFeatures(level: 1, using: &generator)
        } else if keyword.kind == .ansible {
            throw unexpected("'(' and the features of the ansible host")
        } else {
            isReference = true
        }
        switch keyword.kind {
        case .network:
            document.networks.append(
                RADLNetwork(id: id, features: features, isReference: isReference, source: place))
        case .system:
            document.systems.append(RADLSystem(id: id, features: features, isReference: isReference, source: place))
        default:
            document.ansibleHosts.append(RADLAnsibleHost(id: id, features: features, source: place))
        }
    }

    private mutating func descriptionSentence(
        isFirst: Bool, using generator: inout some RandomNumberGenerator
    ) throws(Stop) {
        let keyword = token
        if !isFirst {
            if document.description != nil {
                report(
                    .duplicate, "the document has a description already", hint: "put all in one description",
                    at: keyword, imText: "Description can only be defined once.")
            } else {
                report(
                    .syntax, "the description stands behind another sentence", hint: "move it to the top", at: keyword)
            }
        }
        advance()
        let nameToken = try expect(.name)
        let place = range(of: keyword).extended(to: nameToken.end)
        let id = text(ofName: nameToken)
        var description = RADLDescription(id: id, isReference: token.kind != .leftParenthesis, source: place)
        if token.kind == .leftParenthesis {
            description.features = try parenthesizedFeatures(level: 1, using: &generator)
        }
        if document.description == nil { document.description = description }
    }

    private mutating func deploySentence() throws(Stop) {
        let keyword = token
        advance()
        let system = text(ofName: try expect(.name, hint: "write: deploy SYSTEM NUMBER"))
        let numberToken = try expect(.number, hint: "write: deploy \(system) NUMBER")
        if hasMinus(before: numberToken) {
            report(
                .number, "the number of machines cannot be negative", hint: "write: deploy \(system) NUMBER",
                at: numberToken, imText: "Line \(keyword.line): Invalid number of virtual machines to deploy.")
        }
        let number = finiteNumber(of: numberToken)
        var cloud: String?
        if token.kind == .name, !isMisspelledSentence {
            cloud = text(ofName: token)
            advance()
        }
        guard let count = number?.integerValue else {
            let isTooLarge = (number?.doubleValue ?? .infinity) > Double(RADLDeploy.mostMachines)
            report(
                .number,
                isTooLarge
                    ? "the number of machines is too large: an infrastructure has at most \(RADLDeploy.mostMachines)"
                    : "the number of machines has to be whole", at: numberToken,
                imText: "Line \(keyword.line): Invalid number of virtual machines to deploy.")
            return
        }
        document.deploys.append(
            RADLDeploy(
                system: system, count: count, cloud: cloud, source: range(of: keyword).extended(to: previousEnd)))
    }

    /// `System b (…)` in the line after `deploy a 1` is no cloud id.
    private var isMisspelledSentence: Bool {
        guard token.isFirstOfLine else { return false }
        let word = String(decoding: source.bytes[token.start..<token.end].prefix(40), as: UTF8.self)
        return Self.sentenceWords.contains(word.lowercased())
    }

    private mutating func configureSentence() throws(Stop) {
        let keyword = token
        advance()
        let (id, place) = try newID(.configure, "configure section", keyword: keyword)
        var section = RADLConfigure(id: id, content: .reference, source: place)
        if token.kind == .leftParenthesis {
            let open = token
            advance()
            section.content = .disabled
            if token.kind == .begin {
                let recipe = try recipe(id: id)
                section.content = .recipe(recipe.text)
                section.recipeSource = recipe.place
            }
            if token.kind == .end {
                throw unclosed(open)
            }
            guard token.kind == .rightParenthesis else {
                throw unexpected(section.content == .disabled ? "'@begin' or ')'" : "')' behind '@end'")
            }
            advance()
        }
        document.configures.append(section)
    }

    private mutating func recipe(id: String) throws(Stop) -> (text: String, place: SourceRange) {
        let begin = token
        advance()
        let recipe = token
        guard !recipe.flag else {
            report(
                .unclosed, "the recipe of '\(id)' has no end",
                hint: "write @end at the beginning of a line behind it", at: begin, imText: "Parse error in: None")
            advance()
            throw Stop()
        }
        let text = String(decoding: source.bytes[recipe.start..<recipe.end], as: UTF8.self)
        let place = range(of: recipe)
        advance()
        return (text.isEmpty ? "\n" : text, place)
    }

    /// Notes that a parenthesis is never closed.
    mutating func unclosed(_ open: Token) -> Stop {
        report(
            .unclosed, "this '(' is never closed", hint: "write ')' behind the last feature", at: range(of: open),
            imText: imText(unexpected: token))
        return Stop()
    }
}
