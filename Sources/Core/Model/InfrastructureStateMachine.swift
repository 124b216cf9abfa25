package import Foundation
import Support

/// Decides what is done next for one infrastructure. Pure: no clock, no I/O, no randomness but injected tokens.
///
/// It compares what is asked for (goals) with what is recorded (phases), so a restart needs no more than the stored
/// snapshot: `nextActions` after a crash answers what was unfinished. The caller, in a loop:
/// 1. asks ``nextActions(now:)``, which also records intents,
/// 2. stores ``takeChanges()`` in one transaction,
/// 3. carries the actions out, and gives what came of them to ``handle(_:now:)``.
package struct InfrastructureStateMachine: Sendable {
    /// Times and counts of patience.
    package struct Limits: Sendable, Hashable {
        /// From the launch to running with an address; then the machine failed and its next candidate is tried.
        package var running: Duration
        /// From the launch until a provider that does not know the machine is believed.
        package var showing = Duration.seconds(120)
        /// From a start, stop or reboot, or from an unclear answer about a machine that ran, until it is given up.
        package var settling: Duration
        /// Delay of the first describe after a launch and the most that it grows to.
        package var firstPoll: Duration
        package var longestPoll: Duration
        /// Tries to remove something before the operation ends with what is left over.
        package var removalAttempts: Int
        /// Most machines of one launch call.
        package var batchSize: Int
        /// Where a connector, by its name, takes fewer.
        package var batchSizes: [String: Int] = [:]

        package init(
            running: Duration = .seconds(1800), settling: Duration = .seconds(600),
            firstPoll: Duration = .milliseconds(200),
            longestPoll: Duration = .seconds(5), removalAttempts: Int = 6, batchSize: Int = 1000
        ) {
            self.running = running
            self.settling = settling
            self.firstPoll = firstPoll
            self.longestPoll = longestPoll
            self.removalAttempts = removalAttempts
            self.batchSize = batchSize
        }

        func batchSize(at cloud: CloudReference) -> Int {
            max(1, min(batchSize, batchSizes[cloud.connector] ?? batchSize))
        }
    }

    /// What an operation is for.
    package enum Purpose: Sendable, Hashable {
        /// The infrastructure shall be as its document says, its machines configured or left as they are.
        case deployment(contextualizes: Bool)
        /// Machines start, stop, reboot or are altered; nothing is launched nor configured.
        case power
        case removal
    }

    /// How the operation ended.
    package enum Outcome: Sendable, Hashable {
        case succeeded
        case failed(message: String)
    }

    /// What is to be written in one transaction.
    package struct Changes: Sendable {
        package var record: InfrastructureRecord?
        package var machines: [MachineRecord]
        package var resources: [ResourceRecord]
        package var removedResources: [ResourceRecord]
        /// What new launches ask for.
        package var launches: [BatchToken: Data]
        /// Launches whose results are known.
        package var endedLaunches: [BatchToken]
        package var events: [InfrastructureEvent]
    }

    package internal(set) var snapshot: InfrastructureSnapshot
    let limits: Limits
    private let makeToken: @Sendable () -> BatchToken

    // What is under way; not stored, because everything under way can be begun again.
    var inFlight: Set<InfrastructureAction.Key> = []
    var prepared: Set<CloudSite> = []
    var preparationFailures: [CloudSite: String] = [:]
    var swept: Set<CloudSite> = []
    var polls: [CloudSite: Int] = [:]
    var verified: Set<MachineID> = []
    var purpose = Purpose.deployment(contextualizes: true)
    /// Calls about the power of machines that were answered in this operation.
    var powerCalls: [MachineID: PowerCall] = [:]
    /// Machines whose size or disks were changed in this operation, or could not be.
    var altered: Set<MachineID> = []
    /// Machines whose provider or connector says no clear state, and what was told of that.
    var unclear: [MachineID: String] = [:]
    /// Since when machines that ran before are waited for.
    var settlingSince: [MachineID: Date] = [:]
    var removalAttempts: [InfrastructureAction.Key: Int] = [:]
    var problems: [String: String] = [:]
    /// Launches of which the connector could not say what they made: they are looked for.
    var unsure: [BatchToken: (message: String, searches: Int)] = [:]
    var contextualized = false
    /// Failures that were told, until when the next try is due.
    var retries: [Retry: Date] = [:]

    struct Retry: Hashable {
        var site: CloudSite
        var message: String
    }

    // What changed since the last `takeChanges`.
    private var index: [MachineID: Int]
    private var dirtyMachines: Set<MachineID> = []
    private var dirtyRecord = false
    private var newResources: [ResourceRecord] = []
    private var removedResources: [ResourceRecord] = []
    private var newLaunches: [BatchToken: Data] = [:]
    private var endedLaunches: [BatchToken] = []
    private var events: [InfrastructureEvent] = []

    /// - Parameters:
    ///   - snapshot: As stored.
    ///   - limits: Patience.
    ///   - makeToken: Gives a new batch token at each call.
    package init(
        snapshot: InfrastructureSnapshot, limits: Limits = Limits(),
        makeToken: @escaping @Sendable () -> BatchToken = { BatchToken.random() }
    ) {
        self.snapshot = snapshot
        self.limits = limits
        self.makeToken = makeToken
        index = Dictionary(
            uniqueKeysWithValues: snapshot.machines.enumerated().map { ($0.element.id, $0.offset) })
    }

    // MARK: Beginning and end

    /// An operation begins, or is gone on with after a crash.
    package mutating func begin(_ kind: String, for purpose: Purpose, now: Date) {
        self.purpose = purpose
        if purpose == .removal, snapshot.infrastructure.goal != .destroyed {
            updateRecord { $0.goal = .destroyed }
        }
        log(.operationStarted, nil, "\(kind) begins", now: now)
    }

    /// The operation is over.
    /// - Parameter failure: Why it did not succeed; nil: it did.
    package mutating func conclude(_ kind: String, failure: String?, now: Date) {
        if let failure {
            log(.operationFailed, nil, "\(kind): \(failure)", now: now)
        } else {
            log(.operationFinished, nil, "\(kind) is done", now: now)
        }
    }

    // MARK: Decisions

    /// What can be begun now, beside what is under way. Intents are recorded as changes.
    package mutating func nextActions(now: Date) -> [InfrastructureAction] {
        var actions: [InfrastructureAction] = []
        let destroying = snapshot.infrastructure.goal == .destroyed
        if destroying, snapshot.infrastructure.phase == .active {
            updateRecord { $0.phase = .destroying }
        }
        actions += removals(now: now, all: destroying)
        if destroying {
            actions += sweeps(now: now)
        } else {
            if purpose != .power { actions += launches(now: now) }
            actions += powerChanges()
            actions += alterations()
            actions += describes()
            if purpose == .deployment(contextualizes: true) { actions += contextualization() }
        }
        let begun = actions.filter { inFlight.insert($0.key).inserted }
        return begun
    }

    /// How the operation ended; nil while something is under way or can be begun.
    ///
    /// To be asked when ``nextActions(now:)`` answered nothing.
    package var outcome: Outcome? {
        guard inFlight.isEmpty else { return nil }
        if snapshot.infrastructure.goal == .destroyed {
            if snapshot.infrastructure.phase == .destroyed { return .succeeded }
            return .failed(message: leftOverMessage())
        }
        let present = snapshot.machines.filter { $0.goal == .present && $0.phase != .terminated }
        let bad = purpose == .power ? [] : present.filter { !isAsAskedFor($0) }
        let left = snapshot.machines.filter { $0.goal == .absent && $0.isAlive }
        if bad.isEmpty, left.isEmpty, problems.isEmpty { return .succeeded }
        var lines = bad.prefix(10).map { machine in
            "machine \(machine.id.number) (\(machine.system)) is \(machine.state.rawValue)"
                + (problems[Self.power(of: machine.id)] == nil ? machine.detail.map { ": \($0)" } ?? "" : "")
        }
        if bad.count > 10 { lines.append("and \(bad.count - 10) more") }
        if !left.isEmpty {
            lines.append(leftOverMessage())
        } else {
            lines += problemTexts
        }
        return .failed(message: lines.joined(separator: "\n"))
    }

    private func isAsAskedFor(_ machine: MachineRecord) -> Bool {
        if machine.state == .configured || machine.isStoppedOnPurpose { return true }
        // Configured by nobody in this operation, it is as it was.
        guard purpose == .deployment(contextualizes: false), case .running = machine.phase else { return false }
        return true
    }

    private func leftOverMessage() -> String {
        let texts = problemTexts
        return "not everything could be removed; it is kept on record, so run destroy again"
            + (texts.isEmpty ? "" : "\n" + texts.joined(separator: "\n"))
    }

    private var problemTexts: [String] {
        problems.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }

    // MARK: Changes

    /// Whether something is to be stored.
    package var hasChanges: Bool {
        dirtyRecord || !dirtyMachines.isEmpty || !newResources.isEmpty || !removedResources.isEmpty
            || !newLaunches.isEmpty || !endedLaunches.isEmpty || !events.isEmpty
    }

    /// What changed since the last call, for one transaction.
    package mutating func takeChanges() -> Changes {
        let change = Changes(
            record: dirtyRecord ? snapshot.infrastructure : nil,
            machines: dirtyMachines.compactMap { index[$0] }.sorted().map { snapshot.machines[$0] },
            resources: newResources, removedResources: removedResources, launches: newLaunches,
            endedLaunches: endedLaunches, events: events)
        dirtyRecord = false
        dirtyMachines = []
        newResources = []
        removedResources = []
        newLaunches = [:]
        endedLaunches = []
        events = []
        return change
    }

    // MARK: Mutation, each marking what is to be stored

    func machine(_ id: MachineID) -> MachineRecord? {
        index[id].map { snapshot.machines[$0] }
    }

    mutating func update(_ id: MachineID, _ change: (inout MachineRecord) -> Void) {
        guard let position = index[id] else { return }
        var machine = snapshot.machines[position]
        change(&machine)
        if machine != snapshot.machines[position] {
            snapshot.machines[position] = machine
            dirtyMachines.insert(id)
        }
    }

    mutating func updateRecord(_ change: (inout InfrastructureRecord) -> Void) {
        change(&snapshot.infrastructure)
        dirtyRecord = true
    }

    /// Keeps what a launch asks for until its results are known; to be stored before the call.
    package mutating func remember(_ items: Data, of launch: BatchToken) {
        snapshot.launches[launch] = items
        newLaunches[launch] = items
    }

    /// Drops what a launch asked for, since every machine of it has a result.
    mutating func forget(_ launch: BatchToken) {
        unsure[launch] = nil
        guard snapshot.launches.removeValue(forKey: launch) != nil else { return }
        // One that was never stored is stored nowhere.
        if newLaunches.removeValue(forKey: launch) == nil { endedLaunches.append(launch) }
    }

    mutating func add(_ resource: ResourceRecord) {
        snapshot.resources.removeAll { $0.sameIdentity(as: resource) }
        snapshot.resources.append(resource)
        newResources.append(resource)
    }

    mutating func remove(_ resource: ResourceRecord) {
        snapshot.resources.removeAll { $0.sameIdentity(as: resource) }
        newResources.removeAll { $0.sameIdentity(as: resource) }
        removedResources.append(resource)
    }

    mutating func append(_ event: InfrastructureEvent) {
        events.append(event)
    }

    mutating func log(_ kind: InfrastructureEvent.Kind, _ machine: MachineID? = nil, _ text: String, now: Date) {
        events.append(
            InfrastructureEvent(
                infrastructure: snapshot.infrastructure.id, machine: machine, time: now, kind: kind, text: text))
    }

    func newToken() -> BatchToken { makeToken() }
}

extension ResourceRecord {
    func sameIdentity(as other: ResourceRecord) -> Bool {
        kind == other.kind && id == other.id && cloud.site == other.cloud.site
    }
}
