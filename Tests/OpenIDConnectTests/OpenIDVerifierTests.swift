import Authorization
import ConnectorAPI
import Foundation
import Logging
import Support
import Testing

@testable import OpenIDConnect

/// Which tokens let somebody in, and as whom.
@Suite struct OpenIDVerifierTests {
    private static func verifier(
        _ issuer: IssuerStub, _ change: (inout OpenIDRules) -> Void = { _ in },
        patience: Issuer.Patience = Issuer.Patience(), now: @escaping @Sendable () -> Date = { Date() }
    ) -> OpenIDVerifier {
        var rules = OpenIDRules(issuers: [issuer.url + "/"])
        change(&rules)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return OpenIDVerifier(
            rules, client: IssuerClient(client: issuer) { _ in ["192.0.2.7"] }, patience: patience, logger: logger,
            now: now)
    }

    /// What is told of a token; nil: it lets in.
    private static func refusal(_ verifier: OpenIDVerifier, _ token: String) async -> String? {
        do throws(AuthorizationError) {
            _ = try await verifier.identity(of: Secret(token))
            return nil
        } catch {
            return error.message.replacing("Invalid InfrastructureManager credentials. ", with: "… ")
        }
    }

    // MARK: Who

    @Test func theNameIsIMs() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer)
        func identity(_ token: String) async throws -> TokenIdentity { try await verifier.identity(of: Secret(token)) }
        let ada = try await identity(try await issuer.token())
        #expect(ada.username == "__OPENID__ada" && !ada.isAdministrator)
        #expect(ada.subject.expose() == "https://issuer.test/realm/u1")
        let named = try await identity(try await issuer.token(["name": "Ada L."], without: ["preferred_username"]))
        #expect(named.username == "__OPENID__Ada L.")
        let nobody = try await identity(try await issuer.token(without: ["preferred_username"]))
        #expect(nobody.username == "__OPENID__u1")
    }

    @Test func theIssuerTellsTheNameThatTheTokenDoesNot() async throws {
        let issuer = IssuerStub()
        issuer.set(userInfo: ["sub": "u1", "preferred_username": "lovelace", "groups": ["g"]])
        let verifier = Self.verifier(issuer) { $0.groups = ["g"] }
        let token = try await issuer.token(without: ["preferred_username"])
        for _ in 0..<3 {
            #expect(try await verifier.identity(of: Secret(token)).username == "__OPENID__lovelace")
        }
        #expect(issuer.requests.count { $0.hasSuffix("/userinfo") } == 1)
        let other = try await issuer.token(["sub": "u2"], without: ["preferred_username"])
        #expect(await Self.refusal(verifier, other) == "… The issuer tells of another user than the token.")
        issuer.set(userInfo: .null)
        let third = try await issuer.token(["sub": "u3"], without: ["preferred_username"])
        #expect(await Self.refusal(verifier, third) == "… Code: 403. Message: go away.")
    }

    @Test func administratorsByGroup() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer) {
            $0.groupsClaim = "entitlements"
            $0.administratorGroups = [
                .init(issuer: issuer.url, group: "admins"), .init(issuer: "https://x", group: "g"),
            ]
        }
        let admin = try await issuer.token(["entitlements": ["users", "admins"]])
        #expect(try await verifier.identity(of: Secret(admin)).isAdministrator)
        for claims in [["entitlements": ["g"]], ["groups": ["admins"]], [:]] as [[String: JSONValue]] {
            let token = try await issuer.token(claims)
            #expect(try await !verifier.identity(of: Secret(token)).isAdministrator)
        }
    }

    // MARK: Whom not

    private static let now = Int64(Date().timeIntervalSince1970)

    @Test(
        arguments: [
            (["exp": .integer(now - 120)], "… OIDC auth Token expired."),
            (["exp": .integer(now - 10)], nil),
            (["nbf": .integer(now + 120)], "… The token is not valid yet (nbf)."),
            (["nbf": .integer(now + 10)], nil),
            (["iss": "https://elsewhere.test"], "… Issuer not accepted."),
            (["iss": "https://issuer.test/realm/"], nil),
            (["aud": "other"], "… Audience not accepted."),
            (["aud": ["other", "us"]], nil),
            (["aud": "other, us"], nil),
            (["scope": "openid"], "… Scopes openid profile not in introspection scopes: openid"),
            (["scope": .null], "… No scope obtained from introspection."),
            (["scope": .null, "scp": ["profile", "openid"]], nil),
            (["groups": ["a"]], "… User not in configured groups."),
            (["groups": .null], "… User not in configured groups."),
            (["groups": ["b", "a", "c"]], nil),
        ] as [([String: JSONValue], String?)])
    func rules(_ claims: [String: JSONValue], _ text: String?) async throws {
        let issuer = IssuerStub()
        let change: (inout OpenIDRules) -> Void = {
            $0.audience = "us"
            $0.scopes = ["openid", "profile"]
            $0.groups = ["a", "b"]
        }
        let verifier = Self.verifier(issuer, change, now: { Date(timeIntervalSince1970: Double(Self.now)) })
        var all: [String: JSONValue] = ["aud": "us", "scope": "openid profile email", "groups": ["a", "b"]]
        all.merge(claims) { $1 }
        #expect(await Self.refusal(verifier, try await issuer.token(all)) == text)
    }

    @Test func withoutAnEnd() async throws {
        let issuer = IssuerStub()
        let token = try await issuer.token(without: ["exp"])
        #expect(await Self.refusal(Self.verifier(issuer), token) == "… The token has no time of expiry (exp).")
    }

    @Test(arguments: ["", "a", "a.b", "a.b.c", "e30.e30.e30", "..", "é.é.é", String(repeating: "x", count: 40_000)])
    func whatIsNoToken(_ token: String) async {
        let issuer = IssuerStub()
        let text = await Self.refusal(Self.verifier(issuer), token)
        #expect(text?.hasPrefix("Error trying to decode OIDC auth token: ") == true, "\(text ?? "")")
        #expect(issuer.requests.isEmpty)
    }

    @Test func forgeries() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer)
        let token = try await issuer.token()
        #expect(await Self.refusal(verifier, token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        func base64(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
                .replacing("/", with: "_")
        }
        let payload = base64(#"{"iss": "https://issuer.test/realm", "sub": "root", "exp": 99999999999}"#)
        let forged = await Self.refusal(verifier, [parts[0], payload, parts[2]].joined(separator: "."))
        #expect(forged == "… The signature of the token is not the issuer's.")
        for head in [#"{"alg": "none"}"#, #"{"alg": "HS256", "kid": "one"}"#, #"{"alg": "ES384", "kid": "one"}"#] {
            let text = await Self.refusal(verifier, [base64(head), payload, parts[2]].joined(separator: "."))
            #expect(text?.contains("is signed with a key") == true || text?.contains("signature") == true, "\(head)")
        }
        let critical = base64(#"{"alg": "ES256", "kid": "one", "crit": ["b64"]}"#)
        #expect(await Self.refusal(verifier, [critical, payload, parts[2]].joined(separator: ".")) != nil)
        // A key of another issuer under the same name.
        let other = IssuerStub()
        #expect(
            await Self.refusal(verifier, try await other.token()) == "… The signature of the token is not the issuer's."
        )
    }

    // MARK: Keys

    @Test func keysAreFetchedOnce() async throws {
        let issuer = IssuerStub()
        issuer.addKey(["kty": "oct", "k": "c2VjcmV0", "kid": "one", "alg": "HS256"])
        issuer.addKey(["kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc", "alg": "RSA-OAEP"])
        issuer.set(delay: .milliseconds(50))
        let verifier = Self.verifier(issuer)
        let token = try await issuer.token()
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { await Self.refusal(verifier, token) } }
            for await text in group { #expect(text == nil) }
        }
        #expect(issuer.requests == ["/realm/.well-known/openid-configuration", "/realm/keys"])
    }

    @Test func aNewKeyIsLearnt() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer, patience: .init(between: .zero))
        #expect(await Self.refusal(verifier, try await issuer.token()) == nil)
        let old = try await issuer.token()
        issuer.rotate("two")
        #expect(await Self.refusal(verifier, try await issuer.token()) == nil)
        #expect(await Self.refusal(verifier, old)?.contains("that the issuer does not have") == true)
    }

    @Test func unknownKeysDoNotMakeItAskForEver() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer, patience: .init(between: .seconds(3600)))
        #expect(await Self.refusal(verifier, try await issuer.token()) == nil)
        for number in 0..<10 {
            let text = await Self.refusal(verifier, try await issuer.token(kid: "x\(number)"))
            #expect(text == "… The token is signed with a key (ES256) that the issuer does not have.")
        }
        #expect(issuer.requests.count == 2)
    }

    @Test func anIssuerThatIsDownKeepsItsOwnOutOnly() async throws {
        let (down, up) = (IssuerStub("https://down.test"), IssuerStub())
        down.set(isDown: true)
        let verifiers = [down, up].map { Self.verifier($0, patience: .init(between: .seconds(3600))) }
        let text = "… The issuer cannot be asked: nobody listens there."
        // It is not asked for every request.
        for _ in 0..<10 { #expect(await Self.refusal(verifiers[0], try await down.token()) == text) }
        #expect(down.requests.count == 1)
        #expect(await Self.refusal(verifiers[1], try await up.token()) == nil)
    }

    @Test func anIssuerThatComesBack() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer, patience: .init(between: .zero))
        issuer.set(isDown: true)
        #expect(await Self.refusal(verifier, try await issuer.token()) != nil)
        issuer.set(isDown: false)
        #expect(await Self.refusal(verifier, try await issuer.token()) == nil)
    }

    @Test func keysThatAreKnownStayInUse() async throws {
        let issuer = IssuerStub()
        let verifier = Self.verifier(issuer, patience: .init(fresh: .zero, between: .zero))
        #expect(await Self.refusal(verifier, try await issuer.token()) == nil)
        issuer.set(isDown: true)
        issuer.set(delay: .milliseconds(100))
        for _ in 0..<5 { #expect(await Self.refusal(verifier, try await issuer.token()) == nil) }
    }

    @Test(
        arguments: [
            ["issuer": "https://another.test", "jwks_uri": "https://issuer.test/realm/keys"],
            ["issuer": "https://issuer.test/realm"],
            ["issuer": "https://issuer.test/realm", "jwks_uri": "http://issuer.test/realm/keys"],
            ["issuer": "https://issuer.test/realm", "jwks_uri": "file:///etc/passwd"], ["x"],
        ] as [JSONValue])
    func descriptionsThatAreNotTrusted(_ description: JSONValue) async throws {
        let issuer = IssuerStub()
        issuer.set(description: description)
        let text = await Self.refusal(Self.verifier(issuer), try await issuer.token())
        #expect(text?.hasPrefix("… The issuer cannot be asked: ") == true, "\(text ?? "")")
    }

    // MARK: Addresses

    @Test(arguments: [
        ("192.0.2.7", true, false), ("10.0.0.1", true, false), ("127.0.0.1", true, true), ("::1", true, true),
        ("2001:db8::1", true, false), ("fd00::1", true, false), ("169.254.169.254", false, false),
        ("::ffff:169.254.169.254", false, false), ("fe80::1", false, false), ("fe80::1%lo", false, false),
        ("fd00:ec2::254", false, false), ("0.0.0.0", false, false), ("::", false, false), ("224.0.0.1", false, false),
        ("ff02::1", false, false), ("::ffff:127.0.0.1", true, true), ("nonsense", false, false),
    ])
    func addresses(_ address: String, _ overTLS: Bool, _ plain: Bool) {
        #expect(IssuerClient.permits(address, isPlain: false) == overTLS)
        #expect(IssuerClient.permits(address, isPlain: true) == plain)
    }
}
