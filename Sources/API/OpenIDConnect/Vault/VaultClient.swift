package import Authorization
import Foundation
import HTTPTransport
import Support

/// Reads users' credentials from HashiCorp Vault, or OpenBao: a login by token, then one secret of a KV engine (version 1,
/// as IM reads it, or 2), whose keys hold a line of the authorization data as JSON each (im.md 2.3).
package struct VaultClient: CredentialVault {
    /// What the service's settings say: `VAULT_URL` and those beside it.
    package struct Settings: Sendable, Hashable {
        package var url: String?
        /// `#USER_SUB#` in it is the user's name with the issuer.
        package var path: String?
        package var mountPoint: String?
        package var role: String?

        package init(url: String? = nil, path: String? = nil, mountPoint: String? = nil, role: String? = nil) {
            self.url = url
            self.path = path
            self.mountPoint = mountPoint
            self.role = role
        }
    }

    private static let mostItems = 200
    private static let defaultMountPoint = "credentials"

    private let settings: Settings
    private let client: IssuerClient

    package init(_ settings: Settings, client: IssuerClient) {
        self.settings = settings
        self.client = client
    }

    package var isNamedByService: Bool { settings.url != nil }

    package func items(_ reference: VaultReference) async throws(VaultProblem) -> [AuthorizationItem] {
        let base = try base(reference)
        let login = try await login(base, reference)
        let mountPoint = try Self.segments(reference.mountPoint ?? settings.mountPoint ?? Self.defaultMountPoint)
        let path = try path(reference, entity: login.entity)
        let secret = try await secret(base, mountPoint, path, login.token)
        return try Self.items(secret, token: reference.token, place: "\(base) at \(mountPoint)/\(path)")
    }

    // MARK: Places

    /// Who calls names a vault only where nothing inside of the service's network answers without TLS.
    private func base(_ reference: VaultReference) throws(VaultProblem) -> String {
        let own = settings.url.map(Self.trimmed)
        guard let host = reference.host.map(Self.trimmed), !host.isEmpty else {
            guard let own else {
                throw VaultProblem(
                    "the line of type Vault has no host; write `host = https://HOST:8200`", isRefusal: true)
            }
            return own
        }
        guard host == own || host.lowercased().hasPrefix("https://") else {
            throw VaultProblem(
                "Vault at \(host.prefix(200)) is not asked: it has no https:// in front", isRefusal: true)
        }
        return host
    }

    private static func trimmed(_ url: String) -> String {
        var url = url.trimmingCharacters(in: .whitespaces)
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    /// - Parameter entity: Vault's own name of the user, which the path is by default.
    private func path(_ reference: VaultReference, entity: String) throws(VaultProblem) -> String {
        guard let path = reference.path ?? settings.path, !path.isEmpty else { return try Self.segments(entity) }
        guard path.contains("#USER_SUB#") else { return try Self.segments(path) }
        // Vault has just let this token in, so that it is the user's.
        guard let claims = try? TokenClaims(reference.token.expose()) else {
            throw VaultProblem("the token of the line of type Vault is no JWT", isRefusal: true)
        }
        return try Self.segments(path.replacing("#USER_SUB#", with: claims.subject))
    }

    /// A path that stays where it is.
    private static func segments(_ path: String) throws(VaultProblem) -> String {
        let parts = path.split(separator: "/").map(String.init)
        var allowed = CharacterSet.urlPathAllowed
        allowed.remove(charactersIn: "/;")
        let encoded = parts.compactMap { $0.addingPercentEncoding(withAllowedCharacters: allowed) }
        guard !parts.isEmpty, encoded.count == parts.count, !parts.contains("."), !parts.contains("..") else {
            throw VaultProblem("'\(path.prefix(200))' is no path of Vault", isRefusal: true)
        }
        return encoded.joined(separator: "/")
    }

    // MARK: Asking

    private struct LoginAnswer: Decodable {
        struct Auth: Decodable {
            var token: String
            var entity: String?

            private enum CodingKeys: String, CodingKey {
                case token = "client_token"
                case entity = "entity_id"
            }
        }

        var auth: Auth
    }

    private struct Refusal: Decodable {
        var errors: [String]?
        var warnings: [String]?
    }

    private func login(
        _ base: String, _ reference: VaultReference
    ) async throws(VaultProblem) -> (token: Secret<String>, entity: String) {
        var body = ["jwt": reference.token.expose()]
        if let role = reference.role ?? settings.role, !role.isEmpty { body["role"] = role }
        let text = (try? JSONEncoder().encode(body)) ?? Data()
        let answer = try await ask(base) { client throws(IssuerClient.Problem) in
            try await client.post(base + "/v1/auth/jwt/login", String(decoding: text, as: UTF8.self))
        }
        guard answer.status == 200 else { throw Self.refusal(base, answer, "does not let the token in") }
        guard let login = try? JSONDecoder().decode(LoginAnswer.self, from: Data(answer.body)) else {
            throw VaultProblem("Vault at \(base) answered a login with something else", isRefusal: false)
        }
        return (Secret(login.auth.token), login.auth.entity ?? "")
    }

    /// What a secret has, by key.
    private func secret(
        _ base: String, _ mountPoint: String, _ path: String, _ token: Secret<String>
    ) async throws(VaultProblem) -> [String: Any] {
        let headers = ["X-Vault-Token": token]
        for (prefix, isSecond) in [("", false), ("data/", true)] {
            let url = "\(base)/v1/\(mountPoint)/\(prefix)\(path)"
            let answer = try await ask(base) { client throws(IssuerClient.Problem) in
                try await client.get(url, headers: headers)
            }
            if answer.status == 200 {
                let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
                let data = object?["data"] as? [String: Any]
                guard let secret = isSecond ? data?["data"] as? [String: Any] : data else { break }
                return secret
            }
            guard answer.status == 404 else {
                throw Self.refusal(base, answer, "does not show \(mountPoint)/\(path)")
            }
            let told = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
            // An engine of version 2 says so.
            guard !isSecond, told?.warnings?.contains(where: { $0.contains("versioned") }) == true else { break }
        }
        throw VaultProblem("Vault at \(base) has no credentials at \(mountPoint)/\(path)", isRefusal: true)
    }

    private func ask(
        _ base: String, _ question: (IssuerClient) async throws(IssuerClient.Problem) -> HTTPFullResponse
    ) async throws(VaultProblem) -> HTTPFullResponse {
        do {
            return try await question(client)
        } catch {
            throw VaultProblem("Vault at \(base) cannot be asked: \(error.description)", isRefusal: false)
        }
    }

    private static func refusal(_ base: String, _ answer: HTTPFullResponse, _ what: String) -> VaultProblem {
        let told = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
        let reason = told?.errors?.first.map { ": \($0.prefix(300))" } ?? ""
        let isRefusal = [400, 401, 403].contains(answer.status)
        return VaultProblem(
            "Vault at \(base) \(isRefusal ? what : "answers with an error") (\(answer.status))\(reason)",
            isRefusal: isRefusal)
    }

    // MARK: Credentials

    private static func items(
        _ secret: [String: Any], token: Secret<String>, place: String
    ) throws(VaultProblem) -> [AuthorizationItem] {
        guard secret.count <= mostItems else {
            throw VaultProblem("Vault \(place) has more than \(mostItems) credentials", isRefusal: true)
        }
        var lines: [[String: String]] = []
        for (key, value) in secret.sorted(by: { $0.key < $1.key }) {
            guard var line = line(value) else {
                throw VaultProblem("the credential '\(key)' of Vault \(place) is no object of JSON", isRefusal: true)
            }
            guard !["false", "0", "no"].contains(line.removeValue(forKey: "enabled")?.lowercased()) else { continue }
            if line["id"]?.isEmpty != false { line["id"] = key }
            add(token, to: &line)
            lines.append(line)
        }
        do {
            // Who somebody is their request says, and nothing that is kept elsewhere.
            return try AuthorizationParser().items(of: lines).filter(\.isCloud)
        } catch {
            throw VaultProblem("the credentials of Vault \(place) cannot be read: \(error)", isRefusal: true)
        }
    }

    /// A value of a line.
    private struct Scalar: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else if let number = try? container.decode(Double.self) {
                text = String(number)
            } else {
                text = try? container.decode(String.self)
            }
        }
    }

    /// A line: an object of JSON, or the text of one.
    private static func line(_ value: Any) -> [String: String]? {
        let data: Data?
        if let text = value as? String {
            data = Data(text.utf8)
        } else {
            data = value is [String: Any] ? try? JSONSerialization.data(withJSONObject: value) : nil
        }
        return data.flatMap { try? JSONDecoder().decode([String: Scalar].self, from: $0).compactMapValues(\.text) }
    }

    /// Clouds that take the caller's own token.
    private static func add(_ token: Secret<String>, to line: inout [String: String]) {
        switch line["type"]?.lowercased() {
        case "fedcloud", "egi": line["token"] = token.expose()
        case "openstack" where line["auth_version"] == "3.x_oidc_access_token": line["password"] = token.expose()
        default: break
        }
    }
}
