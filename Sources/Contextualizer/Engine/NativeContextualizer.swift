package import ContextualizationAPI
import Jinja
package import Logging
import Recipes
package import Support

/// Runs recipes natively: modules become shell programs, programs go down one connection a machine.
///
/// Machines proceed freely within a step; a step's number begins when all of the number before have ended. A value
/// without state: several runs may be at work at once.
package struct NativeContextualizer: Contextualizer {
    /// Times and habits.
    package struct Options: Sendable {
        /// Most time of one try to connect.
        package var connectTimeout: Duration = .seconds(15)
        /// Delays between tries while a machine boots; the number of tries is bounded by the request's time.
        package var reachRetry = RetryPolicy(attempts: .max, base: .seconds(1), cap: .seconds(10))
        /// How long `basic` waits for the end of the boot and for the package manager's lock.
        package var bootTimeout: Duration = .seconds(300)
        /// Longest time of one program where the task gives none.
        package var taskTimeout: Duration = .seconds(3600)
        /// How long a program that a dead controller left may go on before it is killed.
        package var leftoverPatience: Duration = .seconds(120)
        /// Ansible 2.19's rules instead of those that 2.16 accepts.
        package var isStrict = false

        package init() {}
    }

    private let factory: any CommunicatorFactory
    private let options: Options
    private let logger: Logger
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - factory: Opens connections.
    ///   - clock: For waits between tries; a test's clock does not wait.
    package init(
        factory: any CommunicatorFactory, options: Options = Options(),
        logger: Logger = Logger(label: "gantry.contextualization"), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.factory = factory
        self.options = options
        self.logger = logger
        self.clock = clock
    }

    package func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] {
        let table = Dictionary(recipes.map { ($0.name, $0) }) { first, _ in first }
        return DocumentRecipes(table).problems
    }

    package func leave(_ machines: [ContextualizationMachine], patience: Duration) async throws -> [String: String] {
        try await LeaveStep(factory: factory, patience: patience).leave(machines)
    }

    package func log(of events: [ContextualizationEvent], host: String) -> [String]? {
        RecipeLog.machineLines(events, host: host)
    }

    package func run(
        _ request: ContextualizationRequest,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        let recipes = DocumentRecipes(request.recipes)
        let programs = try recipes.programs(of: request)
        let run = DocumentRun(
            request: request, programs: programs, recipes: recipes, factory: factory, options: options,
            logger: logger, clock: clock, sink: sink)
        return try await run.run()
    }
}
