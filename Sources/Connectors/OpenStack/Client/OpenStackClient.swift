import ConnectorAPI
import HTTPTransport
import Support

/// What is asked of one service, without the endpoint.
struct OpenStackRequest: Sendable {
    var service: OpenStackService
    var method: HTTPRequest.Method
    /// Segments behind the endpoint.
    var path: [String]
    var query: [(String, String)]
    var body: JSONValue?
    var microversion: Microversion?
    var repetition = HTTPRequest.Repetition.byMethod

    init(
        _ service: OpenStackService, _ method: HTTPRequest.Method = .get, _ path: String...,
        query: [(String, String)] = [], body: JSONValue? = nil, microversion: Microversion? = nil
    ) {
        self.service = service
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.microversion = microversion
    }

    /// For messages.
    var name: String { "\(method.rawValue) /\(path.joined(separator: "/"))" }
}

/// Speaks to the services of one project in one region. Retries nothing but a request whose token was refused, which is
/// sent once more with a new one: a service that refuses a token has done nothing.
struct OpenStackClient: Sendable {
    let http: any HTTPClient
    let tokens: TokenSource
    let catalog: ServiceCatalog

    /// Sends a request and decodes its answer.
    ///
    /// - Throws: ``ConnectorError`` by ``OpenStackErrorMapping``; the service's own code and request id are in its
    ///   `provider`.
    func call<Answer: Decodable & Sendable>(
        _ request: OpenStackRequest, _ budget: CallBudget, as type: Answer.Type = Answer.self
    ) async throws(ConnectorError) -> Answer {
        let exchange = try exchange(request)
        let answer = try await send(exchange, request.service, budget)
        return try exchange.decode(type, answer, service: request.service.title)
    }

    /// Sends a request whose answer says nothing more than that it was done.
    func call(_ request: OpenStackRequest, _ budget: CallBudget) async throws(ConnectorError) {
        _ = try await send(try exchange(request), request.service, budget)
    }

    /// Sends a request for something to go away: done also when it is gone.
    func remove(_ request: OpenStackRequest, _ budget: CallBudget) async throws(ConnectorError) {
        do throws(ConnectorError) {
            try await call(request, budget)
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    private func exchange(_ request: OpenStackRequest) throws(ConnectorError) -> OpenStackExchange {
        var url = try catalog.endpoint(request.service)
        for segment in request.path { url = url.appending(segment) }
        var exchange = OpenStackExchange(
            request.name, request.method, url.adding(query: request.query), body: request.body,
            repetition: request.repetition)
        if let version = request.microversion {
            exchange.headers.set("OpenStack-API-Version", "compute \(version)")
            // The header before 2.27.
            exchange.headers.set("X-OpenStack-Nova-API-Version", "\(version)")
        }
        return exchange
    }

    private func send(
        _ exchange: OpenStackExchange, _ service: OpenStackService, _ budget: CallBudget
    ) async throws(ConnectorError) -> HTTPFullResponse {
        var exchange = exchange
        let token = try await tokens.current()
        exchange.headers.set("X-Auth-Token", token.expose())
        do throws(ConnectorError) {
            return try await exchange.send(http, service: service.title, budget)
        } catch {
            guard error.code == .unauthenticated else { throw error }
        }
        let renewed = try await tokens.current(refused: token)
        exchange.headers.set("X-Auth-Token", renewed.expose())
        return try await exchange.send(http, service: service.title, budget)
    }
}
