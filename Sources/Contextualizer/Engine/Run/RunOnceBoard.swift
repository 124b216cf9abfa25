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

    /// The result of a task that was done already; nil: it was not.
    func known(_ key: String) -> ModuleResult?? {
        if case .done(let result)? = entries[key] { return .some(result) }
        return nil
    }

    /// The result of the one that does the task; waits for it.
    func result(_ key: String) async -> ModuleResult? {
        switch entries[key] {
        case nil: entries[key] = .running([])
        case .done(let result)?: return result
        case .running?: break
        }
        return await withCheckedContinuation { continuation in
            guard case .running(var waiting)? = entries[key] else { return continuation.resume(returning: nil) }
            waiting.append(continuation)
            entries[key] = .running(waiting)
        }
    }

    func finish(_ key: String, _ result: ModuleResult?) {
        var waiting: [CheckedContinuation<ModuleResult?, Never>] = []
        switch entries[key] {
        case .done?: return
        case .running(let others)?: waiting = others
        case nil: break
        }
        entries[key] = .done(result)
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
