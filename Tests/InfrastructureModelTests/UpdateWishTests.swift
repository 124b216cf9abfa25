import InfrastructureModel
import Testing

/// Changes by parts, whose wishes are written when their turn comes.
@Suite struct UpdateWishTests {
    @Test("whatever dies at whatever moment, one goes and another comes", arguments: 0..<200)
    func crashes(seed: UInt64) throws {
        var world = World(seed: seed, machines: 3, crashes: true, failures: false)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        world.change(removing: [1], adding: 2)
        try world.runToEnd()
        #expect(world.machine.outcome == .succeeded)
        let states = world.machine.snapshot.machines.map(\.state)
        #expect(states == [.configured, .off, .configured, .configured, .configured])
        #expect(world.cloud.alive.count == 4)
        #expect(world.machine.snapshot.infrastructure.nextNumber == 5)
        #expect(world.machine.snapshot.infrastructure.generation == 1, "however often it was begun")
    }

    @Test func whatWaitsIsForeseen() throws {
        var world = World(seed: 1, machines: 2, crashes: false, failures: false)
        try world.runToEnd()
        var snapshot = world.machine.snapshot
        var wish = UpdateWish(contextualizes: true, nextNumber: 2)
        wish.removed = [.init(number: 0, reason: "asked for")]
        wish.configured = [1]
        snapshot.foresee(wish, of: "o")
        #expect(snapshot.machines.map(\.state) == [.deleting, .running])
        #expect(snapshot.state == .running)
        snapshot.infrastructure.powerOperation = "o"
        let begun = snapshot
        snapshot.foresee(wish, of: "o")
        #expect(snapshot == begun)
    }
}
