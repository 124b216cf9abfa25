extension RADLDocument {
    /// The document with every recipe below its `@begin`, for people to read: those of the JSON form begin at once, and
    /// `@begin---` would be written. To YAML an empty line more is the same.
    package var withRecipesBelow: RADLDocument {
        var document = self
        for index in configures.indices {
            guard let recipe = configures[index].recipe, !recipe.isEmpty,
                !recipe.utf8.starts(with: "\n".utf8), !recipe.utf8.starts(with: "\r\n".utf8)
            else { continue }
            document.configures[index].content = .recipe("\n" + recipe)
        }
        return document
    }

    /// A mistake within the recipe of a `configure` section, at its place in the document: this module knows no YAML, who
    /// reads recipes counts lines from the recipe's own beginning.
    ///
    /// - Parameters:
    ///   - id: Of the section; an unknown one gives a mistake without a place.
    ///   - line: Counted from 1 in the recipe; nil: the mistake is the section's.
    ///   - column: Counted from 1.
    ///   - message: What is wrong; no secret.
    ///   - code: ``RADLError/Code/recipe``, or ``RADLError/Code/unsupported`` for what is right but cannot be run.
    public func mistake(
        inRecipe id: String, line: Int?, column: Int? = nil, _ message: String, code: RADLError.Code = .recipe,
        severity: RADLError.Severity = .error
    ) -> RADLError {
        mistake(in: configure(id), id, line: line, column: column, message, code, severity)
    }

    /// The same for one of several sections with the same id, which is a mistake of its own.
    public func mistake(
        inRecipeOf section: RADLConfigure, line: Int?, column: Int? = nil, _ message: String,
        code: RADLError.Code = .recipe, severity: RADLError.Severity = .error
    ) -> RADLError {
        mistake(in: section, section.id, line: line, column: column, message, code, severity)
    }

    private func mistake(
        in section: RADLConfigure?, _ id: String, line: Int?, column: Int?, _ message: String,
        _ code: RADLError.Code, _ severity: RADLError.Severity
    ) -> RADLError {
        let range = line.flatMap { line in section.flatMap { place(in: $0, line: line, column: column ?? 1) } }
        var error = RADLError(
            code, "recipe '\(id)': \(message)", at: range ?? section?.source, in: source, imText: message,
            severity: severity)
        if error.file == nil { error.file = source?.file }
        // A line of YAML has its values without quotes, too, so nothing can be masked in it.
        if let range, let source, Secrets.isNamed(in: source.line(of: range)) { error.excerpt = nil }
        return error
    }

    private func place(in section: RADLConfigure, line: Int, column: Int) -> SourceRange? {
        if let recipe = section.recipeSource { return place(inRecipe: recipe, line: line, column: column) }
        guard let part = section.recipeParts.first(where: { $0.first <= line && line - $0.first < $0.count }) else {
            return nil
        }
        return place(inRecipe: part.place, line: part.line + line - part.first, column: column + part.depth)
    }

    private func place(inRecipe recipe: SourceRange, line: Int, column: Int) -> SourceRange? {
        guard let bytes = source?.bytes, line >= 1, recipe.end <= bytes.count else { return nil }
        var start = recipe.offset
        for _ in 1..<max(line, 1) {
            guard let newline = bytes[start..<recipe.end].firstIndex(of: UInt8(ascii: "\n")) else { break }
            start = newline + 1
        }
        var offset = start
        var left = column - 1
        while left > 0, offset < recipe.end, bytes[offset] != UInt8(ascii: "\n") {
            offset += 1
            while offset < recipe.end, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            left -= 1
        }
        let isFirst = line == 1
        return SourceRange(
            line: recipe.line + line - 1, column: isFirst ? recipe.column + column - 1 : column, offset: offset,
            length: 1)
    }
}

extension RADLSource {
    /// The line that a range begins in.
    func line(of range: SourceRange) -> ArraySlice<UInt8> {
        let newline = UInt8(ascii: "\n")
        let place = min(range.offset, bytes.count)
        let start = bytes[..<place].lastIndex(of: newline).map { $0 + 1 } ?? 0
        return bytes[start..<(bytes[place...].firstIndex(of: newline) ?? bytes.count)]
    }
}
