import ConnectorAPI
import EC2
import Foundation
import Glibc
import HTTPTransport
import Testing

/// An image of the endpoint: asked for once, since the whole catalog takes an imitation of EC2 seconds.
actor EC2TestImage {
    static let shared = EC2TestImage()
    private var found: Image?

    func image(_ connector: EC2Connector, _ session: SessionID) async throws -> Image {
        if let found { return found }
        let page = try await connector.images(
            CatalogRequest(session: session, filters: ["owner": "amazon"]), context: CallContext())
        let image = try #require(page.items.first { $0.architecture == "x86_64" && $0.os?.name != "windows" })
        found = image
        return image
    }
}

/// Against a service that speaks EC2's API and checks signatures (`testbed/ec2`), named by `AWS_ENDPOINT_URL`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION`.
@Suite("EC2 connector against an endpoint", .enabled(if: EC2Endpoint.isNamed), .serialized, .timeLimit(.minutes(5)))
struct EC2ConnectorTests {
    /// Counts what is sent.
    actor Counter: HTTPClient {
        private let base: CurlClient
        private(set) var actions: [String] = []

        init() throws {
            base = try CurlClient(options: .init(proxy: .none))
        }

        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
            if case .bytes(let bytes) = request.body {
                let form = String(decoding: bytes, as: UTF8.self)
                actions.append(form.split(separator: "&").first.map { String($0.dropFirst(7)) } ?? "")
            }
            return try await base.send(request)
        }

        func reset() { actions = [] }
    }

    let http: Counter
    let connector: EC2Connector
    let context = CallContext(deadlineMs: 60_000)
    let tag = "test-\(UUID().uuidString.lowercased())"

    init() throws {
        http = try Counter()
        connector = EC2Connector(http: http)
    }

    private var tags: [String: String] { ["gantry:infrastructure": tag] }

    private func open() async throws -> SessionID {
        try await connector.openSession(EC2Endpoint.request(), context: context).session
    }

    private func image(_ session: SessionID) async throws -> Image {
        try await EC2TestImage.shared.image(connector, session)
    }

    private func all<Item>(_ page: (String?) async throws -> Page<Item>) async throws -> [Item] {
        var items: [Item] = []
        var token: String?
        repeat {
            let answer = try await page(token)
            items += answer.items
            token = answer.next
        } while token != nil
        return items
    }

    private func items(_ count: Int, image: Image, group: String? = nil, key: String? = nil) -> [MachineSpec] {
        (0..<count).map { number in
            MachineSpec(
                machineID: "\(tag).\(number)", name: "worker-\(number)", image: image.uri, flavor: "t3.micro",
                interfaces: [.init(index: 0, public: true, groups: group.map { [$0] } ?? [])], keyPair: key,
                userData: Data("#cloud-config\n".utf8), tags: ["gantry:machine": "\(tag).\(number)"])
        }
    }

    private func list(_ session: SessionID, kinds: [Resource.Kind]? = nil) async throws -> [Resource] {
        try await all { page in
            try await connector.list(
                ListRequest(session: session, tags: tags, kinds: kinds, page: page), context: context)
        }
    }

    private func removeAll(_ session: SessionID) async throws {
        let found = try await list(session)
        _ = try await connector.terminate(
            MachinesRequest(session: session, ids: found.filter { $0.kind == .machine }.map(\.id)), context: context)
        for kind: Resource.Kind in [.volume, .publicAddress, .securityGroup, .keyPair, .network, .router, .other] {
            for resource in found where resource.kind == kind {
                var outcome = try await connector.delete(
                    DeleteResourceRequest(session: session, kind: kind, id: resource.id), context: context)
                for _ in 0..<20 {
                    guard case .inProgress(let progress) = outcome else { break }
                    let step = try await connector.resume(
                        ContinueRequest(session: session, state: progress.state), context: context)
                    outcome = step.map { _ in Empty() }
                }
                #expect(outcome == .done(Empty()), "\(resource.kind.rawValue) \(resource.id)")
            }
        }
    }

    // MARK: - Sessions and catalogs

    @Test func refusesAWrongSecret() async throws {
        do {
            _ = try await connector.openSession(EC2Endpoint.request(password: "marker-wrong"), context: context)
            Issue.record("a wrong secret was accepted")
        } catch let error as ConnectorError {
            #expect(error.code == .unauthenticated)
            #expect(error.provider?.code == "AuthFailure")
            #expect(!error.description.contains("marker"))
        }
    }

    @Test func readsCatalogs() async throws {
        let session = try await open()
        let flavors = try await all { page in
            try await connector.flavors(CatalogRequest(session: session, page: page), context: context)
        }
        #expect(flavors.count > 1_000)
        let micro = try #require(flavors.first { $0.id == "t3.micro" })
        #expect(micro.cpuCount == 2)
        #expect(micro.memoryBytes == 1 << 30)
        #expect(micro.architecture == "x86_64")
        #expect(flavors.contains { ($0.gpus?.isEmpty == false) && $0.architecture == "x86_64" })
        #expect(Set(flavors.map { "\($0.id) \($0.architecture ?? "")" }).count == flavors.count)
        let some = try await connector.flavors(
            CatalogRequest(session: session, ids: ["t3.micro", "no.such"]), context: context)
        #expect(some.items.map(\.id) == ["t3.micro"])

        let image = try await image(session)
        let byID = try await connector.images(
            CatalogRequest(session: session, ids: [image.uri, image.id, "ami-00000000000000000", "nonsense"]),
            context: context)
        #expect(Set(byID.items.map(\.uri)) == [image.uri])

        let networks = try await all { page in
            try await connector.networks(CatalogRequest(session: session, page: page), context: context)
        }
        #expect(networks.filter { $0.isDefault == true }.count == 1)
    }

    // MARK: - A batch

    @Test func oneHundredMachines() async throws {
        let session = try await open()
        let image = try await image(session)
        await http.reset()
        var usage = Self.processorTime()
        let start = ContinuousClock.now
        let group = try await connector.ensureSecurityGroup(
            EnsureRequest(
                session: session,
                spec: SecurityGroupSpec(
                    name: tag, description: "test", rules: [.init(transport: .tcp, fromPort: 22, toPort: 22)]),
                tags: tags), context: context
        ).get()
        let request = LaunchRequest(
            session: session, batchToken: tag, items: items(100, image: image, group: group.id), tags: tags)
        let machines = try await connector.launch(request, context: context).map { try $0.get() }
        let described = try await connector.describe(
            MachinesRequest(session: session, ids: machines.map(\.id)), context: context
        ).map { try $0.get() }
        usage = Self.processorTime() - usage
        let actions = await http.actions
        print("100 machines: \(actions.count) requests \(actions), \(usage) CPU, \(ContinuousClock.now - start)")
        #expect(
            actions == [
                "DescribeSecurityGroups", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RunInstances",
                "DescribeInstances",
            ])
        #expect(Set(machines.map(\.id)).count == 100)
        #expect(described.map(\.machineID) == request.items.map(\.machineID))
        #expect(described.map(\.id) == machines.map(\.id))
        #expect(described.allSatisfy { $0.state == .running && $0.batchToken == tag })
        #expect(described.allSatisfy { machine in machine.addresses.contains { $0.public } })
        #expect(described[7].tags["gantry:machine"] == "\(tag).7")

        // The same token and items are the same machines; the token with others is refused.
        let again = try await connector.launch(request, context: context).map { try $0.get() }
        #expect(again.map(\.id) == machines.map(\.id))
        var other = request
        other.items.removeLast()
        let refused = try await connector.launch(other, context: context)
        #expect(
            refused.allSatisfy { outcome in
                if case .failed(let error) = outcome { error.code == .alreadyExists } else { false }
            })

        let listed = try await list(session)
        #expect(listed.filter { $0.kind == .machine }.count == 100)
        #expect(Set(listed.compactMap(\.machine?.machineID)) == Set(request.items.map(\.machineID)))
        #expect(listed.contains { $0.kind == .securityGroup && $0.id == group.id })
        let seventh = try await connector.list(
            ListRequest(session: session, tags: tags.merging(["gantry:machine": "\(tag).7"]) { $1 }, kinds: [.machine]),
            context: context)
        #expect(seventh.items.map(\.id) == [machines[7].id])

        await http.reset()
        let ids = machines.map(\.id) + ["i-00000000000000000", "nonsense"]
        let mixed = try await connector.describe(MachinesRequest(session: session, ids: ids), context: context)
        #expect(mixed.count == 102)
        #expect(try mixed[99].get().id == machines[99].id)
        for outcome in mixed[100...] {
            guard case .failed(let error) = outcome else {
                Issue.record("an unknown machine was found")
                continue
            }
            #expect(error.code == .notFound)
        }
        #expect(await http.actions.count <= 3)

        for _ in 0..<2 {
            let ended = try await connector.terminate(MachinesRequest(session: session, ids: ids), context: context)
            #expect(ended.count == 102)
            #expect(ended.allSatisfy { $0 == .done(Empty()) })
        }
        let after = try await connector.describe(
            MachinesRequest(session: session, ids: machines.map(\.id)), context: context)
        #expect(
            after.allSatisfy { outcome in
                switch outcome {
                case .done(let machine): machine.state == .terminated
                case .failed(let error): error.code == .notFound
                case .inProgress: false
                }
            })
        try await removeAll(session)
        #expect(try await list(session).isEmpty)
    }

    private static func processorTime() -> Duration {
        // RUSAGE_SELF is 0; Glibc's enumeration does not fit its own function.
        var usage = rusage()
        getrusage(0, &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    @Test func impossibleItemsFailAlone() async throws {
        let session = try await open()
        let image = try await image(session)
        var items = items(4, image: image)
        items[1].image = "aws://us-east-1/ami-00000000000000000"
        items[2].flavor = "no.such"
        items[3].image = "aws://mars-north-1/ami-00000000000000000"
        let outcomes = try await connector.launch(
            LaunchRequest(session: session, batchToken: tag, items: items, tags: tags), context: context)
        #expect(try outcomes[0].get().machineID == "\(tag).0")
        for (index, field) in [(1, "image"), (2, "flavor"), (3, "image")] {
            guard case .failed(let error) = outcomes[index] else {
                Issue.record("item \(index) was launched")
                continue
            }
            #expect(error.code == .invalidArgument, "\(error)")
            #expect(error.field == "items[\(index)].\(field)", "\(error)")
        }
        try await removeAll(session)
    }

    // MARK: - Resources

    @Test func ensuresAndDeletesResources() async throws {
        let session = try await open()
        var spec = SecurityGroupSpec(
            name: tag, description: "test",
            rules: [
                .init(transport: .tcp, fromPort: 22, toPort: 22),
                .init(transport: .udp, fromPort: 1_000, toPort: 2_000, cidr: "10.1.2.3/8"),
                .init(transport: .icmp, fromPort: 0, toPort: 0),
            ])
        func ensureGroup() async throws -> Resource {
            try await connector.ensureSecurityGroup(
                EnsureRequest(session: session, spec: spec, tags: tags), context: context
            ).get()
        }
        let group = try await ensureGroup()
        await http.reset()
        #expect(try await ensureGroup().id == group.id)
        #expect(await http.actions == ["DescribeSecurityGroups"])
        spec.rules.removeLast(2)
        spec.rules.append(.init(transport: .tcp, fromPort: 80, toPort: 80))
        await http.reset()
        #expect(try await ensureGroup().id == group.id)
        #expect(
            await http.actions == [
                "DescribeSecurityGroups", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress",
            ])
        await http.reset()
        #expect(try await ensureGroup().id == group.id)
        #expect(await http.actions == ["DescribeSecurityGroups"])

        let key = KeyPairSpec(
            name: tag, publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhgVwy+hvSvfmSkFDEw8D6/Qtdnvv8Vxm6KqhVIiNvB t")
        for _ in 0..<2 {
            let pair = try await connector.ensureKeyPair(
                EnsureRequest(session: session, spec: key, tags: tags), context: context
            ).get()
            #expect(pair.id == tag)
        }

        var ids: Set<String> = []
        for _ in 0..<2 {
            let address = try await connector.ensurePublicAddress(
                EnsureRequest(session: session, spec: PublicAddressSpec(), tags: tags), context: context
            ).get()
            ids.insert(address.id)
        }
        #expect(ids.count == 1)

        let zone = EC2Endpoint.environment["AWS_REGION"].map { $0 + "a" } ?? "us-east-1a"
        let volume = VolumeSpec(name: tag, sizeBytes: 1 << 30, zone: zone)
        for _ in 0..<2 {
            let made = try await connector.ensureVolume(
                EnsureRequest(session: session, spec: volume, tags: tags), context: context
            ).get()
            ids.insert(made.id)
        }
        #expect(ids.count == 2)

        let network = NetworkSpec(name: tag, cidr: "10.7.0.0/24", public: true)
        var networks: Set<String> = []
        for _ in 0..<2 {
            let made = try await connector.ensureNetwork(
                EnsureRequest(session: session, spec: network, tags: tags), context: context
            ).get()
            networks.insert(made.id)
        }
        #expect(networks.count == 1)

        let kinds = Set(try await list(session).map(\.kind))
        #expect(kinds == [.securityGroup, .keyPair, .publicAddress, .volume, .network, .router, .other])
        try await removeAll(session)
        #expect(try await list(session).isEmpty)
        // Once more: gone is as good as deleted.
        for (kind, id) in [
            (Resource.Kind.securityGroup, group.id), (.keyPair, tag), (.volume, "vol-00000000000000000"),
            (.publicAddress, "eipalloc-00000000000000000"), (.network, "subnet-00000000000000000"),
            (.router, "igw-00000000000000000"), (.other, "vpc-00000000000000000"), (.machine, "i-00000000000000000"),
        ] {
            let outcome = try await connector.delete(
                DeleteResourceRequest(session: session, kind: kind, id: id), context: context)
            #expect(outcome == .done(Empty()), "\(kind.rawValue)")
        }
    }

    @Test func stopsStartsRebootsAndResizes() async throws {
        let session = try await open()
        let image = try await image(session)
        let machine = try await connector.launch(
            LaunchRequest(session: session, batchToken: tag, items: items(1, image: image), tags: tags),
            context: context)[0].get()
        let ids = MachinesRequest(session: session, ids: [machine.id, "i-00000000000000000"])
        func states(_ call: (MachinesRequest, CallContext) async throws -> [Outcome<Machine>]) async throws {
            for _ in 0..<2 {
                let outcomes = try await call(ids, context)
                _ = try outcomes[0].get()
                guard case .failed(let error) = outcomes[1] else {
                    Issue.record("an unknown machine was changed")
                    continue
                }
                #expect(error.code == .notFound)
            }
        }
        try await states { try await connector.reboot($0, context: $1) }
        try await states { try await connector.stop($0, context: $1) }
        try await states { try await connector.start($0, context: $1) }
        for _ in 0..<2 {
            let begun = try await connector.resize(
                ResizeRequest(session: session, id: machine.id, flavor: "t3.large"), context: context)
            var outcome = begun.map { StepResult(machine: $0) }
            for _ in 0..<20 {
                guard case .inProgress(let progress) = outcome else { break }
                outcome = try await connector.resume(
                    ContinueRequest(session: session, state: progress.state), context: context)
            }
            let resized = try #require(try outcome.get().machine)
            #expect(resized.flavor == "t3.large")
            #expect(resized.state == .running)
        }
        let volume = VolumeSpec(name: tag, sizeBytes: 1 << 30, machine: machine.id)
        let begun = try await connector.ensureVolume(
            EnsureRequest(session: session, spec: volume, tags: tags), context: context)
        var outcome = begun.map { StepResult(resource: $0) }
        for _ in 0..<20 {
            guard case .inProgress(let progress) = outcome else { break }
            outcome = try await connector.resume(
                ContinueRequest(session: session, state: progress.state), context: context)
        }
        #expect(try outcome.get().resource?.kind == .volume)
        let address = try await connector.ensurePublicAddress(
            EnsureRequest(session: session, spec: PublicAddressSpec(machine: machine.id), tags: tags), context: context
        ).get()
        let described = try await connector.describe(ids, context: context)[0].get()
        #expect(described.addresses.contains { $0.address == address.name && $0.public })
        try await removeAll(session)
    }
}

extension Outcome {
    fileprivate func map<Other>(_ change: (Value) -> Other) -> Outcome<Other> {
        switch self {
        case .done(let value): .done(change(value))
        case .inProgress(let progress): .inProgress(progress)
        case .failed(let error): .failed(error)
        }
    }
}
