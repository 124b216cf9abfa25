import InfrastructureModel
import Testing

/// Machines that get another size and more disks, whatever dies meanwhile.
@Suite struct AlterationTests {
    private static let wish = AlterWish(
        machine: 1, placement: Placement(cloud: World.cloudReference, image: "img", flavor: "large", cpuCount: 8),
        disks: [MachineRecord.Disk(index: 1, sizeBytes: 10)])

    @Test(arguments: 0..<200)
    func crashes(seed: UInt64) throws {
        var world = World(seed: seed, machines: 3, crashes: true, failures: false)
        try world.runToEnd()
        world.change(Self.wish)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        let machine = world.machine.snapshot.machines[1]
        #expect(machine.placement.flavor == "large")
        #expect(machine.placement.cpuCount == 8)
        #expect(machine.resize == nil)
        #expect(machine.disks?.map(\.isAttached) == [true])
        #expect(world.machine.snapshot.resources.count == 1)
        #expect(world.machine.snapshot.machines.map(\.state) == [.configured, .configured, .configured])
        #expect(world.cloud.flavors == [1: "large"])
    }

    @Test("what shall be stopped and runs is stopped first, and not started by its alteration")
    func whatSomebodyStarted() throws {
        var world = World(seed: 1, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        world.change(.stop)
        try world.runToEnd()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.cloud.states[provider] = .running
        world.change(Self.wish)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        #expect(world.cloud.statesAltered == [.stopped])
        #expect(world.cloud.states[provider] == .stopped && world.machine.snapshot.machines[1].state == .stopped)
    }

    @Test func aMachineThatIsGoneIsTold() throws {
        var world = World(seed: 1, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        let provider = try #require(world.machine.snapshot.machines[1].providerID)
        world.cloud.alive[provider] = nil
        world.converge()
        try world.runToEnd()
        world.change(Self.wish)
        try world.runToEnd()
        #expect(world.machine.outcome == .failed(message: "machine 1 cannot be altered: it is no longer there"))
    }
}
