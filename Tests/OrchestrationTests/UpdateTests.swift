import ConnectorAPI
import ContextualizationAPI
import Dummy
import InfrastructureModel
import Operations
import Orchestration
import RADL
import Testing

/// Machines that come and go one by one, as IM's clients ask for them.
@Suite struct UpdateTests {
    private static let document = """
        network net (outbound = 'no')
        system front (net_interface.0.connection = 'net' and disk.0.image.url = 'dummy://image')
        system node (net_interface.0.connection = 'net' and disk.0.image.url = 'dummy://image')
        deploy front 1
        deploy node 1
        """

    private func update(
        _ fixture: Fixture, _ id: InfrastructureID, _ kind: InfrastructureUpdate.Kind, _ document: String = "",
        contextualizes: Bool = true, clouds: [CloudCredential] = Fixture.clouds
    ) async throws -> (submitted: SubmittedOperation, operation: DurableOperation) {
        var request = fixture.request(document, clouds: clouds)
        request.update = InfrastructureUpdate(id, kind, contextualizes: contextualizes)
        let submitted = try await fixture.manager.deploy(request)
        return (submitted, try await fixture.manager.follow(submitted))
    }

    private func states(_ fixture: Fixture, _ id: InfrastructureID) async throws -> [Int: MachineState] {
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines.filter(\.isAlive)
        return Dictionary(uniqueKeysWithValues: machines.map { ($0.id.number, $0.state) })
    }

    @Test func machinesAreAdded() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        let (submitted, operation) = try await update(fixture, id, .add, "system node\ndeploy node 2")
        #expect(operation.status == .succeeded)
        #expect(submitted.added.map(\.number) == [2, 3])
        let all: [Int: MachineState] = [0: .configured, 1: .configured, 2: .configured, 3: .configured]
        #expect(try await states(fixture, id) == all)
        #expect(await fixture.contextualizer.requests.last?.machines.count == 4, "all are configured again")
        let document = try MachineDocument.document(of: try await fixture.manager.snapshot(id, caller: .local))
        #expect(document.systems.map(\.id) == ["front", "node"])
        #expect(document.deploys.map { "\($0.system) \($0.count)" } == ["node 2"], "as IM keeps it")
    }

    @Test func withoutContextualizationTheOthersStayAsTheyAre() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        let (_, operation) = try await update(
            fixture, id, .add, "system node\ndeploy node 1", contextualizes: false)
        #expect(operation.status == .succeeded)
        #expect(try await states(fixture, id) == [0: .configured, 1: .configured, 2: .running])
        #expect(await fixture.contextualizer.requests.count == 1)
        #expect(try await update(fixture, id, .reconfigure([2])).operation.status == .succeeded)
        #expect(try await states(fixture, id)[2] == .configured)
        #expect(await fixture.contextualizer.requests.last?.machines.count == 1)
    }

    @Test func definitionsAloneAddNoMachine() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        let (submitted, operation) = try await update(
            fixture, id, .add, "system other (net_interface.0.connection = 'net')\nnetwork net")
        #expect(operation.status == .succeeded)
        #expect(submitted.added.isEmpty)
        #expect(try await states(fixture, id).count == 2)
        let document = try MachineDocument.document(of: try await fixture.manager.snapshot(id, caller: .local))
        #expect(document.systems.map(\.id) == ["front", "node", "other"])
    }

    /// As in IM: what a system is by now is for new machines.
    @Test func whatASystemBecomesIsForNewMachines() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        func features(_ number: Int) async throws -> Features {
            let snapshot = try await fixture.manager.snapshot(id, caller: .local)
            let machine = try #require(snapshot.machines.first { $0.id.number == number })
            return try #require(try MachineDocument.make(machine, of: snapshot).systems.first).features
        }
        let other = """
            network net
            network more (outbound = 'no')
            system node (
                net_interface.0.connection = 'net' and net_interface.1.connection = 'more' and
                disk.0.image.url = 'dummy://other' and disk.0.os.credentials.username = 'new' and
                disk.0.os.credentials.password = 'secret'
            )
            deploy node 1
            """
        #expect(try await update(fixture, id, .add, other).operation.status == .succeeded)
        let (old, new) = (try await features(1), try await features(2))
        #expect(old.string("disk.0.image.url") == "dummy://image")
        #expect(old.string("disk.0.os.credentials.password") == nil)
        #expect(old.string("net_interface.1.connection") == nil)
        #expect(new.string("disk.0.image.url") == "dummy://other")
        #expect(new.string("disk.0.os.credentials.username") == "new")
        let asked = try #require(await fixture.contextualizer.requests.last).machines
        let users = Dictionary(
            uniqueKeysWithValues: asked.map { ($0.id.split(separator: ".").last ?? "", $0.target.user) })
        #expect(users["2"] == "new")
        #expect(users["1"] != "new")
        // New credentials that a reconfiguration brings are for both.
        let change = "system node (disk.0.os.credentials.new.password = 'Fresh+new1')"
        #expect(try await update(fixture, id, .reconfigure(nil), change).operation.status == .succeeded)
        for number in [1, 2] {
            #expect(try await features(number).string("disk.0.os.credentials.new.password") == "Fresh+new1")
        }
        #expect(try await features(1).string("disk.0.image.url") == "dummy://image")
        // Another change: the first one's definition stays as it was.
        let third = other.replacing("dummy://other", with: "dummy://third")
        #expect(try await update(fixture, id, .add, third).operation.status == .succeeded)
        #expect(try await features(1).string("disk.0.image.url") == "dummy://image")
        #expect(try await features(2).string("disk.0.image.url") == "dummy://other")
        #expect(try await features(3).string("disk.0.image.url") == "dummy://third")
    }

    @Test func machinesAreRemovedAllOrNone() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        await #expect {
            _ = try await update(fixture, id, .remove([1, 9]))
        } throws: {
            ($0 as? ManagerError)?.message == "there is no machine 9; there are: 0, 1"
        }
        #expect(try await states(fixture, id).count == 2)
        #expect(try await update(fixture, id, .remove([1])).operation.status == .succeeded)
        #expect(try await states(fixture, id) == [0: .configured])
        #expect(try await fixture.cloudMachines(id).filter { $0.kind == .machine }.count == 1)
        let (submitted, _) = try await update(fixture, id, .add, "system node\ndeploy node 1")
        #expect(submitted.added.map(\.number) == [2], "numbers are not used again")
    }

    @Test func whatIsNotThereCannotBeNamed() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Self.document).0.infrastructure
        await #expect {
            _ = try await update(fixture, id, .add, "system nodes\ndeploy nodes 1")
        } throws: {
            ($0 as? ManagerError)?.message.contains("system 'nodes' stands without features") == true
        }
    }

    @Test func aPrivateNetworkStaysAtItsCloud() async throws {
        let fixture = try Fixture()
        let other = CloudCredential(id: "other", type: "Dummy", values: Fixture.clouds[0].values)
        let id = try await fixture.deploy(Self.document).0.infrastructure
        let (_, operation) = try await update(
            fixture, id, .add, "system node\ndeploy node 1", clouds: [other] + Fixture.clouds)
        #expect(operation.status == .succeeded)
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines
        #expect(machines.map(\.placement.cloud.id) == ["dummy", "dummy", "dummy"])
        await #expect {
            _ = try await update(fixture, id, .add, "system node\ndeploy node 1", clouds: [other])
        } throws: {
            ($0 as? ManagerError)?.message.contains("machines of its private network are at dummy") == true
        }
    }

    @Test func whenNoNewMachineCanBeMadeThoseThatThereWereStay() async throws {
        let dummy = WrappedConnector(refusal: { call, count in
            guard call == "machine.launch", count > 1 else { return nil }
            return ConnectorError(code: .quotaExceeded, message: "no more machines for you")
        })
        let fixture = try Fixture(dummy: dummy)
        let id = try await fixture.deploy(Self.document).0.infrastructure
        var request = fixture.request("system node\ndeploy node 1")
        request.update = InfrastructureUpdate(id, .add)
        let submitted = try await fixture.manager.deploy(request)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await fixture.manager.run() }
            await #expect {
                try await fixture.manager.waitUntilLaunched(submitted, caller: .local)
            } throws: {
                ($0 as? ManagerError)?.message.contains("no more machines for you") == true
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        #expect(try await states(fixture, id).keys.sorted() == [0, 1])
    }
}
