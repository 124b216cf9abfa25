import ConnectorAPI
import HTTPTransport
import Support
import Testing

@testable import OpenStack

@Suite("OpenStack sessions")
struct OpenStackSessionTests {
    // MARK: - Auth lines

    @Test(arguments: [
        ("https://ks.example.org:5000", "https://ks.example.org:5000/v3"),
        ("https://ks.example.org:5000/", "https://ks.example.org:5000/v3"),
        ("https://ks.example.org:5000/v3/", "https://ks.example.org:5000/v3"),
        ("https://ks.example.org:5000/v2.0", "https://ks.example.org:5000/v3"),
        ("https://ks.example.org/identity", "https://ks.example.org/identity/v3"),
        ("https://ks.example.org/identity/v3", "https://ks.example.org/identity/v3"),
        ("ks.example.org:5000", "https://ks.example.org:5000/v3"),
    ])
    func whereKeystoneIs(_ host: String, _ url: String) throws {
        var request = Canned.login()
        request.endpoint = host
        let account = try OpenStackAccount(request)
        #expect(account.identity.text == url)
        #expect(account.host == "ks.example.org")
    }

    @Test(arguments: [
        (["username": ""], ConnectorError.Code.unauthenticated, "needs username, password and tenant"),
        (["password": ""], .unauthenticated, "needs username, password and tenant"),
        (["tenant": ""], .unauthenticated, "add tenant = NAME"),
        (["auth_version": "2.0_password"], .invalidArgument, "no longer exists"),
        (["auth_version": "3.x_oidc_access_token"], .invalidArgument, "is not supported"),
        (["microversion": "two"], .invalidArgument, "no version such as 2.52"),
        (["interface": "outer"], .invalidArgument, "none of public, internal and admin"),
        (["network_url": "ftp://x"], .invalidArgument, "only http and https"),
    ])
    func whatCannotBe(_ change: [String: String], _ code: ConnectorError.Code, _ words: String) {
        let error = #expect(throws: ConnectorError.self) { try OpenStackAccount(Canned.login(change)) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func anApplicationCredentialNeedsNoProject() async throws {
        let cloud = CannedOpenStack([Canned.token()])
        let response = try await OpenStackConnector(http: cloud).openSession(
            Canned.login(["auth_version": "3.x_appcred", "username": "cred-1", "tenant": ""]), context: CallContext())
        #expect(response.account == "p-1")
        let identity = await cloud.asked.first?.body["auth"]?["identity"]
        #expect(identity?["methods"] == ["application_credential"])
        #expect(identity?["application_credential"]?["id"] == "cred-1")
        #expect(await cloud.asked.first?.body["auth"]?["scope"] == nil)
    }

    @Test func aPasswordIsOfAUserInADomain() async throws {
        let cloud = CannedOpenStack([Canned.token()])
        _ = try await OpenStackConnector(http: cloud).openSession(
            Canned.login(["domain": "Research", "tenant_domain_id": "0123456789abcdef0123456789abcdef"]),
            context: CallContext())
        let auth = await cloud.asked.first?.body["auth"]
        #expect(auth?["identity"]?["password"]?["user"]?["domain"] == ["name": "Research"])
        #expect(auth?["scope"]?["project"]?["name"] == "demo")
        #expect(auth?["scope"]?["project"]?["domain"] == ["id": "0123456789abcdef0123456789abcdef"])
    }

    // MARK: - Regions

    @Test(
        arguments: [
            (["One"], nil, "One"), (["Other", "RegionOne"], nil, "RegionOne"), (["A", "B"], "B", "B"),
        ] as [([String], String?, String)])
    func regionOfTheEndpoints(_ regions: [String], _ asked: String?, _ used: String) throws {
        let account = try OpenStackAccount(Canned.login(asked.map { ["service_region": $0] } ?? [:]))
        let endpoints = regions.map { KeystoneService.Endpoint(interface: "public", region: $0, url: "http://\($0)") }
        let catalog = try ServiceCatalog([KeystoneService(type: "compute", endpoints: endpoints)], account)
        #expect(catalog.region == used)
        #expect(try catalog.endpoint(.compute).text == "http://\(used.lowercased())/v2.1")
        let error = #expect(throws: ConnectorError.self) { try catalog.endpoint(.volume) }
        #expect(error?.code == .unsupported)
    }

    @Test(arguments: [(["A", "B"], nil), (["A", "B"], "C")] as [([String], String?)])
    func aRegionThatIsNotThere(_ regions: [String], _ asked: String?) async throws {
        let cloud = CannedOpenStack([Canned.token(catalog: Canned.catalog(regions: regions))])
        let error = await #expect(throws: ConnectorError.self) {
            try await OpenStackConnector(http: cloud).openSession(
                Canned.login(asked.map { ["service_region": $0] } ?? [:]), context: CallContext())
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.field == "config.service_region")
        #expect(error?.message.contains("A, B") == true)
    }

    // MARK: - Wrong credentials

    @Test func aWrongPasswordIsToldFromAWrongProject() async throws {
        let cloud = CannedOpenStack([
            .refused("POST keystone/auth/tokens", 401, Canned.unauthorized),
            .refused("POST keystone/auth/tokens", 401, Canned.unauthorized),
        ])
        let error = await #expect(throws: ConnectorError.self) {
            try await OpenStackConnector(http: cloud).openSession(Canned.login(), context: CallContext())
        }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message.contains("check username, password and domain") == true)
        #expect(error?.provider?.requestID == "req-2")

        let other = CannedOpenStack([
            .refused("POST keystone/auth/tokens", 401, Canned.unauthorized), Canned.token("unscoped"),
            .ok("GET keystone/auth/projects", #"{"projects": [{"id": "p-2", "name": "theirs"}]}"#),
        ])
        let second = await #expect(throws: ConnectorError.self) {
            try await OpenStackConnector(http: other).openSession(
                Canned.login(["tenant": "mine"]), context: CallContext())
        }
        #expect(second?.code == .unauthenticated)
        #expect(second?.message.contains("may not work in project 'mine'; set tenant") == true)
        #expect(second?.message.contains("theirs") == true)
        #expect(await other.asked.last?.headers["X-Auth-Token"] == "unscoped")
        #expect(!"\(String(describing: error)) \(String(describing: second))".contains("marker-secret"))
    }

    // MARK: - Tokens

    @Test func aRefusedTokenIsRenewedOnce() async throws {
        let bench = try await Bench(
            .refused("GET nova/limits", 401, Canned.unauthorized), Canned.token("token-b"),
            .refused("GET nova/limits", 401, Canned.unauthorized))
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.quotas(CatalogRequest(session: bench.session), context: bench.context)
        }
        #expect(error?.code == .unauthenticated)
        #expect(await bench.keys() == ["GET nova/limits", "POST keystone/auth/tokens", "GET nova/limits"])
        #expect(await bench.asked().map { $0.headers["X-Auth-Token"] } == ["token-a", nil, "token-b"])
    }

    @Test func aTokenThatEndsSoonIsRenewedBefore() async throws {
        let cloud = CannedOpenStack([Canned.token("new")])
        let keystone = Keystone(http: cloud, account: try OpenStackAccount(Canned.login()))
        let old = KeystoneToken(value: "old", staleAt: .now - .seconds(1), project: nil, services: [])
        let source = TokenSource(keystone: keystone, token: old)
        // Several at once wait for one renewal.
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await source.current().expose() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(values == ["new"])
        #expect(await cloud.asked.count == 1)
    }

    @Test func credentialsThatEndInTheMiddleAreTold() async throws {
        let bench = try await Bench(
            .refused("GET nova/limits", 401, Canned.unauthorized),
            .refused("POST keystone/auth/tokens", 401, Canned.unauthorized),
            .refused("POST keystone/auth/tokens", 401, Canned.unauthorized))
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.quotas(CatalogRequest(session: bench.session), context: bench.context)
        }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message.contains("check username, password and domain in the auth line") == true)
    }

    @Test func aClosedSessionIsUnknown() async throws {
        let bench = try await Bench()
        try await bench.connector.closeSession(bench.session, context: bench.context)
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.networks(CatalogRequest(session: bench.session), context: bench.context)
        }
        #expect(error?.code == .unauthenticated)
        #expect(await bench.keys().isEmpty)
    }
}
