package import Support

/// Sends requests again where that may help: the policy decides how often and when, `Retry-After` is respected, and only
/// requests that may be repeated, or that never left this machine, are.
///
/// ``send(_:)`` covers the time until the head of the answer; ``fetch(_:upTo:)`` covers the body too. When the policy
/// gives up on a status, that answer is returned.
package struct RetryingClient<Wait: Clock<Duration>>: HTTPClient {
    /// Statuses by which a server says that the same request may succeed later.
    package static var retriedStatuses: Set<Int> { [429, 502, 503, 504] }

    private struct Unsatisfying<Answer: Sendable>: Error {
        let answer: Answer
        let retryAfter: Duration?
    }

    private let base: any HTTPClient
    private let policy: RetryPolicy
    private let clock: Wait

    package init(_ base: any HTTPClient, policy: RetryPolicy, clock: Wait = ContinuousClock()) {
        self.base = base
        self.policy = policy
        self.clock = clock
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await loop(request, status: \.status, retryAfter: \.retryAfter) { () throws(HTTPError) in
            try await base.send(request)
        }
    }

    package func fetch(_ request: HTTPRequest, upTo limit: Int) async throws(HTTPError) -> HTTPFullResponse {
        try await loop(request, status: \.status, retryAfter: \.retryAfter) { () throws(HTTPError) in
            try await base.fetch(request, upTo: limit)
        }
    }

    private func loop<Answer: Sendable>(
        _ request: HTTPRequest, status: (Answer) -> Int, retryAfter: (Answer) -> Duration?,
        _ exchange: () async throws(HTTPError) -> Answer
    ) async throws(HTTPError) -> Answer {
        do {
            return try await retrying(policy, clock: clock, decide: { decide($0, request, Answer.self) }) { _ in
                let answer = try await exchange()
                if Self.retriedStatuses.contains(status(answer)) {
                    throw Unsatisfying(answer: answer, retryAfter: retryAfter(answer))
                }
                return answer
            }
        } catch let error as Unsatisfying<Answer> {
            return error.answer
        } catch let error as HTTPError {
            throw error
        } catch {
            throw HTTPError(code: .cancelled, message: "the request to \(request.url) was cancelled")
        }
    }

    private func decide<Answer>(
        _ error: any Error, _ request: HTTPRequest, _ answer: Answer.Type
    ) -> RetryDecision where Answer: Sendable {
        if let error = error as? HTTPError {
            let isSafe = request.isRepeatable || !error.mayHaveBeenSent
            return error.isTransient && isSafe ? .retry(notBefore: nil) : .giveUp
        }
        if let error = error as? Unsatisfying<Answer>, request.isRepeatable {
            return .retry(notBefore: error.retryAfter)
        }
        return .giveUp
    }
}
