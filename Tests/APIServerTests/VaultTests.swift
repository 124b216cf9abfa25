import Authorization
import Foundation
import HTTPTransport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import OpenIDConnect
import Support
import Synchronization
import Testing
import XMLRPC

/// Credentials that come from a vault: a server on the loopback address that answers as Vault does.
@Suite struct VaultTests {
    /// What it was asked, and what it keeps.
    private final class FakeVault: Sendable {
        struct State {
            var asked: [String] = []
            /// By path.
            var secrets: [String: String] = [:]
            /// How KV answers whose version is 2.
            var isSecondVersion = false
            var isSilent = false
        }

        let state = Mutex(State())

        func router() -> Router<BasicRequestContext> {
            let router = Router()
            router.post("/v1/auth/jwt/login") { request, _ in
                let body = String(buffer: try await request.body.collect(upTo: 1 << 16))
                self.state.withLock { $0.asked.append("login \(body.contains("\"role\":\"im\"") ? "im" : "-")") }
                while self.state.withLock({ $0.isSilent }) { try await Task.sleep(for: .milliseconds(20)) }
                guard body.contains("good-token") || body.contains(VaultTests.jwt) else {
                    return Self.answer(.badRequest, #"{"errors":["error validating token: it is bad"]}"#)
                }
                return Self.answer(.ok, #"{"auth":{"client_token":"hvs.inner","entity_id":"entity-1"}}"#)
            }
            router.get("/v1/**") { request, _ in
                let path = request.uri.path.dropFirst("/v1/".count)
                guard request.headers[VaultTests.tokenHeader] == "hvs.inner" else {
                    return Self.answer(.forbidden, #"{"errors":["permission denied"]}"#)
                }
                return self.state.withLock { state in
                    state.asked.append("read \(path)")
                    if path.hasPrefix("closed/") {
                        return Self.answer(.forbidden, #"{"errors":["1 error occurred: permission denied"]}"#)
                    }
                    if state.isSecondVersion, !path.contains("/data/") {
                        return Self.answer(
                            .notFound, #"{"errors":[],"warnings":["Invalid path for a versioned K/V secrets engine."]}"#
                        )
                    }
                    guard let secret = state.secrets[String(path).replacing("/data/", with: "/")] else {
                        return Self.answer(.notFound, #"{"errors":[]}"#)
                    }
                    let data = state.isSecondVersion ? #"{"data":\#(secret),"metadata":{}}"# : secret
                    return Self.answer(.ok, #"{"data":\#(data)}"#)
                }
            }
            return router
        }

        private static func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(
                status: status, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }

    private static let tokenHeader = HTTPField.Name("X-Vault-Token") ?? .via
    /// `{"alg":"none"}`, `{"iss":"https://a.test","sub":"u 1"}`.
    private static let jwt = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EudGVzdCIsInN1YiI6InUgMSJ9.e30"
    private static let login = "type = InfrastructureManager; username = ada; password = one"
    private static let dummy = #"{"dummy":"{\"id\":\"dummy\",\"type\":\"Dummy\"}"}"#

    private struct Site {
        let vault: FakeVault
        let url: String
        let client: any TestClientProtocol

        func asked() -> [String] { vault.state.withLock { $0.asked } }
        func keep(_ secret: String, at path: String = "credentials/entity-1") {
            vault.state.withLock { $0.secrets[path] = secret }
        }

        func create(_ line: String, login: String = VaultTests.login) async throws -> Served.Answer {
            try await Served.ask(
                client, .post, "/infrastructures", Served.headers(login + "\\n" + line),
                body: Array(Served.document.utf8))
        }
    }

    /// A vault, and a service whose settings name it.
    private func site(
        tokens: (any TokenVerifier)? = nil, path: String? = nil, role: String? = nil,
        _ body: @escaping @Sendable (Site) async throws -> Void
    ) async throws {
        let vault = FakeVault()
        let application = Application(
            router: vault.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            logger: Logger(label: "vault") { _ in SwiftLogNoOpLogHandler() })
        try await application.test(.live) { vaultClient in
            guard let port = vaultClient.port else { return }
            let url = "http://127.0.0.1:\(port)"
            var access = AccessRules()
            access.tokens = tokens
            let client = IssuerClient(client: try CurlClient(options: .init(proxy: .none)))
            access.vault = VaultClient(.init(url: url, path: path, role: role), client: client)
            try await Served.serve(access: access) { client in
                try await body(Site(vault: vault, url: url, client: client))
            }
        }
    }

    @Test func aLineNamesWhereCloudsAre() async throws {
        try await site { site in
            site.keep(Self.dummy)
            let made = try await site.create("type = Vault; host = \(site.url)/; token = good-token")
            #expect(made.status == .ok, "\(made.text)")
            #expect(site.asked() == ["login -", "read credentials/entity-1"])
            // Who only looks asks for nothing.
            let headers = Served.headers(Self.login + "\\ntype = Vault; token = good-token")
            let list = try await Served.ask(site.client, .get, "/infrastructures", headers)
            #expect(list.status == .ok)
            #expect(site.asked().count == 2)
            // The settings name the host.
            let quotas = try await Served.ask(site.client, .get, "/clouds/dummy/quotas", headers)
            #expect(quotas.status == .ok, "\(quotas.text)")
        }
    }

    @Test func pathsEnginesAndRoles() async throws {
        try await site(path: "users/#USER_SUB#", role: "im") { site in
            site.keep(Self.dummy, at: "credentials/users/u%201")
            #expect(try await site.create("type = Vault; token = \(Self.jwt)").status == .ok)
            #expect(site.asked() == ["login im", "read credentials/users/u%201"])
            site.keep(Self.dummy, at: "kv/mine")
            site.vault.state.withLock { $0.isSecondVersion = true }
            let other = try await site.create(
                "type = Vault; token = good-token; mount_point = kv/; path = /mine; role = other")
            #expect(other.status == .ok, "\(other.text)")
            #expect(site.asked().suffix(3) == ["login -", "read kv/mine", "read kv/data/mine"])
            let outside = try await site.create("type = Vault; token = good-token; path = ../sys/mounts")
            #expect(outside.text == "Error Creating Inf.: '../sys/mounts' is no path of Vault")
        }
    }

    @Test func whatIsInTheSecret() async throws {
        try await site { site in
            // What is off is not used; nobody becomes somebody else; what came with the request comes first.
            site.keep(
                #"{"a":"{\"id\":\"off\",\"type\":\"Dummy\",\"enabled\":false}","#
                    + #""b":"{\"type\":\"InfrastructureManager\",\"username\":\"root\",\"password\":\"x\"}","#
                    + #""named":{"type":"Dummy","enabled":1},"dummy":"{\"type\":\"EC2\",\"id\":\"dummy\"}"}"#)
            let line = #"type = Vault; token = good-token\nid = dummy; type = Dummy"#
            func quotas(_ id: String) async throws -> Served.Answer {
                try await Served.ask(
                    site.client, .get, "/clouds/\(id)/quotas", Served.headers(Self.login + "\\n" + line))
            }
            #expect(try await quotas("off").text == "Error getting cloud info: Cloud ID off not found.")
            #expect(try await quotas("b").status == .badRequest)
            #expect(try await quotas("named").status == .ok)
            #expect(try await quotas("dummy").status == .ok)
            let made = try await site.create(line)
            let owners = try await Served.ask(
                site.client, .get, "/infrastructures/\(made.text.split(separator: "/").last ?? "")/authorization")
            #expect(owners.text == "ada")
            // The newest count.
            site.keep(#"{"later":"{\"type\":\"Dummy\"}"}"#)
            #expect(try await quotas("named").status == .badRequest)
            #expect(try await quotas("later").status == .ok)
        }
    }

    @Test func cloudsThatTakeTheToken() async throws {
        let vault = FakeVault()
        vault.state.withLock {
            $0.secrets["credentials/entity-1"] =
                #"{"e":{"type":"EGI","host":"h","vo":"v"},"o":{"type":"OpenStack","auth_version":"3.x_oidc_access_token","#
                + #""password":"old"},"p":{"type":"OpenStack","password":"kept"}}"#
        }
        let application = Application(
            router: vault.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0)))
        try await application.test(.live) { client in
            let url = "http://127.0.0.1:\(client.port ?? 0)"
            let reader = VaultClient(
                .init(url: url), client: IssuerClient(client: try CurlClient(options: .init(proxy: .none))))
            let items = try await reader.items(VaultReference(token: Secret("good-token")))
            #expect(items.map(\.id) == ["e", "o", "p"])
            #expect(items[0]["token"] == "good-token")
            #expect(items[1]["password"] == "good-token")
            #expect(items[2]["password"] == "kept")
        }
    }

    @Test func refusals() async throws {
        try await site { site in
            let place = "Error Creating Inf.: Vault at \(site.url)"
            let cases: [(String, HTTPResponse.Status, String)] = [
                (
                    "token = bad-token", .unauthorized,
                    "\(place) does not let the token in (400): error validating token: it is bad"
                ),
                ("token = good-token", .unauthorized, "\(place) has no credentials at credentials/entity-1"),
                (
                    "token = good-token; mount_point = closed", .unauthorized,
                    "\(place) does not show closed/entity-1 (403): 1 error occurred: permission denied"
                ),
                (
                    "host = x", .unauthorized,
                    "Error Creating Inf.: the line 'Vault1' of type Vault has no token; write `token = JWT`"
                ),
                (
                    "token = good-token; host = http://10.0.0.1:8200", .unauthorized,
                    "Error Creating Inf.: Vault at http://10.0.0.1:8200 is not asked: it has no https:// in front"
                ),
            ]
            for (line, status, text) in cases {
                let answer = try await site.create("type = Vault; " + line)
                #expect(answer.status == status)
                #expect(answer.text == text)
                #expect(!answer.text.contains("-token"))
            }
            for (secret, text) in [
                (
                    #"{"a":"no JSON"}"#,
                    "the credential 'a' of Vault \(site.url) at credentials/entity-1 is no object of JSON"
                ),
                (
                    #"{"a":"{\"id\":\"x\"}"}"#,
                    "the credentials of Vault \(site.url) at credentials/entity-1 cannot be read: "
                        + "item 1 of the authorization data has no 'type'; write for example `type = EC2`"
                ),
            ] {
                site.keep(secret)
                let answer = try await site.create("type = Vault; token = good-token")
                #expect(answer.status == .unauthorized)
                #expect(answer.text == "Error Creating Inf.: " + text)
            }
        }
    }

    @Test func aVaultThatIsNotThere() async throws {
        var access = AccessRules()
        let client = IssuerClient(client: try CurlClient(options: .init(proxy: .none)))
        access.vault = VaultClient(.init(url: "http://127.0.0.1:1"), client: client)
        try await Served.serve(access: access) { client in
            let headers = Served.headers(Self.login + #"\ntype = Vault; token = good-token"#)
            let answer = try await Served.ask(client, .get, "/clouds/dummy/quotas", headers)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.text.hasPrefix("Error getting cloud info: Vault at http://127.0.0.1:1 cannot be asked: "))
        }
    }

    private struct OneUser: TokenVerifier {
        func identity(of token: Secret<String>) async throws(AuthorizationError) -> TokenIdentity {
            TokenIdentity(username: "__OPENID__ada", subject: Secret("https://a.test/u 1"))
        }
    }

    @Test func aTokenAloneIsEnough() async throws {
        try await site(tokens: OneUser()) { site in
            site.keep(Self.dummy)
            let answer = try await Served.ask(
                site.client, .post, "/infrastructures", Served.headers("Bearer good-token"),
                body: Array(Served.document.utf8))
            #expect(answer.status == .ok, "\(answer.text)")
        }
    }

    @Test func overXMLRPC() async throws {
        try await Served.serve(nil, .xmlrpc, access: AccessRules()) { client in
            let call = XMLRPCCaller(client: client)
            let refused = try await call.failure(
                "GetCloudQuotas", "dummy",
                [
                    ["type": "InfrastructureManager", "username": "ada", "password": "one"],
                    ["type": "Vault", "host": "https://vault.test", "token": "t"],
                ])
            #expect(refused == "credentials from Vault are not read here")
        }
    }
}
