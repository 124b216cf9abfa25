import Support
import Synchronization
import Testing

@Suite struct DeadlineTests {
    private struct Failure: Error {}

    @Test func whatEndsInTimeGivesItsValue() async throws {
        #expect(try await withDeadline(.seconds(60), "adding") { 1 + 1 } == 2)
    }

    @Test func whatFailsInTimeThrowsItsError() async {
        await #expect(throws: Failure.self) {
            try await withDeadline(.seconds(60), "failing") { throw Failure() }
        }
    }

    @Test func whatTakesTooLongIsCancelled() async {
        let isCancelled = Mutex(false)
        let error = await #expect(throws: DeadlineExceeded.self) {
            try await withDeadline(.milliseconds(5), "describe of i-1") {
                do {
                    try await ContinuousClock().sleep(for: .seconds(600))
                } catch {
                    isCancelled.withLock { $0 = true }
                    throw error
                }
            }
        }
        #expect(error == DeadlineExceeded(operation: "describe of i-1", limit: .milliseconds(5)))
        #expect(error?.description == "describe of i-1 did not end within 0.005 seconds")
        #expect(isCancelled.withLock { $0 })
    }

    @Test func theCallersCancellationReachesIt() async {
        let task = Task {
            try await withDeadline(.seconds(600), "waiting") {
                try await ContinuousClock().sleep(for: .seconds(600))
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
