import Support
import Testing

@testable import HTTPTransport

/// Notes how long it was told to sleep, and does not.
struct NotingClock: Clock {
    final class Notes: Sendable {
        let sleeps = LockedValue<[Duration]>([])
    }

    let notes = Notes()
    var now: ContinuousClock.Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let now = now
        notes.sleeps.withLock { $0.append(deadline - now) }
    }
}

/// Answers by a script; its last line repeats.
actor ScriptedClient: HTTPClient {
    private var script: [Result<HTTPFullResponse, HTTPError>]
    private(set) var calls = 0

    init(_ script: [Result<HTTPFullResponse, HTTPError>]) {
        self.script = script
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        calls += 1
        let answer = try (script.count > 1 ? script.removeFirst() : script[0]).get()
        return HTTPResponse(status: answer.status, headers: answer.headers, body: HTTPBody(bytes: answer.body))
    }
}

@Suite("Retries")
struct RetryingClientTests {
    let clock = NotingClock()
    let policy = RetryPolicy(attempts: 3, base: .seconds(1), cap: .seconds(4), jitter: 0)

    private func run(
        _ script: [Result<HTTPFullResponse, HTTPError>], _ method: HTTPRequest.Method = .get,
        _ repetition: HTTPRequest.Repetition = .byMethod
    ) async throws -> (Result<Int, HTTPError>, calls: Int) {
        let base = ScriptedClient(script)
        let client = RetryingClient(base, policy: policy, clock: clock)
        let request = HTTPRequest(method, try HTTPURL("https://cloud.test/"), repetition: repetition)
        let result: Result<Int, HTTPError>
        do throws(HTTPError) {
            result = .success(try await client.fetch(request, upTo: 100).status)
        } catch {
            result = .failure(error)
        }
        return (result, await base.calls)
    }

    private func status(_ status: Int, retryAfter: String? = nil) -> Result<HTTPFullResponse, HTTPError> {
        var headers = HTTPHeaders()
        if let retryAfter { headers.add("Retry-After", retryAfter) }
        return .success(HTTPFullResponse(status: status, headers: headers, body: Array("x".utf8)))
    }

    private func failure(_ code: HTTPError.Code, sent: Bool) -> Result<HTTPFullResponse, HTTPError> {
        .failure(HTTPError(code: code, message: "as the script says", mayHaveBeenSent: sent))
    }

    @Test func triesAgainUntilItSucceeds() async throws {
        let (result, calls) = try await run([status(503), failure(.connectionLost, sent: true), status(200)])
        #expect(result == .success(200))
        #expect(calls == 3)
        #expect(clock.notes.sleeps.withLock(\.count) == 2)
    }

    @Test func handsOutTheLastAnswerWhenItGivesUp() async throws {
        let (result, calls) = try await run([status(429)])
        #expect(result == .success(429))
        #expect(calls == 3)
    }

    @Test func respectsRetryAfter() async throws {
        let (_, calls) = try await run([status(503, retryAfter: "30"), status(200)])
        #expect(calls == 2)
        let slept = clock.notes.sleeps.withLock { $0.first } ?? .zero
        #expect(slept > .seconds(29) && slept <= .seconds(30))
    }

    @Test func neverRepeatsWhatMayHaveActed() async throws {
        let (result, calls) = try await run([failure(.connectionLost, sent: true), status(200)], .post)
        #expect(calls == 1)
        #expect(throws: HTTPError.self) { try result.get() }
        #expect(try await run([status(503), status(200)], .post).calls == 1)
    }

    @Test func repeatsAPostThatWasNotSentOrIsSafe() async throws {
        #expect(try await run([failure(.unreachable, sent: false), status(200)], .post).0 == .success(200))
        #expect(try await run([failure(.timeout, sent: true), status(200)], .post, .safe).0 == .success(200))
        #expect(try await run([failure(.timeout, sent: true), status(200)], .get, .never).calls == 1)
    }

    @Test(arguments: [HTTPError.Code.invalidRequest, .untrusted, .tooLarge, .malformed, .cancelled])
    func givesUpOnWhatWillNotChange(code: HTTPError.Code) async throws {
        #expect(try await run([failure(code, sent: false), status(200)]).calls == 1)
    }

    @Test(arguments: [200, 400, 404, 500])
    func returnsOtherStatuses(code: Int) async throws {
        let (result, calls) = try await run([status(code)])
        #expect(result == .success(code))
        #expect(calls == 1)
    }
}
