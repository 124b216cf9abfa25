import Foundation
import InfrastructureModel
import RADL
import Support
import Testing

/// Plays the machine against a cloud that it does not see, in random order of answers, with failures and with restarts
/// between any two steps.
@Suite struct InfrastructureStateMachineTests {
    @Test("any order of answers, failures and restarts ends as asked", arguments: 0..<300)
    func randomOrders(seed: UInt64) throws {
        var world = World(
            seed: seed, machines: Int(seed % 7) + 1, crashes: true, failures: true, systems: Int(seed % 3) + 1,
            batchSizes: seed % 4 == 0 ? ["fake": 2] : [:])
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.machine.snapshot.launches.isEmpty, "what launches ask for is kept no longer than it is needed")
        #expect(world.stored.launches.isEmpty)
        #expect(world.cloud.alive.count == world.machine.snapshot.machines.filter { $0.goal == .present }.count)
        #expect(Set(world.cloud.alive.values.map(\.self)).count == world.cloud.alive.count, "one machine each")
        for machine in world.machine.snapshot.machines { #expect(machine.state == .configured) }
    }

    @Test("a destroy at any moment leaves nothing at the cloud", arguments: 0..<300)
    func destroyAnywhere(seed: UInt64) throws {
        var world = World(seed: seed, machines: Int(seed % 5) + 1, crashes: true, failures: true)
        world.runSteps(Int(seed % 13))
        world.destroy()
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.machine.snapshot.infrastructure.phase == .destroyed)
        #expect(world.cloud.alive.isEmpty)
        #expect(world.machine.snapshot.machines.allSatisfy { !$0.isAlive })
        // Gone on with after a crash at that moment: its credentials are no longer there to do anything.
        var again = InfrastructureStateMachine(snapshot: world.machine.snapshot)
        #expect(again.nextActions(now: Date()).isEmpty)
        #expect(again.outcome == .succeeded)
    }

    @Test("a machine without further candidates fails with its reason, the others go on")
    func failsWithReason() throws {
        var world = World(seed: 1, machines: 3, crashes: false, failures: false)
        world.cloud.refused = [MachineID(infrastructure: World.id, number: 1)]
        try world.runToEnd()
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure, got \(String(describing: world.machine.outcome))")
            return
        }
        #expect(message.contains("machine 1"))
        #expect(message.contains("sold out"))
        #expect(world.machine.snapshot.machines.map(\.state) == [.configured, .failed, .configured])
        #expect(world.cloud.alive.count == 2)
    }

    @Test("what cannot be removed is named, and the infrastructure stays on record")
    func leftovers() throws {
        var world = World(seed: 2, machines: 1, crashes: false, failures: false)
        try world.runToEnd()
        world.cloud.immortal = true
        world.destroy()
        try world.runToEnd()
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(message.contains("run destroy again"))
        #expect(world.machine.snapshot.infrastructure.phase == .destroying)
        world.cloud.immortal = false
        world.restart()
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.cloud.alive.isEmpty)
    }

    @Test("a launch call has no more machines than the connector takes")
    func batchesOfAConnector() throws {
        var world = World(seed: 6, machines: 7, crashes: false, failures: false, batchSizes: ["fake": 3, "other": 1])
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.cloud.launches.values.map(\.count).sorted() == [1, 3, 3])
    }

    @Test("one launch call has machines of several systems, those of one system together")
    func batchesOfSeveralSystems() throws {
        var world = World(
            seed: 7, machines: 10, crashes: false, failures: false, systems: 3, batchSizes: ["fake": 6])
        var numbers: [[Int]] = []
        try world.runToEnd { actions in
            for case .launch(let batch) in actions { numbers.append(batch.machines.map(\.number)) }
        }
        #expect(world.machine.outcome == .succeeded)
        #expect(numbers == [[0, 3, 6, 9, 1, 4], [7, 2, 5, 8]])
    }

    @Test("one launch call has so many systems at most that it can be done in its time")
    func systemsOfOneBatch() throws {
        let count = 2 * LaunchQueue.mostKinds + 1
        var world = World(seed: 8, machines: 2 * count, crashes: false, failures: false, systems: count)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        let sizes = world.cloud.launches.values.map(\.count).sorted()
        #expect(sizes == [2, 2 * LaunchQueue.mostKinds, 2 * LaunchQueue.mostKinds])
    }

    @Test("ports of the document reach clouds whose machines already run, once an operation")
    func preparesWhereMachinesRun() throws {
        var world = World(seed: 4, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        world.restart()
        var copy = world.machine
        let actions = copy.nextActions(now: Date(timeIntervalSince1970: 0))
        #expect(actions.contains(.prepare(World.cloudReference)))
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
    }

    @Test("what cannot be prepared where machines run is told, and they stay")
    func preparationFailureWhereMachinesRun() throws {
        var world = World(seed: 5, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        world.restart()
        world.cloud.preparationFailure = "no right to change groups"
        try world.runToEnd()
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(message.contains("ports and keys at c: no right to change groups"))
        #expect(world.cloud.alive.count == 2)
    }

    @Test("where a cloud cannot be prepared, no candidate at it is tried, and the operation ends with the reason")
    func preparationFailureAtAllCandidates() throws {
        var world = World(seed: 9, machines: 3, crashes: false, failures: true)
        world.cloud.preparationFailure = "no session"
        try world.runToEnd()
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(message.contains("machine 2 (s0) is failed: no session"))
        #expect(world.machine.snapshot.machines.allSatisfy { $0.state == .failed && $0.alternatives.isEmpty })
        #expect(world.cloud.launches.isEmpty)
    }

    @Test("a machine that its provider no longer knows is shown as such")
    func vanished() throws {
        var world = World(seed: 3, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        world.cloud.alive.removeValue(forKey: try #require(world.machine.snapshot.machines[0].providerID))
        world.restart()
        try world.runToEnd()
        #expect(world.machine.snapshot.machines[0].phase == .vanished)
        #expect(world.machine.snapshot.machines[0].isListed)
        #expect(world.machine.snapshot.machines[0].detail?.contains("somebody else") == true)
        #expect(world.machine.outcome != .succeeded)
    }

    @Test("what a machine that somebody else removed left behind goes with the infrastructure")
    func vanishedIsTerminated() throws {
        var world = World(seed: 3, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        let provider = try #require(world.machine.snapshot.machines[0].providerID)
        world.cloud.alive.removeValue(forKey: provider)
        world.restart()
        try world.runToEnd()
        #expect(world.machine.snapshot.machines[0].phase == .vanished)
        #expect(world.machine.snapshot.machines[0].vanishedID == provider)
        #expect(!world.cloud.terminated.contains(provider))
        world.destroy()
        try world.runToEnd()
        #expect(world.cloud.terminated.contains(provider))
        #expect(world.machine.snapshot.machines.allSatisfy { $0.phase == .terminated })
        #expect(world.machine.snapshot.infrastructure.phase == .destroyed)
    }

    @Test("what no other try removes is tried once, and is told", arguments: [(false, 1), (true, 6)])
    func leftOver(mayPass: Bool, sweeps: Int) throws {
        var world = World(seed: 3, machines: 1, crashes: false, failures: false)
        try world.runToEnd()
        let image = ResourceRecord(
            infrastructure: World.id, cloud: World.cloudReference, kind: "image", id: "i", problem: "it is in use")
        world.cloud.leftOver = (image, mayPass)
        world.destroy()
        try world.runToEnd()
        #expect(world.cloud.sweeps == sweeps)
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(message.contains("image i: it is in use"))
        // Destroyed again, it is looked at again.
        world.cloud.leftOver = nil
        world.destroy()
        try world.runToEnd()
        #expect(world.machine.snapshot.infrastructure.phase == .destroyed)
    }

    @Test("a new machine that its provider does not know is given two minutes, not half an hour")
    func notShown() throws {
        let world = World(seed: 3, machines: 1, crashes: false, failures: false)
        var snapshot = world.stored
        let launched = world.now
        snapshot.machines[0].phase = .starting(provider: "i-1")
        snapshot.machines[0].launchedAt = launched
        let id = snapshot.machines[0].id
        var machine = InfrastructureStateMachine(snapshot: snapshot)
        func look(after seconds: Double) -> MachineRecord.Phase {
            machine.handle(
                .described(World.cloudReference, [id: nil], problems: [:]), now: launched.addingTimeInterval(seconds))
            return machine.snapshot.machines[0].phase
        }
        #expect(look(after: 119) == .starting(provider: "i-1"))
        #expect(look(after: 121) == .failed(message: "the provider does not know i-1", provider: "i-1"))
    }

    @Test("a state that there is not is told once, and is in the reason once the time is over")
    func unlistedState() throws {
        let world = World(seed: 3, machines: 1, crashes: false, failures: false)
        var snapshot = world.stored
        let launched = world.now
        snapshot.machines[0].phase = .starting(provider: "i-1")
        snapshot.machines[0].launchedAt = launched
        let id = snapshot.machines[0].id
        var limits = InfrastructureStateMachine.Limits()
        limits.running = .seconds(60)
        var machine = InfrastructureStateMachine(snapshot: snapshot, limits: limits)
        func answer(_ state: ProviderMachine.State, _ problem: String? = nil, after seconds: Double) -> [String] {
            let seen = ProviderMachine(id: "i-1", state: state, stateProblem: problem)
            machine.handle(
                .described(World.cloudReference, [id: seen], problems: [:]), now: launched.addingTimeInterval(seconds))
            return machine.takeChanges().events.filter { $0.kind == .message || $0.kind == .machineFailed }.map(\.text)
        }
        let told = answer(.unknown, "its state is 'flying'", after: 1)
        #expect(told == ["s0 (i-1 at c) is waited for: its state is 'flying'"])
        #expect(answer(.unknown, "its state is 'flying'", after: 2) == [])
        #expect(answer(.unknown, after: 3) == ["s0 (i-1 at c) is waited for: its provider does not know its state"])
        #expect(answer(.pending, after: 4) == [])
        #expect(answer(.unknown, "its state is 'flying'", after: 5) == told)
        let end = answer(.unknown, "its state is 'flying'", after: 61)
        #expect(
            end.count == 1 && end[0].hasSuffix("not running with an address after 60.0 seconds: its state is 'flying'"))
    }
}
