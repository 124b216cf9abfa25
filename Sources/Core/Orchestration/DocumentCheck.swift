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
        await self.init(text, name: name, contextualizer: contextualizer) { document, _ throws(RADLErrors) in document }
    }

    /// - Parameter merge: Makes the document that is checked of the one that was read, and may add warnings.
    init(
        _ text: String, name: String?, contextualizer: any Contextualizer,
        merge: (RADLDocument, _ warnings: inout [RADLError]) throws(RADLErrors) -> RADLDocument
    ) async {
        // Read anew each time: `random(N)` is drawn for each request.
        let reading = RADLDocument.read(RADLSource(text: text, file: name))
        var document = reading.document
        var errors = reading.errors
        warnings = reading.warnings
        if errors.isEmpty {
            do throws(RADLErrors) {
                document = try merge(document, &warnings).resolvingInheritance()
            } catch {
                errors = error.all
            }
        }
        self.document = document
        self.errors = errors
        // A document that is read in part lacks what its rules and references ask for.
        if errors.isEmpty { self.errors = document.check() + Self.notYet(document) }
        warnings += document.advice()
        let mistakes = await Self.mistakes(inRecipesOf: document, contextualizer)
        self.errors += mistakes.filter { $0.severity == .error }
        warnings += mistakes.filter { $0.severity == .warning }
    }

    /// What a contextualizer finds wrong in the recipes of a document, each at its place, in the order of the document.
    package static func mistakes(
        inRecipesOf document: RADLDocument, _ contextualizer: any Contextualizer
    ) async -> [RADLError] {
        // What cloud-init reads is none of Ansible's.
        let items = document.contextualize?.items ?? []
        let byCloudInit = Set(items.filter(\.isCloudInit).map(\.configure))
            .subtracting(items.filter { !$0.isCloudInit }.map(\.configure))
        var left = document.configures.filter { $0.recipe != nil && !byCloudInit.contains($0.id) }
        let first = Dictionary(left.map { ($0.id, $0) }) { first, _ in first }
        var mistakes: [RADLError] = []
        // Sections of one id, which is told as a mistake of its own, are looked at one after the other.
        while !left.isEmpty {
            let round = Dictionary(left.map { ($0.id, $0) }) { first, _ in first }
            let recipes = first.merging(round) { $1 }.values.map {
                ContextualizationRecipe(name: $0.id, text: $0.recipe ?? "")
            }
            for problem in await contextualizer.check(recipes: recipes.sorted { $0.name < $1.name }) {
                let severity: RADLError.Severity = problem.isWarning ? .warning : .error
                if let section = round[problem.recipe] {
                    mistakes.append(
                        document.mistake(
                            inRecipeOf: section, line: problem.line, column: problem.column, problem.message,
                            severity: severity))
                } else if first[problem.recipe] == nil {
                    mistakes.append(
                        document.mistake(
                            inRecipe: problem.recipe, line: problem.line, column: problem.column, problem.message,
                            severity: severity))
                }
            }
            var seen: Set<String> = []
            left.removeAll { seen.insert($0.id).inserted }
        }
        return mistakes.sorted { ($0.range?.offset ?? .max) < ($1.range?.offset ?? .max) }
    }

    /// What is right, but would not be done.
    private static func notYet(_ document: RADLDocument) -> [RADLError] {
        (document.contextualize?.items ?? []).filter(\.isCloudInit).map { item in
            document.mistake(
                inRecipe: item.configure, line: nil, column: nil,
                "cloud-init is not carried out yet: let '\(item.system)' be configured without 'with cloud_init'",
                severity: .error)
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
