import Foundation

/// What an operation asks of one machine: another size, more disks.
package struct AlterWish: Sendable, Hashable, Codable {
    /// Number of the machine.
    package var machine: Int
    /// The size that it is to have; nil: it stays.
    package var placement: Placement?
    package var disks: [MachineRecord.Disk]

    package init(machine: Int, placement: Placement?, disks: [MachineRecord.Disk]) {
        self.machine = machine
        self.placement = placement
        self.disks = disks
    }

    func apply(to machine: inout MachineRecord) {
        if let placement { machine.resize = placement.hasSize(of: machine.placement) ? nil : placement }
        let known = Set(machine.disks?.map(\.index) ?? [])
        let new = disks.filter { !known.contains($0.index) }
        if !new.isEmpty { machine.disks = (machine.disks ?? []) + new }
    }
}

extension MachineRecord {
    /// A disk that a machine got after its launch.
    package struct Disk: Sendable, Hashable, Codable {
        /// As in `disk.N.size`.
        package var index: Int
        package var sizeBytes: Int64
        /// The provider's volume type.
        package var type: String?
        /// Device name wished for, such as `hdb`.
        package var device: String?
        /// Whether the machine has it; not: it is to be made.
        package var isAttached: Bool

        package init(
            index: Int, sizeBytes: Int64, type: String? = nil, device: String? = nil, isAttached: Bool = false
        ) {
            self.index = index
            self.sizeBytes = sizeBytes
            self.type = type
            self.device = device
            self.isAttached = isAttached
        }
    }

    /// Disks that are still to be made.
    var missingDisks: [Disk] { disks?.filter { !$0.isAttached } ?? [] }

    fileprivate var isToBeAltered: Bool { resize != nil || !missingDisks.isEmpty }
}

extension MachineRecord.Phase {
    var leadsToRunning: Bool {
        switch self {
        case .planned, .launching, .starting, .running, .stopped: true
        case .terminating, .terminated, .failed, .vanished: false
        }
    }
}

extension InfrastructureStateMachine {
    /// Writes what is asked for into the machine; once for an operation.
    package mutating func take(_ wish: AlterWish, of operation: String) {
        guard snapshot.infrastructure.powerOperation != operation, snapshot.infrastructure.goal == .present else {
            return
        }
        updateRecord { $0.powerOperation = operation }
        let id = MachineID(infrastructure: snapshot.infrastructure.id, number: wish.machine)
        guard let machine = machine(id), machine.goal == .present, machine.isAlive else {
            problems[Self.alteration(of: id)] = "it is no longer there"
            return
        }
        guard machine.phase.leadsToRunning else {
            problems[Self.alteration(of: id)] = "it is \(machine.state.rawValue)"
            return
        }
        update(id) { wish.apply(to: &$0) }
    }

    /// Changes sizes and adds disks, each machine once in an operation, when its provider has told of it and it need not be
    /// started or stopped first: a provider that stops a machine for its new size starts it again where it ran.
    func alterations() -> [InfrastructureAction] {
        snapshot.machines.compactMap { machine in
            guard machine.goal == .present, machine.hasRun, machine.isToBeAltered, !altered.contains(machine.id),
                verified.contains(machine.id), !isPowerChangeOpen(machine)
            else { return nil }
            return .alter(machine.placement.cloud, machine.id)
        }
    }

    /// What was done stands in the record; what could not be done is dropped, so that nothing later does it unasked.
    mutating func handleAlteration(_ id: MachineID, _ result: AlterResult, now: Date) {
        altered.insert(id)
        guard let machine = machine(id) else { return }
        update(id) {
            if result.isResized, let size = machine.resize { $0.placement.take(sizeOf: size) }
            $0.resize = nil
            let attached = Set(result.attached)
            $0.disks = machine.disks?.compactMap { disk in
                guard disk.isAttached || attached.contains(disk.index) else { return nil }
                var disk = disk
                disk.isAttached = true
                return disk
            }
        }
        if result.isResized, let size = machine.resize {
            log(.machineAltered, id, InfrastructureEvent.newSize(machine.system, size.flavor), now: now)
        }
        for disk in result.attached.sorted() {
            log(.machineAltered, id, "\(machine.system) has the new disk \(disk)", now: now)
        }
        for resource in result.volumes where !snapshot.resources.contains(where: { $0.sameIdentity(as: resource) }) {
            add(resource)
            log(.resourceCreated, nil, "\(resource.text) is created", now: now)
        }
        if let problem = result.problem { problems[Self.alteration(of: id)] = problem }
        // Its addresses may be others, and it may still be on its way.
        guard result.isResized, machine.isAlive else { return }
        verified.remove(id)
        settlingSince[id] = now
    }

    private static func alteration(of id: MachineID) -> String { "machine \(id.number) cannot be altered" }
}

extension Placement {
    /// Takes what a size is over from another placement.
    package mutating func take(sizeOf other: Placement) {
        flavor = other.flavor
        cpuCount = other.cpuCount
        memoryBytes = other.memoryBytes
        price = other.price
        remark = other.remark
    }

    fileprivate func hasSize(of other: Placement) -> Bool {
        flavor == other.flavor && cpuCount == other.cpuCount && memoryBytes == other.memoryBytes
    }
}

/// What came of the alteration of one machine.
package struct AlterResult: Sendable {
    /// Whether it has the size that was asked for.
    package var isResized = false
    /// Indices of disks that it has now.
    package var attached: [Int] = []
    package var volumes: [ResourceRecord] = []
    /// Why not all was done.
    package var problem: String?

    package init() {}
}
