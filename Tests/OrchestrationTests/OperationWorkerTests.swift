import Foundation
import Logging
import Operations
import Persistence
import Support
import Testing

@testable import Orchestration

@Suite struct OperationWorkerTests {
    private static let kind = OperationKind(rawValue: "test")

    /// Fails as if the store could not be used, each time but the last.
    private struct Run: OperationRun {
        let lease: Lease
        let store: any OperationStore
        let runs: LockedValue<Int>
        let failures: Int

        func run() async throws {
            let number = runs.withLock { runs in
                runs += 1
                return runs
            }
            guard number > failures else { throw StoreError(code: .full, message: "the disk is full") }
            try await store.finish(lease, status: .succeeded, error: nil, now: Date())
        }
    }

    private func carryOut(failures: Int) async throws -> (runs: Int, operation: DurableOperation?) {
        let store = try InMemoryStateStore()
        let operation = DurableOperation(
            id: .random(), subject: OperationSubject(rawValue: "it"), kind: Self.kind, dueAt: Date(), createdAt: Date())
        try await store.submit(OperationSubmission(operation, precedence: .exclusive))
        let runs = LockedValue(0)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let worker = OperationWorker(
            store: store,
            handlers: [
                Self.kind: { _, lease, _ in Run(lease: lease, store: store, runs: runs, failures: failures) }
            ],
            configuration: ManagerConfiguration(
                commandPoll: .milliseconds(1), setbackPause: .milliseconds(1), attempts: 3),
            bell: Bell(), logger: logger, now: { Date() })
        do {
            try await worker.run(subjects: nil, until: operation.id)
        } catch let error as StoreError {
            #expect(error.code == .full)
        }
        return (runs.withLock { $0 }, try await store.operation(operation.id))
    }

    @Test func anOperationThatCouldNotBeCarriedOutIsTriedAgain() async throws {
        let (runs, operation) = try await carryOut(failures: 2)
        #expect(runs == 3)
        #expect(operation?.status == .succeeded)
    }

    @Test func whoWaitsIsToldWhatFailsEachTimeAndTheOperationStaysDue() async throws {
        let (runs, operation) = try await carryOut(failures: .max)
        #expect(runs == 3)
        #expect(operation?.status == .pending)
        #expect(operation?.lease == nil)
    }
}
