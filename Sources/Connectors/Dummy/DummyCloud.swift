import ConnectorAPI
import Dispatch
import Foundation

/// The cloud behind the Dummy: its state and, where it has one, its file. What locks and reads the file may block and runs
/// on a queue of its own; without a file everything happens at once.
final class DummyCloud: Sendable {
    /// What a change of the cloud sees and records.
    struct Transaction {
        fileprivate(set) var state: DummyState
        fileprivate var entries: [DummyEntry] = []
        /// Milliseconds since 1970.
        let now: Int64

        mutating func record(_ entry: DummyEntry) {
            state.apply(entry)
            entries.append(entry)
        }
    }

    private struct Content: ~Copyable {
        var state = DummyState()
        var journal: DummyJournal?
    }

    /// Of the system's thread library: callers have threads of their own, and the thread sanitizer does not see how the
    /// standard library's Mutex is handed over.
    private let lock = NSLock()
    /// Touched while the lock is held.
    nonisolated(unsafe) private var content: Content
    /// Where calls of a cloud with a file run.
    private let queue: DispatchQueue?
    private let now: @Sendable () -> Date

    /// - Parameter path: The file; nil: the cloud lives in memory and as long as this value.
    init(path: String?, syncs: Bool, now: @escaping @Sendable () -> Date) {
        content = Content(journal: path.map { DummyJournal(path: $0, syncs: syncs) })
        queue = path.map { _ in DispatchQueue(label: "dummy-cloud") }
        self.now = now
    }

    /// Reads the present state.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (DummyState, _ now: Int64) throws -> Value
    ) async throws -> Value {
        try await perform { content in
            try content.journal?.begin(&content.state, exclusive: false)
            defer { content.journal?.end() }
            return try body(content.state, self.milliseconds)
        }
    }

    /// Changes the state; what was recorded is in the file before this returns, also when `body` throws.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout Transaction) throws -> Value
    ) async throws -> Value {
        try await perform { content in
            try content.journal?.begin(&content.state, exclusive: true)
            defer { content.journal?.end() }
            var transaction = Transaction(state: content.state, now: self.milliseconds)
            // One reference, so that applying entries changes the collections in place.
            content.state = DummyState()
            let result = Result { try body(&transaction) }
            content.state = transaction.state
            if !transaction.entries.isEmpty, content.journal != nil {
                do {
                    try content.journal?.append(transaction.entries)
                    try content.journal?.compactIfWorthwhile(content.state, now: transaction.now)
                } catch {
                    content.journal?.forget()
                    throw error
                }
            }
            return try result.get()
        }
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (inout Content) throws -> Value
    ) async throws -> Value {
        guard let queue else { return try locked(body) }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.locked(body) }) }
        }
    }

    private func locked<Value>(_ body: (inout Content) throws -> Value) throws -> Value {
        lock.lock()
        defer { lock.unlock() }
        return try body(&content)
    }

    private var milliseconds: Int64 { Int64((now().timeIntervalSince1970 * 1000).rounded()) }
}
