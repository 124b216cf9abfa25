import ContextualizationAPI
import Jinja
import Modules
import Support

/// The machines of a run and what is done with each of them, whether steps of a document or plays of a playbook ask for
/// it: how they are reached, facts, plays, who is out and why.
final class RunMachines: Sendable {
    private let context: RunContext
    private let parallelism: Int
    /// Why machines are out of the run, by id.
    private let failures = LockedValue<[String: ContextualizationReport.Result]>([:])

    /// - Parameter parallelism: Most machines that are worked on at the same time.
    init(context: RunContext, parallelism: Int) {
        self.context = context
        self.parallelism = parallelism
    }

    func isAlive(_ machine: ContextualizationMachine) -> Bool {
        failures.withLock { $0[machine.id] == nil }
    }

    /// How the run went for a machine that took part in it.
    func result(of id: String) -> ContextualizationReport.Result {
        failures.withLock { $0[id] } ?? .configured
    }

    /// Lets the machines that failed take part again.
    func clearFailures() { failures.withLock { $0 = [:] } }

    /// How many of these machines failed.
    func failureCount(of ids: [String]) -> Int { failures.withLock { known in ids.count { known[$0] != nil } } }

    /// Takes a machine out of the run, and tells why.
    func fail(_ machine: ContextualizationMachine, step: String?, _ message: String) async throws {
        let message = context.masker.mask(message)
        failures.withLock { $0[machine.id] = .failed(step: step, message: message) }
        try await context.recorder.emit(machine.id, .failed(step: step, message: message))
    }

    /// Takes a machine out of what comes after the play, whose own tasks went well.
    func leaveOut(_ machine: ContextualizationMachine, step: String, _ message: String) {
        failures.withLock { failures in
            if failures[machine.id] == nil { failures[machine.id] = .failed(step: step, message: message) }
        }
    }

    /// Works on the living ones of some machines at the same time, within the bound.
    func forEach(
        _ machines: [ContextualizationMachine], togetherAll: Bool = false,
        _ body: @escaping @Sendable (ContextualizationMachine) async throws -> Void
    ) async throws {
        let alive = machines.filter(isAlive)
        try await forEachConcurrently(alive, limit: togetherAll ? max(1, alive.count) : parallelism) {
            [context] machine in
            try await withTaskExecutorPreference(context.links[machine.inventoryName]?.executor) {
                try await body(machine)
            }
        }
    }

    /// Connects to a machine, once in a run.
    ///
    /// - Returns: Whether it lets us in; else it is out of the run.
    func reach(_ machine: ContextualizationMachine, step: String) async throws -> Bool {
        do {
            try await context.links[machine.inventoryName]?.reach()
            return true
        } catch let error as CommunicatorError {
            guard error.code != .cancelled else { throw CancellationError() }
            let reference = TaskReference(step: step, path: "connect", name: "Connect", module: "connect")
            let result: JinjaValue = ["changed": false, "msg": .string(error.message), "unreachable": true]
            try await context.recorder.finished(
                machine.id,
                TaskRecord(
                    task: reference, status: .unreachable, seconds: 0, summary: error.message,
                    result: JSONText.text(result), effects: nil))
            try await fail(machine, step: step, error.message)
            return false
        }
    }

    /// Gathers facts, once for each machine; the record of an interrupted run counts.
    func gatherFacts(_ machine: ContextualizationMachine, step: String, by task: ProgramTask) async throws {
        guard let runner = runner(machine, step: step), runner.host.facts.isEmpty else { return }
        if context.history.record(machine.id, step: step, path: "facts") == nil {
            guard try await reach(machine, step: step) else { return }
        }
        try await gatherFacts(machine, step: step, by: task, runner)
    }

    /// Gathers facts for a play of a playbook, also where there are some. The task itself tells that a machine is out of
    /// reach, and sees the variables of the play: they may say how it is reached.
    ///
    /// - Parameter layers: Answers to `vars_prompt`.
    func gatherFacts(
        _ machine: ContextualizationMachine, step: String, of play: ProgramPlay, layers: [JinjaDict]
    ) async throws {
        guard let runner = runner(machine, step: step) else { return }
        runner.promptLayers = layers
        try runner.enter(play, beforeFacts: true)
        try await gatherFacts(machine, step: step, by: play.gathering, runner)
    }

    private func gatherFacts(
        _ machine: ContextualizationMachine, step: String, by task: ProgramTask, _ runner: HostRunner
    ) async throws {
        if case .failed(_, let result, _) = try await runner.run([.task(task)]) {
            try await fail(machine, step: step, "Gathering Facts: \(HostRunner.message(of: result))")
        }
    }

    /// Runs plays on one machine. `meta: end_host` and `end_play` end one play; the next one begins.
    ///
    /// - Parameters:
    ///   - first: Number of the first play in its recipe.
    ///   - goesOn: Whether what an interrupted run did counts.
    /// - Returns: Why it failed; nil: it did not.
    func run(
        _ plays: some Sequence<ProgramPlay>, first: Int = 0, on machine: ContextualizationMachine, step: String,
        lockStep: LockStep? = nil, layers: [JinjaDict] = [], goesOn: Bool = true
    ) async throws -> String? {
        guard let runner = runner(machine, step: step) else { return nil }
        runner.lockStep = lockStep
        runner.promptLayers = layers
        runner.goesOn = goesOn
        for (offset, play) in plays.enumerated() {
            do {
                if case .failed(let task, let result, _) = try await runner.run(play, path: String(first + offset)) {
                    if runner.carriesFailure { await lockStep?.becomeFatal() }
                    return "\(task): \(HostRunner.message(of: result))"
                }
            } catch let failure as TaskFailure {
                // No task failed, yet the recap has to tell of it.
                context.recorder.count(machine.id, .failed)
                return failure.message
            }
        }
        return nil
    }

    /// Closes all connections.
    func close() async {
        await withTaskGroup(of: Void.self) { group in
            for link in context.links.all { group.addTask { await link.close() } }
        }
    }

    private func runner(_ machine: ContextualizationMachine, step: String) -> HostRunner? {
        guard let link = context.links[machine.inventoryName], let host = context.table.host(machine.inventoryName)
        else { return nil }
        let runner = HostRunner(context: context, machine: machine, host: host, link: link, step: step)
        runner.clearErrors = { [weak self] in self?.clearFailures() }
        return runner
    }
}

extension HostRunner {
    /// The text of a failure, for the machine's last message.
    static func message(of result: JinjaDict) -> String {
        TaskSummary.text(.dict(result), status: .failed)
    }
}
