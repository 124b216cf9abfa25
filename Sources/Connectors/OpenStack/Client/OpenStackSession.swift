import ConnectorAPI
import HTTPTransport
import Support

/// A project in one region, with its credentials.
struct OpenStackSession: Sendable {
    let client: OpenStackClient
    let project: KeystoneProject
    /// Host by which URLs of images name this cloud.
    let host: String
    let facts: ComputeFacts

    init(client: OpenStackClient, project: KeystoneProject, account: OpenStackAccount) {
        self.client = client
        self.project = project
        host = account.host
        facts = ComputeFacts(limit: account.microversion)
    }

    /// The version to use of those that Nova has and the account allows; nil where both are older than `wanted`.
    func microversion(_ wanted: Microversion, _ budget: CallBudget) async throws(ConnectorError) -> Microversion? {
        try await facts.highest(client, budget) >= wanted ? wanted : nil
    }
}

/// What Nova can. Never changes during a session and decides nothing that a restart would lose.
final class ComputeFacts: Sendable {
    private struct Answer: Decodable {
        struct Version: Decodable {
            var version: String
        }
        var version: Version
    }

    private let limit: Microversion?
    private let known = LockedValue<Microversion?>(nil)

    init(limit: Microversion?) {
        self.limit = limit
    }

    func highest(_ client: OpenStackClient, _ budget: CallBudget) async throws(ConnectorError) -> Microversion {
        if let version = known.withLock({ $0 }) { return version }
        var root = try client.catalog.endpoint(.compute)
        // The document of a version is beside the projects that old catalogs have in the path.
        var parts = root.path.split(separator: "/")
        while let last = parts.last, last.wholeMatch(of: /v\d+(\.\d+)?/) == nil { parts.removeLast() }
        root.path = parts.isEmpty ? "/" : "/" + parts.joined(separator: "/") + "/"
        let exchange = OpenStackExchange("GET /", .get, root)
        let answer = try await exchange.send(client.http, service: "Nova", budget)
        let offered = Microversion(try exchange.decode(Answer.self, answer, service: "Nova").version.version)
        let version = min(offered ?? Microversion(2, 1), limit ?? Microversion(2, .max))
        known.withLock { $0 = version }
        return version
    }
}

/// The open sessions of the connector. Each opening has a session of its own, so that closing one leaves the others.
final class SessionTable: Sendable {
    private let sessions = LockedValue<[SessionID: OpenStackSession]>([:])

    func add(_ session: OpenStackSession, id: SessionID) {
        sessions.withLock { $0[id] = session }
    }

    func remove(_ id: SessionID) {
        sessions.withLock { $0[id] = nil }
    }

    /// - Throws: ``ConnectorError/Code/unauthenticated`` for an unknown session.
    func session(_ id: SessionID) throws(ConnectorError) -> OpenStackSession {
        guard let session = sessions.withLock({ $0[id] }) else {
            throw ConnectorError(
                code: .unauthenticated, message: "session '\(id.rawValue)' is not open; open a new one")
        }
        return session
    }
}

/// What is being made right now. Services of OpenStack know no client token, so that two calls that make the same at
/// the same time would each find nothing and make it; the second one is answered ``ConnectorError/Code/aborted``.
final class Exclusion: Sendable {
    private let held = LockedValue<Set<String>>([])

    func hold<Value>(
        _ key: String, _ what: String, _ body: () async throws(ConnectorError) -> Value
    ) async throws(ConnectorError) -> Value {
        guard held.withLock({ $0.insert(key).inserted }) else {
            throw ConnectorError(
                code: .aborted, message: "another call that makes \(what) is still in flight; ask again",
                retryAfterMs: 500)
        }
        defer { held.withLock { _ = $0.remove(key) } }
        return try await body()
    }
}
