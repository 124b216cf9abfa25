import ContextualizationAPI
import Logging

/// temporary
struct NoContextualizer: Contextualizer {
    func run(
        _ request: ContextualizationRequest, sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport { throw ContextualizationError(message: "none") }
    func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] { [] }
}
enum ContextualizerAssembly {
    static func make(communicators: any CommunicatorFactory, logger: Logger) -> any Contextualizer { NoContextualizer() }
}
