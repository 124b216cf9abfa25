extension RADLDocument {
    /// Compares the document with the rules of its features, networks, ports and references, as it is carried out: with
    /// what systems and networks inherit.
    ///
    /// - Parameter recipeProblem: Tells what is wrong with the YAML of a recipe, nil where nothing is. Without it recipes
    ///   are not looked into: this module knows no YAML.
    /// - Returns: Everything that is wrong, first what IM would report; empty where the document is good.
    public func check(recipeProblem: ((String) -> String?)? = nil) -> [RADLError] {
        guard hasInheritance else {
            var checker = Checker(self)
            checker.check(recipeProblem: recipeProblem)
            return checker.errors
        }
        let resolved: RADLDocument
        do throws(RADLErrors) {
            resolved = try resolvingInheritance()
        } catch {
            var checker = Checker(self)
            checker.check(recipeProblem: recipeProblem)
            // What a section lacks may be what it inherits.
            return error.all + checker.errors.filter { $0.code != .missing && $0.code != .index }
        }
        var checker = Checker(resolved)
        // What recipes inherit is looked at where it stands.
        checker.check(recipeProblem: recipeProblem, recipesOf: configures)
        // A mistake is told where it stands, not once more for every heir.
        var seen: Set<RADLError.Place> = []
        return checker.errors.filter { error in
            error.range == nil || seen.insert(RADLError.Place(error)).inserted
        }
    }

    /// As ``check(recipeProblem:)``.
    ///
    /// - Throws: ``RADLErrors`` with all that is wrong.
    public func validate(recipeProblem: ((String) -> String?)? = nil) throws(RADLErrors) {
        if let errors = RADLErrors(check(recipeProblem: recipeProblem)) { throw errors }
    }

    /// What is probably not meant, though nothing refuses it: names that nearly are those of features, and values that the
    /// features' readers will not understand. Warnings, at most a few hundred.
    public func advice() -> [RADLError] {
        var adviser = Adviser(self)
        adviser.advise()
        return adviser.warnings
    }

    /// Features that no rule knows but whose name is nearly one that is known; a part of ``advice()``.
    public func misspellings() -> [RADLError] {
        var adviser = Adviser(self)
        adviser.adviseNames()
        return adviser.warnings
    }
}

extension RADLError {
    /// What tells the same mistake of a section from that of its heirs.
    fileprivate struct Place: Hashable {
        private var code: Code
        private var file: String?
        private var range: SourceRange?
        private var inclusion: SourceRange?
        private var imText: String

        init(_ error: RADLError) {
            code = error.code
            file = error.file
            range = error.range
            inclusion = error.inclusion
            imText = error.imText
        }
    }
}

extension RADLSource {
    /// Where the value of a feature stands: found by reading the feature once more.
    func valueRange(ofFeature feature: SourceRange) -> SourceRange? {
        guard feature.end <= bytes.count else { return nil }
        if feature.offset < bytes.count, bytes[feature.offset] == UInt8(ascii: "\"") {
            return valueRange(ofMember: feature)
        }
        // Lines may have megabytes: what stands before the feature is not looked at.
        var lexer = Lexer(bytes, at: feature.offset, line: feature.line, lineStart: feature.offset, depth: 1)
        _ = lexer.next()
        _ = lexer.next()
        let value = lexer.next()
        guard value.start < feature.end else { return nil }
        let base = value.lineStart == feature.offset ? feature.column : 1
        let column = base + scalars(from: value.lineStart, to: value.start)
        let end = value.kind == .string || value.kind == .random ? value.end : feature.end
        return SourceRange(
            line: value.line, column: column, offset: value.start, length: min(end, feature.end) - value.start)
    }

    /// The same for a member of a JSON object: from its name to the end of its value.
    private func valueRange(ofMember member: SourceRange) -> SourceRange? {
        var index = member.offset + 1
        while index < member.end, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index += 1
        var lines = 0
        var lineStart = member.offset
        while index < member.end, [0x20, 0x09, 0x0D, 0x0A, UInt8(ascii: ":")].contains(bytes[index]) {
            if bytes[index] == 0x0A { (lines, lineStart) = (lines + 1, index + 1) }
            index += 1
        }
        guard index < member.end else { return nil }
        return SourceRange(
            line: member.line + lines, column: (lines == 0 ? member.column : 1) + scalars(from: lineStart, to: index),
            offset: index, length: member.end - index)
    }

    /// Where the words of a sentence stand: the keyword is number 0. For messages, so its line is read once more.
    func tokenRange(_ number: Int, in sentence: SourceRange?) -> SourceRange? {
        guard let sentence, sentence.end <= bytes.count, sentence.offset < bytes.count,
            bytes[sentence.offset] != UInt8(ascii: "{")
        else { return nil }
        var lexer = Lexer(bytes, at: sentence.offset, line: sentence.line, lineStart: sentence.offset, depth: 1)
        var token = lexer.next()
        for _ in 0..<number { token = lexer.next() }
        guard token.kind == .name, token.end <= sentence.end else { return nil }
        let base = token.lineStart == sentence.offset ? sentence.column - 1 : 0
        return SourceRange(
            line: token.line, column: base + token.column, offset: token.start, length: token.end - token.start)
    }

    /// Number of scalars between two bytes.
    func scalars(from start: Int, to end: Int) -> Int {
        bytes[start..<end].reduce(into: 0) { count, byte in
            if byte & 0xC0 != 0x80 { count += 1 }
        }
    }
}
