/// Decides when a connector that ended may be started again. Pure: time comes in.
package struct SupervisionRecord: Sendable {
    /// The delays.
    package struct Policy: Sendable, Hashable {
        /// Delay after the first crash; doubles with each further one.
        package var base: Duration = .seconds(1)
        package var cap: Duration = .seconds(60)
        /// A process that ran this long was healthy: the delay starts anew.
        package var healthyAfter: Duration = .seconds(60)
        /// So many crashes within ``window`` make a connector degraded.
        package var crashLimit = 5
        package var window: Duration = .seconds(600)
        /// A degraded connector is tried once in this time.
        package var probeInterval: Duration = .seconds(60)

        package init() {}
    }

    package typealias Instant = ContinuousClock.Instant

    package let policy: Policy
    private var crashes: [Instant] = []
    private var inARow = 0
    private var started: Instant?
    private var lastCrash: Instant?

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    package mutating func started(at now: Instant) {
        started = now
    }

    /// A process ended that was not told to, or could not be started.
    package mutating func crashed(at now: Instant) {
        if let started, started.advanced(by: policy.healthyAfter) <= now { inARow = 0 }
        started = nil
        inARow += 1
        lastCrash = now
        crashes = crashes.filter { $0.advanced(by: policy.window) > now } + [now]
    }

    /// Whether it crashed too often lately.
    package func isDegraded(at now: Instant) -> Bool {
        crashes.count { $0.advanced(by: policy.window) > now } >= policy.crashLimit
    }

    /// How often it crashed within the window.
    package func recentCrashes(at now: Instant) -> Int {
        crashes.count { $0.advanced(by: policy.window) > now }
    }

    /// The earliest time for the next start; nil: at once.
    package func earliestStart(at now: Instant) -> Instant? {
        guard let lastCrash, inARow > 0 else { return nil }
        let delay: Duration
        if isDegraded(at: now) {
            delay = policy.probeInterval
        } else {
            delay = min(policy.base * (1 << min(inARow - 1, 16)), policy.cap)
        }
        let earliest = lastCrash.advanced(by: delay)
        return earliest > now ? earliest : nil
    }
}
