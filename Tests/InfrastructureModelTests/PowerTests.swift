import Foundation
import InfrastructureModel
import Testing

/// Machines that start, stop and reboot, and what their provider says meanwhile.
@Suite struct PowerTests {
    private func running(_ seed: UInt64 = 1, machines: Int = 3, crashes: Bool = false) throws -> World {
        var world = World(seed: seed, machines: machines, crashes: crashes, failures: false)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        return world
    }

    private func states(_ world: World) -> [MachineState] { world.machine.snapshot.machines.map(\.state) }

    @Test func allStopAndStartAgain() throws {
        var world = try running()
        world.change(.stop)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(states(world) == [.stopped, .stopped, .stopped])
        #expect(world.machine.snapshot.state == .stopped)
        world.change(.start)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(states(world) == [.configured, .configured, .configured])
        #expect(world.cloud.powerCalls.count == 6)
    }

    @Test func oneStopsAndTheOthersStay() throws {
        var world = try running()
        world.change(.stop, [1])
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(states(world) == [.configured, .stopped, .configured])
        #expect(world.cloud.powerCalls.map(\.number) == [1])
    }

    @Test func aRebootIsDoneOnceAndLeavesThemRunning() throws {
        var world = try running()
        world.change(.reboot)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(states(world) == [.configured, .configured, .configured])
        #expect(world.cloud.powerCalls.map(\.number).sorted() == [0, 1, 2])
        // Gone on with although it was over: nothing is rebooted again.
        world.restart()
        try world.runToEnd()
        #expect(world.cloud.powerCalls.count == 3)
    }

    @Test("whatever dies at whatever moment, they end as asked", arguments: 0..<200)
    func crashes(seed: UInt64) throws {
        var world = try running(seed, machines: Int(seed % 4) + 1, crashes: true)
        let call = PowerCall.allCases[Int(seed % 3)]
        world.change(call)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        let expected: MachineState = call == .stop ? .stopped : .configured
        #expect(states(world).allSatisfy { $0 == expected })
        world.destroy()
        try world.runToEnd()
        #expect(world.cloud.alive.isEmpty)
    }

    @Test func whatSomebodyStoppedIsStartedByTheNextDeployment() throws {
        var world = try running()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.cloud.states[provider] = .stopped
        world.converge()
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(states(world) == [.configured, .configured, .configured])
        #expect(world.cloud.powerCalls.map(\.number) == [1])
    }

    @Test(
        "a machine that ran is kept, whatever its provider says for a while",
        arguments: [
            ProviderMachine.State.stopping, .unknown, .pending, .failed,
        ])
    func isKept(state: ProviderMachine.State) throws {
        var world = try running()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.wait(.seconds(100_000))
        world.cloud.states[provider] = state
        world.cloud.isStuck = true
        world.converge()
        try world.runToEnd()
        guard case .failed(let message) = world.machine.outcome else {
            Issue.record("expected a failure, got \(String(describing: world.machine.outcome))")
            return
        }
        #expect(message.contains("power of machine 1: "))
        #expect(world.cloud.alive.count == 3)
        #expect(world.machine.snapshot.machines[1].providerID == provider)
        world.cloud.states[provider] = nil
        world.cloud.isStuck = false
        world.converge()
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
    }

    @Test("a machine that has failed since it ran tells why, and is started once", arguments: [true, false])
    func failedIsStarted(isStuck: Bool) throws {
        var world = try running()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.cloud.states[provider] = .failed
        world.cloud.failures[provider] = "the disk is full"
        world.cloud.isStuck = isStuck
        world.change(.start)
        try world.runToEnd()
        #expect(world.cloud.powerCalls.map(\.number) == [1])
        let machine = world.machine.snapshot.machines[1]
        guard isStuck else {
            #expect(world.machine.outcome == .succeeded)
            #expect(machine.state == .configured && machine.detail == nil)
            return
        }
        #expect(
            world.machine.outcome
                == .failed(message: "power of machine 1: failed at its provider: the disk is full"))
        #expect(machine.state == .stopped && machine.detail == "the disk is full")
    }

    @Test("a machine that its host has paused is stopped when it shall be")
    func pausedIsStopped() throws {
        var world = try running()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.cloud.states[provider] = .stopped
        world.cloud.failures[provider] = "its host has paused it"
        world.change(.stop, [1])
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.cloud.powerCalls.map(\.number) == [1])
        #expect(states(world) == [.configured, .stopped, .configured])
    }

    @Test func whatIsGoneIsToldAndTheOthersStop() throws {
        var world = try running()
        let provider = try #require(world.machine.snapshot.machines[2].providerID)
        world.cloud.alive[provider] = nil
        world.change(.stop)
        try world.runToEnd()
        #expect(world.machine.snapshot.machines[2].phase == .vanished)
        #expect(states(world).prefix(2) == [.stopped, .stopped])
    }
}
