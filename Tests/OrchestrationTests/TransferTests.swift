import ConnectorAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Support
import Testing

/// Infrastructures that go to another service.
@Suite struct TransferTests {
    private static let ada = Caller.user("ada", .password("one"))

    @Test func anInfrastructureGoesToAnotherServiceWithItsMachines() async throws {
        let here = try Fixture()
        let document = Fixture.document(2, extra: " and disk.0.os.credentials.password = 'secret'")
        let (submitted, _) = try await here.deploy(document, name: "web")
        let id = submitted.infrastructure
        let text = try await here.manager.export(id, handsOver: true, caller: .local)
        #expect(!text.contains("verifier"))
        let there = try Fixture(dummy: here.dummy)
        #expect(
            try await there.manager.importInfrastructure(text, clouds: Fixture.clouds, caller: Self.ada) == id)

        // Forgotten here, and nothing was touched.
        #expect(try await here.manager.infrastructures(caller: .local).isEmpty)
        #expect(try await here.store.snapshot(id)?.secrets == InfrastructureSecrets(document: ""))
        #expect(try await here.cloudMachines(id).filter { $0.kind == .machine }.count == 2)

        let snapshot = try await there.manager.snapshot(id, caller: Self.ada)
        #expect(snapshot.infrastructure.name == "web")
        #expect(snapshot.infrastructure.owners.map(\.username) == ["ada"])
        #expect(snapshot.machines.map(\.state) == [.configured, .configured])
        #expect(snapshot.resources.map(\.kind) == ["securityGroup"])
        var request = DeploymentRequest(
            document: "network public\nsystem node\ndeploy node 1", clouds: Fixture.clouds, caller: Self.ada)
        request.update = InfrastructureUpdate(id, .add)
        #expect(try await there.manager.follow(try await there.manager.deploy(request)).status == .succeeded)
        let destroyed = try #require(try await there.manager.destroy(id, caller: Self.ada))
        #expect(try await there.manager.follow(destroyed).status == .succeeded)
        #expect(try await there.cloudMachines(id).isEmpty)
    }

    @Test("IM's importer finds the members without which it takes nothing") func membersOfIM() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1), name: "web").0.infrastructure
        let text = try await fixture.manager.export(id, caller: .local)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["vm_master"] is NSNull)
        #expect((object["auth"] as? [Any])?.isEmpty == true)
        #expect((object["creation_date"] as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } == true)
    }

    @Test("of several who import the same at a time one gets it, and the others are told") func race() async throws {
        let here = try Fixture()
        let id = try await here.deploy(Fixture.document(1), name: "web").0.infrastructure
        let text = try await here.manager.export(id, handsOver: true, caller: .local)
        let there = try Fixture(dummy: here.dummy)
        let users = (0..<8).map { Caller.user("user\($0)", .password("one")) }
        let winners = await withTaskGroup(of: String?.self) { group in
            for user in users {
                group.addTask {
                    let clouds = Fixture.clouds
                    do {
                        _ = try await there.manager.importInfrastructure(text, clouds: clouds, caller: user)
                        return user.username
                    } catch {
                        #expect("\(error)".contains("Trying to add an existing infrastructure ID."), "\(error)")
                        return nil
                    }
                }
            }
            return await group.reduce(into: [String]()) { $0 += [$1].compactMap(\.self) }
        }
        #expect(winners.count == 1)
        let owners = try await there.store.snapshot(id)?.infrastructure.owners.map(\.username)
        #expect(owners == winners)
    }

    @Test("owners have the names that they sent, and what was said at IM is told") func ownersOfIM() async throws {
        let fixture = try Fixture()
        let text = #"""
            {"id": "1b", "vm_list": [], "radl": "", "cont_out": "Configuring\nIt failed.", "auth": [
            {"type": "InfrastructureManager", "username": "ad\u00c3\u00a1", "password": "contrase\u00c3\u00b1a"},
            {"type": "InfrastructureManager", "username": "ad\u00e9", "password": "x"}]}
            """#
        let id = try await fixture.manager.importInfrastructure(
            text, clouds: Fixture.clouds, caller: .local, keepsOwners: true)
        let ada = Caller.user("adá", .password("contraseña"))
        #expect(
            try await fixture.manager.snapshot(id, caller: ada).infrastructure.owners.map(\.username) == ["adá", "adé"])
        let events = try await fixture.manager.events(of: id, caller: ada).map(\.text)
        #expect(events == ["Configuring", "It failed.", "taken over from another service"])
    }

    @Test("ids that cannot stand in a path are refused", arguments: ["../../x", "a\nb", "a?b", "..", ""])
    func ids(id: String) async throws {
        let fixture = try Fixture()
        let escaped = id.replacing("\n", with: "\\n")
        await #expect(throws: ManagerError.self) {
            _ = try await fixture.manager.importInfrastructure(
                #"{"id": "\#(escaped)", "vm_list": [], "radl": ""}"#, clouds: Fixture.clouds, caller: .local)
        }
    }

    @Test func itMayComeBack() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1), name: "web").0.infrastructure
        let text = try await fixture.manager.export(id, caller: .local)
        await #expect {
            _ = try await fixture.manager.importInfrastructure(text, clouds: Fixture.clouds, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.message == "Trying to add an existing infrastructure ID."
        }
        _ = try await fixture.manager.export(id, handsOver: true, ifStill: text, caller: .local)
        _ = try await fixture.manager.importInfrastructure(text, clouds: Fixture.clouds, name: "new", caller: .local)
        let snapshot = try await fixture.manager.snapshot(id, caller: .local)
        #expect(snapshot.infrastructure.name == "new")
        #expect(snapshot.state == .configured)
        #expect(try await fixture.destroy(id)?.status == .succeeded)
        #expect(try await fixture.cloudMachines(id).isEmpty)
    }

    @Test func whatIsUnderWayIsNotHandedOver() async throws {
        let fixture = try Fixture()
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(1)))
        let id = submitted.infrastructure
        await #expect {
            _ = try await fixture.manager.export(id, handsOver: true, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.code == .busy
        }
        let text = try await fixture.manager.export(id, caller: .local)
        _ = try await fixture.manager.follow(submitted)
        await #expect {
            _ = try await fixture.manager.export(id, handsOver: true, ifStill: text, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.message.contains("has changed since") ?? false
        }
        #expect(try await fixture.manager.snapshot(id, caller: .local).state == .configured)
    }

    @Test(
        "what is no export, or not to be used, is refused",
        arguments: [
            ("{}", "incorrect data: 'id'"), (#"{"id": "x"}"#, "incorrect data: 'vm_list'"), ("[1]", "incorrect data"),
            ("nonsense", "incorrect data"),
            (#"{"id": "x", "vm_list": [], "radl": "system ("}"#, "expected the id of the system"),
            (#"{"id": "", "vm_list": []}"#, "incorrect data: 'id'"),
        ])
    func mistakes(text: String, reason: String) async throws {
        let fixture = try Fixture()
        await #expect {
            _ = try await fixture.manager.importInfrastructure(text, clouds: Fixture.clouds, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.message.contains(reason) ?? false
        }
    }

    @Test func credentialsOfTheCloudsAreNeeded() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        let text = try await fixture.manager.export(id, handsOver: true, caller: .local)
        await #expect {
            _ = try await fixture.manager.importInfrastructure(text, clouds: [], caller: .local)
        } throws: {
            ($0 as? ManagerError)?.message.contains("machines are at cloud 'dummy' of type Dummy") ?? false
        }
    }

    // MARK: Exports that IM wrote

    /// As IM 2.0 writes it, with a machine at the provider's id.
    private static func export(_ provider: String) throws -> String {
        let radl = """
            network public ( outbound = 'yes' )
            system front (
            cpu.count >= 1 and
            net_interface.0.connection = 'public' and
            disk.0.image.url = 'mock0://linux.for.ev.er/image1' and
            disk.0.os.name = 'linux'
            )
            configure front (
            @begin
            ---
            - tasks: []
            @end
            )
            deploy front 1
            """
        let info = """
            network public ( outbound = 'yes' )
            system front (
            cpu.count >= 2 and
            cpu.count >= 2 and
            memory.size = 1024M and
            net_interface.0.connection = 'public' and
            net_interface.0.ip = '198.18.0.9' and
            net_interface.0.dns_name = 'front' and
            disk.0.image.url = 'mock0://linux.for.ev.er/image1' and
            state = 'configured' and
            provider.type = 'Dummy' and
            disk.0.os.credentials.username = 'cloudadm' and
            disk.0.os.credentials.private_key = '-----BEGIN RSA PRIVATE KEY-----
            MACHINE
            -----END RSA PRIVATE KEY-----' and
            disk.0.os.credentials.new.password = 'Xn3zIh6r'
            )
            """
        func machine(_ number: Int, _ changes: [String: Any]) -> [String: Any] {
            [
                "last_update": 1_795_212_952, "destroy": false, "state": "configured", "id": provider, "im_id": number,
                "creation_im_id": number, "info": info, "requested_radl": radl, "cont_out": "", "configured": true,
                "ctxt_pid": NSNull(), "ssh_connect_errors": 0, "creating": false, "error_msg": NSNull(),
                "deleting": false, "creation_date": 1_795_212_900.5,
                "cloud": [
                    "id": "dummy", "type": "Dummy", "server": "dummy.example", "port": 80, "protocol": "http",
                    "path": "", "extra": [String: Any](),
                ],
            ].merging(changes) { $1 }
        }
        let value: [String: Any] = [
            "id": "f308fefc-e52f-11f1-8143-02fc00000001", "auth": [["type": "InfrastructureManager"]], "radl": radl,
            "vm_list": [
                machine(0, ["destroy": true, "state": "off"]), machine(1, [:]),
                machine(2, ["state": "failed", "id": NSNull(), "error_msg": "no more quota"]),
            ],
            "private_networks": [String: String](), "system_counter": 0, "deleted": false, "vm_master": 1, "vm_id": 3,
            "cont_out": "2026: Select master VM\n", "ansible_configured": true, "configured": true,
            "extra_info": ["TOSCA": "tosca_definitions_version: tosca_simple_yaml_1_0\n"],
            "snapshots": [String](), "creation_date": 1_795_212_900.25,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
    }

    @Test("also as a JSON string that holds it, as im_client prints it", arguments: [false, true])
    func whatIMExportedIsTakenOver(isString: Bool) async throws {
        let fixture = try Fixture()
        // A machine of somebody else, made at the same cloud.
        let before = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        let provider = try #require(
            try await fixture.cloudMachines(before).first { $0.kind == .machine }?.id)
        var text = try Self.export(provider)
        if isString {
            text = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
        }
        let id = try await fixture.manager.importInfrastructure(text, clouds: Fixture.clouds, caller: Self.ada)
        #expect(id.rawValue == "f308fefc-e52f-11f1-8143-02fc00000001")
        let snapshot = try await fixture.manager.snapshot(id, caller: Self.ada)
        #expect(snapshot.machines.map(\.id.number) == [1, 2])
        #expect(snapshot.machines.map(\.state) == [.configured, .failed])
        #expect(snapshot.infrastructure.nextNumber == 3)
        #expect(snapshot.infrastructure.createdAt == Date(timeIntervalSince1970: 1_795_212_900.25))
        let machine = snapshot.machines[0]
        #expect(machine.providerID == provider)
        #expect(machine.addresses.map(\.address) == ["198.18.0.9"])
        #expect(machine.addresses.map(\.isPublic) == [true])
        #expect(machine.placement.cpuCount == 2)
        #expect(snapshot.machines[1].detail == "no more quota")
        let access = try #require(try await fixture.manager.access(of: id, caller: Self.ada).first)
        #expect(access.user == "cloudadm")
        #expect(access.privateKey?.expose().contains("MACHINE") == true)
        #expect(access.password?.expose() == "Xn3zIh6r")
        #expect(try await fixture.manager.template(of: id, caller: Self.ada)?.contains("tosca_simple") == true)
        // It goes with the infrastructure.
        let destroyed = try #require(try await fixture.manager.destroy(id, caller: Self.ada))
        #expect(try await fixture.manager.follow(destroyed).status == .succeeded)
        #expect(try await fixture.cloudMachines(before).filter { $0.kind == .machine }.isEmpty)
    }

    @Test func unknownCloudTypesAreTold() async throws {
        let fixture = try Fixture()
        let text = try Self.export("1").replacing(#""type":"Dummy""#, with: #""type":"OpenNebula""#)
        await #expect {
            _ = try await fixture.manager.importInfrastructure(text, clouds: Fixture.clouds, caller: Self.ada)
        } throws: {
            ($0 as? ManagerError)?.message.contains("no connector serves type 'OpenNebula'") ?? false
        }
    }
}
