extension RADLDocument {
    /// Compares the document with the rules of its features, networks, ports and references.
    ///
    /// - Parameter recipeProblem: Tells what is wrong with the YAML of a recipe, nil where nothing is. Without it recipes
    ///   are not looked into: this module knows no YAML.
    /// - Returns: Everything that is wrong, first what IM would report; empty where the document is good.
    public func check(recipeProblem: ((String) -> String?)? = nil) -> [RADLError] {
        var checker = Checker(self)
        checker.check(recipeProblem: recipeProblem)
        return checker.errors
    }

    /// As ``check(recipeProblem:)``.
    ///
    /// - Throws: ``RADLErrors`` with all that is wrong.
    public func validate(recipeProblem: ((String) -> String?)? = nil) throws(RADLErrors) {
        if let errors = RADLErrors(check(recipeProblem: recipeProblem)) { throw errors }
    }

    /// Features that no rule and no connector knows but whose name is nearly one that is known.
    public func misspellings() -> [RADLError] {
        let plain = FeatureRule.system.keys.sorted() + FeatureRule.otherNames
        var warnings: [RADLError] = []
        for system in systems {
            for feature in system.features.all where !plain.contains(feature.name) {
                var nearest = Vocabulary.nearest(to: feature.name, among: plain)
                if let name = IndexedName(feature.name), name.index != nil {
                    let rules = name.prefix == "disk" ? FeatureRule.disk : FeatureRule.interface
                    guard ["disk", "net_interface"].contains(name.prefix), rules[String(name.suffix)] == nil
                    else { continue }
                    nearest = Vocabulary.nearest(to: String(name.suffix), among: rules.keys.sorted())
                        .map { "\(feature.name.dropLast(name.suffix.count))\($0)" }
                }
                guard let nearest else { continue }
                warnings.append(
                    RADLError(
                        .value, "nothing reads '\(feature.name)'", hint: "did you mean '\(nearest)'?",
                        at: feature.source, in: source, imText: "", severity: .warning))
            }
        }
        return warnings
    }
}

extension RADLSource {
    /// Where the value of a feature stands: found by reading the feature once more.
    func valueRange(ofFeature feature: SourceRange) -> SourceRange? {
        guard feature.end <= bytes.count else { return nil }
        var lexer = Lexer(bytes, at: feature.offset, line: feature.line, depth: 1)
        _ = lexer.next()
        _ = lexer.next()
        let value = lexer.next()
        guard value.start < feature.end else { return nil }
        let column = scalars(from: value.lineStart, to: value.start) + 1
        let end = value.kind == .string || value.kind == .random ? value.end : feature.end
        return SourceRange(
            line: value.line, column: column, offset: value.start, length: min(end, feature.end) - value.start)
    }

    private func scalars(from start: Int, to end: Int) -> Int {
        bytes[start..<end].reduce(into: 0) { count, byte in
            if byte & 0xC0 != 0x80 { count += 1 }
        }
    }
}
