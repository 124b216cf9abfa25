/// Runs `body`, then `cleanup` in any case: also when `body` throws or the task is cancelled, whose cancellation does
/// not reach `cleanup`.
package func withCleanup<Value: Sendable>(
    _ body: () async throws -> Value, cleanup: @escaping @Sendable () async -> Void
) async throws -> Value {
    do {
        let value = try await body()
        await Task { await cleanup() }.value
        return value
    } catch {
        await Task { await cleanup() }.value
        throw error
    }
}
