import ContextualizationAPI
import Orchestration
import RADL
import Testing

/// What is told of a document before anything is done.
@Suite struct DocumentCheckTests {
    /// Says what it was told to say of every recipe.
    private struct Critic: Contextualizer {
        var problems: [RecipeProblem]

        func run(
            _ request: ContextualizationRequest,
            sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
        ) async throws -> ContextualizationReport { ContextualizationReport() }

        func leave(_ machines: [ContextualizationMachine], patience: Duration) async throws -> [String: String] { [:] }

        func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] {
            problems.filter { problem in recipes.contains { $0.name == problem.recipe } }
        }
    }

    private static let text = """
        system a ()
        configure a (
        @begin
        - roles: [x]
        @end
        )
        configure lists (
        @begin
        - tools: 1
        @end
        )
        """

    private static func problem(_ recipe: String, _ kind: RecipeProblem.Kind) -> RecipeProblem {
        RecipeProblem(recipe: recipe, line: 2, column: 3, message: "no", kind: kind)
    }

    @Test(
        "what cannot be run is a warning where nothing runs it",
        arguments: [
            ("a", .mistake, "recipe error", 1), ("lists", .mistake, "recipe error", 1),
            ("a", .unsupported, "unsupported warning", 1), ("lists", .unsupported, "unsupported warning", 0),
            ("a", .variables, "recipe error", 1), ("lists", .variables, nil, 0),
        ] as [(String, RecipeProblem.Kind, String?, Int)])
    func unsupported(recipe: String, kind: RecipeProblem.Kind, told: String?, errors: Int) async throws {
        let critic = Critic(problems: [Self.problem(recipe, kind)])
        let document = try RADLDocument(parsing: Self.text)
        let mistakes = await DocumentCheck.mistakes(inRecipesOf: document, critic)
        #expect(mistakes.map { "\($0.code) \($0.severity.rawValue)" } == (told.map { [$0] } ?? []))
        #expect(mistakes.allSatisfy { $0.range?.line == (recipe == "a" ? 4 : 9) && $0.range?.column == 3 })
        let check = await DocumentCheck(Self.text, name: nil, contextualizer: critic)
        #expect(check.errors.count == errors, "what would be run is refused before anything is made")
    }

    @Test func whatWasDrawnStays() async throws {
        let text = "system a (disk.0.os.credentials.new.password = 'random(12)')"
        let first = await DocumentCheck(text, name: nil, contextualizer: Critic(problems: []))
        #expect(first.errors.isEmpty)
        // As it is kept.
        let stored = try RADLDocument(parsing: first.document.text())
        let second = await DocumentCheck(text, name: nil, contextualizer: Critic(problems: []), stored: stored)
        #expect(second.document == first.document && second.document.text() == first.document.text())
        let other = await DocumentCheck(text, name: nil, contextualizer: Critic(problems: []))
        #expect(other.document != first.document)
        #expect(RADLDifference(from: stored, to: other.document).isEmpty)
    }

    @Test func documentsInJSONAreRead() async throws {
        let json =
            #"[{"class": "system", "id": "a"},"# + "\n" + #" {"class": "deploy", "system": "b", "vm_number": 1}]"#
        let check = await DocumentCheck(json, name: "a.json", contextualizer: Critic(problems: []))
        #expect(
            check.errors.first?.description.hasPrefix("a.json:2:2: error: there is no system 'b' to deploy\n") == true,
            "\(check.errors)")
        let broken = await DocumentCheck("[{]", name: "a.json", contextualizer: Critic(problems: []))
        #expect(broken.errors.map(\.code) == [.json])
    }
}
