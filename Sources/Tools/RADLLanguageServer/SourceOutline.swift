import RADL

/// What editors ask of a document: where something is, and where else.
struct SourceOutline: Sendable {
    let document: TextDocument
    let source: RADLSource
    let tokens: [RADLToken]
    let sections: [SourceScanner.Section]
    let mentions: [SourceScanner.Mention]

    init(_ document: TextDocument) {
        self.document = document
        source = document.source
        tokens = source.tokens()
        let words = tokens.filter { $0.kind != .comment && $0.kind != .skipped }
        var scanner = SourceScanner(document.bytes)
        for index in words.indices { scanner.take(words, index) }
        sections = scanner.sections
        mentions = scanner.mentions
    }

    /// The token at a byte, or the one that ends there.
    func token(at offset: Int) -> RADLToken? {
        var (low, high) = (0, tokens.count)
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].end < offset { low = middle + 1 } else { high = middle }
        }
        guard low < tokens.count else { return nil }
        // Between two tokens without a blank the right one counts, unless it is a sign.
        if tokens[low].end == offset, low + 1 < tokens.count, tokens[low + 1].start == offset,
            [.name, .keyword, .number, .string].contains(tokens[low + 1].kind)
        {
            return tokens[low + 1]
        }
        return tokens[low].start <= offset ? tokens[low] : nil
    }

    func text(_ token: RADLToken) -> String { document.text(token.start, token.end) }

    /// Ids of the sections of a kind, in order, each once.
    func ids(_ kind: SourceScanner.SectionKind) -> [String] {
        var seen: Set<String> = []
        return sections.compactMap { section in
            guard section.kind == kind, let id = section.id.map(text), seen.insert(id).inserted else { return nil }
            return id
        }
    }

    /// What is named at a byte.
    func mention(at offset: Int) -> SourceScanner.Mention? {
        mentions.first { $0.start <= offset && offset <= $0.end }
    }

    /// Every place that names the same.
    func mentions(of mention: SourceScanner.Mention) -> [SourceScanner.Mention] {
        mentions.filter { $0.kind == mention.kind && $0.id == mention.id }
    }

    /// The section that defines what is named; of a recipe of the system's own name also the system.
    func definition(of mention: SourceScanner.Mention) -> SourceScanner.Mention? {
        let all = mentions(of: mention)
        return all.first { $0.isDefinition } ?? all.first { isSection($0) && $0 != mention }
    }

    /// `network n` alone: the section stands elsewhere.
    private func isSection(_ mention: SourceScanner.Mention) -> Bool {
        sections.contains { $0.id?.start == mention.start && $0.kind == mention.kind }
    }

    /// The section whose keyword or id stands at a byte, or that has it within.
    func section(at offset: Int) -> SourceScanner.Section? {
        sections.last { $0.keyword.start <= offset && offset <= $0.end }
    }

    // MARK: - Symbols

    func symbols() -> [LSPDocumentSymbol] {
        sections.map { section in
            let id = section.id.map(text)
            var name = [section.kind.rawValue, id].compactMap { $0 }.joined(separator: " ")
            if section.kind == .deploy { name = document.text(section.keyword.start, section.end) }
            let children = section.features.map { feature in
                LSPDocumentSymbol(
                    name: text(feature.name),
                    detail: FeatureRule.rule(for: text(feature.name), in: feature.section ?? .system)?.isSecret == true
                        ? nil : Self.short(document.text(feature.name.end, feature.end)),
                    kind: .key, range: document.range(feature.name.start, feature.end),
                    selectionRange: document.range(feature.name.start, feature.name.end), children: nil)
            }
            let selection = section.id ?? section.keyword
            return LSPDocumentSymbol(
                name: name, detail: nil, kind: Self.symbolKind(section.kind),
                range: document.range(section.keyword.start, section.end),
                selectionRange: document.range(selection.start, selection.end),
                children: children.isEmpty ? nil : children)
        }
    }

    private static func short(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count > 60 ? words.prefix(59) + "…" : words
    }

    private static func symbolKind(_ kind: SourceScanner.SectionKind) -> LSPDocumentSymbol.Kind {
        switch kind {
        case .description: .package
        case .ansible: .object
        case .network: .interface
        case .system: .structure
        case .configure: .function
        case .contextualize, .deploy: .event
        case .include: .module
        }
    }

    /// Sentences and lists of several lines.
    func foldingRanges() -> [LSPFoldingRange] {
        var ranges: [LSPFoldingRange] = []
        var open: [Int] = []
        for token in tokens {
            switch token.kind {
            case .leftParenthesis, .leftBracket: open.append(token.start)
            case .rightParenthesis, .rightBracket:
                guard let start = open.popLast() else { continue }
                let first = document.position(of: start).line
                let last = document.position(of: token.start).line
                // The line of the parenthesis stays visible.
                if last > first + 1 { ranges.append(LSPFoldingRange(startLine: first, endLine: last - 1)) }
            default: break
            }
        }
        return ranges
    }
}
