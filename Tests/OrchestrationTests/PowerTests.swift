import ConnectorAPI
import ExistingHosts
import InfrastructureModel
import Operations
import Orchestration
import Testing

/// Starts, stops and reboots at a cloud.
@Suite struct PowerTests {
    @Test func theyStopAndStart() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(3, contextualize: ""), name: "i")
        let id = submitted.infrastructure
        let stopped = try await fixture.change(.stop, id, machines: [1])
        #expect(stopped.status == .succeeded)
        var states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        #expect(states == [.configured, .stopped, .configured])
        #expect(try await fixture.cloudMachines(id).compactMap(\.machine?.state).filter { $0 == .stopped }.count == 1)
        #expect(try await fixture.change(.stop, id).status == .succeeded)
        #expect(try await fixture.manager.snapshot(id, caller: .local).state == .stopped)
        #expect(try await fixture.change(.start, id).status == .succeeded)
        #expect(try await fixture.change(.reboot, id, machines: [0]).status == .succeeded)
        states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        #expect(states == [.configured, .configured, .configured])
        let runs = await fixture.contextualizer.requests.count
        #expect(runs == 1, "machines are as they were configured")
    }

    @Test func upStartsWhatWasStopped() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "i")
        #expect(try await fixture.change(.stop, submitted.infrastructure).status == .succeeded)
        let (_, operation) = try await fixture.deploy(Fixture.document(2), name: "i")
        #expect(operation.status == .succeeded)
        let states = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).machines.map(\.state)
        #expect(states == [.configured, .configured])
    }

    @Test func whatVanishedMeanwhileIsReplacedAndForgotten() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "i")
        let id = submitted.infrastructure
        let session = try await fixture.dummy.openSession(
            OpenSessionRequest(credentials: Credentials([:])), context: CallContext()
        ).session
        let gone = try #require(try await fixture.cloudMachines(id).first { $0.kind == .machine })
        _ = try await fixture.dummy.terminate(
            MachinesRequest(session: session, ids: [gone.id]), context: CallContext())
        #expect(try await fixture.change(.stop, id).status == .succeeded)
        var states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        #expect(states.sorted { $0.rawValue < $1.rawValue } == [.off, .stopped])
        let (_, operation) = try await fixture.deploy(Fixture.document(2), name: "i")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(id, caller: .local)
        states = snapshot.machines.filter(\.isAlive).map(\.state)
        #expect(states == [.configured, .configured])
        #expect(snapshot.state == .configured)
    }

    @Test func unknownMachinesAreRefused() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "i")
        await #expect {
            try await fixture.change(.stop, submitted.infrastructure, machines: [0, 7])
        } throws: {
            ($0 as? ManagerError)?.message == "there is no machine 7; there are: 0, 1"
        }
    }

    @Test func whatTheConnectorCannotIsRefused() async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: [.stop]))
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "i")
        await #expect {
            try await fixture.change(.stop, submitted.infrastructure)
        } throws: {
            ($0 as? ManagerError)?.message
                == "connector 'dummy' cannot stop machines (machine 0, 1 at dummy); nothing was done"
        }
        #expect(try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).state == .configured)
    }
}

extension Fixture {
    /// Starts, stops or reboots, and sees it to its end.
    @discardableResult
    func change(
        _ call: PowerCall, _ id: InfrastructureID, machines: Set<Int>? = nil
    ) async throws -> DurableOperation {
        try await manager.follow(try await manager.change(call, id, machines: machines, caller: .local))
    }
}
