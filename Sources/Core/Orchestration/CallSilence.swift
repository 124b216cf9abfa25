import Support

/// Notices that a call has not been heard of for a while: a connector that hangs is told of long before its time is up.
final class CallSilence: Sendable {
    private let last = LockedValue(ContinuousClock.now)

    /// It has said something, or waits by itself until then.
    func heard(until: ContinuousClock.Instant = .now) {
        last.withLock { $0 = max($0, until) }
    }

    /// Makes a call, and tells after `limit`, then after twice that, and so on, that nothing came.
    ///
    /// Cancelling the task cancels the call.
    func watch<Value: Sendable>(
        _ limit: Duration, tell: @escaping @Sendable (String) -> Void,
        over call: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                var due = limit
                while (try? await Task.sleep(for: limit)) != nil {
                    let quiet = self.last.withLock { ContinuousClock.now - $0 }
                    if quiet < limit { due = limit }
                    guard quiet >= due else { continue }
                    tell("no answer for \(quiet.components.seconds) s")
                    due = due * 2
                }
                return nil
            }
            group.addTask { try await call() }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let value = result { return value }
            }
            throw CancellationError()
        }
    }
}
