/// Decides whether and when something that failed is tried again. A value: the loop is ``retrying(_:clock:_:)``.
///
/// Delay before try n+1 is `base · 2^(n-1)`, capped, then spread by ±`jitter` so that many callers do not return at once.
package struct RetryPolicy: Sendable, Hashable {
    /// Most tries in all, at least 1.
    package var attempts: Int
    package var base: Duration
    package var cap: Duration
    /// Share of the delay that is random, 0 to 1.
    package var jitter: Double

    package init(attempts: Int, base: Duration, cap: Duration, jitter: Double = 0.25) {
        self.attempts = max(1, attempts)
        self.base = base
        self.cap = cap
        self.jitter = min(max(jitter, 0), 1)
    }

    /// One try.
    package static let none = RetryPolicy(attempts: 1, base: .zero, cap: .zero)

    /// The delay after `attempt` tries (from 1) failed, or nil when no more is allowed.
    ///
    /// - Parameters:
    ///   - attempt: How many tries were made.
    ///   - notBefore: A wait that the other side asked for; wins when it is longer.
    ///   - random: From 0 to 1.
    package func delay(
        afterAttempt attempt: Int, notBefore: Duration? = nil, random: Double = .random(in: 0...1)
    ) -> Duration? {
        guard attempt < attempts else { return nil }
        // The exponent is bounded before the multiplication, which would otherwise trap.
        let exponent = min(attempt - 1, 20)
        let delay = min(base * (1 << exponent), cap)
        let spread = delay * (1 + jitter * (2 * random - 1))
        if let notBefore { return max(notBefore, spread) }
        return spread
    }
}

/// What a failed try means for the next one.
package enum RetryDecision: Sendable, Hashable {
    case giveUp
    /// Try again by the policy, but not before the given time from now.
    case retry(notBefore: Duration?)
}

/// Runs `operation` until it succeeds, `decide` gives up, or the policy has no more tries; then throws the last error.
/// Cancellation ends the wait.
package func retrying<Value: Sendable>(
    _ policy: RetryPolicy, clock: some Clock<Duration> = ContinuousClock(),
    decide: (any Error) -> RetryDecision, _ operation: (_ attempt: Int) async throws -> Value
) async throws -> Value {
    var attempt = 1
    while true {
        do {
            return try await operation(attempt)
        } catch {
            try Task.checkCancellation()
            guard case .retry(let notBefore) = decide(error),
                let delay = policy.delay(afterAttempt: attempt, notBefore: notBefore)
            else { throw error }
            try await clock.sleep(for: delay)
            attempt += 1
        }
    }
}
