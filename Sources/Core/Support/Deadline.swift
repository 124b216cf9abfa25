/// An operation did not end in its time.
package struct DeadlineExceeded: Error, Sendable, Hashable, CustomStringConvertible {
    package var operation: String
    package var limit: Duration

    package init(operation: String, limit: Duration) {
        self.operation = operation
        self.limit = limit
    }

    package var description: String { "\(operation) did not end within \(limit)" }
}

/// Runs `body` and cancels it when `limit` passes, which throws ``DeadlineExceeded``. `body` must react to cancellation.
package func withDeadline<Value: Sendable>(
    _ limit: Duration, _ operation: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await ContinuousClock().sleep(for: limit)
            throw DeadlineExceeded(operation: operation, limit: limit)
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
