import ContextualizationAPI

/// Puts the events of machines that proceed freely into the order of tasks: what is ahead of the slowest machine of a
/// step waits. Pure: events in, events out.
struct TaskOrder: Sendable {
    private var step: String?
    /// Machines that are at work on the step.
    private var members: Set<String> = []
    private var positions: [RecipeLog.TaskKey: Int] = [:]
    private var waiting: [Int: [ContextualizationEvent]] = [:]
    /// The last task that each machine ended.
    private var reached: [String: Int] = [:]
    private var current = 0

    /// The events that may be shown now, in order.
    mutating func take(_ event: ContextualizationEvent) -> [ContextualizationEvent] {
        switch event.body {
        case .stepStarted(let name, _):
            var shown: [ContextualizationEvent] = []
            if name != step {
                shown = flush()
                step = name
            }
            if let machine = event.machine { members.insert(machine) }
            return shown + [event]
        case .taskFinished(let record): return placed(event, at: record.task)
        // Nothing else is told of it.
        case .taskStarted(let task) where task.module == "meta": return placed(event, at: task)
        case .stepFinished, .failed:
            if let machine = event.machine { members.remove(machine) }
            return advance() + [event]
        case .reached, .passed, .taskStarted, .stepRestarted, .message:
            return [event]
        }
    }

    private mutating func placed(_ event: ContextualizationEvent, at task: TaskReference) -> [ContextualizationEvent] {
        let key = RecipeLog.TaskKey(step: task.step, path: task.path)
        let position = positions[key] ?? positions.count
        positions[key] = position
        if let machine = event.machine { reached[machine] = max(reached[machine] ?? -1, position) }
        guard position > current else { return [event] + advance() }
        waiting[position, default: []].append(event)
        return advance()
    }

    /// Goes on to later tasks while no machine is behind.
    private mutating func advance() -> [ContextualizationEvent] {
        var shown: [ContextualizationEvent] = []
        while !waiting.isEmpty, members.allSatisfy({ reached[$0] ?? -1 >= current }) {
            current += 1
            shown += waiting.removeValue(forKey: current) ?? []
        }
        return shown
    }

    private mutating func flush() -> [ContextualizationEvent] {
        let shown = waiting.sorted { $0.key < $1.key }.flatMap(\.value)
        self = TaskOrder()
        return shown
    }
}
