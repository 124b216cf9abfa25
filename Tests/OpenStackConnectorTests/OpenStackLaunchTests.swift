import ConnectorAPI
import HTTPTransport
import Testing

@testable import OpenStack

@Suite("Launches at OpenStack")
struct OpenStackLaunchTests {
    private static let list = "GET nova/servers/detail"
    private static let noPorts = CannedOpenStack.Answer.ok("GET neutron/ports", #"{"ports": []}"#)
    private static let noServers = CannedOpenStack.Answer.ok(list, Canned.empty)
    private static let noAddresses = CannedOpenStack.Answer.ok("GET neutron/floatingips", #"{"floatingips": []}"#)

    private static func made(_ number: Int) -> CannedOpenStack.Answer {
        .ok("POST nova/servers", #"{"server": {"id": "\#(Canned.id(number))", "links": []}}"#, status: 202)
    }

    private static func ports(_ items: [MachineSpec], _ indices: Int...) throws -> CannedOpenStack.Answer {
        let texts = try indices.map { try Canned.port(100 + $0, label: Canned.label(items, $0)) }
        return .ok("POST neutron/ports", #"{"ports": [\#(texts.joined(separator: ", "))]}"#, status: 201)
    }

    @Test func portsThenServers() async throws {
        let items = [Canned.spec(0), Canned.spec(1)]
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0, 1), Self.made(1),
            Self.made(2))
        let machines = try await bench.launch(items).map { try $0.get() }
        #expect(Set(machines.map(\.id)) == [Canned.id(1), Canned.id(2)])
        #expect(machines.map(\.machineID) == ["inf-1.0", "inf-1.1"])
        #expect(machines.allSatisfy { $0.state == .pending && $0.batchToken == "token-1" })
        let keys = await bench.keys()
        #expect(keys.first == Self.list)
        #expect(keys.suffix(2) == ["POST nova/servers", "POST nova/servers"])
        #expect(keys.filter { $0 == "POST neutron/ports" }.count == 1)
        // Looked for by the token's word, made with it.
        let words = await bench.first(Self.list)?.query["tags"]
        #expect(words == [try LaunchIdentity.serverTag("gantry:batch", "token-1")])
        let ports = await bench.first("POST neutron/ports")?.body["ports"]
        guard case .array(let made)? = ports else { return #expect(Bool(false)) }
        #expect(made.count == 2)
        #expect(made[0]["network_id"] == "net-private")
        #expect(made[0]["security_groups"] == ["sg-1"])
        #expect(
            ResourceLabel(description: made[1]["description"]?.stringValue)?.tags == (try Canned.label(items, 1)))
        let asked = await bench.asked().filter { $0.key == "POST nova/servers" }
        let server = asked.map(\.body).first { $0["server"]?["metadata"]?["gantry:index"] == "1" }?["server"]
        #expect(server?["networks"] == [["port": .string(Canned.id(101))]])
        #expect(server?["flavorRef"] == "f-1")
        #expect(server?["imageRef"]?.stringValue == Canned.image)
        #expect(server?["metadata"]?["gantry:machine"] == "inf-1.1")
        #expect(server?["metadata"]?["gantry:interfaces"] == "0:private")
        #expect(server?["tags"] != nil)
        #expect(asked.allSatisfy { $0.headers["OpenStack-API-Version"] == "compute 2.52" })
    }

    @Test func theSameTokenFindsTheSameServers() async throws {
        let items = [Canned.spec(0), Canned.spec(1)]
        let bench = try await Bench(
            .ok(
                Self.list,
                Canned.servers(
                    Canned.server(7, metadata: try Canned.metadata(items, 1)),
                    Canned.server(6, metadata: try Canned.metadata(items, 0)))))
        let machines = try await bench.launch(items).map { try $0.get() }
        #expect(machines.map(\.id) == [Canned.id(6), Canned.id(7)])
        #expect(await bench.keys() == [Self.list])
    }

    @Test func theTokenWithOtherItemsIsRefused() async throws {
        let items = [Canned.spec(0)]
        let bench = try await Bench(
            .ok(Self.list, Canned.servers(Canned.server(6, metadata: try Canned.metadata(items, 0)))))
        let error = await #expect(throws: ConnectorError.self) { try await bench.launch([Canned.spec(1)]) }
        #expect(error?.code == .alreadyExists)
        // Where only a port is left of the first launch, too.
        let other = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets,
            .ok("GET neutron/ports", #"{"ports": [\#(try Canned.port(1, label: Canned.label(items, 0)))]}"#))
        let second = await #expect(throws: ConnectorError.self) { try await other.launch([Canned.spec(1)]) }
        #expect(second?.code == .alreadyExists)
        #expect(await other.keys().allSatisfy { !$0.hasPrefix("POST") })
    }

    @Test func aLostAnswerLeavesThePortForTheNextTry() async throws {
        let items = [Canned.spec(0)]
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0),
            .lost("POST nova/servers"))
        guard case .failed(let error)? = try await bench.launch(items).first else { return #expect(Bool(false)) }
        #expect(error.code == .timeout)
        #expect(await bench.keys().allSatisfy { !$0.hasPrefix("DELETE") })
        // The server was made: it is found. Nothing else is made.
        await bench.cloud.add(
            .ok(Self.list, Canned.servers(Canned.server(3, status: "BUILD", metadata: try Canned.metadata(items, 0)))))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(3))
    }

    @Test func aServerThatWasNotMadeIsMadeOnTheSamePort() async throws {
        let items = [Canned.spec(0)]
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets,
            .ok("GET neutron/ports", #"{"ports": [\#(try Canned.port(100, label: Canned.label(items, 0)))]}"#),
            Self.made(1))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(1))
        #expect(await bench.keys().filter { $0 == "POST neutron/ports" }.isEmpty)
        let networks = await bench.first("POST nova/servers")?.body["server"]?["networks"]
        #expect(networks == [["port": .string(Canned.id(100))]])
    }

    @Test func aPortInUseIsThatOfTheServerOfAnEarlierRequest() async throws {
        let items = [Canned.spec(0)]
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0),
            .refused(
                "POST nova/servers", 409, #"{"conflictingRequest": {"code": 409, "message": "Port is still in use."}}"#),
            .ok(Self.list, Canned.servers(Canned.server(9, status: "BUILD", metadata: try Canned.metadata(items, 0)))))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(9))
    }

    @Test func ofTwoServersTheOneInErrorGoes() async throws {
        let items = [Canned.spec(0)]
        let metadata = try Canned.metadata(items, 0)
        let bench = try await Bench(
            .ok(
                Self.list,
                Canned.servers(
                    Canned.server(1, status: "ERROR", metadata: metadata), Canned.server(2, metadata: metadata))),
            Self.noPorts, .ok("DELETE nova/servers/\(Canned.id(1))", status: 204))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(2))
        #expect(await bench.keys().last == "DELETE nova/servers/\(Canned.id(1))")
    }

    @Test func whatNovaRefusesLeavesNothingBehind() async throws {
        let items = [Canned.spec(0, flavor: "none"), Canned.spec(1)]
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0, 1),
            .refused(
                "POST nova/servers", 400,
                #"{"badRequest": {"code": 400, "message": "Flavor none could not be found."}}"#),
            Self.made(2), Self.noAddresses, .ok("DELETE neutron/ports/\(Canned.id(100))", status: 204),
            .ok("DELETE neutron/ports/\(Canned.id(101))", status: 204))
        let outcomes = try await bench.launch(items)
        let failures = outcomes.compactMap { outcome in if case .failed(let error) = outcome { error } else { nil } }
        #expect(failures.count == 1)
        #expect(failures[0].code == .invalidArgument)
        #expect(failures[0].field?.hasSuffix(".flavor") == true)
        #expect(failures[0].provider == .init(code: "badRequest", requestID: "req-2", status: 400))
        #expect(await bench.keys().filter { $0.hasPrefix("DELETE neutron/ports") }.count == 1)
    }

    @Test func anImpossibleItemFailsAlone() async throws {
        var items = [Canned.spec(0), Canned.spec(1)]
        items[0].image = "no-such-image"
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 1), Self.made(2))
        let outcomes = try await bench.launch(items)
        guard case .failed(let error) = outcomes[0] else { return #expect(Bool(false)) }
        #expect(error.code == .invalidArgument)
        #expect(error.field == "items[0].image")
        #expect(try outcomes[1].get().id == Canned.id(2))
    }

    @Test func onePortThatCannotBeDoesNotKeepTheOthers() async throws {
        let items = [Canned.spec(0), Canned.spec(1)]
        let refusal = #"{"NeutronError": {"type": "IpAddressAlreadyAllocated", "message": "taken", "detail": ""}}"#
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts,
            .refused("POST neutron/ports", 409, refusal), .refused("POST neutron/ports", 409, refusal),
            try Self.ports(items, 1), Self.made(2))
        let outcomes = try await bench.launch(items)
        guard case .failed(let error) = outcomes[0] else { return #expect(Bool(false)) }
        #expect(error.code == .invalidArgument)
        #expect(try outcomes[1].get().id == Canned.id(2))
    }

    @Test func aFloatingAddressLeadsToThePortBeforeTheServerIs() async throws {
        let items = [Canned.spec(0, public: true)]
        let address =
            #"{"floatingip": {"id": "\#(Canned.id(50))", "floating_ip_address": "203.0.113.9", "port_id": "x"}}"#
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0),
            .ok("POST neutron/floatingips", address, status: 201), Self.made(1))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(1))
        // Five and two for each machine.
        #expect(await bench.keys().count == 7)
        let asked = await bench.first("POST neutron/floatingips")?.body["floatingip"]
        #expect(asked?["floating_network_id"] == "net-public")
        #expect(asked?["port_id"]?.stringValue == Canned.id(100))
        #expect(
            ResourceLabel(description: asked?["description"]?.stringValue)?.tags["gantry:machine"] == "inf-1.0")
        let metadata = await bench.first("POST nova/servers")?.body["server"]?["metadata"]
        #expect(metadata?["gantry:interfaces"] == "0:private;0f")
    }

    @Test func theAddressOfAnEarlierTryIsKept() async throws {
        let items = [Canned.spec(0, public: true)]
        let address =
            #"{"id": "\#(Canned.id(50))", "floating_ip_address": "203.0.113.9", "port_id": "\#(Canned.id(100))"}"#
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets,
            .ok("GET neutron/ports", #"{"ports": [\#(try Canned.port(100, label: Canned.label(items, 0)))]}"#),
            .ok("GET neutron/floatingips", #"{"floatingips": [\#(address)]}"#), Self.made(1))
        #expect(try await bench.launch(items)[0].get().id == Canned.id(1))
        #expect(await bench.keys().allSatisfy { $0 != "POST neutron/floatingips" })
    }

    @Test func withoutAFloatingAddressThereIsNoServer() async throws {
        let items = [Canned.spec(0, public: true)]
        let refusal = #"{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded", "detail": ""}}"#
        let bench = try await Bench(
            Self.noServers, Canned.networks, Canned.subnets, Self.noPorts, try Self.ports(items, 0),
            .refused("POST neutron/floatingips", 409, refusal), Self.noAddresses,
            .ok("DELETE neutron/ports/\(Canned.id(100))", status: 204))
        guard case .failed(let error) = try await bench.launch(items)[0] else { return #expect(Bool(false)) }
        #expect(error.code == .quotaExceeded)
        #expect(error.message.hasPrefix("Error adding a floating IP"))
        #expect(await bench.keys().last == "DELETE neutron/ports/\(Canned.id(100))")
    }

    @Test func anOldNovaIsSearchedByMetadata() async throws {
        let items = [Canned.spec(0)]
        let cloud = CannedOpenStack([
            Canned.token(), .always("GET nova", #"{"version": {"id": "v2.1", "version": "2.38"}}"#),
            .ok(Self.list, Canned.servers(Canned.server(4, metadata: ["gantry:batch": "another"]))), Canned.networks,
            Canned.subnets, Self.noPorts, try Self.ports(items, 0), Self.made(1),
        ])
        let connector = OpenStackConnector(http: cloud)
        let session = try await connector.openSession(Canned.login(), context: CallContext()).session
        let outcomes = try await connector.launch(
            LaunchRequest(session: session, batchToken: "token-1", items: items, tags: Canned.tags),
            context: CallContext())
        #expect(try outcomes[0].get().id == Canned.id(1))
        let asked = await cloud.asked
        #expect(asked.first { $0.key == Self.list }?.query["tags"] == nil)
        #expect(asked.first { $0.key == "POST nova/servers" }?.body["server"]?["tags"] == nil)
        #expect(asked.allSatisfy { $0.headers["OpenStack-API-Version"] == nil })
    }
}
