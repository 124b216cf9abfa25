import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Support

/// One task on one machine: conditions, loop, tries, judgement and result.
final class TaskRun {
    /// How the task ended.
    struct Ended {
        var name: String
        var status: TaskRecord.Status
        var dictionary: JinjaDict
        var effects: TaskEffects
        var seconds: Double
        var isCensored: Bool
    }

    /// A file that `include_tasks` names, the task with the variables that its tasks get, and its item.
    struct Included {
        var file: String
        var task: ProgramTask
        var item: JinjaDict?
    }

    let runner: HostRunner
    let task: ProgramTask
    /// Where machines that keep together meet.
    var place: [Int] = []
    /// Whether the result is another machine's (`run_once`).
    private(set) var isShared = false
    /// The machine that does it instead, for the display.
    var delegate: String?
    /// The variables by which that machine is connected to, and becomes somebody.
    var delegateScope: TaskScope?
    let started = ContinuousClock.now
    var wasAnnounced = false
    var isCensored = false
    /// Hides what modules were told in parameters that are secret, in the results of this task alone.
    var ownMasker: Masker?

    init(runner: HostRunner, task: ProgramTask) {
        self.runner = runner
        self.task = task
    }

    var context: RunContext { runner.context }
    var environment: JinjaEnvironment { runner.context.environment }

    // MARK: - Scope and conditions

    /// The variables that the task sees; `upper` are loop items and results, over all others.
    func scope(_ upper: [TaskScope.Layer] = []) -> TaskScope {
        TaskScope(
            host: runner.host, table: context.table, environment: environment,
            upper: upper
                + [TaskScope.Layer(task.magic, isTemplate: false), TaskScope.Layer(runner.magic, isTemplate: false)]
                .filter { !$0.variables.isEmpty } + task.upperLayers.map { TaskScope.Layer($0) },
            lower: (task.layers + runner.playLayers).map { TaskScope.Layer($0) },
            defaults: (task.defaults + runner.exports.defaults).map { TaskScope.Layer($0) })
    }

    /// The text of the first condition that does not hold.
    func firstFalseCondition(_ scope: TaskScope) throws -> String? {
        try task.conditions.first { try !holds($0, scope) }
    }

    private func holds(_ condition: String, _ scope: TaskScope) throws -> Bool {
        do {
            return try Conditions.holds(condition, scope, environment, isStrict: context.settings.isStrict)
        } catch let error as JinjaError {
            throw TaskFailure(message: "Error while evaluating conditional: \(error)")
        }
    }

    func holds(_ conditions: [String], _ scope: TaskScope) throws -> Bool {
        try conditions.allSatisfy { try holds($0, scope) }
    }

    func flag(_ value: JinjaValue?, _ scope: TaskScope, _ keyword: String, default fallback: Bool) throws
        -> Bool
    {
        guard let value else { return fallback }
        let resolved = try resolve(value, scope, keyword)
        if resolved.isNone || resolved.isOmitted { return fallback }
        if let flag = resolved.boolValue { return flag }
        switch resolved.text.lowercased() {
        case "yes", "true", "on", "1", "y", "t": return true
        case "no", "false", "off", "0", "n", "f", "", "none": return false
        default:
            throw TaskFailure(message: "\(keyword): '\(resolved.text)' is neither true nor false")
        }
    }

    func resolve(_ value: JinjaValue, _ scope: TaskScope, _ keyword: String) throws -> JinjaValue {
        do {
            return try environment.resolve(value, scope: scope)
        } catch {
            throw TaskFailure(message: "Error while resolving value for '\(keyword)': \(error)")
        }
    }

    // MARK: - The whole task

    /// Does the task. What goes wrong is a result; thrown are cancellation and errors of the caller's sink.
    func perform() async throws -> Ended {
        do {
            isCensored = try flag(task.noLog, scope(), "no_log", default: false)
            return try isOnce() ? await performOnce() : await performHere()
        } catch let error as SinkFailure {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch let error as CommunicatorError where error.code == .cancelled {
            throw CancellationError()
        } catch {
            return failure(error)
        }
    }

    /// Whether one machine does the task for all. What changes the inventory or waits at the controller is done once, too.
    func isOnce() throws -> Bool {
        if case .controller(.addHost) = task.action { return true }
        if runner.lockStep != nil, task.moduleName == "pause" { return true }
        return try flag(task.isRunOnce, scope(), "run_once", default: false)
    }

    var waitsForOthers: Bool { (try? isOnce()) ?? false }

    /// Whether a failure of this task is one of all machines.
    func isFatal() throws -> Bool {
        if try isOnce() { return true }
        return try flag(task.anyErrorsFatal, scope(), "any_errors_fatal", default: false)
    }

    func throttle() throws -> Int? {
        guard task.throttle != nil else { return nil }
        let count = try number(task.throttle, scope(), "throttle", default: 0)
        return count > 0 ? count : nil
    }

    private func performOnce() async throws -> Ended {
        let key = runner.step + "/" + task.path
        if let lockStep = runner.lockStep {
            // Who comes late finds the result, and the one who made it gone on.
            var shared = await context.board.known(key)
            if shared == nil, !(await lockStep.leads(runner.host.name, at: place)) {
                shared = .some(await context.board.result(key))
            }
            if let shared { return share(shared) }
        }
        if runner.lockStep == nil, let shared = await context.board.claim(runner.step + "/" + task.path) {
            guard let result = shared else {
                return failure(TaskFailure(message: "the machine that does this task for all (run_once) failed"))
            }
            return finish(result, effects: TaskEffects())
        }
        let ended: Ended
        do {
            ended = try await performHere()
        } catch {
            await context.board.finish(runner.step + "/" + task.path, nil)
            throw error
        }
        let isFailed = ended.status == .failed || ended.status == .unreachable
        var result = ModuleResult(values: ended.dictionary)
        result.changed = ended.dictionary["changed"] == .bool(true)
        result.failed = ended.dictionary["failed"] == .bool(true)
        result.skipped = ended.status == .skipped
        result.variables = ended.effects.variables
        let isOver = isFailed && runner.lockStep == nil
        await context.board.finish(runner.step + "/" + task.path, isOver ? nil : result)
        return ended
    }

    /// The result of the machine that did the task for all.
    private func share(_ result: ModuleResult?) -> Ended {
        isShared = true
        guard let result else {
            return failure(TaskFailure(message: "the machine that does this task for all (run_once) failed"))
        }
        var ended = finish(result, effects: TaskEffects())
        ended.effects.notified = []
        return ended
    }

    private func performHere() async throws -> Ended {
        guard let loop = task.loop else {
            let result = try await once([])
            return finish(result, effects: TaskEffects())
        }
        // Without items the conditions may still refer to things that do not exist: they are looked at first, unless
        // they need the item.
        let items: [JinjaValue]
        do {
            items = try loopItems(loop)
        } catch let failure as TaskFailure {
            let outer = scope()
            let isSkipped = task.conditions.contains { condition in
                (try? Conditions.holds(condition, outer, environment, isStrict: context.settings.isStrict)) == false
            }
            guard isSkipped else { throw failure }
            return finish(.skipped(reason: "Conditional result was False"), effects: TaskEffects())
        }
        guard !items.isEmpty else {
            var result = ModuleResult(skipped: true)
            result["skipped_reason"] = "No items in the list"
            result["results"] = []
            return finish(result, effects: TaskEffects())
        }
        return try await overItems(items, loop)
    }

    // MARK: - Once (for one item)

    /// Conditions, then the module with its tries.
    func once(_ upper: [TaskScope.Layer]) async throws -> ModuleResult {
        let scope = scope(upper)
        if let condition = try firstFalseCondition(scope) {
            var result = ModuleResult(skipped: true)
            result["skip_reason"] = "Conditional result was False"
            result["false_condition"] = condition == "false" && task.isSwitchedOff ? false : .string(condition)
            return result
        }
        if case .includeVariables = task.action { return try includeVariables(scope) }
        // Without `until`, `retries` means: until the task succeeds.
        let retries =
            task.until != nil || task.retries != nil ? try number(task.retries, scope, "retries", default: 3) : 0
        let repeats = retries > 0
        let delay = try number(task.delay, scope, "delay", default: 5)
        var attempt = 0
        while true {
            attempt += 1
            var result = try await attemptOnce(scope, upper, attempt: repeats ? attempt : nil)
            // What check mode skips says the same however often it is asked.
            guard repeats, !result.skipped else { return result }
            if try isEnough(result, upper) { return result }
            guard attempt <= retries else {
                result["attempts"] = .int(retries)
                result.failed = true
                return result
            }
            try await context.recorder.emit(
                runner.machine.id,
                .message("FAILED - RETRYING: [\(title)]: \(name()) (\(retries - attempt + 1) retries left)."))
            try await context.clock.sleep(for: .seconds(delay))
        }
    }

    /// Whether no further try is needed.
    private func isEnough(_ result: ModuleResult, _ upper: [TaskScope.Layer]) throws -> Bool {
        guard let until = task.until, !until.isEmpty else { return !result.failed }
        do {
            return try holds(until, scope([resultLayer(result)] + upper)) || result["unreachable"] == .bool(true)
        } catch var failure as TaskFailure {
            // The condition may ask for what a failed module does not say: why it failed matters most.
            if result.failed, let message = result.message {
                failure.message += " (the task itself failed: \(message))"
            }
            throw failure
        }
    }

    func resultLayer(_ result: ModuleResult) -> TaskScope.Layer {
        var variables = JinjaDict()
        if let register = task.register { variables[register] = .dict(result.dictionary) }
        return TaskScope.Layer(variables, isTemplate: false)
    }

    /// What the log tells of a machine that does the task for another one.
    private func delegation(to other: String) -> JinjaDict {
        var known: JinjaDict = ["ansible_delegated_host": .string(other)]
        // That the controller is at the loopback address is not told.
        if let address = try? delegateScope?.lookup("ansible_host"),
            address != "127.0.0.1" || !context.table.isImplicit(other)
        {
            known["ansible_host"] = address
        }
        return known
    }

    /// What Ansible says of a task that it has waited for in the background.
    private func addJob(to result: inout ModuleResult) {
        guard result["unreachable"] == nil else { return }
        let id = "j\(UInt64.random(in: 100_000_000_000...999_999_999_999)).\(getpid())"
        let home = runner.host.fact("user_dir")?.text ?? (runner.machine.target.user == "root" ? "/root" : "~")
        result["ansible_job_id"] = .string(id)
        result["results_file"] = .string("\(home)/.ansible_async/\(id)")
        result["started"] = true
        result["finished"] = true
    }

    /// The machine in messages.
    private var title: String {
        delegate.map { "\(runner.host.name) -> \($0)" } ?? runner.host.name
    }

    private func number(_ value: JinjaValue?, _ scope: TaskScope, _ keyword: String, default fallback: Int) throws
        -> Int
    {
        guard let value else { return fallback }
        let resolved = try resolve(value, scope, keyword)
        guard let number = resolved.intValue ?? Int(resolved.text) else {
            throw TaskFailure(message: "\(keyword): '\(resolved.text)' is no number")
        }
        return max(0, number)
    }

    /// - Parameter attempt: Which try it is, where there may be several: conditions on the result may ask for it.
    private func attemptOnce(
        _ scope: TaskScope, _ upper: [TaskScope.Layer], attempt: Int?
    ) async throws -> ModuleResult {
        var result: ModuleResult
        do {
            switch task.action {
            case .module(let module): result = try await execute(module, scope)
            case .controller(let action): result = try execute(action, scope)
            default: result = ModuleResult()
            }
        } catch let error as CommunicatorError {
            guard error.code != .cancelled else { throw CancellationError() }
            result = .failure(error.message)
            if [.connectionLost, .unreachable, .refused, .hostKeyChanged, .authenticationFailed].contains(error.code) {
                result["unreachable"] = true
                return result
            }
        } catch let error as ModuleError {
            result = ModuleResult(failed: true, message: error.message, values: error.values)
        }
        if let delegate { result["_ansible_delegated_vars"] = .dict(delegation(to: delegate)) }
        if result.skipped { return result }
        if let attempt { result["attempts"] = .int(attempt) }
        if let seconds = task.asyncSeconds, try number(seconds, scope, "async", default: 0) > 0 { addJob(to: &result) }
        guard task.changedWhen != nil || task.failedWhen != nil else { return result }
        let judged = self.scope([resultLayer(result)] + upper)
        judge(&result, judged)
        return result
    }
}
