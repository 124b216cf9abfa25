import ContextualizationAPI
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

    let context: RunContext
    let machine: ContextualizationMachine
    let host: HostVariables
    let link: MachineLink
    let step: String
    private var handlers: [ProgramTask] = []
    private var notified: [String] = []
    private var flushes = 0
    private var playPath = ""
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
        notified = []
        flushes = 0
        playPath = path
        playLayers = play.layers
        if !play.variableFiles.isEmpty { playLayers = try variableFiles(of: play) + play.layers }
        for section in play.sections where !section.isEmpty {
            let outcome = try await run(section)
            if case .done = outcome {} else { return outcome }
            let flushed = try await flushHandlers()
            if case .done = flushed {} else { return flushed }
        }
        return .done
    }

    /// The variables of the play's `vars_files`, of the last file first.
    private func variableFiles(of play: ProgramPlay) throws -> [JinjaDict] {
        let carrier = ProgramTask(
            path: playPath, name: "vars_files", moduleName: "include_vars", action: .meta, arguments: JinjaDict())
        let scope = TaskScope(
            host: host, table: context.table, environment: context.environment,
            lower: play.layers.map { TaskScope.Layer($0) })
        var layers: [JinjaDict] = []
        for entry in play.variableFiles {
            // A list names alternatives: the first that exists counts.
            let names = entry.listValue ?? [entry]
            var failure: (any Error)?
            var found: JinjaDict?
            for name in names where found == nil {
                do {
                    let file = try context.environment.resolve(name, scope: scope).text
                    found = try context.library.variables(named: file, includedBy: carrier)
                } catch {
                    failure = failure ?? error
                }
            }
            guard let found else {
                throw TaskFailure(
                    message: "vars_files: \((failure as? TaskFailure)?.message ?? "\(failure ?? CancellationError())")")
            }
            layers.insert(found, at: 0)
        }
        return layers
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
        if !block.rescue.isEmpty { rescueDepth -= 1 }
        if case .failed(let name, let result, false) = outcome, !block.rescue.isEmpty {
            host.mergeSet([
                "ansible_failed_task": ["name": .string(name)], "ansible_failed_result": .dict(result),
            ])
            outcome = try await run(block.rescue)
        }
        guard !block.always.isEmpty else { return outcome }
        if case .failed(_, _, true) = outcome { return outcome }
        let last = try await run(block.always)
        if case .done = last { return outcome }
        return last
    }

    // MARK: - Handlers

    func notify(_ names: [String], from task: ProgramTask) throws {
        for name in names {
            guard handlers.contains(where: { $0.name == name || $0.listen.contains(name) }) else {
                throw TaskFailure(
                    message: "The requested handler '\(name)' was not found in either the main handlers list nor in "
                        + "the listening handlers list")
            }
            if !notified.contains(name) { notified.append(name) }
        }
    }

    /// Runs the notified handlers in order of definition; they may notify later ones.
    func flushHandlers() async throws -> Outcome {
        flushes += 1
        for (index, handler) in handlers.enumerated() {
            guard notified.contains(where: { $0 == handler.name || handler.listen.contains($0) }) else { continue }
            var task = handler
            task.path = "\(playPath).handlers.\(index)@\(flushes)"
            let outcome = try await run(task, isHandler: true)
            if case .done = outcome { continue }
            return outcome
        }
        notified = []
        return .done
    }

    // MARK: - One task

    private func run(_ task: ProgramTask, isHandler: Bool = false) async throws -> Outcome {
        let run = TaskRun(runner: self, task: task)
        switch task.action {
        case .meta: return try await meta(task, run)
        case .includeTasks: return try await include(task, run)
        case .includeVariables, .module: break
        }
        if let record = context.history.record(machine.id, step: step, path: task.path) {
            return try replay(record, task)
        }
        let ended = try await run.perform()
        var effects = ended.effects
        var status = ended.status
        if status == .failed, rescueDepth > 0 {
            status = .rescued
            effects.failure = ended.dictionary
        }
        apply(effects)
        if !effects.notified.isEmpty { try notify(effects.notified, from: task) }
        try await context.recorder.finished(machine.id, run.record(ended, status: status, effects: effects))
        switch status {
        case .failed, .rescued:
            return .failed(task: ended.name, result: ended.dictionary, isUnreachable: false)
        case .unreachable: return .failed(task: ended.name, result: ended.dictionary, isUnreachable: true)
        default: return .done
        }
    }

    private func apply(_ effects: TaskEffects) {
        if !effects.facts.isEmpty { host.mergeFacts(effects.facts) }
        if !effects.variables.isEmpty { host.mergeSet(effects.variables) }
    }

    /// What a task did in the run that died.
    private func replay(_ record: TaskRecord, _ task: ProgramTask) throws -> Outcome {
        guard let effects = TaskEffects(text: record.effects) else {
            throw TaskFailure(
                message:
                    "the stored effects of task '\(record.task.name)' cannot be read: run the recipe from its start")
        }
        context.recorder.count(machine.id, record.status)
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
        if try run.firstFalseCondition(scope) != nil { return .done }
        switch action {
        case "flush_handlers": return try await flushHandlers()
        case "end_play", "end_batch", "end_host": return .ended
        case "reset_connection":
            await link.close()
            return .done
        default: return .done
        }
    }

    private func include(_ task: ProgramTask, _ run: TaskRun) async throws -> Outcome {
        let plan: [TaskRun.Included]
        do {
            plan = try run.includes()
        } catch {
            let ended = run.failure(error)
            try await context.recorder.finished(machine.id, run.record(ended, status: .failed, effects: TaskEffects()))
            return .failed(task: ended.name, result: ended.dictionary, isUnreachable: false)
        }
        for (index, included) in plan.enumerated() {
            let nodes: [ProgramNode]
            do {
                nodes = try context.library.tasks(
                    named: included.file, includedBy: included.task, path: "\(task.path).include.\(index)")
            } catch {
                let ended = run.failure(error)
                try await context.recorder.finished(
                    machine.id, run.record(ended, status: .failed, effects: TaskEffects()))
                return .failed(task: ended.name, result: ended.dictionary, isUnreachable: false)
            }
            let outcome = try await self.run(nodes)
            if case .done = outcome { continue }
            return outcome
        }
        return .done
    }
}
