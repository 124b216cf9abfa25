import ConnectorAPI
import Foundation

/// What happened in the cloud of the Dummy: one line of its journal.
struct DummyEntry: Codable, Sendable {
    /// Machines of one launch call.
    struct Launch: Codable, Sendable {
        var token: String
        var fingerprint: String
        var tags: [String: String]
        /// Milliseconds since 1970.
        var at: Int64
        var machines: [LaunchedMachine]
    }

    struct LaunchedMachine: Codable, Sendable {
        var id: String
        /// Place in the batch.
        var index: Int
        var machineID: String
        var name: String
        var image: String
        var flavor: String?
        var zone: String?
        var sshPort: Int?
        var tags: [String: String]?
        var addresses: [Machine.Address]
        /// Milliseconds since 1970 from which it runs; nil: at once.
        var readyAt: Int64?
        var state: Machine.State?
        var failure: Machine.Failure?
        var endedAt: Int64?
        /// Networks, groups and key pair that it uses.
        var uses: [Resource.Reference]?
    }

    /// A new state of machines.
    struct Change: Codable, Sendable {
        var ids: [String]
        var state: Machine.State
        var at: Int64
    }

    struct Resize: Codable, Sendable {
        var id: String
        var flavor: String
    }

    struct Count: Codable, Sendable {
        var rule: String
        var calls: Int
    }

    var launch: Launch?
    var change: Change?
    var resize: Resize?
    var resource: Resource?
    var deleted: Resource.Reference?
    var count: Count?
    var lastID: Int64?
}

/// The cloud of the Dummy as a value: entries go in, answers come out. Knows no clock and no file.
struct DummyState: Sendable {
    struct StoredMachine: Sendable {
        var machine: Machine
        var index: Int
        var name: String
        var own: [String: String]?
        var readyAt: Int64?
        var endedAt: Int64?
        var launchedAt: Int64
        var uses: [Resource.Reference]

        /// The machine at a time.
        func seen(at now: Int64) -> Machine {
            guard machine.state == .running, let readyAt, now < readyAt else { return machine }
            var pending = machine
            pending.state = .pending
            pending.addresses = []
            return pending
        }
    }

    struct Batch: Sendable {
        var fingerprint: String
        var tags: [String: String]
        /// Ids by place in the batch.
        var ids: [Int: String]
    }

    private(set) var machines: [String: StoredMachine] = [:]
    private(set) var batches: [String: Batch] = [:]
    private(set) var resources: [Resource.Reference: Resource] = [:]
    private(set) var counts: [String: Int] = [:]
    private(set) var lastID: Int64 = 0

    /// Machines that are not terminated.
    var liveCount: Int { machines.values.count { $0.machine.state != .terminated } }

    mutating func apply(_ entry: DummyEntry) {
        if let launch = entry.launch { apply(launch) }
        if let change = entry.change {
            for id in change.ids {
                machines[id]?.machine.state = change.state
                machines[id]?.readyAt = nil
                if change.state == .terminated {
                    machines[id]?.endedAt = change.at
                    machines[id]?.machine.addresses = []
                }
            }
        }
        if let resize = entry.resize { machines[resize.id]?.machine.flavor = resize.flavor }
        if let resource = entry.resource {
            resources[Resource.Reference(kind: resource.kind, id: resource.id)] = resource
            note(resource.id)
        }
        if let deleted = entry.deleted { resources[deleted] = nil }
        if let count = entry.count { counts[count.rule] = count.calls }
        if let last = entry.lastID { lastID = max(lastID, last) }
    }

    private mutating func apply(_ launch: DummyEntry.Launch) {
        var batch =
            batches[launch.token]
            ?? Batch(fingerprint: launch.fingerprint, tags: launch.tags, ids: [:])
        var shared = launch.tags
        shared[LaunchRequest.batchTag] = launch.token
        let launchedAt = Date(timeIntervalSince1970: Double(launch.at) / 1000)
        for item in launch.machines {
            let tags = item.tags.map { shared.merging($0) { _, own in own } } ?? shared
            let machine = Machine(
                id: item.id, machineID: item.machineID, batchToken: launch.token, state: item.state ?? .running,
                failure: item.failure, addresses: item.addresses, flavor: item.flavor, image: item.image,
                zone: item.zone, launchedAt: launchedAt, sshPort: item.sshPort, tags: tags,
                provider: ["dummy": ["name": .string(item.name)]])
            machines[item.id] = StoredMachine(
                machine: machine, index: item.index, name: item.name, own: item.tags, readyAt: item.readyAt,
                endedAt: item.endedAt, launchedAt: launch.at, uses: item.uses ?? [])
            batch.ids[item.index] = item.id
            note(item.id)
        }
        batches[launch.token] = batch
    }

    private mutating func note(_ id: String) {
        if let number = Int64(id.drop { !$0.isNumber }) { lastID = max(lastID, number) }
    }

    /// Entries that give this state again, without machines that ended before `horizon`.
    func entries(keepingEndedAfter horizon: Int64) -> [DummyEntry] {
        var entries = [DummyEntry(lastID: lastID)]
        for (token, batch) in batches.sorted(by: { $0.key < $1.key }) {
            let kept = batch.ids.sorted { $0.key < $1.key }.compactMap { machines[$0.value] }
                .filter { $0.endedAt.map { $0 >= horizon } ?? true }
            guard let first = kept.first else { continue }
            let items = kept.map { stored in
                DummyEntry.LaunchedMachine(
                    id: stored.machine.id, index: stored.index, machineID: stored.machine.machineID ?? "",
                    name: stored.name, image: stored.machine.image ?? "", flavor: stored.machine.flavor,
                    zone: stored.machine.zone, sshPort: stored.machine.sshPort, tags: stored.own,
                    addresses: stored.machine.addresses, readyAt: stored.readyAt, state: stored.machine.state,
                    failure: stored.machine.failure, endedAt: stored.endedAt,
                    uses: stored.uses.isEmpty ? nil : stored.uses)
            }
            entries.append(
                DummyEntry(
                    launch: .init(
                        token: token, fingerprint: batch.fingerprint, tags: batch.tags, at: first.launchedAt,
                        machines: items)))
        }
        for resource in resources.values.sorted(by: { $0.id < $1.id }) {
            entries.append(DummyEntry(resource: resource))
        }
        for (rule, calls) in counts.sorted(by: { $0.key < $1.key }) {
            entries.append(DummyEntry(count: .init(rule: rule, calls: calls)))
        }
        return entries
    }

    /// Live machines that use a resource.
    func users(of reference: Resource.Reference) -> [String] {
        machines.values.filter { $0.machine.state != .terminated && $0.uses.contains(reference) }
            .map(\.machine.id).sorted()
    }
}
