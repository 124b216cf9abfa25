import RADL

/// What can be written at a place.
struct Completion: Sendable {
    private let outline: SourceOutline
    private let usesSnippets: Bool
    private var document: TextDocument { outline.document }
    /// Bytes that a choice replaces.
    private var replaced: Range<Int>
    /// The place is within quotes.
    private var isInString = false
    private var items: [LSPCompletionItem] = []

    private init(_ outline: SourceOutline, offset: Int, usesSnippets: Bool) {
        self.outline = outline
        self.usesSnippets = usesSnippets
        replaced = offset..<offset
    }

    static func items(_ outline: SourceOutline, at offset: Int, usesSnippets: Bool) -> [LSPCompletionItem] {
        var completion = Completion(outline, offset: offset, usesSnippets: usesSnippets)
        guard let place = completion.place(at: offset) else { return [] }
        completion.complete(place)
        return completion.items
    }

    // MARK: - The place

    /// Nil within comments and recipes.
    private mutating func place(at offset: Int) -> SourcePlace? {
        var before: [RADLToken] = []
        for token in outline.tokens {
            guard token.start < offset else { break }
            let isTouched = offset <= token.end
            switch token.kind {
            case .comment where isTouched: return nil
            case .recipe, .recipeEnd:
                if offset < token.end || (token.kind == .recipe && isTouched) { return nil }
                before.append(token)
            case .comment, .skipped: continue
            case .name where isTouched, .keyword where isTouched: replaced = token.start..<token.end
            case .string where offset < token.end:
                replaced = (token.start + 1)..<(token.end - 1)
                isInString = true
            case .openString where isTouched:
                // What is behind on the line is probably not part of it.
                replaced = (token.start + 1)..<offset
                isInString = true
            default: before.append(token)
            }
        }
        var scanner = SourceScanner(document.bytes)
        for index in before.indices { scanner.take(before, index) }
        section = scanner.sections.last
        return scanner.place
    }

    private var section: SourceScanner.Section?

    // MARK: - Choices

    private mutating func complete(_ place: SourcePlace) {
        if isInString {
            if case .value(let name, let rules) = place { addValues(of: name, rules) }
            return
        }
        switch place {
        case .sentence: for word in SentenceWord.sentences { add(word) }
        case .id(let word): addIDs(behind: word)
        case .behindID(let word) where word != "deploy": add("(", .operation, "the features")
        case .deployCloud: for word in SentenceWord.sentences { add(word) }
        case .contextualize: add("(", .operation, "options and items")
        case .recipe: add("@begin", .keyword, "the recipe", snippet: "@begin\n---\n$0\n@end\n")
        case .featureName(let rules): addFeatures(rules)
        case .comparison(let name, let rules): addComparisons(name, rules)
        case .value(let name, let rules): addValues(of: name, rules)
        case .unit(let name, let rules): addUnits(name, rules)
        case .behindFeature: addWord("and")
        case .reference(let kind): for id in outline.ids(kind) { add(id, .reference, kind.rawValue) }
        case .item:
            addWord("system", snippet: "system ${1:system} configure ${2:recipe} step ${3:1}")
            addWord("option")
        case .itemSystem: for id in outline.ids(.system) { add(id, .reference, "system") }
        case .itemWord: addWord("configure", snippet: "configure ")
        case .itemConfigure: for id in outline.ids(.configure) { add(id, .reference, "recipe") }
        case .itemTail:
            addWord("step")
            addWord("with")
            addWord("system", snippet: "system ${1:system} configure ${2:recipe} step ${3:1}")
        case .itemTool:
            add("Ansible", .value, "over SSH, once the machine runs")
            add("cloud_init", .value, "at the first start of the machine")
        case .optionName:
            for rule in FeatureRule.rules(in: .option) { add(rule.name, .property, rule.meaning) }
        case .behindID, .deployCount, .listBehindValue, .softWeight, .softOpen, .containsOpen, .itemStep: break
        }
    }

    private mutating func addIDs(behind word: String) {
        switch word {
        case "deploy": for id in outline.ids(.system) { add(id, .reference, "system") }
        case "configure":
            let taken = Set(outline.ids(.configure))
            for id in outline.ids(.system) where !taken.contains(id) { add(id, .reference, "recipe of this system") }
        default: break
        }
    }

    private mutating func addFeatures(_ rules: FeatureRule.Section?) {
        guard let rules else { return }
        let present = presentNames()
        for rule in FeatureRule.rules(in: rules) where !rule.isOutput {
            for name in names(of: rule, present) where !present.contains(name) || rule.kind == .applications {
                add(rule, named: name)
            }
        }
        if rules != .application { add(SentenceWord.others.first { $0.word == "soft" }) }
    }

    /// Names of the features of the sentence, without the one that is being written.
    private func presentNames() -> Set<String> {
        guard let section,
            let whole = outline.sections.first(where: { $0.keyword.start == section.keyword.start })
        else { return [] }
        return Set(whole.features.filter { $0.name.start != replaced.lowerBound }.map { outline.text($0.name) })
    }

    /// `disk.N.size`: of the disks that are there, and of the next one.
    private func names(of rule: FeatureRule, _ present: Set<String>) -> [String] {
        let parts = rule.name.split(separator: ".")
        guard let mark = parts.firstIndex(of: "N") else { return [rule.name] }
        let prefix = parts[..<mark].joined(separator: ".") + "."
        let suffix = parts[(mark + 1)...].map { $0 == "M" ? "0" : String($0) }.joined(separator: ".")
        let numbers = present.compactMap { name -> Int? in
            guard name.hasPrefix(prefix) else { return nil }
            return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
        }
        let next = (numbers.max() ?? -1) + 1
        return Set(numbers + [min(next, 64)]).sorted().map { "\(prefix)\($0).\(suffix)" }
    }

    private mutating func add(_ rule: FeatureRule, named name: String) {
        var snippet = name + " "
        switch rule.kind {
        case .applications: snippet += "contains (name = '$1')"
        case .number, .integer: snippet += ">= $1"
        case .list: snippet += "= ['$1']"
        default: snippet += "= '$1'"
        }
        add(
            name, .property, rule.kind.words, documentation: Hover.text(rule, named: name), snippet: snippet,
            // Enforced ones are the common ones.
            sort: (rule.isEnforced ? "0" : rule.meaning.contains(":") ? "2" : "1") + name)
    }

    private mutating func addComparisons(_ name: String, _ rules: FeatureRule.Section?) {
        guard let rule = rules.flatMap({ FeatureRule.rule(for: name, in: $0) }) else {
            for sign in ["=", ">=", "<=", ">", "<", "contains"] { add(sign, .operation, nil) }
            return
        }
        if rule.kind == .applications { addWord("contains") }
        for (number, comparison) in rule.comparisons.enumerated() {
            add(comparison.sign, .operation, nil, sort: "\(number)")
        }
    }

    private mutating func addValues(of name: String, _ rules: FeatureRule.Section?) {
        guard let rules, let rule = FeatureRule.rule(for: name, in: rules) else { return }
        if let target = SourceScanner.target(name, rules) {
            for id in outline.ids(target) { addText(id, .reference, target.rawValue) }
            return
        }
        for value in rule.allowedValues { addText(value, .value, nil) }
        guard rule.allowedValues.isEmpty, !isInString else { return }
        switch rule.kind {
        case .number, .integer: addExample(rule)
        case .list, .stringOrList:
            add("'…'", .snippet, "a string", snippet: "'$1'")
            if case .stringOrList = rule.kind { add("['…']", .snippet, "a list of strings", snippet: "['$1']") }
        default: addExample(rule)
        }
    }

    /// The value of the rule's example, where it is one to take over.
    private mutating func addExample(_ rule: FeatureRule) {
        guard let sign = rule.example.firstIndex(where: { "=<>".contains($0) }) else { return }
        let value = rule.example[sign...].drop { "=<> ".contains($0) }
        guard !value.contains("…"), !rule.isSecret else { return }
        add(String(value), .value, "for example")
    }

    private mutating func addUnits(_ name: String, _ rules: FeatureRule.Section?) {
        let units = rules.flatMap { FeatureRule.rule(for: name, in: $0) }?.units ?? []
        for (number, unit) in units.enumerated() {
            let factor = RADLUnit(unit).factor
            add(unit, .unit, factor > 1 ? "\(SizeText.grouped(factor)) bytes" : nil, sort: "\(10 + number)")
        }
        addWord("and")
    }

    // MARK: - Items

    private mutating func addText(_ text: String, _ kind: LSPCompletionItem.Kind, _ detail: String?) {
        add(isInString ? text : "'\(text)'", kind, detail)
    }

    private mutating func addWord(_ text: String, snippet: String? = nil) {
        guard var word = SentenceWord.word(text) else { return }
        word.snippet = snippet ?? word.snippet
        add(word)
    }

    private mutating func add(_ word: SentenceWord?) {
        guard let word else { return }
        add(
            word.word, .keyword, word.syntax, documentation: word.meaning, snippet: word.snippet,
            sort: "3" + word.word)
    }

    private mutating func add(
        _ label: String, _ kind: LSPCompletionItem.Kind, _ detail: String?, documentation: String? = nil,
        snippet: String? = nil, sort: String? = nil
    ) {
        let text = usesSnippets ? snippet ?? label : label
        items.append(
            LSPCompletionItem(
                label: label, kind: kind, detail: detail, documentation: documentation.map { LSPMarkup(value: $0) },
                sortText: sort, filterText: nil, insertTextFormat: usesSnippets && snippet != nil ? 2 : 1,
                textEdit: LSPTextEdit(
                    range: document.range(replaced.lowerBound, replaced.upperBound), newText: text)))
    }
}
