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
        #expect(world.machine.snapshot.machines[0].detail?.contains("somebody else") == true)
        #expect(world.machine.outcome != .succeeded)
    }
}

/// A random number generator that repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What is really there: keyed by token and machine, as a cloud with idempotency tokens keeps it.
struct FakeCloud {
    var alive: [String: MachineID] = [:]
    var launches: [BatchToken: [MachineID: String]] = [:]
    var refused: Set<MachineID> = []
    var immortal = false
    var preparationFailure: String?
    private var counter = 0

    mutating func launch(_ batch: LaunchBatch, failing: Set<MachineID>) -> [MachineID: LaunchResult] {
        var results: [MachineID: LaunchResult] = [:]
        for id in batch.machines {
            if let known = launches[batch.token]?[id] {
                results[id] = .machine(ProviderMachine(id: known, state: .pending))
            } else if refused.contains(id) || failing.contains(id) {
                results[id] = .failed(message: "sold out")
            } else {
                counter += 1
                let provider = "i-\(counter)"
                launches[batch.token, default: [:]][id] = provider
                alive[provider] = id
                results[id] = .machine(ProviderMachine(id: provider, state: .pending))
            }
        }
        return results
    }
}

struct World {
    static let id = InfrastructureID(rawValue: "11111111-0000-4000-8000-000000000000")
    static let cloudReference = CloudReference(
        id: "c", type: "Fake", connector: "fake", credential: CredentialID(rawValue: "cred"))

    var machine: InfrastructureStateMachine
    var cloud = FakeCloud()
    private(set) var stored: InfrastructureSnapshot
    private var pending: [InfrastructureAction] = []
    private var random: SplitMix
    private var limits = InfrastructureStateMachine.Limits()
    private let crashes: Bool
    private let failures: Bool
    private var now = Date(timeIntervalSince1970: 1_000_000)

    init(
        seed: UInt64, machines: Int, crashes: Bool, failures: Bool, systems: Int = 1,
        batchSizes: [String: Int] = [:]
    ) {
        limits.batchSizes = batchSizes
        random = SplitMix(state: seed)
        self.crashes = crashes
        self.failures = failures
        let placement = Placement(cloud: Self.cloudReference, image: "img", flavor: "small")
        var record = InfrastructureRecord(id: Self.id, name: "t", owners: [], createdAt: now)
        record.clouds = [Self.cloudReference]
        record.nextNumber = machines
        let alternatives = failures ? Array(repeating: placement, count: 50) : []
        let created = now
        stored = InfrastructureSnapshot(
            infrastructure: record, secrets: InfrastructureSecrets(document: Secret("")),
            machines: (0..<machines).map {
                MachineRecord(
                    id: MachineID(infrastructure: Self.id, number: $0), system: "s\($0 % systems)",
                    placement: placement, alternatives: alternatives, createdAt: created, specification: "")
            }, resources: [])
        machine = InfrastructureStateMachine(snapshot: stored, limits: limits)
    }

    /// The process dies: what was not stored and what was under way is lost.
    mutating func restart() {
        machine = InfrastructureStateMachine(snapshot: stored, limits: limits)
        pending = []
    }

    mutating func destroy() {
        restart()
        machine.begin("destroy", destroys: true, now: now)
    }

    private mutating func store() {
        guard machine.hasChanges else { return }
        let changes = machine.takeChanges()
        if let record = changes.record { stored.infrastructure = record }
        for token in changes.endedLaunches { stored.launches[token] = nil }
        stored.launches.merge(changes.launches) { $1 }
        for changed in changes.machines { stored.machines[changed.id.number] = changed }
        stored.resources = machine.snapshot.resources
    }

    mutating func runSteps(_ count: Int) {
        for _ in 0..<count { _ = step() }
    }

    mutating func runToEnd(_ see: ([InfrastructureAction]) -> Void = { _ in }) throws {
        for _ in 0..<5_000 where !step(see) { return }
        Issue.record("no end: \(machine.snapshot.machines.map(\.phase)), pending \(pending)")
    }

    /// One step; false when the operation has ended.
    private mutating func step(_ see: ([InfrastructureAction]) -> Void = { _ in }) -> Bool {
        now += 1
        let destroying = machine.snapshot.infrastructure.goal == .destroyed
        let actions = machine.nextActions(now: now)
        if crashes, Int.random(in: 0..<12, using: &random) == 0 {
            // Decided, not stored: as if it had never been.
            restart()
            if destroying, machine.snapshot.infrastructure.goal != .destroyed {
                machine.begin("destroy", destroys: true, now: now)
            }
            return true
        }
        for case .launch(let batch) in actions where machine.snapshot.launches[batch.token] == nil {
            machine.remember(Data("items".utf8), of: batch.token)
        }
        store()
        see(actions)
        pending += actions
        if pending.isEmpty { return machine.outcome == nil }
        let action = pending.remove(at: Int.random(in: 0..<pending.count, using: &random))
        let input = perform(action)
        if crashes, Int.random(in: 0..<8, using: &random) == 0 {
            // Done at the cloud, answer lost.
            restart()
            return true
        }
        machine.handle(input, now: now)
        return true
    }

    private mutating func perform(_ action: InfrastructureAction) -> InfrastructureInput {
        let fails = failures && Int.random(in: 0..<6, using: &random) == 0
        switch action {
        case .prepare(let cloud):
            if let message = self.cloud.preparationFailure { return .preparationFailed(cloud, message: message) }
            return .prepared(cloud, [])
        case .launch(let batch):
            #expect(machine.snapshot.launches[batch.token] != nil, "what it asks for is stored before the call")
            if fails, Bool.random(using: &random) {
                // The answer is lost, or there was none: done or not.
                let unknown = Dictionary(
                    uniqueKeysWithValues: batch.machines.map { ($0, LaunchResult.unknown(message: "timed out")) })
                if Bool.random(using: &random) { _ = cloud.launch(batch, failing: []) }
                return .launched(batch, unknown)
            }
            let failing = fails ? Set(batch.machines.filter { _ in Bool.random(using: &random) }) : []
            return .launched(batch, cloud.launch(batch, failing: failing))
        case .describe(let reference, let ids, _):
            if fails { return .describeFailed(reference, message: "throttled") }
            var answers: [MachineID: ProviderMachine?] = [:]
            var problems: [MachineID: String] = [:]
            for id in ids {
                if failures, Int.random(in: 0..<10, using: &random) == 0 {
                    problems[id] = "cannot tell"
                    continue
                }
                guard let provider = machine.snapshot.machines[id.number].providerID, cloud.alive[provider] != nil
                else {
                    answers.updateValue(nil, forKey: id)
                    continue
                }
                let address = MachineRecord.Address(interface: 0, address: "10.0.0.\(id.number)", isPublic: false)
                answers[id] = ProviderMachine(
                    id: provider, state: Bool.random(using: &random) ? .running : .pending, addresses: [address])
            }
            return .described(reference, answers, problems: problems)
        case .findLaunches(let reference, let tokens, _):
            var found: [MachineID: String] = [:]
            for token in tokens {
                for (id, provider) in cloud.launches[token] ?? [:] where cloud.alive[provider] != nil {
                    found[id] = provider
                }
            }
            return .launchesFound(reference, tokens, found)
        case .terminate(let reference, let ids, _):
            if cloud.immortal {
                return .terminated(
                    reference, gone: [],
                    problems: Dictionary(uniqueKeysWithValues: ids.map { ($0, "the provider refuses") }))
            }
            for id in ids {
                if let provider = machine.snapshot.machines[id.number].providerID {
                    cloud.alive.removeValue(forKey: provider)
                }
            }
            return .terminated(reference, gone: ids, problems: [:])
        case .sweep(let reference, _):
            cloud.alive.removeAll()
            return .swept(reference, deleted: [], left: [])
        case .contextualize(let generation, let ids):
            return .contextualized(
                generation: generation, Dictionary(uniqueKeysWithValues: ids.map { ($0, .configured) }))
        }
    }
}
