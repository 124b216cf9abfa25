/// Lets at most so many callers in at a time; the others wait in order. Cancellation ends a wait.
///
/// Who is told by the other side that it is too many says so (``throttled(at:)``): the limit halves, and grows again by one
/// for each round of calls that succeed, up to what it was.
package final class ConcurrencyLimiter: Sendable {
    private struct State {
        var inUse = 0
        var limit: Int
        var successes = 0
        var narrowed: ContinuousClock.Instant?
        var next = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []

        mutating func takePlace() -> Bool {
            guard inUse < limit else { return false }
            inUse += 1
            return true
        }

        /// Those that need not wait any more.
        mutating func letIn() -> [CheckedContinuation<Void, any Error>] {
            var ready: [CheckedContinuation<Void, any Error>] = []
            while !waiters.isEmpty, takePlace() { ready.append(waiters.removeFirst().continuation) }
            return ready
        }
    }

    /// What is refused within this time of the last refusal was sent before the limit was lowered.
    private static let settling = Duration.seconds(1)

    private let most: Int
    private let state: LockedValue<State>

    /// - Parameter limit: At least one is let in.
    package init(limit: Int) {
        most = max(1, limit)
        state = LockedValue(State(limit: max(1, limit)))
    }

    /// How many are let in at present.
    package var limit: Int { state.withLock { $0.limit } }

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
        let ready = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            state.inUse -= 1
            return state.letIn()
        }
        for waiter in ready { waiter.resume() }
    }

    /// The other side said that it is asked too much: half as many from now on. Refusals that come together count once.
    package func throttled(at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.successes = 0
            if let narrowed = state.narrowed, narrowed.advanced(by: Self.settling) > now { return }
            state.narrowed = now
            state.limit = max(1, state.limit / 2)
        }
    }

    /// A call succeeded: after as many as are let in at a time, one more is.
    package func succeeded() {
        let ready = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            guard state.limit < most else { return [] }
            state.successes += 1
            guard state.successes >= state.limit else { return [] }
            state.successes = 0
            state.limit += 1
            return state.letIn()
        }
        for waiter in ready { waiter.resume() }
    }
}
