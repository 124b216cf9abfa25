import ContextualizationAPI
import Foundation
import Jinja
import Modules

/// Runs plays on one machine, task by task. One per machine and step; used by one task at a time.
final class HostRunner {
    /// How a list of tasks ended.
    enum Outcome {
        case done
        /// A task failed and nothing rescued it.
        case failed(task: String, result: JinjaDict, isUnreachable: Bool)
        /// `meta: end_play` or `end_host` ended the play.
        case ended
    }

    /// The place of a failure that came from elsewhere.
    private static let elsewhere: JinjaDict = [
        "failed": true, "msg": "a task failed on another machine, and any_errors_fatal ends the play for all",
    ]

    let context: RunContext
    let machine: ContextualizationMachine
    let host: HostVariables
    let link: MachineLink
    let step: String
    /// Keeps the machines of the play together; nil: this one proceeds freely.
    var lockStep: LockStep?
    /// Answers to `vars_prompt`.
    var promptLayers: [JinjaDict] = []
    /// Whether what an interrupted run did counts: not where a recipe is run again.
    var goesOn = true
    /// `meta: clear_host_errors`.
    var clearErrors: () -> Void = {}
    /// Whether the failure that ended the play counts for all.
    private(set) var carriesFailure = false
    var handlers: [ProgramTask] = []
    /// Names of what was notified since handlers ran last.
    var notifications: Set<String> = []
    /// Numbers of handlers to run.
    var notified: Set<Int> = []
    var flushes = 0
    var playPath = ""
    /// Where the handlers run that are flushed now.
    var flushPlace: [Int] = []
    /// The handler at work, where it stands among the tasks.
    var handler: (path: String, place: [Int])?
    /// Roles that `meta: end_role` ended, by the beginning of their tasks' paths.
    private var endedRoles: [String] = []
    /// Roles of which a task ran in this play.
    private var ranRoles: Set<RecipeCompiler.RoleKey> = []
    /// `ansible_failed_task`.
    private var failedTask = JinjaDict()
    private(set) var exports = RoleExports()
    /// Fixed values that all tasks of the play see.
    private(set) var magic = JinjaDict()
    /// Variables of the play: of its files, then its own. Highest first.
    private(set) var playLayers: [JinjaDict] = []
    /// How many `rescue` sections stand around the task at work.
    private var rescueDepth = 0

    init(context: RunContext, machine: ContextualizationMachine, host: HostVariables, link: MachineLink, step: String) {
        self.context = context
        self.machine = machine
        self.host = host
        self.link = link
        self.step = step
    }

    /// Runs a play with its handlers.
    func run(_ play: ProgramPlay, path: String) async throws -> Outcome {
        handlers = play.handlers
        notifications = []
        notified = []
        ranRoles = []
        flushes = 0
        playPath = path
        try enter(play)
        for (number, section) in play.sections.enumerated() where !section.isEmpty || number == 1 {
            let outcome = try await run(section)
            // The handlers of a section stand between its last task and the next section.
            flushPlace = LockStep.place(of: path) + [number == 2 ? 3 : number * 2, .max]
            if case .failed(_, _, false) = outcome, try forcesHandlers(play) {
                _ = try await flushHandlers()
                return outcome
            }
            if case .done = outcome {} else { return outcome }
            let flushed = try await flushHandlers()
            if case .done = flushed {} else { return flushed }
        }
        return .done
    }

    /// Takes in the variables of a play.
    ///
    /// - Parameter beforeFacts: Files may be named by facts that are still to be gathered: such are passed over.
    func enter(_ play: ProgramPlay, beforeFacts: Bool = false) throws {
        exports = play.exports
        magic = exports.magic
        magic["ansible_play_name"] = .string(play.name)
        let own = promptLayers + play.layers
        playLayers = exports.variables + own
        guard !play.variableFiles.isEmpty else { return }
        playLayers = exports.variables + (try variableFiles(of: play, beforeFacts: beforeFacts)) + own
    }

    private func forcesHandlers(_ play: ProgramPlay) throws -> Bool {
        guard let value = play.settings.forcesHandlers else { return context.settings.forcesHandlers }
        return try context.environment.resolve(value, scope: playScope(play)).isTrue
    }

    func playScope(_ play: ProgramPlay) -> TaskScope {
        TaskScope(
            host: host, table: context.table, environment: context.environment,
            lower: (promptLayers + play.layers).map { TaskScope.Layer($0) },
            defaults: exports.defaults.map { TaskScope.Layer($0) })
    }

    /// Runs tasks in order.
    func run(_ nodes: [ProgramNode]) async throws -> Outcome {
        for node in nodes {
            try Task.checkCancellation()
            let outcome: Outcome
            switch node {
            case .task(let task): outcome = try await run(task)
            case .block(let block): outcome = try await run(block)
            }
            if case .done = outcome { continue }
            return outcome
        }
        return .done
    }

    private func run(_ block: ProgramBlock) async throws -> Outcome {
        if !block.rescue.isEmpty { rescueDepth += 1 }
        var outcome = try await run(block.body)
        if case .done = outcome, !block.rescue.isEmpty || !block.always.isEmpty {
            outcome = await failureElsewhere(in: block.body)
        }
        if !block.rescue.isEmpty { rescueDepth -= 1 }
        if case .failed(_, let result, false) = outcome, !block.rescue.isEmpty {
            if result != Self.elsewhere {
                host.mergeSet([
                    "ansible_failed_task": .dict(failedTask),
                    "ansible_failed_result": .dict(TaskRun.registered(result)),
                ])
            }
            outcome = try await run(block.rescue)
        }
        guard !block.always.isEmpty else { return outcome }
        if case .failed(_, _, true) = outcome { return outcome }
        let last = try await run(block.always)
        if case .done = last { return outcome }
        return last
    }

    /// What another machine's failure, which counts for all, makes of tasks that were done here: who has nothing left to do
    /// in a block is still in it while others are.
    private func failureElsewhere(in nodes: [ProgramNode]) async -> Outcome {
        guard let lockStep, let last = Self.lastTask(in: nodes) else { return .done }
        switch await lockStep.arrive(host.name, at: place(of: last) + [.max]) {
        case .go: return .done
        case .end: return .ended
        case .fail: return .failed(task: last.name, result: Self.elsewhere, isUnreachable: false)
        }
    }

    private static func lastTask(in nodes: [ProgramNode]) -> ProgramTask? {
        switch nodes.last {
        case .task(let task)?: task
        case .block(let block)?: lastTask(in: block.always) ?? lastTask(in: block.rescue) ?? lastTask(in: block.body)
        case nil: nil
        }
    }

    // MARK: - One task

    func run(_ task: ProgramTask, place given: [Int]? = nil) async throws -> Outcome {
        guard !endedRoles.contains(where: { task.path.hasPrefix($0) }) else { return .done }
        let place = lockStep == nil ? [] : given ?? place(of: task)
        if let lockStep {
            switch await lockStep.arrive(host.name, at: place) {
            case .go: break
            case .end: return .ended
            case .fail: return .failed(task: task.name, result: Self.elsewhere, isUnreachable: false)
            }
            try Task.checkCancellation()
        }
        if let key = task.roleKey { ranRoles.insert(key) }
        let run = TaskRun(runner: self, task: task)
        run.place = place
        if case .meta = task.action {
        } else if let stepper = context.stepper {
            let word = task.path.contains(".handlers.") ? "HANDLER" : "TASK"
            guard await stepper.allows("\(step)/\(task.path)", task: "\(word): \(run.name())") else { return .done }
        }
        switch task.action {
        case .meta: return try await meta(task, run)
        case .includeTasks, .includeRole: return try await include(task, run)
        case .includeVariables, .module, .controller: break
        }
        if goesOn, let record = context.history.record(machine.id, step: step, path: task.path),
            record.task.digest == nil || record.task.digest == task.digest
        {
            return try replay(record, task, run)
        }
        let ended = try await bounded(task, run) { try await run.perform() }
        var effects = ended.effects
        var status = ended.status
        if status == .failed, rescueDepth > 0 {
            status = .rescued
            effects.failure = ended.dictionary
        }
        apply(effects)
        do {
            if !effects.notified.isEmpty { try notify(effects.notified, from: task) }
        } catch {
            let failed = run.failure(error)
            try await context.recorder.finished(machine.id, run.record(failed, status: .failed, effects: TaskEffects()))
            return failure(of: run, failed)
        }
        // What one machine did for all is told once.
        if lockStep == nil || !run.isShared {
            try await context.recorder.finished(machine.id, run.record(ended, status: status, effects: effects))
        }
        if let lockStep, [.failed, .rescued, .unreachable].contains(status), !run.isShared, try run.isFatal() {
            carriesFailure = status != .rescued
            await lockStep.failAll(by: host.name)
        }
        switch status {
        case .failed, .rescued:
            return failure(of: run, ended)
        case .unreachable: return failure(of: run, ended, isUnreachable: true)
        default: return .done
        }
    }

    private func failure(
        of run: TaskRun, _ ended: TaskRun.Ended, isUnreachable: Bool = false
    ) -> Outcome {
        failedTask = run.identity
        return .failed(task: ended.name, result: ended.dictionary, isUnreachable: isUnreachable)
    }

    /// Runs a task within the bounds of `throttle` and of all tasks.
    private func bounded(
        _ task: ProgramTask, _ run: TaskRun, _ body: () async throws -> TaskRun.Ended
    ) async throws -> TaskRun.Ended {
        guard lockStep != nil else { return try await body() }
        var turnstiles = [context.turnstile("", context.settings.parallelism)]
        if let count = try run.throttle() { turnstiles.insert(context.turnstile("\(step)/\(task.path)", count), at: 0) }
        // Who waits for another machine's result must not keep it from running.
        if run.waitsForOthers { turnstiles = [] }
        for turnstile in turnstiles { await turnstile.enter() }
        let result: Result<TaskRun.Ended, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for turnstile in turnstiles { await turnstile.leave() }
        return try result.get()
    }

    private func apply(_ effects: TaskEffects) {
        // What a machine of no inventory tells is nobody's.
        let owner = effects.factsOwner.map { context.table.host($0) } ?? host
        if !effects.facts.isEmpty { owner?.mergeFacts(effects.facts) }
        if !effects.ownersVariables.isEmpty { owner?.mergeSet(effects.ownersVariables) }
        if !effects.variables.isEmpty { host.mergeSet(effects.variables) }
    }

    /// What a task did in the run that died.
    private func replay(_ record: TaskRecord, _ task: ProgramTask, _ run: TaskRun) throws -> Outcome {
        guard let effects = TaskEffects(text: record.effects) else {
            throw TaskFailure(
                message:
                    "the stored effects of task '\(record.task.name)' cannot be read: run the recipe from its start")
        }
        context.recorder.count(machine.id, of: record)
        apply(effects)
        if case .includeVariables = task.action {
            for (key, value) in effects.variables { host.mergeIncluded([key.text: value]) }
        }
        if !effects.notified.isEmpty { try notify(effects.notified, from: task) }
        if record.status == .rescued {
            return .failed(task: record.task.name, result: effects.failure ?? JinjaDict(), isUnreachable: false)
        }
        return .done
    }

    private func meta(_ task: ProgramTask, _ run: TaskRun) async throws -> Outcome {
        let scope = run.scope()
        let action = (task.arguments["_raw_params"] ?? task.arguments["free_form"])?.text ?? ""
        try await context.recorder.emit(machine.id, .taskStarted(run.reference()))
        guard try run.firstFalseCondition(scope) == nil else {
            let ended = run.finish(.skipped(reason: "\(action) conditional evaluated to False"), effects: TaskEffects())
            try await context.recorder.finished(machine.id, run.record(ended, status: .skipped, effects: TaskEffects()))
            return .done
        }
        switch action {
        case "flush_handlers":
            let outer = flushPlace
            flushPlace = run.place
            defer { flushPlace = outer }
            return try await flushHandlers()
        case "end_play", "end_batch":
            if action == "end_play" { await lockStep?.endAll() }
            return .ended
        case "end_host": return .ended
        case "end_role":
            if let range = task.path.range(of: ".role.", options: .backwards) {
                endedRoles.append(String(task.path[..<range.upperBound]))
            }
            return .done
        case "clear_facts":
            host.clearFacts()
            return .done
        case "clear_host_errors":
            clearErrors()
            return .done
        case "reset_connection":
            await link.close()
            return .done
        default: return .done
        }
    }

    private func include(_ task: ProgramTask, _ run: TaskRun) async throws -> Outcome {
        let plan: [TaskRun.Included]
        var passedOver: [JinjaValue]
        do {
            (plan, passedOver) = try run.includes()
        } catch {
            return try await includeFailed(error, run)
        }
        if plan.isEmpty {
            let ended = run.skippedInclude(passedOver)
            try await context.recorder.finished(machine.id, run.record(ended, status: .skipped, effects: TaskEffects()))
        }
        // All is read before the first task runs, as Ansible does.
        var lists: [[ProgramNode]] = []
        for (index, included) in plan.enumerated() {
            let path = "\(task.path).include.\(index)"
            let place: String
            do {
                if case .includeRole = task.action {
                    let role = try context.library.role(includedBy: included.task, path: path, after: ranRoles)
                    lists.append(role.tasks)
                    add(role, isPublic: included.task.arguments["public"]?.isTrue ?? false)
                    place = included.file
                } else {
                    let found = try context.library.tasks(
                        named: included.file, includedBy: included.task, path: path)
                    lists.append(found.included.tasks)
                    add(found.included, isPublic: true)
                    place = found.place
                }
            } catch {
                return try await includeFailed(error, run)
            }
            let ended = run.included(place, included, passedOver: passedOver)
            passedOver = []
            try await context.recorder.finished(machine.id, run.record(ended, status: .ok, effects: TaskEffects()))
        }
        for nodes in lists {
            let outcome = try await self.run(nodes)
            if case .done = outcome { continue }
            return outcome
        }
        return .done
    }

    private func includeFailed(_ error: any Error, _ run: TaskRun) async throws -> Outcome {
        let ended = run.failure(error)
        try await context.recorder.finished(machine.id, run.record(ended, status: .failed, effects: TaskEffects()))
        return failure(of: run, ended)
    }

    private func add(_ included: IncludedTasks, isPublic: Bool) {
        add(included.handlers)
        let given = isPublic ? included.exports : included.imported
        playLayers = given.variables + playLayers
        exports.defaults = given.defaults + exports.defaults
        exports.mergeNames(included.exports)
        magic.merge(exports.magic)
    }
}
