/// The time that the host gives one call, shared by all requests to the provider that the call makes.
public struct CallBudget: Sendable {
    private let end: ContinuousClock.Instant?

    public init(_ context: CallContext) {
        end = context.deadlineMs.map { ContinuousClock.now + .milliseconds($0) }
    }

    /// What is left for the next request, at most `limit`.
    ///
    /// - Parameter what: The request, for people: `DescribeInstances`.
    /// - Throws: ``ConnectorError/Code/timeout`` when nothing is left.
    public func remaining(upTo limit: Duration, _ what: String) throws(ConnectorError) -> Duration {
        guard let end else { return limit }
        let left = end - ContinuousClock.now
        guard left > .zero else {
            throw ConnectorError(code: .timeout, message: "the time of the call had passed before \(what) was sent")
        }
        return min(left, limit)
    }
}
