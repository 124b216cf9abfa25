import ConnectorAPI
import ConnectorWire
import Foundation
import Testing

/// The tables of calls and values of docs/connector-authors.md are made of the types that the host sends and reads;
/// `GANTRY_WRITE_DOCS=1` writes them.
@Suite struct CallTableTests {
    // MARK: Values with all their members

    private static let tags = ["k": "v"]
    private static let extra: [String: JSONValue] = ["mycloud": [:]]
    private static let date = Date(timeIntervalSince1970: 0)
    private static let error = ConnectorError(
        code: .internal, message: "m", retryAfterMs: 1, provider: .init(code: "c", requestID: "r", status: 1),
        field: "f")
    private static let machine = {
        var machine = Machine(
            id: "machine", machineID: "h", batchToken: "b", state: .failed, failure: .init(code: "c", message: "m"),
            addresses: [.init(interface: 0, address: "a", public: true)], flavor: "f", image: "i", zone: "z",
            launchedAt: date, sshPort: 22, tags: tags, provider: extra)
        machine.remark = "r"
        return machine
    }()
    private static let resource = Resource(
        kind: .network, id: "resource", name: "n", tags: tags, dependsOn: [.init(kind: .router, id: "r")],
        machine: machine, provider: extra)
    private static let price = Flavor.Price(amount: 1, currency: "EUR")
    private static let flavor = Flavor(
        id: "flavor", name: "n", cpuCount: 1, memoryBytes: 1, diskBytes: 1, architecture: "x",
        gpus: [.init(vendor: "v", model: "m", count: 1)], pricePerHour: price, zones: ["z"], provider: extra)
    private static let image = Image(
        id: "image", uri: "u", name: "n", os: .init(name: "l", flavour: "f", version: "v"), architecture: "x",
        minDiskBytes: 1, loginUser: "u", provider: extra)
    private static let network = Network(
        id: "network", name: "n", cidr: "c", public: true, isDefault: true, provider: extra)
    private static let quota = Quota(name: "quota", used: 1, limit: 1)
    private static let location = BulkLocation(path: "location", url: "u")
    private static let disk = MachineSpec.Disk(
        index: 0, sizeBytes: 1, source: "disk", type: "t", device: "d", filesystem: "f")
    private static let interface = MachineSpec.Interface(
        index: 0, network: "interface", fixedAddress: "a", public: true, groups: ["g"])
    private static let item = MachineSpec(
        machineID: "item", name: "n", image: "i", flavor: "f", cpuCount: 1, memoryBytes: 1, disks: [disk],
        interfaces: [interface], keyPair: "k", userData: Data([1]), zone: "z", spot: .init(maxPrice: 1), tags: tags,
        provider: extra)

    private struct Value {
        var name: String
        var json: JSONValue
        /// With the members that may be left out marked.
        var text: String
    }

    private static func value<Whole: Codable>(_ name: String, _ value: Whole, _ known: [Value]) throws -> Value {
        let json = try Self.json(value)
        return Value(
            name: name, json: json, text: members(json, of: Whole.self, whole: json, path: [], known: known))
    }

    private static func values(_ known: [Value] = []) throws -> [Value] {
        [
            try value("item", item, known), try value("disk", disk, known), try value("interface", interface, known),
            try value("machine", machine, known), try value("resource", resource, known),
            try value("flavor", flavor, known), try value("image", image, known), try value("network", network, known),
            try value("quota", quota, known), try value("price", price, known), try value("location", location, known),
            try value("error", error, known),
        ]
    }

    // MARK: Calls

    private struct Call {
        var name: String
        var parameters: String
        var result: String
    }

    private static func call<Request: Codable, Response: Codable>(
        _ method: WireMethod<Request, Response>, _ request: Request, _ response: Response, _ known: [Value]
    ) throws -> Call {
        let (sent, received) = (try json(request), try json(response))
        return Call(
            name: method.name, parameters: members(sent, of: Request.self, whole: sent, path: [], known: known),
            result: shown(received, of: Response.self, whole: received, path: [], known: known))
    }

    private static func calls() throws -> [Call] {
        let known = try values()
        let session = SessionID(rawValue: "s")
        let ids = MachinesRequest(session: session, ids: ["m"])
        let catalog = CatalogRequest(session: session, ids: ["i"], filters: tags, page: "p")
        func page<Item>(_ item: Item) -> Page<Item> { Page(items: [item], next: "n", maxAgeMs: 1) }
        func ensure<Spec>(_ spec: Spec) -> EnsureRequest<Spec> {
            EnsureRequest(session: session, spec: spec, tags: tags)
        }
        let rule = SecurityGroupSpec.Rule(transport: .tcp, fromPort: 1, toPort: 2)
        let made = Outcome.done(resource)
        let networkSpec = NetworkSpec(name: "n", cidr: "c", public: true, dnsServers: ["d"], provider: extra)
        var plan = PlanRequest(
            session: session, cpuCountMin: 1, cpuCountMax: 1, memoryBytesMin: 1, memoryBytesMax: 1,
            architecture: "x", images: ["i"], provider: extra)
        (plan.item, plan.count, plan.networks) = (item, 1, [networkSpec])
        var volumeSpec = VolumeSpec(
            name: "n", sizeBytes: 1, type: "t", source: "s", zone: "z", machine: "m", device: "d")
        volumeSpec.disk = 1
        return [
            try call(
                WireMethods.openSession,
                OpenSessionRequest(credentials: Credentials(tags), endpoint: "e", config: extra),
                OpenSessionResponse(session: session, account: "a", expiresAfterMs: 1), known),
            try call(WireMethods.closeSession, CloseSessionRequest(session: session), Empty(), known),
            try call(
                WireMethods.launch, LaunchRequest(session: session, batchToken: "b", items: [item], tags: tags),
                [.done(machine)], known),
            try call(WireMethods.describe, ids, [.done(machine)], known),
            try call(WireMethods.terminate, ids, [.done(Empty())], known),
            try call(
                WireMethods.list, ListRequest(session: session, tags: tags, kinds: [.machine], page: "p"),
                page(resource), known),
            try call(
                WireMethods.resume, ContinueRequest(session: session, state: "s"),
                .done(StepResult(machine: machine, resource: resource, image: image)), known),
            try call(WireMethods.flavors, catalog, page(flavor), known),
            try call(WireMethods.images, catalog, page(image), known),
            try call(WireMethods.networks, catalog, page(network), known),
            try call(WireMethods.quotas, catalog, page(quota), known),
            try call(
                WireMethods.plan, plan,
                [PlanCandidate(flavor: flavor, image: image, pricePerHour: price)], known),
            try call(WireMethods.start, ids, [.done(machine)], known),
            try call(WireMethods.stop, ids, [.done(machine)], known),
            try call(WireMethods.reboot, ids, [.done(machine)], known),
            try call(
                WireMethods.resize, ResizeRequest(session: session, id: "m", flavor: "f"), .done(machine), known),
            try call(
                WireMethods.snapshot, SnapshotRequest(session: session, id: "m", disk: 0, name: "n", tags: tags),
                .done(image), known),
            try call(WireMethods.console, MachineRequest(session: session, id: "m"), location, known),
            try call(
                WireMethods.ensureSecurityGroup,
                ensure(SecurityGroupSpec(name: "n", description: "d", network: "n", rules: [rule])), made, known),
            try call(WireMethods.ensureKeyPair, ensure(KeyPairSpec(name: "n", publicKey: "k")), made, known),
            try call(WireMethods.ensureNetwork, ensure(networkSpec), made, known),
            try call(WireMethods.ensureVolume, ensure(volumeSpec), made, known),
            try call(
                WireMethods.ensurePublicAddress,
                ensure(PublicAddressSpec(pool: "p", address: "a", machine: "m", interface: 0)), made, known),
            try call(
                WireMethods.delete, DeleteResourceRequest(session: session, kind: .volume, id: "v"), .done(Empty()),
                known),
            try call(
                WireMethods.uploadImage,
                UploadImageRequest(
                    session: session, name: "n", source: location, sha256: "s", format: "qcow2", tags: tags),
                .done(image), known),
        ]
    }

    // MARK: Words

    private static func json(_ value: some Encodable) throws -> JSONValue {
        try WireCodec.decode(JSONValue.self, from: WireCodec.encode(value))
    }

    /// Objects whose members are anybody's own.
    private static let open: Set<String> = ["tags", "provider", "config", "credentials", "filters"]

    private static func shown<Whole: Decodable>(
        _ value: JSONValue, of type: Whole.Type, whole: JSONValue, path: [String], known: [Value]
    ) -> String {
        if let name = known.first(where: { $0.json == value })?.name {
            return "*\(name)*"
        }
        switch value {
        case .array(let items):
            let item = items.first.map { shown($0, of: type, whole: whole, path: path + ["0"], known: known) } ?? ""
            return "[\(item)]"
        case .object(let content) where content.isEmpty: return "{}"
        case .object: return "{" + members(value, of: type, whole: whole, path: path, known: known) + "}"
        default: return ""
        }
    }

    private static func members<Whole: Decodable>(
        _ value: JSONValue, of type: Whole.Type, whole: JSONValue, path: [String], known: [Value]
    ) -> String {
        guard case .object(let content) = value else { return "" }
        return content.keys.sorted { ($0 == "id" ? "" : $0) < ($1 == "id" ? "" : $1) }.filter {
            path.isEmpty ? $0 != "session" || content.count == 1 || content["account"] != nil : true
        }.map { name in
            let place = path + [name]
            let isOptional =
                (try? WireCodec.decode(type, from: WireCodec.encode(without(place[...], whole)))) != nil
            let inner =
                open.contains(name)
                ? "" : shown(content[name] ?? .null, of: type, whole: whole, path: place, known: known)
            return "`\(name)\(isOptional ? "?" : "")`" + (inner.isEmpty || inner == "[]" ? "" : " \(inner)")
        }.joined(separator: ", ")
    }

    private static func without(_ path: ArraySlice<String>, _ value: JSONValue) -> JSONValue {
        guard let first = path.first else { return value }
        switch value {
        case .object(var content):
            content[first] = path.count == 1 ? nil : without(path.dropFirst(), content[first] ?? .null)
            return .object(content)
        case .array(let items): return .array(items.map { without(path.dropFirst(), $0) })
        default: return value
        }
    }

    // MARK: The page

    private static func tables() throws -> [(marker: String, text: String)] {
        let calls = try calls().map { "| `\($0.name)` | \($0.parameters) | \($0.result) |" }
        let values = try values(values()).map { "| *\($0.name)* | \($0.text) |" }
        return [
            (
                "calls",
                (["| Method | Parameters beside `session` | Result |", "| --- | --- | --- |"] + calls).joined(
                    separator: "\n")
            ),
            ("values", (["| Value | Members |", "| --- | --- |"] + values).joined(separator: "\n")),
        ]
    }

    @Test func allCallsAreThere() throws {
        #expect(Set(try Self.calls().map(\.name)) == Set(WireMethods.all.keys))
    }

    @Test func thePageHasTheTables() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/connector-authors.md")
        var page = try String(contentsOf: url, encoding: .utf8)
        for (marker, text) in try Self.tables() {
            let (begin, end) = ("<!-- \(marker): generated -->\n", "\n<!-- end of \(marker) -->")
            let from = try #require(page.range(of: begin)?.upperBound, "no \(begin)")
            let to = try #require(page.range(of: end, range: from..<page.endIndex)?.lowerBound, "no \(end)")
            if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] == nil {
                #expect(page[from..<to] == text, "write it with GANTRY_WRITE_DOCS=1")
            }
            page.replaceSubrange(from..<to, with: text)
        }
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try page.write(to: url, atomically: true, encoding: .utf8)
        }
    }
}
