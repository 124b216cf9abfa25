import ConnectorAPI
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Testing

/// Changes of an infrastructure that come while another operation is unfinished.
@Suite struct QueueTests {
    private func update(
        _ fixture: Fixture, _ id: InfrastructureID, _ kind: InfrastructureUpdate.Kind, _ document: String = ""
    ) async throws -> SubmittedOperation {
        var request = fixture.request(document)
        request.update = InfrastructureUpdate(id, kind)
        return try await fixture.manager.deploy(request)
    }

    private static let oneMore = """
        network public
        system node
        deploy node 1
        """

    @Test func changesWaitForTheirTurn() async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(fixture.request(Fixture.document(3)))
        let id = created.infrastructure
        let added = try await update(fixture, id, .add, Self.oneMore)
        #expect(added.added.map(\.number) == [3])
        let removed = try await update(fixture, id, .remove([0]))
        let next = try await update(fixture, id, .add, Self.oneMore)
        #expect(next.added.map(\.number) == [4])
        #expect(try await fixture.manager.waitForTurn(of: added) == false)
        var states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        #expect(states == [.deleting, .pending, .pending, .pending, .pending])
        // Nobody waits for what others are to do first.
        try await fixture.manager.waitUntilLaunched(added, caller: .local)
        try await fixture.manager.waitUntilRemoved(removed, [0], caller: .local)

        #expect(try await fixture.manager.follow(next).status == .succeeded)
        for operation in [created, added, removed] {
            let end = try await fixture.store.operation(operation.operation)
            #expect(end?.status == .succeeded, "\(end?.error ?? "")")
        }
        states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        #expect(states == [.off, .configured, .configured, .configured, .configured])
        #expect(try await fixture.cloudMachines(id).filter { $0.kind == .machine }.count == 4)
    }

    @Test func powerWaitsOnlyWhereThatIsWanted() async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(fixture.request(Fixture.document(1)))
        let held = try await fixture.store.claim(
            holder: .current, kinds: [.create], subjects: nil, now: Date(), duration: .seconds(60))
        await #expect {
            try await fixture.manager.change(.stop, created.infrastructure, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.code == .busy
        }
        try await fixture.store.release(try #require(held?.lease), dueAt: .distantPast)
        let stopped = try await fixture.manager.change(.stop, created.infrastructure, caller: .local, queues: true)
        #expect(try await fixture.manager.follow(stopped).status == .succeeded)
        #expect(try await fixture.manager.snapshot(created.infrastructure, caller: .local).state == .stopped)
    }

    /// As after a crash: nobody carries out what is unfinished.
    @Test func theSameCommandAgainGoesOn() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(2))
        let first = try await fixture.manager.change(.stop, created.infrastructure, caller: .local)
        let again = try await fixture.manager.change(.stop, created.infrastructure, caller: .local)
        #expect(try await fixture.manager.follow(again).status == .succeeded)
        #expect(try await fixture.store.operation(first.operation)?.status == .succeeded)
        #expect(try await fixture.manager.snapshot(created.infrastructure, caller: .local).state == .stopped)
    }

    @Test func changesAtTheSameTimeLoseNothing() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(1))
        let submitted = try await withThrowingTaskGroup(of: SubmittedOperation.self) { group in
            for _ in 0..<8 {
                group.addTask { try await update(fixture, created.infrastructure, .add, Self.oneMore) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(submitted.flatMap(\.added).map(\.number).sorted() == Array(1...8))
        for operation in submitted { #expect(try await fixture.manager.follow(operation).status == .succeeded) }
        let snapshot = try await fixture.manager.snapshot(created.infrastructure, caller: .local)
        #expect(snapshot.machines.map(\.state) == Array(repeating: .configured, count: 9))
        #expect(snapshot.infrastructure.nextNumber == 9)
    }

    @Test func whatIsDestroyedTakesNoChange() async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(fixture.request(Fixture.document(1)))
        _ = try await fixture.manager.destroy(created.infrastructure, caller: .local)
        await #expect {
            _ = try await update(fixture, created.infrastructure, .add, Self.oneMore)
        } throws: {
            ($0 as? ManagerError)?.message == "Infrastructure deleted. Do not add resources."
        }
    }

    @Test func destructionEndsWhatWaits() async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(fixture.request(Fixture.document(1)))
        let added = try await update(fixture, created.infrastructure, .add, Self.oneMore)
        #expect(try await fixture.destroy(created.infrastructure)?.status == .succeeded)
        #expect(try await fixture.store.operation(added.operation)?.status == .cancelled)
        #expect(try await fixture.cloudMachines(created.infrastructure).isEmpty)
    }

    // MARK: Machines that do not answer

    /// Asks something of machine 1 behind an operation that waits for it.
    private func ask(_ change: String, _ fixture: Fixture, _ id: InfrastructureID) async throws -> SubmittedOperation {
        switch change {
        case "alter":
            let altered = try await fixture.manager.alter(
                1, of: id, document: "system node (cpu.count >= 2)", caller: .local, queues: true)
            return try #require(altered)
        case "remove": return try await update(fixture, id, .remove([1]))
        default:
            return try await fixture.manager.change(
                try #require(PowerCall(rawValue: change)), id, machines: [1],
                caller: .local, queues: true)
        }
    }

    @Test(
        "a machine that does not answer is no longer waited for when it is to stop, change or go",
        .timeLimit(.minutes(1)), arguments: ["stop", "reboot", "alter", "remove"])
    func hangingMachines(change: String) async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(
            fixture.request(Fixture.document(3, contextualize: ""), name: "i"))
        let id = created.infrastructure
        await fixture.contextualizer.silence([MachineID(infrastructure: id, number: 1).rawValue])
        let asked = try await ask(change, fixture, id)
        let ended = try await fixture.manager.follow(asked)
        // The others are configured again after a removal; the machine that went has taken no part.
        #expect(ended.status == .succeeded, "\(ended.error ?? "")")
        let first = try #require(try await fixture.store.operation(created.operation))
        #expect(first.status == .failed)
        #expect(first.error?.contains("machine 1 (node) is unconfigured: it does not answer and is no longer") == true)
        let word = ["alter": "another size", "remove": "its removal"][change] ?? "its \(change)"
        #expect(first.error?.contains("since \(word) was asked for") == true, "\(first.error ?? "")")
        let states = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.state)
        let state: MachineState = change == "stop" ? .stopped : change == "remove" ? .off : .unconfigured
        #expect(states == [.configured, state, .configured])
        // Those that answered were configured by the same run, which went on without it.
        #expect(await fixture.contextualizer.requests.prefix(2).map(\.machines.count) == [3, 2])
        // A later deployment goes on.
        await fixture.contextualizer.silence([])
        let (_, again) = try await fixture.deploy(Fixture.document(3, contextualize: ""), name: "i")
        #expect(again.status == .succeeded, "\(again.error ?? "")")
        #expect(try await fixture.manager.snapshot(id, caller: .local).state == .configured)
    }

    @Test("what else is asked of a machine that does not answer waits for its turn", .timeLimit(.minutes(1)))
    func hangingMachinesAreWaitedFor() async throws {
        let fixture = try Fixture()
        let created = try await fixture.manager.deploy(
            fixture.request(Fixture.document(2, contextualize: ""), name: "i"))
        let id = created.infrastructure
        await fixture.contextualizer.silence([MachineID(infrastructure: id, number: 1).rawValue])
        _ = try await fixture.manager.change(.start, id, caller: .local, queues: true)
        _ = try await fixture.manager.change(.stop, id, machines: [0], caller: .local, queues: true)
        let following = Task { try await fixture.manager.follow(created) }
        while await fixture.contextualizer.requests.isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        for _ in 0..<20 { _ = try await fixture.store.commitCounter() }
        #expect(try await fixture.store.operation(created.operation)?.status == .running)
        #expect(await fixture.contextualizer.requests.count == 1)
        // Only what is asked of this one counts.
        let stop = try await fixture.manager.change(.stop, id, machines: [1], caller: .local, queues: true)
        #expect(try await following.value.status == .failed)
        #expect(try await fixture.manager.follow(stop).status == .succeeded)
        #expect(try await fixture.manager.snapshot(id, caller: .local).state == .stopped)
    }
}
