package import ContextualizationAPI
package import RADL

/// All that can be found out about a document before anything is done: its text, its rules, and its recipes.
package struct DocumentCheck: Sendable {
    /// As much of it as could be read.
    package var document: RADLDocument
    /// Each with its place in the document; empty where it can be deployed.
    package var errors: [RADLError]
    /// What is probably not meant.
    package var warnings: [RADLError]

    /// - Parameters:
    ///   - text: In RADL's text form.
    ///   - name: For messages: the file's name.
    ///   - contextualizer: Reads the recipes.
    package init(_ text: String, name: String?, contextualizer: any Contextualizer) async {
        // Read anew each time: `random(N)` is drawn for each request.
        let reading = RADLDocument.read(RADLSource(text: text, file: name))
        let document = reading.document
        self.document = document
        errors = reading.errors
        warnings = reading.warnings
        // A document that is read in part lacks what its rules and references ask for.
        if errors.isEmpty { errors = document.check() }
        warnings += document.misspellings()
        let recipes = ContextualizationPlan.recipes(of: document).values.sorted { $0.name < $1.name }
        for problem in await contextualizer.check(recipes: recipes) {
            let mistake = document.mistake(
                inRecipe: problem.recipe, line: problem.line, column: problem.column, problem.message,
                severity: problem.isWarning ? .warning : .error)
            if problem.isWarning { warnings.append(mistake) } else { errors.append(mistake) }
        }
    }

    /// The document.
    /// - Throws: ``ManagerError`` `invalidDocument` with all errors.
    package func valid() throws -> RADLDocument {
        guard errors.isEmpty else {
            throw ManagerError(
                code: .invalidDocument, message: errors.map(\.description).joined(separator: "\n"))
        }
        return document
    }
}
