import ConnectorAPI
import HTTPTransport
import Testing

@testable import OpenStack

@Suite("Calls to OpenStack")
struct OpenStackCallTests {
    private static let list = "GET nova/servers/detail"

    private func describe(_ bench: Bench, _ ids: String...) async throws -> [Outcome<Machine>] {
        try await bench.connector.describe(
            MachinesRequest(session: bench.session, ids: ids), context: bench.context)
    }

    // MARK: - Describe

    @Test func manyMachinesInOneRequestAPage() async throws {
        let bench = try await Bench(
            .ok(Self.list, Canned.servers(Canned.server(1), Canned.server(8), next: true)),
            .ok(Self.list, Canned.servers(Canned.server(2))),
            .refused("GET nova/servers/\(Canned.id(3))", 404, #"{"itemNotFound": {"code": 404, "message": "x"}}"#))
        let outcomes = try await describe(bench, Canned.id(2), "no-such-machine", Canned.id(1), Canned.id(3))
        #expect(try outcomes[0].get().id == Canned.id(2))
        #expect(try outcomes[2].get().id == Canned.id(1))
        for place in [1, 3] {
            guard case .failed(let error) = outcomes[place] else { return #expect(Bool(false)) }
            #expect(error.code == .notFound)
        }
        let pages = await bench.asked().filter { $0.key == Self.list }
        #expect(pages.map { $0.query["marker"] } == [nil, [Canned.id(8)]])
        #expect(pages.allSatisfy { $0.headers["OpenStack-API-Version"] == "compute 2.26" })
    }

    @Test func oneMachineInOneRequest() async throws {
        let bench = try await Bench(
            .ok("GET nova/servers/\(Canned.id(1))", #"{"server": \#(Canned.server(1))}"#))
        #expect(try await describe(bench, Canned.id(1))[0].get().state == .running)
        #expect(await bench.keys().count == 1)
        #expect(try await describe(bench).isEmpty)
    }

    // MARK: - Terminate

    @Test func addressesThenServerThenPorts() async throws {
        let label = ["gantry:infrastructure": "inf-1", "gantry:slot": "0.0"]
        let own = try ResourceLabel(label).description()
        let ports = """
            {"ports": [\(try Canned.port(10, label: label, device: Canned.id(1))),
            {"id": "\(Canned.id(11))", "description": "somebody's", "device_id": "\(Canned.id(1))"}]}
            """
        let addresses = """
            {"floatingips": [
            {"id": "\(Canned.id(20))", "floating_ip_address": "203.0.113.1", "port_id": "\(Canned.id(10))", "description": "\(own)"},
            {"id": "\(Canned.id(21))", "floating_ip_address": "203.0.113.2", "port_id": "\(Canned.id(10))", "description": ""}]}
            """
        let bench = try await Bench(
            .ok("GET neutron/ports", ports), .ok("GET neutron/floatingips", addresses),
            .ok("DELETE neutron/floatingips/\(Canned.id(20))", status: 204),
            .ok("DELETE nova/servers/\(Canned.id(1))", status: 204),
            .ok("GET neutron/floatingips", #"{"floatingips": []}"#),
            // Neutron keeps the port while it is marked as the server's.
            .refused(
                "DELETE neutron/ports/\(Canned.id(10))", 403,
                #"{"NeutronError": {"type": "PolicyNotAuthorized", "message": "disallowed by policy"}}"#),
            .ok("PUT neutron/ports/\(Canned.id(10))", #"{"port": {}}"#),
            .ok("DELETE neutron/ports/\(Canned.id(10))", status: 204))
        let outcomes = try await bench.connector.terminate(
            MachinesRequest(session: bench.session, ids: [Canned.id(1), "no-such-machine"]), context: bench.context)
        #expect(outcomes == [.done(Empty()), .done(Empty())])
        #expect(
            await bench.keys() == [
                "GET neutron/ports", "GET neutron/floatingips", "DELETE neutron/floatingips/\(Canned.id(20))",
                "DELETE nova/servers/\(Canned.id(1))", "GET neutron/floatingips",
                "DELETE neutron/ports/\(Canned.id(10))", "PUT neutron/ports/\(Canned.id(10))",
                "DELETE neutron/ports/\(Canned.id(10))",
            ])
        #expect(
            await bench.first("PUT neutron/ports/\(Canned.id(10))")?.body == [
                "port": ["device_id": "", "device_owner": ""]
            ])
    }

    @Test func aServerThatIsGoneIsDone() async throws {
        let bench = try await Bench(
            .ok("GET neutron/ports", #"{"ports": []}"#),
            .refused("DELETE nova/servers/\(Canned.id(1))", 404, #"{"itemNotFound": {"code": 404, "message": "x"}}"#),
            .refused(
                "DELETE nova/servers/\(Canned.id(2))", 409,
                #"{"conflictingRequest": {"code": 409, "message": "locked"}}"#))
        let outcomes = try await bench.connector.terminate(
            MachinesRequest(session: bench.session, ids: [Canned.id(1), Canned.id(2)]), context: bench.context)
        #expect(outcomes[0] == .done(Empty()))
        guard case .failed(let error) = outcomes[1] else { return #expect(Bool(false)) }
        #expect(error.code == .aborted)
    }

    // MARK: - Power

    @Test(arguments: [
        ("SHUTOFF", "os-start"), ("PAUSED", "unpause"), ("SUSPENDED", "resume"), ("SHELVED_OFFLOADED", "unshelve"),
    ])
    func starting(_ status: String, _ action: String) async throws {
        let path = "nova/servers/\(Canned.id(1))"
        let bench = try await Bench(
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: status))}"#),
            .ok("POST \(path)/action", "", status: 202))
        let outcome = try await bench.connector.start(
            MachinesRequest(session: bench.session, ids: [Canned.id(1)]), context: bench.context)[0]
        #expect(try outcome.get().state == .pending)
        #expect(await bench.first("POST \(path)/action")?.body == [action: .null])
    }

    @Test func whatIsReachedIsDoneAndWhatIsUnderWayMustWait() async throws {
        let path = "nova/servers/\(Canned.id(1))"
        let bench = try await Bench(
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: "SHUTOFF"))}"#),
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: "BUILD"))}"#),
            .ok("GET \(path)", #"{"server": \#(Canned.server(1))}"#), .ok("POST \(path)/action", "", status: 202))
        let request = MachinesRequest(session: bench.session, ids: [Canned.id(1)])
        #expect(try await bench.connector.stop(request, context: bench.context)[0].get().state == .stopped)
        guard case .failed(let error) = try await bench.connector.stop(request, context: bench.context)[0] else {
            return #expect(Bool(false))
        }
        #expect(error.code == .aborted)
        _ = try await bench.connector.reboot(request, context: bench.context)[0].get()
        #expect(await bench.first("POST \(path)/action")?.body == ["reboot": ["type": "HARD"]])
        #expect(await bench.keys().filter { $0.hasPrefix("POST") }.count == 1)
    }

    // MARK: - Steps

    @Test func aResizeIsConfirmed() async throws {
        let path = "nova/servers/\(Canned.id(1))"
        let done = Canned.server(1).replacing(#""f-1""#, with: #""f-2""#)
        let bench = try await Bench(
            .ok("GET \(path)", #"{"server": \#(Canned.server(1))}"#), .ok("POST \(path)/action", "", status: 202),
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: "RESIZE", task: "resize_migrating"))}"#),
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: "VERIFY_RESIZE"))}"#),
            .refused(
                "POST \(path)/action", 400,
                #"{"badRequest": {"code": 400, "message": "Instance has not been resized."}}"#),
            .ok("GET \(path)", #"{"server": \#(Canned.server(1, status: "VERIFY_RESIZE"))}"#),
            .ok("POST \(path)/action", "", status: 204), .ok("GET \(path)", #"{"server": \#(done)}"#))
        var outcome = try await bench.connector.resize(
            ResizeRequest(session: bench.session, id: Canned.id(1), flavor: "f-2"), context: bench.context)
        var rounds = 0
        var machine: Machine?
        while case .inProgress(let progress) = outcome, rounds < 10 {
            rounds += 1
            let next = try await bench.connector.resume(
                ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
            switch next {
            case .done(let result): machine = result.machine
            case .failed(let error): throw error
            case .inProgress(let more):
                outcome = .inProgress(more)
                continue
            }
            break
        }
        #expect(rounds == 4)
        #expect(machine?.flavor == "f-2")
        let actions = await bench.asked().filter { $0.key == "POST \(path)/action" }.map(\.body)
        #expect(
            actions == [["resize": ["flavorRef": "f-2"]], ["confirmResize": .null], ["confirmResize": .null]])
    }

    @Test func aSnapshotIsMadeOnce() async throws {
        let path = "nova/servers/\(Canned.id(1))"
        func image(_ status: String) -> String {
            #"{"images": [{"id": "\#(Canned.id(40))", "name": "snap", "status": "\#(status)", "gantry:snapshot-of": "\#(Canned.id(1))"}]}"#
        }
        let bench = try await Bench(
            .always("GET \(path)", #"{"server": \#(Canned.server(1))}"#), .ok("GET glance/images", #"{"images": []}"#),
            .ok("POST \(path)/action", "", status: 202), .ok("GET glance/images", image("queued")),
            .ok("GET glance/images", image("active")), .ok("GET glance/images", image("active")))
        let request = SnapshotRequest(session: bench.session, id: Canned.id(1), disk: 0, name: "snap", tags: [:])
        guard case .inProgress(let progress) = try await bench.connector.snapshot(request, context: bench.context)
        else {
            return #expect(Bool(false))
        }
        #expect(progress.pollAfterMs > 0)
        let again = try await bench.connector.snapshot(request, context: bench.context)
        #expect(try again.get().uri == "ost://keystone.test/\(Canned.id(40))")
        #expect(await bench.keys().filter { $0.hasPrefix("POST") }.count == 1)
    }

    /// So that it goes with the infrastructure, and no image that is made of its servers later does.
    @Test func aSnapshotTellsItsTags() async throws {
        let path = "nova/servers/\(Canned.id(1))"
        let bench = try await Bench(
            .always("GET \(path)", #"{"server": \#(Canned.server(1))}"#), .ok("GET glance/images", #"{"images": []}"#),
            .ok("POST \(path)/action", "", status: 202),
            .ok(
                "GET glance/images",
                #"{"images": [{"id": "\#(Canned.id(40))", "status": "active", "gantry:snapshot-of": "\#(Canned.id(1))"}]}"#
            ))
        let request = SnapshotRequest(session: bench.session, id: Canned.id(1), disk: 0, name: "snap", tags: [:])
        _ = try await bench.connector.snapshot(request, context: bench.context).get()
        let made = await bench.asked().first { $0.key == "POST \(path)/action" }?.body["createImage"]
        #expect(made?["metadata"]?["gantry:snapshot-tags"] == "gantry")
        #expect(bench.connector.description.capabilities[.imageDelete] == 1)
    }

    @Test func aStateOfAnotherConnectorIsRefused() async throws {
        let bench = try await Bench()
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.resume(
                ContinueRequest(session: bench.session, state: "{}"), context: bench.context)
        }
        #expect(error?.code == .invalidArgument)
    }

    // MARK: - What machines need

    private func group(_ rules: String, tags: [String: String] = Canned.tags) throws -> String {
        let label = try ResourceLabel(tags).description()
        return
            #"{"id": "\#(Canned.id(30))", "name": "g", "description": "\#(label)", "security_group_rules": [\#(rules)]}"#
    }

    @Test func rulesOfAGroupBecomeEqual() async throws {
        func rule(_ id: Int, _ rest: String) -> String {
            #"{"id": "\#(Canned.id(id))", "direction": "ingress", "ethertype": "IPv4", \#(rest)}"#
        }
        let ours = #""remote_group_id": "\#(Canned.id(30))""#
        let rules = [
            #"{"id": "\#(Canned.id(60))", "direction": "egress", "ethertype": "IPv4"}"#,
            rule(61, ours), rule(62, ours).replacing("IPv4", with: "IPv6"),
            rule(
                63, #""protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0""#),
            rule(64, #""protocol": "tcp", "port_range_min": 80, "port_range_max": 80"#),
        ].joined(separator: ", ")
        let bench = try await Bench(
            .ok("GET neutron/security-groups", #"{"security_groups": [\#(try group(""))]}"#),
            .ok("GET neutron/security-groups/\(Canned.id(30))", #"{"security_group": \#(try group(rules))}"#),
            .ok("POST neutron/security-group-rules", status: 201),
            .ok("DELETE neutron/security-group-rules/\(Canned.id(64))", status: 204))
        let spec = SecurityGroupSpec(
            name: "g", description: "d",
            rules: [
                .init(transport: .tcp, fromPort: 22, toPort: 22), .init(transport: .tcp, fromPort: 443, toPort: 443),
            ])
        let outcome = try await bench.connector.ensureSecurityGroup(
            EnsureRequest(session: bench.session, spec: spec, tags: Canned.tags), context: bench.context)
        #expect(try outcome.get().id == Canned.id(30))
        let made = await bench.first("POST neutron/security-group-rules")?.body["security_group_rules"]
        guard case .array(let missing)? = made else { return #expect(Bool(false)) }
        #expect(missing.map { $0["port_range_min"]?.integerValue } == [443])
    }

    @Test func aGroupIsMadeWithItsTags() async throws {
        let bench = try await Bench(
            .ok("GET neutron/security-groups", #"{"security_groups": []}"#),
            .ok("POST neutron/security-groups", #"{"security_group": \#(try group(""))}"#, status: 201),
            .ok("POST neutron/security-group-rules", status: 201))
        let spec = SecurityGroupSpec(name: "g", description: "d", rules: [])
        _ = try await bench.connector.ensureSecurityGroup(
            EnsureRequest(session: bench.session, spec: spec, tags: Canned.tags), context: bench.context)
        let asked = await bench.first("POST neutron/security-groups")?.body["security_group"]
        #expect(ResourceLabel(description: asked?["description"]?.stringValue)?.tags == Canned.tags)
    }

    @Test func aKeyPairWithAnotherKeyIsRefused() async throws {
        let name = try KeyPairName.name("k", tags: Canned.tags)
        let pairs = #"{"keypairs": [{"keypair": {"name": "\#(name)", "public_key": "ssh-ed25519 AAAA x"}}]}"#
        let bench = try await Bench(.always("GET nova/os-keypairs", pairs))
        func ensure(_ key: String) async throws -> Resource {
            try await bench.connector.ensureKeyPair(
                EnsureRequest(session: bench.session, spec: .init(name: "k", publicKey: key), tags: Canned.tags),
                context: bench.context
            ).get()
        }
        #expect(try await ensure("ssh-ed25519 AAAA y").id == name)
        let error = await #expect(throws: ConnectorError.self) { try await ensure("ssh-ed25519 BBBB") }
        #expect(error?.code == .alreadyExists)
    }

    @Test func aGroupInUseIsDeletedLater() async throws {
        let key = "DELETE neutron/security-groups/\(Canned.id(30))"
        let bench = try await Bench(
            .refused(key, 409, #"{"NeutronError": {"type": "SecurityGroupInUse", "message": "in use"}}"#),
            .refused(key, 404, #"{"NeutronError": {"type": "SecurityGroupNotFound", "message": "no"}}"#))
        let outcome = try await bench.connector.delete(
            DeleteResourceRequest(session: bench.session, kind: .securityGroup, id: Canned.id(30)),
            context: bench.context)
        guard case .inProgress(let progress) = outcome else { return #expect(Bool(false)) }
        let next = try await bench.connector.resume(
            ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
        #expect(next == .done(StepResult()))
    }

    @Test func aVolumeIsMadeAttachedAndReported() async throws {
        func volume(_ status: String, _ more: String = "") -> String {
            let pairs = #""gantry:infrastructure": "inf-1""#
            return
                #"{"id": "\#(Canned.id(70))", "name": "data", "status": "\#(status)", "metadata": {\#(pairs)}\#(more)}"#
        }
        let attached = #", "attachments": [{"server_id": "\#(Canned.id(1))"}]"#
        let key = "GET cinder/volumes/detail"
        let bench = try await Bench(
            .ok(key, #"{"volumes": []}"#),
            .ok("POST cinder/volumes", #"{"volume": \#(volume("creating"))}"#, status: 202),
            .ok(key, #"{"volumes": [\#(volume("available"))]}"#),
            .ok("POST nova/servers/\(Canned.id(1))/os-volume_attachments"),
            .ok(key, #"{"volumes": [\#(volume("in-use", attached))]}"#))
        let spec = VolumeSpec(name: "data", sizeBytes: 3 << 30, machine: Canned.id(1))
        var outcome = try await bench.connector.ensureVolume(
            EnsureRequest(session: bench.session, spec: spec, tags: Canned.tags), context: bench.context)
        for _ in 0..<2 {
            guard case .inProgress(let progress) = outcome else { return #expect(Bool(false)) }
            let next = try await bench.connector.resume(
                ContinueRequest(session: bench.session, state: progress.state), context: bench.context)
            switch next {
            case .inProgress(let more): outcome = .inProgress(more)
            case .done(let result): outcome = .done(try #require(result.resource))
            case .failed(let error): throw error
            }
        }
        #expect(try outcome.get().id == Canned.id(70))
        #expect(await bench.first("POST cinder/volumes")?.body["volume"]?["size"] == 3)
    }

    @Test func withoutCinderVolumesAreUnsupported() async throws {
        let cloud = CannedOpenStack([Canned.token(catalog: Canned.catalog(without: "volumev3"))])
        let connector = OpenStackConnector(http: cloud)
        let session = try await connector.openSession(Canned.login(), context: CallContext()).session
        let error = await #expect(throws: ConnectorError.self) {
            try await connector.ensureVolume(
                EnsureRequest(session: session, spec: .init(name: "v", sizeBytes: 1), tags: Canned.tags),
                context: CallContext())
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("no Cinder") == true)
    }

    // MARK: - List

    @Test func whatGoesWithItsMachineIsNotListed() async throws {
        let tags = Canned.tags
        let machine = tags.merging(["gantry:slot": "0.0"]) { $1 }
        let label = try ResourceLabel(machine).description()
        let ports = [
            try Canned.port(10, label: machine, device: Canned.id(1)), try Canned.port(11, label: machine),
            try Canned.port(12, label: machine, device: Canned.id(2)),
            try Canned.port(13, label: ["gantry:infrastructure": "other"]),
        ].joined(separator: ", ")
        func address(_ id: Int, _ port: Int, _ label: String) -> String {
            #"{"id": "\#(Canned.id(id))", "floating_ip_address": "203.0.113.\#(id)", "port_id": "\#(Canned.id(port))", "description": "\#(label)"}"#
        }
        let servers = Canned.servers(
            Canned.server(1, metadata: tags), Canned.server(2, metadata: tags, task: "deleting"))
        func image(_ id: Int, _ label: String, _ status: String = "active") -> String {
            #"{"id": "\#(Canned.id(id))", "status": "\#(status)", "gantry:infrastructure": "inf-1", "gantry:snapshot-tags": "\#(label)"}"#
        }
        // One has a property of the image that its server was made of; one is somebody else's; one is going.
        let images = [
            image(40, try ResourceLabel(tags).description()), image(41, "gantry"), image(42, ""),
            image(43, try ResourceLabel(tags).description(), "pending_delete"),
        ].joined(separator: ", ")
        let bench = try await Bench(
            .always(Self.list, servers), .ok("GET cinder/volumes/detail", #"{"volumes": []}"#),
            .always(
                "GET neutron/floatingips",
                #"{"floatingips": [\#(address(20, 10, label)), \#(address(21, 11, label)), \#(address(22, 12, ""))]}"#),
            .always("GET neutron/ports", #"{"ports": [\#(ports)]}"#),
            .ok("GET neutron/security-groups", #"{"security_groups": [\#(try group(""))]}"#),
            .ok("GET nova/os-keypairs", #"{"keypairs": [{"keypair": {"name": "mine"}}]}"#),
            .ok("GET glance/images", #"{"images": [\#(images)]}"#))
        let page = try await bench.connector.list(
            ListRequest(session: bench.session, tags: tags), context: bench.context)
        #expect(page.next == nil)
        #expect(
            page.items.map { "\($0.kind.rawValue) \($0.id)" } == [
                "machine \(Canned.id(1))", "publicAddress \(Canned.id(21))", "other \(Canned.id(11))",
                "other \(Canned.id(12))", "securityGroup \(Canned.id(30))", "image \(Canned.id(40))",
            ])
        #expect(page.items.allSatisfy { $0.tags["gantry:slot"] == nil })
    }

    // MARK: - Deadline

    @Test func aCallWhoseTimeHasPassedSendsNothing() async throws {
        let bench = try await Bench()
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.networks(
                CatalogRequest(session: bench.session), context: CallContext(deadlineMs: 0))
        }
        #expect(error?.code == .timeout)
        #expect(await bench.keys().isEmpty)
    }
}
