import ContextualizationAPI

/// What an interrupted run did on each machine: of a step that was done again, the last time alone.
struct RunHistory: Sendable {
    private struct Key: Hashable {
        var machine: String
        var step: String
        var path: String
    }

    private var records: [Key: TaskRecord] = [:]
    private var finishedSteps: [String: [String: Bool]] = [:]
    private var started: Set<String> = []
    private var attempts: [String: [String: Int]] = [:]

    init(_ events: [ContextualizationEvent]) {
        for event in events {
            guard let machine = event.machine else { continue }
            started.insert(machine)
            switch event.body {
            case .taskFinished(let record):
                records[Key(machine: machine, step: record.task.step, path: record.task.path)] = record
            case .stepFinished(let step, let succeeded):
                finishedSteps[machine, default: [:]][step] = succeeded
            case .stepRestarted(let step, let attempt):
                attempts[machine, default: [:]][step] = attempt
                records = records.filter { $0.key.machine != machine || $0.key.step != step }
            default: break
            }
        }
    }

    /// Whether anything happened on the machine.
    func hasTouched(_ machine: String) -> Bool { started.contains(machine) }

    /// The record of a task that need not run again: all that ended but failures that ended the machine's run.
    func record(_ machine: String, step: String, path: String) -> TaskRecord? {
        guard let record = records[Key(machine: machine, step: step, path: path)] else { return nil }
        switch record.status {
        case .ok, .changed, .skipped, .ignored, .rescued: return record
        case .failed, .unreachable: return nil
        }
    }

    /// For which time, from 1, a step was at work on the machine.
    func attempt(_ machine: String, step: String) -> Int { attempts[machine]?[step] ?? 1 }

    /// Whether a step ended well on the machine.
    func hasFinished(_ machine: String, step: String) -> Bool { finishedSteps[machine]?[step] == true }
}
