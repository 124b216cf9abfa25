/// Lets at most so many callers in at a time; the others wait in order. Cancellation ends a wait.
package final class ConcurrencyLimiter: Sendable {
    private struct State {
        var free: Int
        var next = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []

        mutating func takePlace() -> Bool {
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    private let state: LockedValue<State>

    /// - Parameter limit: At least one is let in.
    package init(limit: Int) {
        state = LockedValue(State(free: max(1, limit)))
    }

    /// Waits for a place. Each call that returns is followed by one ``release()``.
    ///
    /// - Throws: `CancellationError` when the task is or gets cancelled; no place is taken then.
    package func acquire() async throws {
        try Task.checkCancellation()
        // Who need not wait is not suspended.
        if state.withLock({ $0.takePlace() }) { return }
        let id = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let immediate = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.takePlace() { return .success(()) }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let immediate { continuation.resume(with: immediate) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let position = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: position).continuation
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Gives a place back, to who waits longest.
    package func release() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.waiters.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        waiter?.resume()
    }
}
