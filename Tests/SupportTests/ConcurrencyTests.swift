import Support
import Testing

@Suite struct ConcurrencyTests {
    /// Those who are in, and the most that ever were.
    private actor Room {
        private(set) var most = 0
        private(set) var order: [Int] = []
        private var inside = 0

        func enter(_ number: Int) {
            inside += 1
            most = max(most, inside)
            order.append(number)
        }

        func leave() { inside -= 1 }
    }

    @Test(arguments: [1, 3])
    func neverMoreThanTheLimit(limit: Int) async throws {
        let limiter = ConcurrencyLimiter(limit: limit)
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await limiter.acquire()
                    await room.enter(number)
                    await Task.yield()
                    await room.leave()
                    limiter.release()
                }
            }
            try await group.waitForAll()
        }
        #expect(await room.most <= limit)
        #expect(await room.order.count == 50)
    }

    @Test("who is asked too much is asked less, and more again")
    func theLimitAdapts() async throws {
        let limiter = ConcurrencyLimiter(limit: 8)
        let now = ContinuousClock.now
        limiter.throttled(at: now)
        // Of those that were under way.
        limiter.throttled(at: now + .milliseconds(10))
        #expect(limiter.limit == 4)
        for second in 2...10 { limiter.throttled(at: now + .seconds(second)) }
        #expect(limiter.limit == 1)
        try await limiter.acquire()
        let waiting = Task { try await limiter.acquire() }
        // After one call of one, two at a time; the one that waits is let in.
        limiter.succeeded()
        #expect(limiter.limit == 2)
        try await waiting.value
        for _ in 0..<100 { limiter.succeeded() }
        #expect(limiter.limit == 8)
        limiter.release()
        limiter.release()
    }

    @Test func aCancelledWaitTakesNoPlace() async throws {
        let limiter = ConcurrencyLimiter(limit: 1)
        try await limiter.acquire()
        let waiting = Task { try await limiter.acquire() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let later = Task {
            await Task.yield()
            try await limiter.acquire()
        }
        await Task.yield()
        later.cancel()
        await #expect(throws: CancellationError.self) { try await later.value }
        limiter.release()
        // The place is free: a second one would wait for ever.
        try await limiter.acquire()
        let second = Task { try await limiter.acquire() }
        limiter.release()
        try await second.value
        limiter.release()
    }

    @Test(arguments: [(1, 10), (4, 10), (0, 3), (20, 10)])
    func eachElementOnceAndNotTooManyAtATime(limit: Int, count: Int) async throws {
        let room = Room()
        try await forEachConcurrently(0..<count, limit: limit) { number in
            await room.enter(number)
            await Task.yield()
            await room.leave()
        }
        #expect(await room.order.sorted() == Array(0..<count))
        #expect(await room.most <= max(1, limit))
        if limit <= 1 { #expect(await room.order == Array(0..<count)) }
    }

    @Test func theFirstErrorEndsTheRest() async {
        struct Stop: Error {}
        let room = Room()
        await #expect(throws: Stop.self) {
            try await forEachConcurrently(0..<100, limit: 1) { number in
                await room.enter(number)
                if number == 3 { throw Stop() }
            }
        }
        #expect(await room.order == [0, 1, 2, 3])
    }
}
