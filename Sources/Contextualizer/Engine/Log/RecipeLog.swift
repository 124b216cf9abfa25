package import ContextualizationAPI
import Jinja
import Modules

/// Prints a run as Ansible's default output does: what users of recipes know how to read.
///
/// Machines proceed freely, yet the results of a task stand together: a stream holds back what is ahead of the slowest
/// machine of a step, and ``text(of:hosts:counts:)`` sorts a whole run.
package struct RecipeLog: Sendable {
    /// Inventory names by machine id; ids stand for themselves where there is none.
    private let hosts: [String: String]
    private let showsDifference: Bool
    private let verbosity: Int
    private var lastStep: String?
    private var lastTask: TaskKey?
    private var order = TaskOrder()

    struct TaskKey: Hashable, Sendable {
        var step: String
        var path: String
    }

    /// - Parameter verbosity: From 1 on all results are shown.
    package init(hosts: [String: String], showsDifference: Bool = true, verbosity: Int = 0) {
        self.hosts = hosts
        self.verbosity = verbosity
        self.showsDifference = showsDifference
    }

    // MARK: - Streams

    /// The lines that can be printed now that this event has come. When all machines have ended a step, all of it is
    /// printed.
    package mutating func lines(for event: ContextualizationEvent) -> [String] {
        order.take(event).flatMap { printed($0) }
    }

    /// The lines of an event, with headers where the task is another one than before.
    mutating func printed(_ event: ContextualizationEvent) -> [String] {
        switch event.body {
        case .stepStarted(let step, _):
            guard lastStep != step else { return [] }
            return playHeader(step)
        case .taskFinished(let record):
            var lines: [String] = []
            if lastStep != record.task.step { lines += playHeader(record.task.step) }
            let key = TaskKey(step: record.task.step, path: record.task.path)
            if lastTask != key {
                lastTask = key
                lines += taskHeader(record)
            }
            return lines + resultLines(record, host: name(event.machine))
        case .failed(_, let message):
            guard lastTask == nil || event.machine == nil else { return [] }
            return ["fatal: [\(name(event.machine))]: \(message)"]
        case .message(let text)
        where event.machine == nil && (text == "NO MORE HOSTS LEFT" || text.hasPrefix("PLAY [")):
            return ["", Self.banner(text)]
        case .message(let text) where event.machine == nil && text.hasPrefix("skipping: "): return [text]
        case .message(let text):
            return [text.hasPrefix("FAILED - RETRYING") ? text : "[\(name(event.machine))]: \(text)"]
        case .reached, .passed, .taskStarted, .stepFinished, .stepRestarted: return []
        }
    }

    private mutating func playHeader(_ step: String) -> [String] {
        lastStep = step
        lastTask = nil
        return ["", Self.banner("PLAY [\(step)]")]
    }

    private func taskHeader(_ record: TaskRecord) -> [String] {
        let word = record.task.path.contains(".handlers.") ? "RUNNING HANDLER" : "TASK"
        return ["", Self.banner("\(word) [\(record.task.name)]")]
    }

    private func name(_ machine: String?) -> String { machine.map { hosts[$0] ?? $0 } ?? "all" }

    /// A title filled with stars to 80 columns, three at least.
    static func banner(_ title: String) -> String {
        title + " " + String(repeating: "*", count: max(3, 79 - title.count))
    }

    // MARK: - Results

    private func resultLines(_ record: TaskRecord, host: String) -> [String] {
        let result = JSONText.parse(record.result) ?? .dict([:])
        var lines: [String] = []
        var host = host
        if let other = result["_ansible_delegated_vars"]?["ansible_delegated_host"] { host += " -> \(other.text)" }
        if let file = result["include"], record.task.module.hasPrefix("include"), record.status == .ok {
            return ["included: \(file.text) for \(host)"]
        }
        if let items = result["results"]?.listValue {
            for item in items { lines += itemLines(item, of: record, host: host) }
            if record.status == .skipped, items.isEmpty { lines.append("skipping: [\(host)]") }
            if record.status == .unreachable { lines.append(fatal(host, "UNREACHABLE!", result)) }
        } else {
            if showsDifference { lines += differenceLines(result["diff"]) }
            switch record.status {
            case .ok: lines.append("ok: [\(host)]" + shown(record, result))
            case .changed: lines.append("changed: [\(host)]" + shown(record, result))
            case .skipped: lines.append("skipping: [\(host)]")
            case .ignored where result["unreachable"] == .bool(true): lines.append(fatal(host, "UNREACHABLE!", result))
            case .failed, .rescued, .ignored: lines.append(fatal(host, "FAILED!", result))
            case .unreachable: lines.append(fatal(host, "UNREACHABLE!", result))
            }
        }
        if record.status == .ignored { lines.append("...ignoring") }
        return lines
    }

    private func itemLines(_ item: JinjaValue, of record: TaskRecord, host: String) -> [String] {
        let variable = item["ansible_loop_var"]?.text ?? "item"
        let label = item["_ansible_item_label"] ?? item[variable] ?? .none
        let text = "(item=\(label.text))"
        var lines = showsDifference ? differenceLines(item["diff"]) : []
        if item["failed"] == .bool(true) {
            lines.append("failed: [\(host)] \(text) => \(JSONText.text(item))")
        } else if item["skipped"] == .bool(true) {
            lines.append("skipping: [\(host)] => \(text) ")
        } else {
            let word = item["changed"] == .bool(true) ? "changed" : "ok"
            lines.append("\(word): [\(host)] => \(text)" + shown(record, item))
        }
        return lines
    }

    private func fatal(_ host: String, _ word: String, _ result: JinjaValue) -> String {
        "fatal: [\(host)]: \(word) => \(JSONText.text(result))"
    }

    /// `debug` shows its value.
    private func shown(_ record: TaskRecord, _ result: JinjaValue) -> String {
        guard record.task.module == "debug", case .dict(let dict) = result else {
            return verbosity > 0 ? " => " + JSONText.text(result) : ""
        }
        // A message stands alone; a variable without what every result has.
        let kept =
            dict["msg"].map { ["msg": $0] }
            ?? JinjaDict(
                dict.filter {
                    !["changed", "failed", "skipped", "ansible_loop_var"].contains($0.key.text)
                        && !$0.key.text.hasPrefix("_ansible")
                }.map { ($0.key, $0.value) })
        return " => " + JSONText.indented(.dict(kept))
    }

    private func differenceLines(_ value: JinjaValue?) -> [String] {
        guard let value else { return [] }
        return (value.listValue ?? [value]).flatMap { item -> [String] in
            guard let before = item["before"], let after = item["after"] else { return [] }
            func text(_ value: JinjaValue) -> String {
                value.stringValue ?? JSONText.indented(value) + "\n"
            }
            let title = item["after_header"]?.text
            return UnifiedDifference.lines(
                before: text(before), after: text(after), beforeTitle: "before",
                afterTitle: title.map { "after: \($0)" } ?? "after")
        }
    }

    // MARK: - Whole runs

    /// The whole log of a run: tasks in the order in which they first ended anywhere, the results of all machines below
    /// each, and the recap.
    ///
    /// - Parameters:
    ///   - hosts: Inventory names by machine id.
    ///   - counts: For the recap; nil: counted from the events.
    package static func text(
        of events: [ContextualizationEvent], hosts: [String: String],
        counts: [String: ContextualizationReport.Counts]? = nil
    ) -> String {
        var log = RecipeLog(hosts: hosts)
        var steps: [String] = []
        var tasks: [String: [TaskKey]] = [:]
        var results: [TaskKey: [ContextualizationEvent]] = [:]
        var others: [String] = []
        for event in events {
            switch event.body {
            case .stepStarted(let step, _):
                if !steps.contains(step) { steps.append(step) }
            case .taskFinished(let record):
                let key = TaskKey(step: record.task.step, path: record.task.path)
                if !steps.contains(record.task.step) { steps.append(record.task.step) }
                if results[key] == nil { tasks[record.task.step, default: []].append(key) }
                results[key, default: []].append(event)
            case .failed(_, let message):
                others.append("fatal: [\(log.name(event.machine))]: \(message)")
            default: break
            }
        }
        var lines: [String] = []
        for step in steps {
            lines += log.playHeader(step)
            for key in tasks[step] ?? [] {
                for event in results[key] ?? [] { lines += log.printed(event) }
            }
        }
        if !others.isEmpty { lines += [""] + others }
        lines += recap(counts ?? Self.counts(of: events), hosts: hosts)
        return lines.joined(separator: "\n") + "\n"
    }

    /// `PLAY RECAP` with a line a machine, sorted by name.
    package static func recap(_ counts: [String: ContextualizationReport.Counts], hosts: [String: String]) -> [String] {
        guard !counts.isEmpty else { return [] }
        let named = counts.map { (hosts[$0.key] ?? $0.key, $0.value) }.sorted { $0.0 < $1.0 }
        return ["", banner("PLAY RECAP")]
            + named.map { name, count in
                let figures = [
                    ("ok", count.ok), ("changed", count.changed), ("unreachable", count.unreachable),
                    ("failed", count.failed), ("skipped", count.skipped), ("rescued", count.rescued),
                    ("ignored", count.ignored),
                ]
                return padded(name, 26) + " : "
                    + figures.map { "\($0.0)=\(padded(String($0.1), 4))" }.joined(separator: " ")
            }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Counts by machine, as the engine itself counts.
    package static func counts(of events: [ContextualizationEvent]) -> [String: ContextualizationReport.Counts] {
        let recorder = RunRecorder { _ in }
        for event in events {
            if case .taskFinished(let record) = event.body, let machine = event.machine {
                recorder.count(machine, of: record)
            }
        }
        return recorder.report
    }
}
