import Modules

/// Lets one machine do a task of `run_once` and gives its result to all others.
actor RunOnceBoard {
    private enum Entry {
        case running([CheckedContinuation<ModuleResult?, Never>])
        case done(ModuleResult?)
    }

    private var entries: [String: Entry] = [:]

    /// nil: the caller does the task and calls ``finish(_:_:)`` in any case. Otherwise the result of the one who did it;
    /// its own nil means that this one gave up, and the task failed everywhere.
    func claim(_ key: String) async -> ModuleResult?? {
        switch entries[key] {
        case nil:
            entries[key] = .running([])
            return nil
        case .done(let result)?: return .some(result)
        case .running?:
            let result = await withCheckedContinuation { (continuation: CheckedContinuation<ModuleResult?, Never>) in
                guard case .running(var waiting)? = entries[key] else {
                    continuation.resume(returning: nil)
                    return
                }
                waiting.append(continuation)
                entries[key] = .running(waiting)
            }
            return .some(result)
        }
    }

    func finish(_ key: String, _ result: ModuleResult?) {
        guard case .running(let waiting)? = entries[key] else { return }
        entries[key] = .done(result)
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
