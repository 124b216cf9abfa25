import ConnectorAPI
import Foundation
import HTTPTransport
import JSONCoding
import Support

@testable import OpenStack

/// OpenStack as a list of answers: each request takes the first that is left for its method and path. Keeps what it was
/// asked. Services are at `keystone.test`, `nova.test`, `neutron.test`, `glance.test` and `cinder.test`.
actor CannedOpenStack: HTTPClient {
    struct Answer: Sendable {
        /// `GET nova/servers/detail`: method, service, path without its version.
        var key: String
        var result: Result<HTTPFullResponse, HTTPError>
        /// Whether it stays for the next request.
        var isLasting = false

        static func ok(_ key: String, _ json: String = "{}", status: Int = 200) -> Answer {
            Answer(
                key: key,
                result: .success(
                    HTTPFullResponse(
                        status: status, headers: ["x-openstack-request-id": "req-1"], body: Array(json.utf8))))
        }

        static func always(_ key: String, _ json: String) -> Answer {
            var answer = Answer.ok(key, json)
            answer.isLasting = true
            return answer
        }

        static func refused(
            _ key: String, _ status: Int, _ json: String, headers: HTTPHeaders = HTTPHeaders()
        ) -> Answer {
            var all = headers
            all.set("x-openstack-request-id", "req-2")
            return Answer(
                key: key, result: .success(HTTPFullResponse(status: status, headers: all, body: Array(json.utf8))))
        }

        static func lost(_ key: String, _ code: HTTPError.Code = .connectionLost) -> Answer {
            Answer(key: key, result: .failure(HTTPError(code: code, message: "lost", mayHaveBeenSent: true)))
        }
    }

    struct Asked: Sendable {
        var key: String
        var query: [String: [String]]
        var body: JSONValue
        var headers: HTTPHeaders
    }

    private var answers: [Answer]
    private(set) var asked: [Asked] = []

    init(_ answers: [Answer]) {
        self.answers = answers
    }

    func add(_ new: Answer...) {
        answers += new
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let service = request.url.host.split(separator: ".").first.map(String.init) ?? ""
        let path = request.url.path.replacing(/^\/v\d+(\.\d+)?/, with: "").replacing(/\/$/, with: "")
        let key = "\(request.method.rawValue) \(service)\(path)"
        var body = JSONValue.null
        if case .bytes(let bytes) = request.body, let value = try? JSONText.decode(JSONValue.self, from: bytes) {
            body = value
        }
        var query: [String: [String]] = [:]
        for pair in request.url.queryPairs { query[pair.name, default: []].append(pair.value) }
        asked.append(Asked(key: key, query: query, body: body, headers: request.headers))
        guard
            let index = answers.firstIndex(where: { $0.key == key && !$0.isLasting })
                ?? answers.firstIndex(where: { $0.key == key })
        else { throw HTTPError(code: .invalidRequest, message: "no answer is left for \(key)") }
        let answer = answers[index].isLasting ? answers[index] : answers.remove(at: index)
        let response = try answer.result.get()
        return HTTPResponse(status: response.status, headers: response.headers, body: HTTPBody(bytes: response.body))
    }
}

/// A connector on canned answers, with an open session of project `demo`.
struct Bench {
    let cloud: CannedOpenStack
    let connector: OpenStackConnector
    let session: SessionID
    let account: String
    let context = CallContext(deadlineMs: 30_000)

    init(_ answers: CannedOpenStack.Answer...) async throws {
        cloud = CannedOpenStack([Canned.token(), .always("GET nova", Canned.version)] + answers)
        connector = OpenStackConnector(http: cloud)
        let response = try await connector.openSession(Canned.login(), context: context)
        session = response.session
        account = response.account
    }

    /// Requests since the session was opened, without the one for Nova's version.
    func asked() async -> [CannedOpenStack.Asked] {
        await cloud.asked.dropFirst().filter { $0.key != "GET nova" }
    }

    func keys() async -> [String] {
        await asked().map(\.key)
    }

    func first(_ key: String) async -> CannedOpenStack.Asked? {
        await asked().first { $0.key == key }
    }

    func launch(_ items: [MachineSpec], token: String = "token-1") async throws -> [Outcome<Machine>] {
        try await connector.launch(
            LaunchRequest(session: session, batchToken: token, items: items, tags: Canned.tags), context: context)
    }
}

enum Canned {
    static let tags = ["gantry:infrastructure": "inf-1"]
    static let image = "11111111-2222-3333-4444-555555555555"
    static let version = #"{"version": {"id": "v2.1", "version": "2.90", "min_version": "2.1"}}"#

    static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    static func login(
        _ credentials: [String: String] = [:], config: [String: JSONValue] = [:]
    ) -> OpenSessionRequest {
        let all = ["username": "demo", "password": "marker-secret", "tenant": "demo"]
            .merging(credentials) { _, own in own }
        return OpenSessionRequest(
            credentials: Credentials(all.filter { !$0.value.isEmpty }), endpoint: "http://keystone.test:5000",
            config: config)
    }

    static func catalog(regions: [String] = ["RegionOne"], without: String = "") -> String {
        let services = [
            ("compute", "nova.test/v2.1"), ("network", "neutron.test"), ("image", "glance.test"),
            ("volumev3", "cinder.test/v3"),
        ]
        return services.filter { $0.0 != without }.map { type, place in
            let endpoints = regions.map {
                #"{"interface": "public", "region_id": "\#($0)", "region": "\#($0)", "url": "http://\#(place)"}"#
            }
            return #"{"type": "\#(type)", "name": "x", "endpoints": [\#(endpoints.joined(separator: ", "))]}"#
        }.joined(separator: ", ")
    }

    static func token(_ value: String = "token-a", catalog: String = catalog()) -> CannedOpenStack.Answer {
        let json = """
            {"token": {"issued_at": "2026-01-31T12:00:00.000000Z", "expires_at": "2026-01-31T13:00:00.000000Z",
            "project": {"id": "p-1", "name": "demo"}, "catalog": [\(catalog)]}}
            """
        return CannedOpenStack.Answer(
            key: "POST keystone/auth/tokens",
            result: .success(
                HTTPFullResponse(status: 201, headers: ["X-Subject-Token": value], body: Array(json.utf8))))
    }

    static let unauthorized = #"{"error": {"code": 401, "title": "Unauthorized", "message": "no"}}"#
    static let empty = #"{"servers": []}"#

    static let networks = CannedOpenStack.Answer.always(
        "GET neutron/networks",
        """
        {"networks": [
        {"id": "net-private", "name": "private", "subnets": ["sub-1"], "router:external": false, "shared": false,
         "port_security_enabled": true, "tags": []},
        {"id": "net-public", "name": "public", "subnets": ["sub-2"], "router:external": true, "shared": true,
         "port_security_enabled": true, "tags": []}]}
        """)
    static let subnets = CannedOpenStack.Answer.always(
        "GET neutron/subnets",
        """
        {"subnets": [{"id": "sub-1", "network_id": "net-private", "ip_version": 4, "cidr": "10.1.0.0/16"},
        {"id": "sub-2", "network_id": "net-public", "ip_version": 4, "cidr": "203.0.113.0/24"}]}
        """)

    static func spec(_ number: Int, public: Bool = false, flavor: String = "f-1") -> MachineSpec {
        MachineSpec(
            machineID: "inf-1.\(number)", name: "worker-\(number)", image: "ost://keystone.test/\(image)",
            flavor: flavor,
            interfaces: [.init(index: 0, public: `public`, groups: ["sg-1"])],
            tags: ["gantry:machine": "inf-1.\(number)"])
    }

    static func server(
        _ number: Int, status: String = "ACTIVE", metadata: [String: String] = [:], task: String? = nil,
        extra: String = ""
    ) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { #""\#($0.key)": "\#($0.value)""# }
        let state = task.map { #""\#($0)""# } ?? "null"
        return """
            {"id": "\(id(number))", "name": "worker-\(number)", "status": "\(status)", "created": "2026-01-31T12:00:00Z",
            "flavor": {"id": "f-1"}, "image": {"id": "\(image)"}, "OS-EXT-AZ:availability_zone": "nova",
            "OS-EXT-STS:task_state": \(state), "metadata": {\(pairs.joined(separator: ", "))}\(extra)}
            """
    }

    static func servers(_ servers: String..., next: Bool = false) -> String {
        #"{"servers": [\#(servers.joined(separator: ", "))]"#
            + (next ? #", "servers_links": [{"rel": "next", "href": "x"}]}"# : "}")
    }

    /// Metadata of a server of `token-1` for one of the items.
    static func metadata(_ items: [MachineSpec], _ index: Int) throws -> [String: String] {
        [
            "gantry:infrastructure": "inf-1", "gantry:batch": "token-1", "gantry:machine": items[index].machineID,
            "gantry:index": String(index), "gantry:items": try LaunchIdentity.items(items),
        ]
    }

    static func port(_ id: Int, label: [String: String], device: String = "") throws -> String {
        let description = try ResourceLabel(label).description()
        return #"{"id": "\#(self.id(id))", "description": "\#(description)", "device_id": "\#(device)"}"#
    }

    /// Label of a port of `token-1`.
    static func label(_ items: [MachineSpec], _ index: Int) throws -> [String: String] {
        [
            "gantry:infrastructure": "inf-1", "gantry:batch": "token-1", "gantry:machine": items[index].machineID,
            "gantry:items": try LaunchIdentity.items(items), "gantry:slot": "\(index).0",
        ]
    }
}
