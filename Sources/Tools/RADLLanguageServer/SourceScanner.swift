import RADL

/// What can stand at a place of a document.
enum SourcePlace: Sendable, Hashable {
    case sentence
    /// Behind a word such as `system`: an id.
    case id(String)
    /// Behind the id of a section: `(`.
    case behindID(String)
    case deployCount(String)
    case deployCloud
    /// `(` or a time.
    case contextualize
    /// `@begin`, or `)`.
    case recipe
    case featureName(FeatureRule.Section?)
    case comparison(String, FeatureRule.Section?)
    case value(String, FeatureRule.Section?)
    case unit(String, FeatureRule.Section?)
    case listBehindValue(String, FeatureRule.Section?)
    /// `and`.
    case behindFeature
    case softWeight
    /// `(` behind the weight of a wish.
    case softOpen
    /// `(` behind `contains`.
    case containsOpen(String, FeatureRule.Section?)
    /// Behind `system` or `network` as a value.
    case reference(SourceScanner.SectionKind)
    /// `system` or `option` in `contextualize`.
    case item
    case itemSystem
    case itemWord
    case itemConfigure
    case itemTail
    case itemStep
    case itemTool
    case optionName
}

/// Walks over the tokens of a document and notes its sections and what they name. Mistakes do not stop it: a sentence that
/// begins in the first column ends the one before.
struct SourceScanner: Sendable {
    enum SectionKind: String, Sendable, Hashable {
        case description, ansible, network, system, configure, contextualize, deploy, include
    }

    /// A sentence.
    struct Section: Sendable, Hashable {
        var kind: SectionKind
        var keyword: RADLToken
        /// Token of its id; of a `deploy` that of the system.
        var id: RADLToken?
        /// Byte behind its last token.
        var end: Int
        /// `(…)` is there.
        var hasBody = false
        var features: [FeatureMention] = []
    }

    /// A feature where it stands.
    struct FeatureMention: Sendable, Hashable {
        var name: RADLToken
        var section: FeatureRule.Section?
        /// Byte behind its value.
        var end: Int
        /// Parentheses around it.
        var depth: Int
    }

    /// A place that names a section, or defines it.
    struct Mention: Sendable, Hashable {
        var kind: SectionKind
        var id: String
        /// Bytes of the id, without quotes.
        var start: Int
        var end: Int
        var isDefinition: Bool
    }

    private enum Group: Sendable {
        case features(FeatureRule.Section?)
        case items
        case recipe
        case list(String, FeatureRule.Section?)
    }

    private let bytes: [UInt8]
    private(set) var place = SourcePlace.sentence
    private(set) var sections: [Section] = []
    private(set) var mentions: [Mention] = []
    private var groups: [Group] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// All of a document.
    static func scan(_ source: RADLSource) -> SourceScanner {
        let tokens = source.tokens().filter { $0.kind != .comment && $0.kind != .skipped }
        var scanner = SourceScanner(source.bytes)
        for index in tokens.indices { scanner.take(tokens, index) }
        return scanner
    }

    func text(_ token: RADLToken) -> String {
        String(decoding: bytes[token.start..<min(token.end, bytes.count)], as: UTF8.self)
    }

    /// The rules that hold in a section of a kind.
    static func rules(_ kind: SectionKind?) -> FeatureRule.Section? {
        switch kind {
        case .description: .description
        case .ansible: .ansible
        case .network: .network
        case .system: .system
        default: nil
        }
    }

    private var kind: SectionKind? { sections.last?.kind }

    // MARK: - Tokens

    /// Takes the next token, which is no comment and is not skipped.
    mutating func take(_ tokens: [RADLToken], _ index: Int) {
        let token = tokens[index]
        if beginsSentence(tokens, index) {
            begin(token)
            return
        }
        switch token.kind {
        case .leftParenthesis: openParenthesis()
        case .rightParenthesis: closeParenthesis()
        case .leftBracket:
            if case .value(let name, let rules) = place { groups.append(.list(name, rules)) }
        case .rightBracket:
            if case .list? = groups.last {
                groups.removeLast()
                place = .behindFeature
            }
        case .comma: comma()
        case .keyword: keyword(token)
        case .name: name(tokens, index)
        case .comparison:
            if case .comparison(let name, let rules) = place { place = .value(name, rules) }
        case .number: number()
        case .string, .openString: string(token)
        case .recipeBegin, .recipe, .recipeEnd: place = .behindFeature
        case .comment, .skipped: break
        }
        extend(to: token.end)
    }

    private mutating func extend(to end: Int) {
        guard !sections.isEmpty else { return }
        sections[sections.count - 1].end = end
        let last = sections[sections.count - 1].features.count - 1
        if last >= 0, place != .item {
            // The value of the feature that was met last goes up to here.
            switch place {
            case .unit, .behindFeature, .listBehindValue:
                let depth = groups.count
                var index = last
                while index >= 0, sections[sections.count - 1].features[index].depth > depth { index -= 1 }
                if index >= 0 { sections[sections.count - 1].features[index].end = end }
            default: break
            }
        }
    }

    private func beginsSentence(_ tokens: [RADLToken], _ index: Int) -> Bool {
        let token = tokens[index]
        let word = text(token)
        guard let kind = SectionKind(rawValue: word), token.kind == .keyword || kind == .include else { return false }
        let isFirstColumn = token.start == 0 || bytes[token.start - 1] == 0x0A
        if groups.isEmpty {
            if kind == .include, token.kind == .name { return isFirstColumn || place == .sentence }
            return true
        }
        guard isFirstColumn, kind != .include || token.kind == .keyword else { return false }
        if case .items? = groups.last, kind == .system || kind == .configure {
            // An item goes on with `configure`, a section with a parenthesis.
            return index + 2 < tokens.count && tokens[index + 1].kind == .name
                && tokens[index + 2].kind == .leftParenthesis
        }
        if case .reference = place { return false }
        if case .value = place { return index + 2 < tokens.count && tokens[index + 2].kind == .leftParenthesis }
        return true
    }

    private mutating func begin(_ token: RADLToken) {
        groups = []
        guard let kind = SectionKind(rawValue: text(token)) else { return }
        sections.append(Section(kind: kind, keyword: token, id: nil, end: token.end))
        place = kind == .contextualize ? .contextualize : .id(kind.rawValue)
    }

    private mutating func openParenthesis() {
        if !sections.isEmpty, groups.isEmpty { sections[sections.count - 1].hasBody = true }
        let rules: FeatureRule.Section?
        switch place {
        case .contextualize:
            groups.append(.items)
            place = .item
            return
        case .behindID where kind == .configure:
            groups.append(.recipe)
            place = .recipe
            return
        case .softOpen: rules = currentRules
        case .containsOpen(let name, let section):
            rules = FeatureRule.rule(for: name, in: section ?? .system)?.kind == .applications ? .application : nil
        default: rules = groups.isEmpty ? Self.rules(kind) : nil
        }
        groups.append(.features(rules))
        place = .featureName(rules)
    }

    private var currentRules: FeatureRule.Section? {
        if case .features(let rules)? = groups.last { return rules }
        return nil
    }

    private mutating func closeParenthesis() {
        if case .list? = groups.last { groups.removeLast() }
        if !groups.isEmpty { groups.removeLast() }
        place = groups.isEmpty ? .sentence : .behindFeature
    }

    private mutating func comma() {
        if case .list(let name, let rules)? = groups.last {
            place = .value(name, rules)
        } else if case .features(let rules)? = groups.last {
            place = .featureName(rules)
        }
    }

    private mutating func keyword(_ token: RADLToken) {
        let word = text(token)
        switch (word, place) {
        case ("and", _): place = .featureName(currentRules)
        case ("soft", _):
            note(feature: token, currentRules)
            place = .softWeight
        case ("contains", .comparison(let name, let rules)): place = .containsOpen(name, rules)
        case ("option", _): place = .optionName
        case ("system", .value), ("network", .value): place = .reference(word == "system" ? .system : .network)
        case ("system", _): place = .itemSystem
        case ("configure", _): place = .itemConfigure
        case ("step", _): place = .itemStep
        case ("with", _): place = .itemTool
        default: break
        }
    }

    private mutating func name(_ tokens: [RADLToken], _ index: Int) {
        let token = tokens[index]
        switch place {
        case .id(let word):
            noteID(token, word, isDefinition: index + 1 < tokens.count && tokens[index + 1].kind == .leftParenthesis)
        case .deployCloud: place = .sentence
        case .featureName(let rules):
            note(feature: token, rules)
            place = .comparison(text(token), rules)
        case .unit: place = .behindFeature
        case .reference(let kind):
            mention(kind, token.start, token.end)
            place = .behindFeature
        case .itemSystem:
            mention(.system, token.start, token.end)
            place = .itemWord
        case .itemConfigure:
            mention(.configure, token.start, token.end)
            place = .itemTail
        case .itemTool: place = .item
        case .optionName: place = .comparison(text(token), .option)
        default: break
        }
    }

    private mutating func note(feature token: RADLToken, _ rules: FeatureRule.Section?) {
        guard !sections.isEmpty else { return }
        sections[sections.count - 1].features.append(
            FeatureMention(name: token, section: rules, end: token.end, depth: groups.count))
    }

    private mutating func noteID(_ token: RADLToken, _ word: String, isDefinition: Bool) {
        if !sections.isEmpty { sections[sections.count - 1].id = token }
        switch SectionKind(rawValue: word) {
        case .deploy:
            mention(.system, token.start, token.end)
            place = .deployCount(text(token))
            return
        case .network?, .system?, .configure?, .ansible?:
            mention(SectionKind(rawValue: word) ?? .system, token.start, token.end, isDefinition: isDefinition)
        default: break
        }
        place = .behindID(word)
    }

    private mutating func mention(_ kind: SectionKind, _ start: Int, _ end: Int, isDefinition: Bool = false) {
        let id = String(decoding: bytes[start..<end], as: UTF8.self)
        mentions.append(Mention(kind: kind, id: id, start: start, end: end, isDefinition: isDefinition))
    }

    private mutating func number() {
        switch place {
        case .value(let name, let rules):
            place = rules == .option ? .item : .unit(name, rules)
        case .softWeight: place = .softOpen
        case .deployCount: place = .deployCloud
        case .itemStep: place = .item
        default: break
        }
    }

    private mutating func string(_ token: RADLToken) {
        switch place {
        case .value(let name, let rules):
            if token.kind == .string, let target = Self.target(name, rules) {
                mention(target, token.start + 1, token.end - 1)
            }
            if case .list? = groups.last {
                place = .listBehindValue(name, rules)
            } else {
                place = rules == .option ? .item : .behindFeature
            }
        case .containsOpen: place = .behindFeature
        default: break
        }
    }

    /// What kind of section a feature's value names.
    static func target(_ name: String, _ rules: FeatureRule.Section?) -> SectionKind? {
        guard let rules else { return nil }
        switch FeatureRule.rule(for: name, in: rules)?.kind {
        case .network: return .network
        case .ansibleHost: return .ansible
        case .system: return .system
        default: return nil
        }
    }
}
