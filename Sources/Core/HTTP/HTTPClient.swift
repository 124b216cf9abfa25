/// Sends requests. The project's only way to speak HTTP to others.
///
/// Any number of calls may run at the same time. Cancelling the task aborts the transfer at once and throws
/// ``HTTPError`` with ``HTTPError/Code/cancelled``.
package protocol HTTPClient: Sendable {
    /// Sends a request and returns when the head of the answer is there; its body streams.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// Sends a request and returns the whole answer, whose body may have `limit` bytes.
    func fetch(_ request: HTTPRequest, upTo limit: Int) async throws(HTTPError) -> HTTPFullResponse
}

extension HTTPClient {
    package func fetch(_ request: HTTPRequest, upTo limit: Int) async throws(HTTPError) -> HTTPFullResponse {
        var limited = request
        limited.maximumBodyBytes = min(limit, request.maximumBodyBytes ?? limit)
        let response = try await send(limited)
        let body = try await response.body.collect(upTo: limit)
        return HTTPFullResponse(status: response.status, headers: response.headers, body: body)
    }
}
