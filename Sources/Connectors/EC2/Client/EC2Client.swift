import ConnectorAPI
import HTTPTransport
import Support

/// Sends signed requests to EC2 of one region and reads the answers. Retries nothing: that is the host's part.
///
/// The transport may repeat a request by itself where ``EC2Request/isRepeatable`` says so.
struct EC2Client: Sendable {
    /// Most bytes of an answer: about 5,000 instances, over the 1,000 of a page.
    static let maximumAnswerBytes = 32 << 20

    let http: any HTTPClient
    let endpoint: HTTPURL
    let signer: AWSSigner
    /// Longest time for one request where the host gives more.
    var longestRequest = Duration.seconds(60)

    /// Sends a request and decodes its answer; `decode` gets the reader at the root element.
    ///
    /// - Throws: ``ConnectorError`` by ``EC2ErrorMapping``; EC2's own code and request id are in its `provider`.
    func call<Value>(
        _ request: EC2Request, _ budget: CallBudget, _ decode: (XMLPullReader) throws -> Value
    ) async throws(ConnectorError) -> Value {
        let answer = try await exchange(request, budget)
        guard (200..<300).contains(answer.status) else {
            throw EC2ErrorMapping.error(request.action, answer)
        }
        do {
            let reader = try XMLPullReader(answer.body)
            return try reader.document { _ in try decode(reader) }
        } catch {
            throw ConnectorError(
                code: .internal, message: "the answer of EC2 to \(request.action) cannot be read: \(error)",
                provider: .init(status: answer.status))
        }
    }

    /// Sends a request whose answer says nothing more than that it was done.
    func call(_ request: EC2Request, _ budget: CallBudget) async throws(ConnectorError) {
        try await call(request, budget) { _ in }
    }

    private func exchange(_ request: EC2Request, _ budget: CallBudget) async throws(ConnectorError) -> HTTPFullResponse
    {
        let total = try budget.remaining(upTo: longestRequest, "\(request.action) of EC2")
        var message = HTTPRequest(
            .post, endpoint,
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "text/xml"],
            body: .text(request.form), timeouts: .init(connect: min(.seconds(10), total), total: total),
            repetition: request.isRepeatable ? .safe : .never, acceptsCompression: true)
        do throws(HTTPError) {
            try signer.sign(&message)
            return try await http.fetch(message, upTo: Self.maximumAnswerBytes)
        } catch {
            throw EC2ErrorMapping.error(request.action, error)
        }
    }
}
