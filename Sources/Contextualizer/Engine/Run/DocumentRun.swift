import ContextualizationAPI
import Jinja
import Logging
import Modules
import Recipes
import Support

/// One run of a request, from the first connection to the report.
final class DocumentRun: Sendable {
    private let request: ContextualizationRequest
    private let programs: [String: [ProgramPlay]]
    private let context: RunContext
    private let machines: [String: ContextualizationMachine]
    private let logger: Logger
    private let bootTimeout: Duration
    private let crew: RunMachines

    init(
        request: ContextualizationRequest, programs: [String: [ProgramPlay]], recipes: DocumentRecipes,
        factory: any CommunicatorFactory, options: NativeContextualizer.Options, logger: Logger,
        clock: any Clock<Duration>, sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) {
        self.request = request
        self.programs = programs
        self.logger = logger
        bootTimeout = options.bootTimeout
        machines = Dictionary(request.machines.map { ($0.id, $0) }) { first, _ in first }
        var secrets: [String] = []
        let shared = VariableValue.dict(request.variables, secrets: &secrets)
        var hosts: [HostVariables] = []
        var groups: [(String, [String])] = []
        for machine in request.machines {
            var inventory = shared
            inventory.merge(VariableValue.dict(machine.variables, secrets: &secrets))
            inventory["IM_HOST"] = .string(machine.inventoryName)
            hosts.append(
                HostVariables(
                    name: machine.inventoryName, groups: machine.groups, inventory: inventory,
                    inventoryIsTemplate: false))
            for group in machine.groups {
                if let index = groups.firstIndex(where: { $0.0 == group }) {
                    groups[index].1.append(machine.inventoryName)
                } else {
                    groups.append((group, [machine.inventoryName]))
                }
            }
            secrets += Self.secrets(of: machine)
        }
        secrets += recipes.secrets.withLock { $0 }
        var settings = RunContext.Settings()
        settings.taskTimeout = options.taskTimeout
        settings.isStrict = options.isStrict
        settings.becomes = true
        let recorder = RunRecorder(sink: sink)
        let history = RunHistory(request.history)
        let lock = RunLock(id: request.id)
        var linkSettings = MachineLink.Settings()
        linkSettings.connectTimeout = options.connectTimeout
        linkSettings.retry = options.reachRetry
        linkSettings.leftoverPatience = options.leftoverPatience
        var links: [String: MachineLink] = [:]
        for machine in request.machines {
            links[machine.inventoryName] = MachineLink(
                machine: machine, factory: factory, settings: linkSettings, reachTimeout: request.reachTimeout,
                clock: clock, lock: lock,
                mayHaveLeftover: request.followsAnother || history.hasTouched(machine.id)
            ) { body in try await recorder.emit(machine.id, body) }
        }
        var jinja = JinjaOptions()
        jinja.dialect = options.isStrict ? .strict : .lenient
        let library = DocumentLibrary(recipes: recipes.parsed)
        context = RunContext(
            settings: settings,
            environment: RecipeEnvironment.make(
                options: jinja, filters: EngineFilters.document, lookup: ControllerLookups.refused),
            table: HostTable(
                hosts: hosts, groups: groups, extra: JinjaDict(),
                magic: ScopeVariables.magic(settings: settings, folder: nil)),
            links: MachineLinks(links), recorder: recorder, history: history, masker: Masker(secrets), sources: library,
            library: library, clock: clock)
        crew = RunMachines(context: context, parallelism: request.parallelism)
    }

    private static func secrets(of machine: ContextualizationMachine) -> [String] {
        var secrets: [String] = []
        for authentication in machine.target.authentications + machine.target.jumps.flatMap(\.authentications) {
            if case .password(let secret) = authentication { secrets.append(secret.expose()) }
        }
        if let password = machine.escalationPassword { secrets.append(password.expose()) }
        if let password = machine.basics.newPassword { secrets.append(password.expose()) }
        if let token = machine.basics.token { secrets.append(token.expose()) }
        return secrets
    }

    // MARK: - The run

    func run() async throws -> ContextualizationReport {
        do {
            try await withCleanup {
                try await withDeadline(request.timeout, "the contextualization") { [self] in try await runSteps() }
            } cleanup: { [self] in
                await crew.close()
            }
        } catch let error as SinkFailure {
            throw error.underlying
        } catch is DeadlineExceeded {
            try await reportTimeout()
        }
        var report = ContextualizationReport()
        report.counts = context.recorder.report
        for machine in request.machines { report.results[machine.id] = crew.result(of: machine.id) }
        return report
    }

    private func reportTimeout() async throws {
        let finished = context.history
        for machine in request.machines where crew.isAlive(machine) {
            let last = request.steps.last { $0.machines.contains(machine.id) }
            if let last,
                doneSteps.withLock({ $0[machine.id]?.contains(last.name) == true })
                    || finished.hasFinished(machine.id, step: last.name)
            {
                continue
            }
            do {
                try await crew.fail(machine, step: nil, "ERROR: Max contextualization time passed.")
            } catch let error as SinkFailure {
                throw error.underlying
            }
        }
    }

    private let doneSteps = LockedValue<[String: Set<String>]>([:])

    private func runSteps() async throws {
        var factsGathered = false
        let numbers = Set(request.steps.map(\.number)).sorted()
        for number in numbers {
            let steps = request.steps.filter { $0.number == number }
            let hasRecipe = steps.contains { step in
                if case .recipe = step.work { return true }
                return false
            }
            if hasRecipe, !factsGathered {
                factsGathered = true
                try await crew.forEach(request.machines) { [crew] machine in
                    var gathering = ProgramTask.gathering
                    gathering.become = true
                    try await crew.gatherFacts(machine, step: "facts", by: gathering)
                }
            }
            var order: [String] = []
            for id in steps.flatMap(\.machines) where !order.contains(id) { order.append(id) }
            try await crew.forEach(order.compactMap { machines[$0] }) { machine in
                for step in steps where step.machines.contains(machine.id) {
                    guard self.crew.isAlive(machine) else { return }
                    try await self.run(step, on: machine)
                }
            }
        }
    }

    // MARK: - Steps

    private func run(_ step: ContextualizationStep, on machine: ContextualizationMachine) async throws {
        guard let link = context.links[machine.inventoryName] else { return }
        let isReplay = context.history.hasFinished(machine.id, step: step.name)
        if !isReplay {
            guard try await crew.reach(machine, step: step.name) else { return }
            try await context.recorder.emit(
                machine.id, .stepStarted(step: step.name, tasks: taskCount(step, machine)))
        }
        let message: String?
        switch step.work {
        case .basic:
            message = try await BuiltInRun(context: context, machine: machine, link: link, step: step.name)
                .run(BasicStep.tasks(for: machine, bootTimeout: bootTimeout))
        case .main:
            message = try await BuiltInRun(context: context, machine: machine, link: link, step: step.name)
                .run(MainStep.tasks(for: machine))
        case .recipe(let name):
            message = try await runAgainWhereItFails(programs[name] ?? [], on: machine, step: step.name)
        }
        guard message == nil || !isReplay else { return }
        if let message {
            try await context.recorder.emit(machine.id, .stepFinished(step: step.name, succeeded: false))
            logger.info(
                "contextualization of a machine failed",
                metadata: [
                    LogKey.machine: "\(machine.id)", LogKey.step: "\(step.name)",
                    "reason": "\(context.masker.mask(message))",
                ])
            return try await crew.fail(machine, step: step.name, message)
        }
        if !isReplay { try await context.recorder.emit(machine.id, .stepFinished(step: step.name, succeeded: true)) }
        doneSteps.withLock { _ = $0[machine.id, default: []].insert(step.name) }
    }

    /// All of its tasks, each time. That it is done again is on record before it is waited: a run that goes on after a
    /// death takes nothing for done that an earlier time did.
    private func runAgainWhereItFails(
        _ plays: [ProgramPlay], on machine: ContextualizationMachine, step: String
    ) async throws -> String? {
        let first = context.history.attempt(machine.id, step: step)
        var attempt = first
        while let message = try await crew.run(plays, on: machine, step: step, goesOn: attempt == first) {
            let isReplay = context.history.hasFinished(machine.id, step: step)
            guard attempt < request.attempts, !isReplay else { return message }
            attempt += 1
            let pause = Duration.seconds(attempt * attempt * 5)
            try await context.recorder.emit(
                machine.id,
                .message(
                    "ERROR executing task \(step): (\(attempt - 1)/\(request.attempts)): "
                        + "\(context.masker.mask(message)); it is run again in \(pause.rounded) s"))
            try await context.recorder.emit(machine.id, .stepRestarted(step: step, attempt: attempt))
            try await context.clock.sleep(for: pause)
        }
        return nil
    }

    private func taskCount(_ step: ContextualizationStep, _ machine: ContextualizationMachine) -> Int {
        switch step.work {
        case .basic: BasicStep.tasks(for: machine, bootTimeout: bootTimeout).count
        case .main: MainStep.tasks(for: machine).count
        case .recipe(let name): (programs[name] ?? []).reduce(0) { $0 + $1.taskCount }
        }
    }
}
