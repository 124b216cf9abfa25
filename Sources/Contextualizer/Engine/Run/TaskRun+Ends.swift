import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Support

/// How a task ends: what is registered, who is notified, and what is told of it.
extension TaskRun {
    /// What `ansible_failed_task` says of the task.
    var identity: JinjaDict {
        let scope = scope()
        let name = task.isNamed ? (try? environment.renderText(task.name, scope: scope)) ?? task.name : ""
        func texts(_ values: [String]) -> JinjaValue { .list(values.map { .string($0) }) }
        func resolved(_ value: JinjaValue?) -> JinjaValue {
            value.flatMap { try? environment.resolve($0, scope: scope) } ?? .none
        }
        return [
            "action": .string(task.writtenModule ?? task.moduleName), "name": .string(name),
            // Those of an item are known to the item alone.
            "args": .dict((try? resolvedArguments(scope, keeping: [])) ?? task.arguments),
            "register": task.register.map { .string($0) } ?? .none, "tags": texts(task.tags),
            "vars": .dict(task.layers.first ?? JinjaDict()), "when": texts(task.conditions),
            "until": texts(task.until ?? []), "changed_when": texts(task.changedWhen ?? []),
            "failed_when": texts(task.failedWhen ?? []), "delegate_to": resolved(task.delegate),
            "run_once": resolved(task.isRunOnce), "become": resolved(task.become),
            "become_user": resolved(task.becomeUser), "ignore_errors": resolved(task.ignoresErrors),
            "no_log": .bool(isCensored), "notify": task.notify.isEmpty ? .none : .list(task.notify),
        ]
    }

    func name() -> String {
        task.title(renderedName)
    }

    /// As in Ansible, the reason stands in the place of what cannot be rendered.
    private var renderedName: String {
        let scope = scope()
        if let text = try? environment.renderText(task.name, scope: scope) { return text }
        guard !task.name.contains("{%") else { return task.name }
        var (rest, shown, count) = (task.name[...], "", 0)
        while let begin = rest.range(of: "{{"), let end = rest[begin.upperBound...].range(of: "}}") {
            shown += rest[..<begin.lowerBound]
            do throws(JinjaError) {
                shown += try environment.renderText(String(rest[begin.lowerBound..<end.upperBound]), scope: scope)
            } catch {
                count += 1
                shown += "<< error \(count) - \(error.message) >>"
            }
            rest = rest[end.upperBound...]
        }
        return shown + rest
    }

    /// The end of the task: what is registered and who is notified.
    ///
    /// - Parameter items: The variables of each item that was not skipped, for a loop: each item notifies.
    func finish(_ result: ModuleResult, effects given: TaskEffects, items: [JinjaDict]? = nil) -> Ended {
        var effects = given
        let dictionary = result.dictionary
        if let variables = result.variables, given.variables.isEmpty { effects.variables.merge(variables) }
        if let facts = result.facts, given.facts.isEmpty { effects.facts.merge(facts) }
        if let register = task.register { effects.variables[register] = .dict(Self.registered(dictionary)) }
        let isFailure = result.failed && Self.isFailure(.dict(dictionary))
        var status: TaskRecord.Status =
            isFailure ? .failed : result.skipped ? .skipped : result.changed ? .changed : .ok
        if result["unreachable"] == .bool(true) { status = .unreachable }
        var ended = Ended(
            name: name(), status: status, dictionary: dictionary, effects: effects,
            seconds: (ContinuousClock.now - started).inSeconds, isCensored: isCensored)
        do {
            if try flag(task.delegatesFacts, scope(), "delegate_facts", default: false), let delegate {
                ended.effects.factsOwner = delegate
                if let variables = result.variables {
                    ended.effects.ownersVariables = variables
                    for (key, _) in variables where key.text != task.register { ended.effects.variables[key] = nil }
                }
            }
            if status == .unreachable, try flag(task.ignoresUnreachable, scope(), "ignore_unreachable", default: false)
            {
                ended.status = .ignored
            }
            if status == .failed, try flag(task.ignoresErrors, scope(), "ignore_errors", default: false) {
                ended.status = .ignored
            }
            if result.changed, !isFailure { ended.effects.notified = try notifications(items) }
        } catch {
            return failure(error)
        }
        return ended
    }

    /// The result as later tasks see it: what only the display needs is not there.
    static func registered(_ dictionary: JinjaDict) -> JinjaDict {
        var registered = dictionary
        for key in internals { registered[key] = nil }
        guard let items = dictionary["results"]?.listValue else { return registered }
        registered["results"] = .list(items.map { item in item.dictValue.map { .dict(self.registered($0)) } ?? item })
        return registered
    }

    private static let internals = ["_ansible_item_label", "_ansible_verbose_always", "_ansible_delegated_vars"]

    /// Each once, in the order in which they are named.
    private func notifications(_ items: [JinjaDict]?) throws -> [String] {
        guard !task.notify.isEmpty else { return [] }
        var names: [String] = []
        for item in items.map({ $0.map { [TaskScope.Layer($0, isTemplate: false)] } }) ?? [[]] {
            let scope = scope(item)
            for value in task.notify {
                let resolved = try resolve(value, scope, "notify")
                for name in resolved.listValue?.map(\.text) ?? [resolved.text] where !names.contains(name) {
                    names.append(name)
                }
            }
        }
        return names
    }

    /// The end of a task that could not be done.
    func failure(_ error: any Error) -> Ended {
        let message: String =
            switch error {
            case let failure as TaskFailure: failure.message
            case let error as ModuleError: error.message
            case let error as CommunicatorError: error.message
            default: "\(error)"
            }
        let result = ModuleResult.failure(message)
        var effects = TaskEffects()
        if let register = task.register { effects.variables[register] = .dict(result.dictionary) }
        var ended = Ended(
            name: name(), status: .failed, dictionary: result.dictionary, effects: effects,
            seconds: (ContinuousClock.now - started).inSeconds, isCensored: isCensored)
        if (try? flag(task.ignoresErrors, scope(), "ignore_errors", default: false)) == true { ended.status = .ignored }
        return ended
    }

    /// The record of the event.
    func record(_ ended: Ended, status: TaskRecord.Status, effects: TaskEffects) -> TaskRecord {
        var visible = ended.isCensored ? Self.censored(ended.dictionary) : context.masker.mask(.dict(ended.dictionary))
        if let ownMasker { visible = ownMasker.mask(visible) }
        return TaskRecord(
            task: reference(
                name: context.masker.mask(ended.name), digest: context.settings.mayChange ? task.digest : nil),
            status: status, seconds: ended.seconds,
            summary: TaskSummary.text(visible, status: status), result: JSONText.text(visible), effects: effects.text,
            isRepeatable: (status == .skipped || status == .ok && !task.isCommand) && leavesNothing(effects))
    }

    /// Facts of the machine can be gathered again.
    private func leavesNothing(_ effects: TaskEffects) -> Bool {
        guard case .module(let module) = task.action, module == SetupModule.self else { return effects.isEmpty }
        var others = effects
        others.facts = JinjaDict()
        return others.isEmpty
    }

    private static func censored(_ dictionary: JinjaDict) -> JinjaValue {
        var result: JinjaDict = [
            "censored":
                "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
            "changed": dictionary["changed"] ?? false,
        ]
        for key in ["failed", "skipped", "unreachable", "attempts", "retries", "_ansible_delegated_vars"] {
            if let value = dictionary[key], value != false { result[key] = value }
        }
        if !isFailure(.dict(dictionary)) { result["failed"] = nil }
        if let items = dictionary["results"]?.listValue {
            result["results"] = .list(items.map { censored($0.dictValue ?? JinjaDict()) })
        }
        return .dict(result)
    }

    func reference() -> TaskReference { reference(name: context.masker.mask(name())) }

    private func reference(name: String, digest: String? = nil) -> TaskReference {
        TaskReference(step: runner.step, path: task.path, name: name, module: task.moduleName, digest: digest)
    }

    /// Tells that the task begins, once, before its first program.
    func announce() async throws {
        guard !wasAnnounced else { return }
        wasAnnounced = true
        try await context.recorder.emit(runner.machine.id, .taskStarted(reference()))
    }
}
