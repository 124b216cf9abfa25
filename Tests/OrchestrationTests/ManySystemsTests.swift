import ConnectorAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import Testing

/// Documents of many different systems: what is asked of a connector does not grow with their number.
@Suite struct ManySystemsTests {
    private static func document(_ count: Int) -> String {
        let systems = (0..<count).map { number in
            """
            system node\(number) (
                cpu.count >= 1 and net_interface.0.connection = 'public' and
                net_interface.0.dns_name = 'host\(number)' and disk.0.image.url = 'dummy://image' and
                disk.0.os.credentials.password = 'p\(number)' and disk.0.os.credentials.username = 'u'
            )
            deploy node\(number) 1
            """
        }
        return "network public (outbound = 'yes')\n" + systems.joined(separator: "\n") + "\ncontextualize ()\n"
    }

    @Test func systemsAreLaunchedTogether() async throws {
        let count = 2 * LaunchQueue.mostKinds + 50
        let connector = WrappedConnector()
        let fixture = try Fixture(dummy: connector)
        let (submitted, operation) = try await fixture.deploy(Self.document(count))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(snapshot.machines.count == count)
        #expect(snapshot.state == .configured)
        #expect(snapshot.launches.isEmpty, "what launches asked for is dropped with their results")
        #expect(connector.count("machine.launch") == 3)
        #expect(connector.count("catalog.images") == 1, "the same question is asked once for a plan")
        #expect(connector.count("catalog.flavors") == 1)
        // Each got what its own system asks for.
        let machines = try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }
        for machine in machines {
            let id = MachineID(rawValue: try #require(machine.machine?.machineID))
            #expect(machine.name == "node\(id.number)-\(id.number)")
        }
        #expect(Set(machines.compactMap(\.machine?.machineID)).count == count)
    }

    @Test func aSecondUpFindsThemUnchanged() async throws {
        let fixture = try Fixture()
        let (first, _) = try await fixture.deploy(Self.document(30), name: "m")
        let plan = try await fixture.manager.plan(fixture.request(Self.document(31), name: "m"))
        #expect(plan.added.map(\.system) == ["node30"])
        #expect(plan.removed.isEmpty)
        #expect(plan.kept.count == 30)
        let (second, operation) = try await fixture.deploy(Self.document(29), name: "m")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        #expect(first.infrastructure == second.infrastructure)
        let left = try await fixture.manager.snapshot(first.infrastructure, caller: .local).machines.filter(\.isAlive)
        #expect(left.map(\.system) == (0..<29).map { "node\($0)" })
    }

    @Test func sentencesAboutOneSystemAddUp() async throws {
        let fixture = try Fixture()
        let more = Fixture.document(2) + "\ndeploy node 3\n"
        _ = try await fixture.deploy(Fixture.document(1), name: "s")
        let plan = try await fixture.manager.plan(fixture.request(more, name: "s"))
        #expect(plan.added.map(\.system) == ["node", "node", "node", "node"])
        let (submitted, operation) = try await fixture.deploy(more, name: "s")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let machines = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).machines
        #expect(machines.filter(\.isAlive).count == 5)
    }
}
