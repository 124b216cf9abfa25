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
    let showsDifference: Bool
    let verbosity: Int
    private var lastStep: String?
    private var lastTask: TaskKey?
    private var order = TaskOrder()
    /// Warnings that were told already.
    var warned: Set<String> = []
    /// The task at which each machine is.
    private var current: [String: TaskReference] = [:]
    /// What was included last, until something else happens: one line tells it of all hosts.
    private var included: [(what: String, label: String, hosts: [String])] = []

    struct TaskKey: Hashable, Sendable {
        var step: String
        var path: String
    }

    /// - Parameters:
    ///   - showsDifference: Whether differences are shown where a task tells one.
    ///   - verbosity: From 1 on all results are shown.
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
        if case .taskFinished(let record) = event.body, let (what, label) = Self.include(record) {
            let header = header(record.task)
            let before = header.isEmpty ? [] : flushed()
            let host = name(event.machine)
            if let place = included.firstIndex(where: { $0.what == what && $0.label == label }) {
                included[place].hosts.append(host)
            } else {
                included.append((what, label, [host]))
            }
            return before + header + Self.passedOver(record, host: host)
        }
        return flushed() + lines(of: event)
    }

    /// The lines that are held back.
    mutating func flushed() -> [String] {
        defer { included = [] }
        return included.map { "included: \($0.what) for \($0.hosts.sorted().joined(separator: ", "))\($0.label)" }
    }

    private mutating func lines(of event: ContextualizationEvent) -> [String] {
        switch event.body {
        case .stepStarted(let step, _):
            guard lastStep != step else { return [] }
            return playHeader(step)
        case .taskFinished(let record):
            return header(record.task) + resultLines(record, host: name(event.machine))
        case .failed(_, let message):
            guard lastTask == nil || event.machine == nil else { return [] }
            return ["fatal: [\(name(event.machine))]: \(message)"]
        case .message(let text)
        where event.machine == nil && (text == "NO MORE HOSTS LEFT" || text.hasPrefix("PLAY [")):
            return ["", Self.banner(text)]
        case .message(let text) where event.machine == nil && text.hasPrefix("skipping: "): return [text]
        case .message(let text) where text.hasPrefix("FAILED - RETRYING"):
            return (event.machine.flatMap { current[$0] }.map { header($0) } ?? []) + [text]
        case .taskStarted(let task) where task.module == "meta": return header(task)
        case .taskStarted(let task):
            if let machine = event.machine { current[machine] = task }
            return []
        case .message(let text):
            return ["[\(name(event.machine))]: \(text)"]
        case .reached, .passed, .stepFinished, .stepRestarted: return []
        }
    }

    private mutating func playHeader(_ step: String) -> [String] {
        lastStep = step
        lastTask = nil
        return ["", Self.banner("PLAY [\(PlayName.title(of: step))]")]
    }

    /// The titles that stand above a task's first result.
    private mutating func header(_ task: TaskReference) -> [String] {
        var lines: [String] = []
        if lastStep != task.step { lines += playHeader(task.step) }
        let key = TaskKey(step: task.step, path: task.path)
        if lastTask != key {
            lastTask = key
            let word = task.path.contains(".handlers.") ? "RUNNING HANDLER" : "TASK"
            lines += ["", Self.banner("\(word) [\(task.name)]")]
        }
        return lines
    }

    private func name(_ machine: String?) -> String { machine.map { hosts[$0] ?? $0 } ?? "all" }

    /// A title filled with stars to 80 columns, three at least.
    package static func banner(_ title: String) -> String {
        title + " " + String(repeating: "*", count: max(3, 79 - title.count))
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
            lines += log.flushed()
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
