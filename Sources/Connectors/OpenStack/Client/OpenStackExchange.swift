import ConnectorAPI
import HTTPTransport
import JSONCoding

/// One request to a service of OpenStack, and how its answer is read.
struct OpenStackExchange: Sendable {
    /// Most bytes of an answer: a page of 1,000 servers has about 3 MB.
    static let maximumAnswerBytes = 32 << 20
    /// Longest time for one request where the host gives more.
    static let longestRequest = Duration.seconds(60)

    /// For messages: `POST /servers`.
    let name: String
    var method: HTTPRequest.Method
    var url: HTTPURL
    var headers: HTTPHeaders
    var body: JSONValue?
    var repetition: HTTPRequest.Repetition

    init(
        _ name: String, _ method: HTTPRequest.Method, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(),
        body: JSONValue? = nil, repetition: HTTPRequest.Repetition = .byMethod
    ) {
        self.name = name
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.repetition = repetition
    }

    /// The answer, which is one of success.
    func send(
        _ http: any HTTPClient, service: String, _ budget: CallBudget
    ) async throws(ConnectorError) -> HTTPFullResponse {
        let total = try budget.remaining(upTo: Self.longestRequest, "\(service)'s \(name)")
        var message = HTTPRequest(
            method, url, headers: headers, timeouts: .init(connect: min(.seconds(10), total), total: total),
            repetition: repetition, acceptsCompression: true)
        message.headers.set("Accept", "application/json")
        if let body {
            message.headers.set("Content-Type", "application/json")
            do {
                message.body = .bytes(try JSONText.encode(body))
            } catch {
                throw ConnectorError(code: .internal, message: "the body of \(name) cannot be encoded: \(error)")
            }
        }
        let answer: HTTPFullResponse
        do throws(HTTPError) {
            answer = try await http.fetch(message, upTo: Self.maximumAnswerBytes)
        } catch {
            throw OpenStackErrorMapping.error(service, name, error, changes: method != .get)
        }
        guard (200..<300).contains(answer.status) else {
            throw OpenStackErrorMapping.error(service, name, answer, changes: method != .get)
        }
        return answer
    }

    func decode<Answer: Decodable>(
        _ type: Answer.Type, _ answer: HTTPFullResponse, service: String
    ) throws(ConnectorError) -> Answer {
        do {
            return try JSONText.decode(type, from: answer.body)
        } catch {
            throw ConnectorError(
                code: .internal, message: "the answer of \(service) to \(name) cannot be read: \(error)",
                provider: .init(
                    requestID: OpenStackErrorMapping.requestID(answer.headers), status: answer.status))
        }
    }
}
