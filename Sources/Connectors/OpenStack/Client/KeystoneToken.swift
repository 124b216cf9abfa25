import ConnectorAPI
import Foundation
import HTTPTransport
import JSONCoding
import Support

/// A service as Keystone's catalog has it.
struct KeystoneService: Sendable, Decodable, Hashable {
    struct Endpoint: Sendable, Decodable, Hashable {
        var interface: String
        var region: String?
        var url: String

        private enum CodingKeys: String, CodingKey {
            case interface, url, region
            case regionID = "region_id"
        }

        init(interface: String, region: String?, url: String) {
            self.interface = interface
            self.region = region
            self.url = url
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            interface = try container.decode(String.self, forKey: .interface)
            url = try container.decode(String.self, forKey: .url)
            region =
                try container.decodeIfPresent(String.self, forKey: .regionID)
                ?? container.decodeIfPresent(String.self, forKey: .region)
        }
    }

    var type: String
    var endpoints: [Endpoint]
}

/// A token with what Keystone said beside it.
struct KeystoneToken: Sendable {
    let value: Secret<String>
    /// From here on another one is asked for.
    let staleAt: ContinuousClock.Instant
    let project: KeystoneProject?
    let services: [KeystoneService]
}

struct KeystoneProject: Sendable, Decodable, Hashable {
    var id: String
    var name: String
}

/// Asks Keystone for tokens.
struct Keystone: Sendable {
    private struct Answer: Decodable {
        struct Token: Decodable {
            var issuedAt: String
            var expiresAt: String?
            var project: KeystoneProject?
            var catalog: [KeystoneService]?

            private enum CodingKeys: String, CodingKey {
                case project, catalog
                case issuedAt = "issued_at"
                case expiresAt = "expires_at"
            }
        }
        var token: Token
    }

    private struct Projects: Decodable {
        var projects: [KeystoneProject]
    }

    let http: any HTTPClient
    let account: OpenStackAccount

    /// A token of the account's project.
    ///
    /// - Throws: ``ConnectorError/Code/unauthenticated`` in words about the auth line.
    func token(_ budget: CallBudget) async throws(ConnectorError) -> KeystoneToken {
        do throws(ConnectorError) {
            return try await token(scoped: true, budget)
        } catch {
            guard error.code == .unauthenticated else { throw error }
            throw await explained(error, budget)
        }
    }

    private func token(scoped: Bool, _ budget: CallBudget) async throws(ConnectorError) -> KeystoneToken {
        let start = ContinuousClock.now
        let request = OpenStackExchange(
            "POST /auth/tokens", .post, account.identity.appending("auth", "tokens"), body: body(scoped: scoped),
            repetition: .safe)
        let answer = try await request.send(http, service: "Keystone", budget)
        guard let value = answer.headers["X-Subject-Token"]?.nonEmpty else {
            throw ConnectorError(
                code: .unavailable,
                message: "\(account.identity) answered without a token; is host the URL of Keystone?",
                provider: .init(status: answer.status))
        }
        let token = try request.decode(Answer.self, answer, service: "Keystone").token
        return KeystoneToken(
            value: Secret(value), staleAt: start + Self.usefulTime(token.issuedAt, token.expiresAt),
            project: token.project, services: token.catalog ?? [])
    }

    /// How long a token is used: its life less a tenth, at most five minutes, so that a call that begins with it also
    /// ends with it. Counted from the request on by a clock of this machine, whose date may be wrong.
    private static func usefulTime(_ issued: String, _ expires: String?) -> Duration {
        guard let expires, let end = date(expires), let begin = date(issued), end > begin else { return .seconds(600) }
        let life = end.timeIntervalSince(begin)
        return .milliseconds(Int64((life - min(300, life / 10)) * 1_000))
    }

    /// `2026-01-31T12:00:00.000000Z`.
    private static func date(_ text: String) -> Date? {
        let plain = text.replacing(/\.\d+/, with: "")
        return try? Date(plain, strategy: .iso8601)
    }

    private func body(scoped: Bool) -> JSONValue {
        switch account.login {
        case .password(let user, let domain, let password, let project):
            var auth: [String: JSONValue] = [
                "identity": [
                    "methods": ["password"],
                    "password": [
                        "user": [
                            "name": .string(user), "domain": Self.domain(domain),
                            "password": .string(password.expose()),
                        ]
                    ],
                ]
            ]
            if scoped {
                if let id = project.id {
                    auth["scope"] = ["project": ["id": .string(id)]]
                } else {
                    auth["scope"] = [
                        "project": [
                            "name": .string(project.name ?? ""), "domain": Self.domain(project.domain),
                        ]
                    ]
                }
            } else {
                auth["scope"] = "unscoped"
            }
            return ["auth": .object(auth)]
        case .applicationCredential(let id, let secret):
            return [
                "auth": [
                    "identity": [
                        "methods": ["application_credential"],
                        "application_credential": ["id": .string(id), "secret": .string(secret.expose())],
                    ]
                ]
            ]
        }
    }

    /// Auth lines have either; ids are `default` or 32 hexadecimal digits.
    private static func domain(_ text: String) -> JSONValue {
        let isID = text == "default" || text.wholeMatch(of: /[0-9a-f]{32}/) != nil
        return isID ? ["id": .string(text)] : ["name": .string(text)]
    }

    /// Keystone says the same of a wrong password and a wrong project. Asked without a project, it tells them apart.
    private func explained(_ error: ConnectorError, _ budget: CallBudget) async -> ConnectorError {
        var error = error
        let said = "(\(error.message))"
        switch account.login {
        case .applicationCredential(let id, _):
            error.message =
                "Keystone at \(account.host) refuses application credential '\(id)': it is unknown, expired or revoked, or "
                + "its secret is another; check username and password in the auth line \(said)"
        case .password(let user, let domain, _, let project):
            let name = project.name ?? project.id ?? ""
            do throws(ConnectorError) {
                let token = try await token(scoped: false, budget)
                let list = OpenStackExchange(
                    "GET /auth/projects", .get, account.identity.appending("auth", "projects"),
                    headers: ["X-Auth-Token": token.value.expose()])
                let answer = try await list.send(http, service: "Keystone", budget)
                let projects = try list.decode(Projects.self, answer, service: "Keystone").projects.map(\.name).sorted()
                error.message =
                    "user '\(user)' may not work in project '\(name)'; set tenant in the auth line to one of: "
                    + (projects.isEmpty ? "none" : projects.prefix(20).joined(separator: ", ")) + " \(said)"
            } catch {
                return ConnectorError(
                    code: .unauthenticated,
                    message:
                        "Keystone at \(account.host) refuses user '\(user)' of domain '\(domain)'; check username, "
                        + "password and domain in the auth line \(said)",
                    provider: error.provider)
            }
        }
        return error
    }
}

/// The token of a session: one at a time, renewed before it ends, and by whoever finds that it is no longer accepted.
actor TokenSource {
    private let keystone: Keystone
    private var token: KeystoneToken
    private var renewal: Task<Result<KeystoneToken, ConnectorError>, Never>?

    init(keystone: Keystone, token: KeystoneToken) {
        self.keystone = keystone
        self.token = token
    }

    /// A token that is good for some time.
    ///
    /// - Parameter refused: One that a service did not accept; nil: none.
    func current(refused: Secret<String>? = nil) async throws(ConnectorError) -> Secret<String> {
        if token.value != refused, token.staleAt > .now { return token.value }
        if let renewal { return try await renewal.value.get().value }
        // Unstructured: several calls wait for the one renewal, and the cancellation of one must not fail the others.
        let task = Task { [keystone] in
            do throws(ConnectorError) {
                return Result<KeystoneToken, ConnectorError>.success(
                    try await keystone.token(CallBudget(CallContext(deadlineMs: 60_000))))
            } catch {
                return .failure(error)
            }
        }
        renewal = task
        let result = await task.value
        renewal = nil
        token = try result.get()
        return token.value
    }
}
