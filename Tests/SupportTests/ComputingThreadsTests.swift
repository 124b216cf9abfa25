import Testing

@testable import Support

@Suite struct ComputingThreadsTests {
    @Test func tasksRunThereAndSeveralAtATime() async {
        let threads = ComputingThreads(name: "compute", limit: 3)
        let sum = await withTaskExecutorPreference(threads) {
            await withTaskGroup(of: Int.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        await Task.yield()
                        return number
                    }
                }
                return await group.reduce(0, +)
            }
        }
        #expect(sum == 19_900)
        #expect(threads.threads <= 3)
    }

    @Test func oneThatComputesDoesNotHoldUpAnother() async {
        let threads = ComputingThreads(name: "compute", limit: 2)
        let isReleased = LockedValue(false)
        // The first keeps its thread until the second has run.
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: threads) {
                while !isReleased.withLock({ $0 }) {}
            }
            group.addTask(executorPreference: threads) {
                isReleased.withLock { $0 = true }
            }
        }
        #expect(isReleased.withLock { $0 })
    }

    @Test func threadsEndWithoutWork() async throws {
        let threads = ComputingThreads(name: "compute", limit: 2, patience: 0.02)
        let answer = await withTaskExecutorPreference(threads) { await Self.seven() }
        #expect(answer == 7)
        while threads.threads > 0 { try await Task.sleep(for: .milliseconds(5)) }
        let again = await withTaskExecutorPreference(threads) { await Self.seven() }
        #expect(again == 7)
    }

    private static func seven() async -> Int {
        await Task.yield()
        return 7
    }
}
