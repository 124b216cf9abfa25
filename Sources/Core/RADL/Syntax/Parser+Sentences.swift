/// The sentences but `contextualize`.
extension Parser {
    mutating func sentence(using generator: inout some RandomNumberGenerator) throws(Stop) {
        switch token.kind {
        case .network, .system, .ansible: try section(using: &generator)
        case .configure: try configureSentence()
        case .deploy: try deploySentence()
        case .contextualize: try contextualizeSentence()
        case .name where isInclude: try includeSentence(using: &generator)
        default: try misspelledSentence(using: &generator)
        }
    }

    /// A word that begins no sentence: one that nearly does is noted and taken for it, so that what follows is read.
    private mutating func misspelledSentence(using generator: inout some RandomNumberGenerator) throws(Stop) {
        let word = token.kind == .name ? word(token) : ""
        let nearest = Vocabulary.nearest(to: word, among: Self.sentenceWords)
        let stop = unexpected(
            "a sentence (\(Self.sentenceWords.joined(separator: ", ")))",
            hint: nearest.map {
                "did you mean '\($0)'?" + (word.lowercased() == $0 ? " Reserved words are in lower case" : "")
            } ?? Self.hint(for: word),
            options: Self.sentenceWords.map { "'\($0)'" }, replacement: nearest)
        var ahead = lexer
        let next = ahead.next().kind
        guard let nearest, let kind = Token.Kind(reservedWord: nearest), kind != .description else { throw stop }
        guard next == .name || (kind == .contextualize && (next == .leftParenthesis || next == .number)) else {
            throw stop
        }
        token.kind = kind
        noteSentence()
        try sentence(using: &generator)
    }

    private static func hint(for word: String) -> String? {
        switch word {
        case "tosca_definitions_version": "this is a TOSCA template, not RADL"
        case "include": "write: include NAME, or include 'FILE' in quotes"
        default: nil
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
        let number = names.number(token.start..<token.end, in: source.bytes)
        let id = names.text(number)
        advance()
        let place = range(of: keyword).extended(to: nameToken.end)
        if !take(id: number, of: kind) {
            report(
                .duplicate, "there is \(KnownIDs.article(what)) \(what) '\(id)' already",
                hint: "give one of them another id",
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
        // After a mistake as much of the section stays as was read: others may refer to it.
        var stop: Stop?
        if token.kind == .leftParenthesis {
            do throws(Stop) {
                try parenthesizedFeatures(into: &features, level: 1, using: &generator)
            } catch {
                stop = error
            }
        } else if keyword.kind == .ansible {
            throw unexpected("'(' and the features of the ansible host", options: ["'('"])
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
        if let stop { throw stop }
    }

    mutating func descriptionSentence(
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
            try parenthesizedFeatures(into: &description.features, level: 1, using: &generator)
        }
        if document.description == nil { document.description = description }
    }

    private mutating func deploySentence() throws(Stop) {
        let keyword = token
        advance()
        let system = text(ofName: try expect(.name, hint: "write: deploy SYSTEM NUMBER"))
        let numberToken = try expect(.number, hint: "write: deploy \(system) NUMBER")
        if let signed = signed(numberToken) {
            report(
                .number, "the number of machines cannot be negative", hint: "write: deploy \(system) NUMBER",
                at: signed, imText: "Line \(keyword.line): Invalid number of virtual machines to deploy.")
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

    /// `System b (…)` or `contextualise (…)` in the line after `deploy a 1` is no cloud id.
    private var isMisspelledSentence: Bool {
        guard token.isFirstOfLine else { return false }
        let word = word(token)
        if Self.sentenceWords.contains(word.lowercased()) || isInclude { return true }
        var ahead = lexer
        let next = ahead.next()
        if next.kind == .leftParenthesis { return true }
        // A cloud id stands alone in its line.
        return next.kind == .name && !next.isFirstOfLine
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
                noteEnds(in: recipe.place, of: id)
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
            if mayReadAgain(recipe.end - recipe.start),
                let end = indentedEnd(in: recipe.start..<recipe.end, line: recipe.line)
            {
                report(
                    .unclosed, "the recipe of '\(id)' has no end: this @end is indented",
                    hint: "write @end at the beginning of its line", expected: ["@end"],
                    suggestion: .init(range: end.line, replacement: "@end"), at: end.word,
                    imText: "Parse error in: None")
                // What stands behind it is read as if it ended the recipe.
                restart(at: end.word.end, behind: begin, depth: begin.depth)
                return (
                    "\n", SourceRange(line: begin.line, column: begin.column, offset: begin.end, length: 0)
                )
            }
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

    /// The first line that holds `@end` behind blanks: the line up to the word, and the word.
    private func indentedEnd(in recipe: Range<Int>, line first: Int) -> (line: SourceRange, word: SourceRange)? {
        let bytes = source.bytes
        var start = recipe.lowerBound
        var line = first
        while let newline = bytes[start..<recipe.upperBound].firstIndex(of: UInt8(ascii: "\n")) {
            start = newline + 1
            line += 1
            var index = start
            while index < recipe.upperBound, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
            guard index > start, bytes[index..<recipe.upperBound].starts(with: "@end".utf8) else { continue }
            let end = index + 4
            let follower = end < recipe.upperBound ? bytes[end] : 0x0A
            guard [0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: ")")].contains(follower) else { continue }
            return (
                SourceRange(line: line, column: 1, offset: start, length: end - start),
                SourceRange(line: line, column: index - start + 1, offset: index, length: 4)
            )
        }
        return nil
    }

    /// An indented `@end` within a recipe that ends further down: what stands between was meant to be sentences.
    private mutating func noteEnds(in recipe: SourceRange, of id: String) {
        guard warnings.count < 100, let end = indentedEnd(in: recipe.offset..<recipe.end, line: recipe.line) else {
            return
        }
        warnings.append(
            RADLError(
                .recipe, "this @end is indented, so it belongs to the recipe of '\(id)'",
                hint: "write @end at the beginning of its line", expected: ["@end"],
                suggestion: .init(range: end.line, replacement: "@end"), at: end.word, in: source, imText: "",
                severity: .warning))
    }

    /// Notes that a parenthesis is never closed.
    mutating func unclosed(_ open: Token) -> Stop {
        let place = range(of: open)
        report(
            .unclosed, "this '(' is never closed", hint: "write ')' behind the last feature", expected: ["')'"],
            at: place, imText: imText(unexpected: token))
        return Stop()
    }
}
