package import ContextualizationAPI
import RADL
package import TOSCA

/// What a deployment would refuse in the document that a template becomes, told in terms of the template: the rules of
/// RADL, and the recipes.
package struct TemplateCheck: Sendable {
    /// Errors and warnings.
    package let diagnostics: [TOSCADiagnostic]

    package var errors: [TOSCADiagnostic] { diagnostics.filter { $0.severity == .error } }

    /// - Parameter contextualizer: Reads the recipes.
    package init(_ translation: TOSCATranslation, contextualizer: any Contextualizer) async {
        let document = translation.document
        let rules = (document.check() + document.advice()).map { translation.diagnostic($0) }
        let passwords = document.vaultPasswords
        let recipes = document.configures.compactMap { section in
            section.recipe.map { ContextualizationRecipe(name: section.id, text: $0, vaultPasswords: passwords) }
        }
        let problems = await contextualizer.check(recipes: recipes)
        guard !problems.isEmpty else {
            diagnostics = rules
            return
        }
        // Sections hold what was made of the playbooks; lines are those of the playbooks.
        let playbooks = translation.playbooks.sorted { $0.key < $1.key }
        let places = await contextualizer.check(
            recipes: playbooks.map {
                ContextualizationRecipe(name: $0.key, text: $0.value, vaultPasswords: passwords)
            })
        diagnostics =
            rules
            + problems.map { problem in
                let used = translation.playbooks(ofRecipe: problem.recipe)
                let place = places.first { $0.message == problem.message && used.contains($0.recipe) }
                return translation.diagnostic(
                    inRecipe: problem.recipe, problem.message, isWarning: problem.isWarning,
                    at: place.flatMap { place in place.line.map { (place.recipe, $0, place.column ?? 1) } })
            }
    }
}
