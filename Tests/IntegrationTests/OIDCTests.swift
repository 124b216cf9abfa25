import Foundation
import HTTPTransport
import Testing

/// Logins by tokens of a real issuer. `scripts/setup integration` brings what it is made of.
@Suite("Logins by OpenID Connect", .enabled(if: OIDCIssuer.python != nil), .timeLimit(.minutes(3)))
struct OIDCTests {
    /// The service with an issuer that it trusts.
    private struct Site {
        let issuer: OIDCIssuer
        let daemon: Daemon
        let http: CurlClient

        /// - Parameter options: Lines of its settings; `ISSUER` is the issuer's address.
        init(_ scratch: Scratch, _ options: String = "") async throws {
            issuer = try await OIDCIssuer(scratch)
            let file = try scratch.write(
                "gantryd.cfg",
                "[im]\nOIDC_ISSUERS = \(issuer.url)\nOIDC_AUDIENCE = gantry\n"
                    + options.replacing("ISSUER", with: issuer.url) + "\n")
            daemon = try await Daemon(
                state: scratch.path("state"), authorization: ["id = dummy; type = Dummy"], log: scratch.path("log"),
                arguments: ["--config", file])
            http = try CurlClient(options: .init(proxy: .none))
        }

        func ask(
            _ method: HTTPRequest.Method, _ path: String, _ login: String, _ body: String = ""
        ) async throws -> HTTPFullResponse {
            var request = HTTPRequest(method, try HTTPURL(daemon.url + path))
            request.headers.set("Authorization", login)
            if !body.isEmpty { request.body = .text(body) }
            return try await http.fetch(request, upTo: 1 << 20)
        }

        func ask(_ path: String = "/infrastructures", token: String) async throws -> HTTPFullResponse {
            try await ask(.get, path, "Bearer " + token)
        }
    }

    private static let document = """
        network public (outbound = 'yes')
        system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
        deploy node 1
        """

    @Test(arguments: ["RS256", "ES256"])
    func tokensAreALogin(_ algorithm: String) async throws {
        let scratch = try Scratch()
        let site = try await Site(scratch)
        let token = try await site.issuer.token(algorithm)
        let lines = "type = InfrastructureManager; token = \(token)\\nid = dummy; type = Dummy"
        let made = try await site.ask(.post, "/infrastructures", lines, Self.document)
        #expect(made.status == 200, "\(made.text)")
        let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
        // Another token of the same user.
        let second = try await site.issuer.token(algorithm, #"{"jti": "2"}"#)
        #expect(try await site.ask(path + "/authorization", token: second).text == "__OPENID__ada")
        #expect(
            try await site.ask(path, token: try await site.issuer.token(algorithm, #"{"sub": "u2"}"#)).status == 403)
        let refusals = [
            (#"{"exp": 1700000000}"#, "OIDC auth Token expired."), (#"{"aud": "other"}"#, "Audience not accepted."),
            (#"{"iss": "https://elsewhere.test"}"#, "Issuer not accepted."),
        ]
        for (claims, text) in refusals {
            let answer = try await site.ask(token: try await site.issuer.token(algorithm, claims))
            #expect(answer.status == 401)
            #expect(answer.text == "Error Getting Inf. List: Invalid InfrastructureManager credentials. " + text)
        }
        #expect(!site.daemon.logText.contains(token.suffix(40)))
    }

    @Test func administratorsByAGroupThatTheIssuerTells() async throws {
        let scratch = try Scratch()
        let site = try await Site(scratch, #"OIDC_ADMIN_GROUPS = [{"issuer": "ISSUER/", "group": "admins"}]"#)
        let id = try await site.daemon.create(Self.document)
        let path = "/infrastructures/\(id)"
        let root = try await site.issuer.token("ES256", #"{"preferred_username": null, "sub": "root"}"#)
        #expect(try await site.ask(path, token: root).status == 200)
        let user = try await site.issuer.token("ES256", #"{"groups": ["users"], "sub": "u3"}"#)
        #expect(try await site.ask(path, token: user).status == 403)
    }

    @Test func withoutATokenNobodyIsLetInWhereItIsDemanded() async throws {
        let scratch = try Scratch()
        let site = try await Site(scratch, "FORCE_OIDC_AUTH = yes")
        let password = "type = InfrastructureManager; username = ada; password = one"
        let answer = try await site.ask(.get, "/infrastructures", password)
        #expect(answer.status == 401)
        #expect(answer.text == "Error Getting Inf. List: No token provided for the InfrastructureManager.")
        #expect(try await site.ask(token: try await site.issuer.token()).status == 200)
    }

    @Test func newKeysAndAnIssuerThatIsSilent() async throws {
        let scratch = try Scratch()
        let site = try await Site(scratch)
        let old = try await site.issuer.token()
        #expect(try await site.ask(token: old).status == 200)
        try await site.issuer.rotate()
        let new = try await site.issuer.token()
        // Keys are asked for again after ten seconds.
        var status = 0
        let deadline = ContinuousClock.now + .seconds(20)
        while status != 200, ContinuousClock.now < deadline {
            status = try await site.ask(token: new).status
            if status != 200 { try await Task.sleep(for: .milliseconds(500)) }
        }
        #expect(status == 200)
        #expect(try await site.ask(token: old).status == 401)
        // Whoever waits for a silent issuer waits alone.
        try await site.issuer.rotate()
        let unknown = try await site.issuer.token()
        try await Task.sleep(for: .seconds(10.5))
        site.issuer.freeze()
        defer { site.issuer.thaw() }
        async let waiting = site.ask(token: unknown)
        try await Task.sleep(for: .milliseconds(300))
        for _ in 0..<20 {
            let start = ContinuousClock.now
            _ = try await site.daemon.call(.get, "/infrastructures")
            #expect(try await site.ask(token: new).status == 200)
            #expect(ContinuousClock.now - start < .seconds(1))
        }
        #expect(try await waiting.status == 401)
    }
}
