import ConnectorAPI
import Foundation
import HTTPTransport
import JSONCoding
import OpenStack
import Support
import Testing

/// The cloud to test against, as `testbed/openstack env` names it.
enum OpenStackEndpoint {
    static let environment = ProcessInfo.processInfo.environment
    static var isNamed: Bool { environment["OS_AUTH_URL"] != nil }
    /// Whether its servers are real hosts that answer SSH (`testbed/hydrate`).
    static var hasHosts: Bool { isNamed && environment["GANTRY_OS_HOSTS"] == "1" }

    static var url: String { environment["OS_AUTH_URL"] ?? "" }
    /// Host by which images are named.
    static var host: String { (try? HTTPURL(url).host) ?? "" }

    static func request(
        _ credentials: [String: String] = [:], config: [String: JSONValue] = [:]
    ) -> OpenSessionRequest {
        let own = [
            "username": environment["OS_USERNAME"] ?? "", "password": environment["OS_PASSWORD"] ?? "",
            "tenant": environment["OS_PROJECT_NAME"] ?? "", "domain": environment["OS_USER_DOMAIN_NAME"] ?? "Default",
        ]
        let region = environment["OS_REGION_NAME"].map { ["service_region": JSONValue.string($0)] } ?? [:]
        return OpenSessionRequest(
            credentials: Credentials(own.merging(credentials) { _, other in other }.filter { !$0.value.isEmpty }),
            endpoint: url, config: region.merging(config) { _, other in other })
    }

    /// Requests of the test's own, which go past the connector.
    struct Direct: Sendable {
        private let http: CurlClient
        private let token: String
        let user: String
        private let endpoints: [String: String]

        init() async throws {
            let environment = OpenStackEndpoint.environment
            http = try CurlClient(options: .init(proxy: .none))
            let domain: JSONValue = ["name": .string(environment["OS_USER_DOMAIN_NAME"] ?? "Default")]
            let body: JSONValue = [
                "auth": [
                    "identity": [
                        "methods": ["password"],
                        "password": [
                            "user": [
                                "name": .string(environment["OS_USERNAME"] ?? ""), "domain": domain,
                                "password": .string(environment["OS_PASSWORD"] ?? ""),
                            ]
                        ],
                    ],
                    "scope": ["project": ["name": .string(environment["OS_PROJECT_NAME"] ?? ""), "domain": domain]],
                ]
            ]
            let answer = try await http.fetch(
                HTTPRequest(
                    .post, HTTPURL("\(OpenStackEndpoint.url)/auth/tokens"),
                    headers: ["Content-Type": "application/json"], body: .bytes(try JSONText.encode(body))),
                upTo: 1 << 20)
            token = try #require(answer.headers["X-Subject-Token"])
            let said = try JSONText.decode(JSONValue.self, from: answer.body)["token"]
            user = said?["user"]?["id"]?.stringValue ?? ""
            var endpoints = ["identity": OpenStackEndpoint.url]
            guard case .array(let services)? = said?["catalog"] else { throw URLError(.badServerResponse) }
            for service in services {
                guard case .array(let all)? = service["endpoints"], let type = service["type"]?.stringValue else {
                    continue
                }
                let found = all.first {
                    $0["interface"] == "public"
                        && $0["region_id"]?.stringValue == environment["OS_REGION_NAME"] ?? "RegionOne"
                }
                endpoints[type] = found?["url"]?.stringValue
            }
            endpoints["network"] = endpoints["network"].map { "\($0)/v2.0" }
            self.endpoints = endpoints
        }

        func url(_ service: String) throws -> HTTPURL { try HTTPURL(endpoints[service] ?? "") }

        func send(
            _ method: HTTPRequest.Method, _ service: String, _ path: String, _ body: JSONValue? = nil
        ) async throws -> JSONValue {
            var request = HTTPRequest(
                method, try HTTPURL("\(endpoints[service] ?? "")/\(path)"),
                headers: ["X-Auth-Token": token, "Content-Type": "application/json"])
            if let body { request.body = .bytes(try JSONText.encode(body)) }
            let answer = try await http.fetch(request, upTo: 16 << 20)
            try #require((200..<300).contains(answer.status), "\(method.rawValue) \(path): \(answer.text)")
            return answer.body.isEmpty ? .null : try JSONText.decode(JSONValue.self, from: answer.body)
        }

        /// Names or descriptions of all that the project has of each kind and that belongs to an infrastructure or a test:
        /// looked for in everything that is said of it.
        func leftovers(of mark: String) async throws -> [String] {
            var found: [String] = []
            for (service, path, member) in [
                ("compute", "servers/detail", "servers"), ("network", "ports", "ports"),
                ("network", "floatingips", "floatingips"), ("network", "security-groups", "security_groups"),
                ("volumev3", "volumes/detail", "volumes"), ("compute", "os-keypairs", "keypairs"),
            ] where endpoints[service] != nil {
                guard case .array(let items)? = try await send(.get, service, path)[member] else { continue }
                for item in items {
                    let isEnding = item["OS-EXT-STS:task_state"] == "deleting" || item["status"] == "deleting"
                    var text = String(decoding: try JSONText.encode(item), as: UTF8.self)
                    if let name = item["keypair"]?["name"]?.stringValue { text += Self.unpacked(name) }
                    if !isEnding, text.contains(mark) { found.append("\(member) \(item["id"]?.stringValue ?? text)") }
                }
            }
            return found
        }

        /// What is left when half a minute has passed: Nova ends servers in its own time, and shows one that was still being
        /// built without its tags and task for a moment.
        func lasting(of mark: String) async throws -> [String] {
            var found = try await leftovers(of: mark)
            for _ in 0..<30 where !found.isEmpty {
                try await Task.sleep(for: .seconds(1))
                found = try await leftovers(of: mark)
            }
            return found
        }

        /// Tags of a key pair are packed into its name.
        private static func unpacked(_ name: String) -> String {
            let packed = name.split(separator: "_", maxSplits: 2).last.map(String.init) ?? ""
            let plain = packed.replacing("-", with: "+").replacing("_", with: "/")
            let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
            return Data(base64Encoded: padded).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }
}

/// What the tests of the connector need of the cloud, and the words in which they are written.
struct OpenStackBench {
    let connector: OpenStackConnector
    let session: SessionID
    let account: String
    let image: Image
    let flavors: [Flavor]
    let context = CallContext(deadlineMs: 120_000)
    let tag = "test-\(UUID().uuidString.lowercased())"
    var tags: [String: String] { ["gantry:infrastructure": tag] }

    init(config: [String: JSONValue] = [:]) async throws {
        connector = OpenStackConnector(http: try CurlClient(options: .init(proxy: .none)))
        let opened = try await connector.openSession(OpenStackEndpoint.request(config: config), context: context)
        session = opened.session
        account = opened.account
        let images = try await connector.images(
            CatalogRequest(session: session, filters: ["distribution": "debian"]), context: context)
        // Not one that another test copies from a machine, and removes.
        image = try #require(
            images.items.first { !$0.name.hasPrefix("test-") }, "the cloud has no image of Debian")
        flavors = try await connector.flavors(CatalogRequest(session: session), context: context).items
            .sorted { $0.memoryBytes < $1.memoryBytes }
    }

    func specs(_ count: Int, public: Bool = false, groups: [String] = []) -> [MachineSpec] {
        (0..<count).map { number in
            MachineSpec(
                machineID: "\(tag).\(number)", name: "worker-\(number)", image: image.uri,
                flavor: flavors.first?.id ?? "", interfaces: [.init(index: 0, public: `public`, groups: groups)],
                tags: ["gantry:machine": "\(tag).\(number)"])
        }
    }

    func launch(_ items: [MachineSpec], token: String? = nil) async throws -> [Outcome<Machine>] {
        try await connector.launch(
            LaunchRequest(session: session, batchToken: token ?? tag, items: items, tags: tags), context: context)
    }

    func list(_ kinds: [Resource.Kind]? = nil) async throws -> [Resource] {
        var items: [Resource] = []
        var page: String?
        repeat {
            let answer = try await connector.list(
                ListRequest(session: session, tags: tags, kinds: kinds, page: page), context: context)
            items += answer.items
            page = answer.next
        } while page != nil
        return items
    }

    /// Describes until the machine is as wished.
    func wait(_ id: String, _ what: String, _ judge: (Machine) -> Bool) async throws -> Machine {
        var last: Machine?
        for _ in 0..<240 {
            let outcome = try await connector.describe(MachinesRequest(session: session, ids: [id]), context: context)[
                0]
            let machine = try outcome.get()
            last = machine
            if judge(machine) { return machine }
            try #require(machine.state != .failed, "\(machine.failure?.message ?? "")")
            try await Task.sleep(for: .milliseconds(500))
        }
        throw ConnectorError(code: .timeout, message: "\(what) did not happen: \(String(describing: last))")
    }

    /// Carries a call to its end.
    func finish<Value>(_ outcome: Outcome<Value>, _ pick: (StepResult) -> Value?) async throws -> Value {
        guard case .inProgress(var progress) = outcome else { return try outcome.get() }
        for _ in 0..<120 {
            try await Task.sleep(for: .milliseconds(progress.pollAfterMs))
            let next = try await connector.resume(
                ContinueRequest(session: session, state: progress.state), context: context)
            switch next {
            case .done(let result): return try #require(pick(result))
            case .failed(let error): throw error
            case .inProgress(let more): progress = more
            }
        }
        throw ConnectorError(code: .timeout, message: "the call does not end: \(progress.state)")
    }

    /// Ends and deletes all that carries the tag, backwards, until nothing is listed.
    func clean() async throws {
        for _ in 0..<60 {
            let all = try await list()
            if all.isEmpty { return }
            let machines = all.filter { $0.kind == .machine }.map(\.id)
            if !machines.isEmpty {
                _ = try await connector.terminate(MachinesRequest(session: session, ids: machines), context: context)
            }
            for resource in all where resource.kind != .machine {
                _ = try? await connector.delete(
                    DeleteResourceRequest(session: session, kind: resource.kind, id: resource.id), context: context)
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw ConnectorError(code: .timeout, message: "what \(tag) made cannot be removed")
    }
}
