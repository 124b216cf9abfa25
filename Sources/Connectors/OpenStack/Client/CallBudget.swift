import ConnectorAPI

/// The time that the host gives one call, shared by all requests that the call makes.
struct CallBudget: Sendable {
    private let end: ContinuousClock.Instant?

    init(_ context: CallContext) {
        end = context.deadlineMs.map { ContinuousClock.now + .milliseconds($0) }
    }

    /// What is left, at most `limit`.
    ///
    /// - Throws: ``ConnectorError/Code/timeout`` when nothing is.
    func remaining(upTo limit: Duration, _ what: String) throws(ConnectorError) -> Duration {
        guard let end else { return limit }
        let left = end - ContinuousClock.now
        guard left > .zero else {
            throw ConnectorError(
                code: .timeout, message: "the time of the call had passed before \(what) was sent to OpenStack")
        }
        return min(left, limit)
    }
}
