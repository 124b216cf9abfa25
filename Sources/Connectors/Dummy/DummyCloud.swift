import ConnectorAPI
import Dispatch
import Foundation

/// The cloud behind the Dummy: its state and, where it has one, its file. Runs on a queue of its own, because locking
/// and reading a file may block.
actor DummyCloud {
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

    private let executor = DummyExecutor()
    private var state = DummyState()
    private var journal: DummyJournal?
    private let now: @Sendable () -> Date

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter path: The file; nil: the cloud lives in memory and as long as this value.
    init(path: String?, syncs: Bool, now: @escaping @Sendable () -> Date) {
        journal = path.map { DummyJournal(path: $0, syncs: syncs) }
        self.now = now
    }

    /// Reads the present state.
    func read<Value: Sendable>(_ body: @Sendable (DummyState, _ now: Int64) throws -> Value) throws -> Value {
        try journal?.begin(&state, exclusive: false)
        defer { journal?.end() }
        return try body(state, milliseconds)
    }

    /// Changes the state; what was recorded is in the file before this returns, also when `body` throws.
    func change<Value: Sendable>(_ body: @Sendable (inout Transaction) throws -> Value) throws -> Value {
        try journal?.begin(&state, exclusive: true)
        defer { journal?.end() }
        var transaction = Transaction(state: state, now: milliseconds)
        // One reference, so that applying entries changes the collections in place.
        state = DummyState()
        let result = Result { try body(&transaction) }
        state = transaction.state
        if !transaction.entries.isEmpty, journal != nil {
            do {
                try journal?.append(transaction.entries)
                let now = transaction.now
                try journal?.compactIfWorthwhile(state, now: now)
            } catch {
                journal?.forget()
                throw error
            }
        }
        return try result.get()
    }

    private var milliseconds: Int64 { Int64((now().timeIntervalSince1970 * 1000).rounded()) }
}

/// Runs jobs one after another on a dispatch queue.
final class DummyExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "dummy-cloud")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
