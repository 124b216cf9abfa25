import Assembly
import Orchestration

/// Does what asks clouds before anything is carried out, and tells of connectors that do not answer for long.
func tellingSilence<Value: Sendable>(
    _ services: GantryServices, every limit: Duration = .seconds(20), _ body: () async throws -> Value
) async throws -> Value {
    let manager = services.manager
    // Unstructured: `body` may hold what no child task may. It ends with `body`.
    let watch = Task {
        while (try? await Task.sleep(for: limit)) != nil {
            for reason in await manager.waiting(over: limit / 2) { Terminal.note("  \(reason)") }
        }
    }
    defer { watch.cancel() }
    return try await body()
}
