import Support
import Synchronization
import Testing

@Suite struct RetryPolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var policy: RetryPolicy
        var attempt: Int
        var notBefore: Duration?
        var random = 0.5
        var delay: Duration?

        var testDescription: String {
            "\(policy.attempts) attempts, after \(attempt), random \(random): \(delay.map(String.init(describing:)) ?? "none")"
        }
    }

    private static let policy = RetryPolicy(attempts: 6, base: .seconds(1), cap: .seconds(10), jitter: 0.25)
    private static let endless = RetryPolicy(attempts: .max, base: .seconds(1), cap: .seconds(10), jitter: 0)

    static let rows: [Row] = [
        Row(policy: policy, attempt: 1, delay: .seconds(1)),
        Row(policy: policy, attempt: 2, delay: .seconds(2)),
        Row(policy: policy, attempt: 3, delay: .seconds(4)),
        Row(policy: policy, attempt: 4, delay: .seconds(8)),
        Row(policy: policy, attempt: 5, delay: .seconds(10)),
        Row(policy: policy, attempt: 6, delay: nil),
        Row(policy: policy, attempt: 7, delay: nil),
        Row(policy: policy, attempt: 1, random: 0, delay: .milliseconds(750)),
        Row(policy: policy, attempt: 1, random: 1, delay: .milliseconds(1250)),
        Row(policy: policy, attempt: 5, random: 1, delay: .milliseconds(12_500)),
        Row(policy: policy, attempt: 1, notBefore: .seconds(60), delay: .seconds(60)),
        Row(policy: policy, attempt: 3, notBefore: .seconds(1), delay: .seconds(4)),
        Row(policy: policy, attempt: 6, notBefore: .seconds(1), delay: nil),
        Row(policy: .none, attempt: 1, delay: nil),
        // Nothing overflows, however often it was tried.
        Row(policy: endless, attempt: 1000, delay: .seconds(10)),
        Row(policy: endless, attempt: .max - 1, delay: .seconds(10)),
        Row(
            policy: RetryPolicy(attempts: .max, base: .seconds(86_400), cap: .seconds(Int64.max / 4), jitter: 0),
            attempt: 64, delay: .seconds(86_400 << 20)),
        // Settings out of range are brought into it.
        Row(
            policy: RetryPolicy(attempts: 0, base: .seconds(1), cap: .seconds(1)), attempt: 0, random: 0.5, delay: .zero
        ),
        Row(
            policy: RetryPolicy(attempts: 2, base: .seconds(1), cap: .seconds(1), jitter: 9), attempt: 1, random: 0,
            delay: .zero),
        Row(
            policy: RetryPolicy(attempts: 2, base: .seconds(1), cap: .seconds(1), jitter: -1), attempt: 1, random: 1,
            delay: .seconds(1)),
    ]

    @Test(arguments: rows)
    func delays(_ row: Row) {
        let delay = row.policy.delay(afterAttempt: row.attempt, notBefore: row.notBefore, random: row.random)
        #expect(delay == row.delay)
    }

    @Test func theSpreadIsUsed() {
        let delays = Set((0..<50).compactMap { _ in Self.policy.delay(afterAttempt: 1) })
        #expect(delays.count > 1)
        #expect(delays.allSatisfy { (.milliseconds(750)...(.milliseconds(1250))).contains($0) })
    }

    private struct Failure: Error, Equatable {
        var attempt: Int
    }

    @Test func itTriesUntilItSucceeds() async throws {
        let clock = RecordingClock()
        let policy = RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(60), jitter: 0)
        let value = try await retrying(policy, clock: clock, decide: { _ in .retry(notBefore: nil) }) { attempt in
            guard attempt == 4 else { throw Failure(attempt: attempt) }
            return "done at \(attempt)"
        }
        #expect(value == "done at 4")
        #expect(clock.sleeps == [.seconds(1), .seconds(2), .seconds(4)])
    }

    @Test func itThrowsTheLastErrorWhenThePolicyEnds() async {
        let clock = RecordingClock()
        let policy = RetryPolicy(attempts: 3, base: .seconds(1), cap: .seconds(60), jitter: 0)
        await #expect(throws: Failure(attempt: 3)) {
            try await retrying(policy, clock: clock, decide: { _ in .retry(notBefore: .seconds(7)) }) { attempt in
                throw Failure(attempt: attempt)
            }
        }
        #expect(clock.sleeps == [.seconds(7), .seconds(7)])
    }

    @Test func itGivesUpWhenTold() async {
        let clock = RecordingClock()
        await #expect(throws: Failure(attempt: 2)) {
            try await retrying(
                Self.endless, clock: clock,
                decide: { ($0 as? Failure)?.attempt == 1 ? .retry(notBefore: nil) : .giveUp }
            ) { attempt in
                throw Failure(attempt: attempt)
            }
        }
        #expect(clock.sleeps.count == 1)
    }

    @Test func cancellationEndsIt() async {
        let task = Task {
            try await retrying(Self.endless, clock: RecordingClock(), decide: { _ in .retry(notBefore: nil) }) {
                attempt in
                if attempt == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                throw Failure(attempt: attempt)
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

/// A clock that sleeps no time and remembers how long it should have.
final class RecordingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
        func duration(to other: Self) -> Duration { other.offset - offset }
        static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex((now: Duration.zero, sleeps: [Duration]()))

    var now: Instant { Instant(offset: state.withLock(\.now)) }
    var minimumResolution: Duration { .zero }
    var sleeps: [Duration] { state.withLock(\.sleeps) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(deadline.offset - state.now)
            state.now = deadline.offset
        }
    }
}
