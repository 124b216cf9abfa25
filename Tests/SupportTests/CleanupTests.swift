import Support
import Synchronization
import Testing

@Suite struct CleanupTests {
    private struct Failure: Error {}

    /// What happened, in order.
    private final class Journal: Sendable {
        private let entries = Mutex<[String]>([])

        var all: [String] { entries.withLock(\.self) }

        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    @Test func itRunsAfterSuccess() async throws {
        let journal = Journal()
        let value = try await withCleanup {
            journal.add("body")
            return 7
        } cleanup: {
            journal.add("cleanup")
        }
        #expect(value == 7)
        #expect(journal.all == ["body", "cleanup"])
    }

    @Test func itRunsAfterAFailureAndKeepsTheError() async {
        let journal = Journal()
        await #expect(throws: Failure.self) {
            try await withCleanup {
                journal.add("body")
                throw Failure()
            } cleanup: {
                journal.add("cleanup")
            }
        }
        #expect(journal.all == ["body", "cleanup"])
    }

    /// The clean-up of a cancelled task can still wait for what it does.
    @Test func cancellationDoesNotReachIt() async {
        let journal = Journal()
        let task = Task {
            try await withCleanup {
                withUnsafeCurrentTask { $0?.cancel() }
                journal.add("body cancelled: \(Task.isCancelled)")
                try Task.checkCancellation()
            } cleanup: {
                journal.add("cleanup cancelled: \(Task.isCancelled)")
                do {
                    try await ContinuousClock().sleep(for: .milliseconds(1))
                    journal.add("cleaned")
                } catch {
                    journal.add("interrupted")
                }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(journal.all == ["body cancelled: true", "cleanup cancelled: false", "cleaned"])
    }

    @Test func nestedOnesRunFromTheInsideOut() async throws {
        let journal = Journal()
        try await withCleanup {
            try await withCleanup {
                journal.add("body")
            } cleanup: {
                journal.add("inner")
            }
        } cleanup: {
            journal.add("outer")
        }
        #expect(journal.all == ["body", "inner", "outer"])
    }
}
