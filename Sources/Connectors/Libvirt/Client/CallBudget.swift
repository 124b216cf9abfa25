import ConnectorAPI

/// The time that the host gives one call.
struct CallBudget: Sendable {
    /// Longest time of a call that the host gives no limit.
    static let longest = Duration.seconds(300)

    let end: ContinuousClock.Instant

    init(_ context: CallContext) {
        end = ContinuousClock.now + (context.deadlineMs.map { .milliseconds($0) } ?? Self.longest)
    }

    /// - Throws: ``ConnectorError/Code/timeout`` when the time has passed.
    func check(_ what: @autoclosure () -> String) throws(ConnectorError) {
        guard ContinuousClock.now < end else {
            throw ConnectorError(code: .timeout, message: "the time of the call had passed before \(what())")
        }
    }
}
