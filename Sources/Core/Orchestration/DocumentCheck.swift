package import ContextualizationAPI
package import RADL
import Support

/// All that can be found out about a document before anything is done: its text, its rules, and its recipes.
package struct DocumentCheck: Sendable {
    /// As much of it as could be read.
    package var document: RADLDocument
    /// Each with its place in the document; empty where it can be deployed.
    package var errors: [RADLError]
    /// What is probably not meant.
    package var warnings: [RADLError]

    /// - Parameters:
    ///   - text: In RADL's text form, or in its JSON form, which is told by its content.
    ///   - name: For messages: the file's name.
    ///   - contextualizer: Reads the recipes.
    ///   - stored: The document that the infrastructure has: what `random(N)` drew for it stays.
    package init(
        _ text: String, name: String?, contextualizer: any Contextualizer, stored: RADLDocument? = nil
    ) async {
        await self.init(text, name: name, contextualizer: contextualizer, stored: stored) {
            document, _ throws(RADLErrors) in document
        }
    }

    /// - Parameter merge: Makes the document that is checked of the one that was read, and may add warnings.
    init(
        _ text: String, name: String?, contextualizer: any Contextualizer, stored: RADLDocument? = nil,
        merge: (RADLDocument, _ warnings: inout [RADLError]) throws(RADLErrors) -> RADLDocument
    ) async {
        let source = RADLSource(text: text, file: name)
        let reading = source.isJSON ? RADLDocument.readJSON(source) : RADLDocument.read(source)
        var document = reading.document
        if let stored { document.keepDrawn(from: stored) }
        var errors = reading.errors
        warnings = reading.warnings
        // Heirs repeat what is advised: it is looked for before anything is inherited.
        var advised = document
        if errors.isEmpty {
            do throws(RADLErrors) {
                advised = try merge(document, &warnings)
                document = try advised.resolvingInheritance()
            } catch {
                errors = error.all
            }
        }
        self.document = document
        self.errors = errors
        // A document that is read in part lacks what its rules and references ask for.
        if errors.isEmpty { self.errors = advised.check() + Self.mistakes(inBootDataOf: document) }
        warnings += advised.advice()
        // What cannot be run is refused before anything is made for it.
        for finding in await Self.findings(inRecipesOf: document, contextualizer) {
            var error = finding.error
            if error.code == .unsupported, finding.isRun { error.severity = .error }
            if error.severity == .error { self.errors.append(error) } else { warnings.append(error) }
        }
    }

    /// What a contextualizer finds wrong in the recipes of a document, each at its place, in the order of the document.
    ///
    /// What is right but cannot be run here is a warning with the code ``RADLError/Code/unsupported``.
    package static func mistakes(
        inRecipesOf document: RADLDocument, _ contextualizer: any Contextualizer
    ) async -> [RADLError] {
        await findings(inRecipesOf: document, contextualizer).map(\.error)
    }

    private struct Finding {
        var error: RADLError
        /// The recipe is one that the document runs, or what such a one reads.
        var isRun: Bool
    }

    private static func findings(
        inRecipesOf document: RADLDocument, _ contextualizer: any Contextualizer
    ) async -> [Finding] {
        // What cloud-init reads is none of Ansible's.
        let items = document.contextualize?.items ?? []
        let byCloudInit = Set(items.filter(\.isCloudInit).map(\.configure))
            .subtracting(items.filter { !$0.isCloudInit }.map(\.configure))
        let run = Set(items.isEmpty ? document.systems.map(\.id) : items.map(\.configure))
        let passwords = document.vaultPasswords
        var left = document.configures.filter { $0.recipe != nil && !byCloudInit.contains($0.id) }
        let first = Dictionary(left.map { ($0.id, $0) }) { first, _ in first }
        var findings: [Finding] = []
        // Sections of one id, which is told as a mistake of its own, are looked at one after the other.
        while !left.isEmpty {
            let round = Dictionary(left.map { ($0.id, $0) }) { first, _ in first }
            let recipes = first.merging(round) { $1 }.values.map {
                ContextualizationRecipe(name: $0.id, text: $0.recipe ?? "", vaultPasswords: passwords)
            }
            for problem in await contextualizer.check(recipes: recipes.sorted { $0.name < $1.name }) {
                let section = round[problem.recipe]
                guard section != nil || first[problem.recipe] == nil else { continue }
                // Variables that another recipe reads.
                if problem.kind == .variables, !run.contains(problem.recipe) { continue }
                findings.append(
                    Finding(
                        error: mistake(problem, in: document, section),
                        isRun: section == nil || run.contains(problem.recipe)))
            }
            var seen: Set<String> = []
            left.removeAll { seen.insert($0.id).inserted }
        }
        return findings.sorted { ($0.error.range?.offset ?? .max) < ($1.error.range?.offset ?? .max) }
    }

    private static func mistake(
        _ problem: RecipeProblem, in document: RADLDocument, _ section: RADLConfigure?
    ) -> RADLError {
        let isUnsupported = problem.kind == .unsupported
        let severity: RADLError.Severity = problem.isWarning || isUnsupported ? .warning : .error
        let code: RADLError.Code = isUnsupported ? .unsupported : .recipe
        guard let section else {
            return document.mistake(
                inRecipe: problem.recipe, line: problem.line, column: problem.column, problem.message, code: code,
                severity: severity)
        }
        return document.mistake(
            inRecipeOf: section, line: problem.line, column: problem.column, problem.message, code: code,
            severity: severity)
    }

    /// Sections that cloud-init is to read, and would not.
    private static func mistakes(inBootDataOf document: RADLDocument) -> [RADLError] {
        let names = Set((document.contextualize?.items ?? []).filter(\.isCloudInit).map(\.configure))
        return document.configures.filter { names.contains($0.id) }.compactMap { section in
            guard let text = section.recipe, BootData.isPlaybook(text) else { return nil }
            return document.mistake(
                inRecipeOf: section, line: nil, column: nil,
                "this is a playbook, and cloud-init reads a mapping ('packages:', 'write_files:', …) or a script: "
                    + "write it so, or take away 'with cloud_init'", severity: .error)
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

extension RADLDocument {
    /// Of all systems, each once: a recipe may be the one of several of them.
    var vaultPasswords: [Secret<String>] {
        Set(systems.compactMap { $0.features.string("vault.password") }).sorted().map { Secret($0) }
    }
}
