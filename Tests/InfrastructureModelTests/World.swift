import Foundation
import InfrastructureModel
import Support
import Testing

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
    /// What the provider says of machines beside that they run.
    var states: [String: ProviderMachine.State] = [:]
    /// Why they do not run.
    var failures: [String: String] = [:]
    /// Whether no call changes what they are.
    var isStuck = false
    /// Starts, stops and reboots that were done, in order.
    var powerCalls: [(call: PowerCall, number: Int)] = []
    /// Sizes that machines were given, by their numbers.
    var flavors: [Int: String] = [:]
    /// The states on record of machines that were altered.
    var statesAltered: [MachineState] = []
    var launches: [BatchToken: [MachineID: String]] = [:]
    var refused: Set<MachineID> = []
    /// Those that were to be removed, whether they were there or not.
    var terminated: Set<String> = []
    var immortal = false
    var sweeps = 0
    /// What no sweep removes, and whether that may pass.
    var leftOver: (resource: ResourceRecord, mayPass: Bool)?
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
    private var operation: (InfrastructureStateMachine.Purpose, PowerWish?) = (.deployment(contextualizes: true), nil)
    private var update: (id: String, wish: UpdateWish)?
    private var alteration: (id: String, wish: AlterWish)?
    private let crashes: Bool
    private let failures: Bool
    private(set) var now = Date(timeIntervalSince1970: 1_000_000)

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

    /// The process dies: what was not stored and what was under way is lost. The operation is gone on with.
    mutating func restart() {
        machine = InfrastructureStateMachine(snapshot: stored, limits: limits)
        pending = []
        machine.begin("again", for: operation.0, now: now)
        if let wish = operation.1 { machine.take(wish) }
        if let update { machine.take(update.wish, of: update.id, now: now) }
        if let alteration { machine.take(alteration.wish, of: alteration.id) }
    }

    mutating func destroy() {
        update = nil
        alteration = nil
        operation = (.removal, nil)
        restart()
    }

    /// A new operation for the same document.
    mutating func converge() {
        update = nil
        alteration = nil
        operation = (.deployment(contextualizes: true), nil)
        for index in stored.machines.indices { stored.machines[index].power = nil }
        restart()
    }

    /// One machine is altered.
    mutating func change(_ wish: AlterWish) {
        update = nil
        operation = (.power, nil)
        alteration = (id: "alter \(now)", wish: wish)
        restart()
    }

    /// A change by parts: machines go, and as many new ones come.
    mutating func change(removing removed: Set<Int>, adding count: Int) {
        operation = (.deployment(contextualizes: true), nil)
        let first = stored.machines.count
        for number in first..<(first + count) {
            stored.machines.append(
                MachineRecord(
                    id: MachineID(infrastructure: Self.id, number: number), system: "s0",
                    placement: Placement(cloud: Self.cloudReference, image: "img", flavor: "small"), alternatives: [],
                    createdAt: now, specification: ""))
        }
        var wish = UpdateWish(contextualizes: true, nextNumber: first + count)
        wish.removed = removed.sorted().map { .init(number: $0, reason: "asked for") }
        wish.configured = Set(0..<first).subtracting(removed)
        update = (id: "update \(now)", wish: wish)
        restart()
    }

    mutating func change(_ call: PowerCall, _ machines: Set<Int>? = nil) {
        update = nil
        operation = (.power, PowerWish(operation: "\(now)", call: call, machines: machines))
        restart()
    }

    mutating func wait(_ duration: Duration) {
        now += Double(duration.components.seconds)
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
        let actions = machine.nextActions(now: now)
        if crashes, Int.random(in: 0..<12, using: &random) == 0 {
            // Decided, not stored: as if it had never been.
            restart()
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
                let state = cloud.states[provider] ?? .running
                answers[id] = ProviderMachine(
                    id: provider, state: state == .running && Bool.random(using: &random) ? .pending : state,
                    failure: cloud.failures[provider], addresses: [address])
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
        case .power(let call, let reference, let ids):
            var answers: [MachineID: ProviderMachine] = [:]
            for id in ids {
                guard let provider = machine.snapshot.machines[id.number].providerID, cloud.alive[provider] != nil
                else { continue }
                cloud.powerCalls.append((call, id.number))
                if !cloud.isStuck {
                    cloud.states[provider] = call == .stop ? .stopped : .running
                    cloud.failures[provider] = nil
                }
                answers[id] = ProviderMachine(id: provider, state: call == .stop ? .stopping : .pending)
            }
            return .powered(
                call, reference, answers,
                problems: Dictionary(
                    uniqueKeysWithValues: ids.filter { answers[$0] == nil }.map { ($0, "it is not known") }))
        case .alter(let reference, let id):
            var result = AlterResult()
            let record = machine.snapshot.machines[id.number]
            cloud.statesAltered.append(record.state)
            for disk in record.disks ?? [] where !disk.isAttached {
                result.attached.append(disk.index)
                result.volumes.append(
                    ResourceRecord(infrastructure: Self.id, cloud: reference, kind: "volume", id: "v\(disk.index)"))
            }
            if let size = record.resize {
                cloud.flavors[id.number] = size.flavor
                result.isResized = true
            }
            return .altered(reference, id, result)
        case .terminate(let reference, let ids, _):
            if cloud.immortal {
                return .terminated(
                    reference, gone: [],
                    problems: Dictionary(uniqueKeysWithValues: ids.map { ($0, "the provider refuses") }))
            }
            for id in ids {
                if let provider = machine.snapshot.machines[id.number].providerID {
                    cloud.terminated.insert(provider)
                    cloud.alive.removeValue(forKey: provider)
                }
            }
            return .terminated(reference, gone: ids, problems: [:])
        case .sweep(let reference, _):
            cloud.alive.removeAll()
            cloud.sweeps += 1
            if let left = cloud.leftOver {
                return .swept(reference, deleted: [], left: [left.resource], mayPass: left.mayPass)
            }
            return .swept(reference, deleted: [], left: [])
        case .contextualize(let generation, let ids):
            return .contextualized(
                generation: generation, Dictionary(uniqueKeysWithValues: ids.map { ($0, .configured) }))
        }
    }
}
