/// Does the same with many elements, with at most `limit` of them at a time, begun in their order.
///
/// - Throws: The first error; the others are cancelled then and awaited. Cancellation reaches all.
package func forEachConcurrently<Element: Sendable>(
    _ elements: some Sequence<Element>, limit: Int, _ body: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var pending = elements.makeIterator()
        for _ in 0..<max(1, limit) {
            guard let element = pending.next() else { break }
            group.addTask { try await body(element) }
        }
        while try await group.next() != nil {
            guard let element = pending.next() else { continue }
            group.addTask { try await body(element) }
        }
    }
}
