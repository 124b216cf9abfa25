import Support

/// Wakes those who wait for something to happen in this process; others poll.
final class Bell: Sendable {
    private struct State {
        var rings = 0
        var next = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = LockedValue(State())

    /// How often it rang: to be taken before looking whether there is anything to wait for, so that no ring is missed.
    var rings: Int { state.withLock(\.rings) }

    /// Wakes all who wait now.
    func ring() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.rings += 1
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until it has rung more often than `rings`, for `limit` at most.
    func wait(after rings: Int, atMost limit: Duration) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForRing(after: rings) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    private func waitForRing(after rings: Int) async {
        let id = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if Task.isCancelled || state.rings > rings { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
