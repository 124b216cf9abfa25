import ConnectorAPI
import InfrastructureModel
import Orchestration
import Support
import Testing

/// Machines that somebody removed before they ran.
@Suite struct MissedMachineTests {
    @Test func oneThatWasRemovedBeforeItRanIsReplaced() async throws {
        var limits = InfrastructureStateMachine.Limits(firstPoll: .milliseconds(1), longestPoll: .milliseconds(5))
        limits.showing = .zero
        let fixture = try Fixture(limits: limits)
        let clouds = [
            CloudCredential(id: "slow", type: "Dummy", values: Secret(["type": "Dummy", "bootMs": "600000"]))
        ]
        let request = fixture.request(Fixture.document(1), name: "i", clouds: clouds)
        let submitted = try await fixture.manager.deploy(request)
        let id = submitted.infrastructure
        let operation = Task { try await fixture.manager.follow(submitted) }
        while try await fixture.manager.snapshot(id, caller: .local).machines.first?.launchedAt == nil {
            await Task.yield()
        }
        operation.cancel()
        _ = await operation.result
        #expect(try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state) == [.pending])
        #expect(try await fixture.manager.plan(request).removed.isEmpty)
        let gone = try #require(try await fixture.cloudMachines(id).first { $0.kind == .machine })
        let session = try await fixture.dummy.openSession(
            OpenSessionRequest(credentials: Credentials([:])), context: CallContext()
        ).session
        _ = try await fixture.dummy.terminate(
            MachinesRequest(session: session, ids: [gone.id]), context: CallContext())
        let plan = try await fixture.manager.plan(request)
        #expect(plan.removed.map(\.reason) == ["it was removed at the provider"])
        #expect(plan.added.count == 1)
    }
}
