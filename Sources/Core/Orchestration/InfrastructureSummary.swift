package import Foundation
package import InfrastructureModel
package import Operations
import Persistence

/// An infrastructure as clients show it: what `gantry show --json` prints and `gantryd` answers. Holds no secret.
package struct InfrastructureSummary: Sendable, Hashable, Codable {
    package struct Machine: Sendable, Hashable, Codable {
        package var number: Int
        package var system: String
        /// In IM's words.
        package var state: String
        package var detail: String?
        /// What its provider says of how it runs, such as `emulated: …`.
        package var remark: String?
        /// What was left undone on it although it is configured; nil: nothing.
        package var warnings: [String]?
        /// Id of the cloud.
        package var cloud: String
        /// Id at the provider.
        package var provider: String?
        package var addresses: [String]
        /// What it has; nil where that is not known.
        package var cpus: Int?
        package var memoryBytes: Int64?

        package init(
            number: Int, system: String, state: String, detail: String? = nil, cloud: String = "",
            provider: String? = nil, addresses: [String] = []
        ) {
            self.number = number
            self.system = system
            self.state = state
            self.detail = detail
            self.cloud = cloud
            self.provider = provider
            self.addresses = addresses
        }

        /// Whether it is there to stay.
        package var isPresent: Bool { state != MachineState.deleting.rawValue && state != MachineState.off.rawValue }

        /// Whether its removal is on record and not done yet.
        package var isLeaving: Bool { state == MachineState.deleting.rawValue }
    }

    package struct Resource: Sendable, Hashable, Codable {
        package var kind: String
        package var id: String
        /// As its infrastructure calls it, where its provider does not.
        package var name: String?
        package var cloud: String
        package var problem: String?
    }

    /// What is under way.
    package struct Operation: Sendable, Hashable, Codable {
        package var kind: String
        /// Who carries it out; nil: nobody does.
        package var by: String?
        /// Who did, and has ended or answers no more.
        package var left: String?

        package init(_ operation: DurableOperation, now: Date) {
            kind = "\(operation.kind)"
            let isHeld = operation.isHeld(at: now)
            by = isHeld ? operation.lease?.holder.forPeople : nil
            left = isHeld ? nil : operation.lease?.holder.forPeople
        }

        /// One of a server that tells no more of it.
        package init(kind: String, by: String?) {
            self.kind = kind
            self.by = by
        }
    }

    package var id: InfrastructureID
    package var name: String?
    /// In IM's words, or `destroyed`.
    package var state: String
    /// Nil where a server does not tell.
    package var created: Date?
    /// By number; none that has ended.
    package var machines: [Machine]
    /// Those that somebody else removed at the provider; nil: none.
    package var vanished: [Machine]?
    package var resources: [Resource]
    /// Why the last operation failed; not in lists, as what follows.
    package var lastFailure: String?
    package var underWay: [Operation]?
    /// Sequence number of the newest event.
    package var lastEvent: Int64?

    package static let destroyed = "destroyed"

    package var isDestroyed: Bool { state == Self.destroyed }

    package init(
        id: InfrastructureID, name: String? = nil, state: String, created: Date?, machines: [Machine],
        resources: [Resource] = []
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.created = created
        self.machines = machines
        self.resources = resources
    }

    package init(_ snapshot: InfrastructureSnapshot, underWay: [DurableOperation]? = nil, now: Date = Date()) {
        id = snapshot.infrastructure.id
        name = snapshot.infrastructure.name
        state = snapshot.infrastructure.phase == .destroyed ? Self.destroyed : snapshot.state.rawValue
        created = snapshot.infrastructure.createdAt
        machines = snapshot.machines.filter(\.isAlive).map(Machine.init)
        let gone = snapshot.machines.filter { $0.phase == .vanished }
        vanished = gone.isEmpty ? nil : gone.map(Machine.init)
        resources = snapshot.resources.map {
            Resource(kind: $0.kind, id: $0.id, name: $0.name, cloud: $0.cloud.id, problem: $0.problem)
        }
        self.underWay = underWay?.map { Operation($0, now: now) }
    }
}

extension InfrastructureSummary.Machine {
    package init(_ machine: MachineRecord) {
        number = machine.id.number
        system = machine.system
        state = machine.state.rawValue
        detail = machine.detail
        remark = machine.placement.remark
        warnings = machine.warnings
        cloud = machine.placement.cloud.id
        provider = machine.providerID
        cpus = machine.placement.cpuCount
        memoryBytes = machine.placement.memoryBytes
        // One card may be two interfaces of the document.
        addresses = machine.addresses.map(\.address).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension InfrastructureManager {
    /// Everything that is shown of an infrastructure, also of a destroyed one.
    /// - Throws: ``ManagerError``.
    package func summary(of id: InfrastructureID, caller: Caller) async throws -> InfrastructureSummary {
        let newest = try await lastEvent(of: id, caller: caller)
        let last = try await lastOperation(of: id, caller: caller)
        let unfinished = try await unfinishedOperations(of: id, caller: caller)
        let snapshot = try await snapshot(id, caller: caller, includingDestroyed: true)
        var summary = InfrastructureSummary(snapshot, underWay: unfinished, now: now())
        summary.lastFailure = last?.kind == .operationFailed ? last?.text : nil
        summary.lastEvent = newest
        return summary
    }

    /// What lists show of the caller's infrastructures, oldest first.
    /// - Throws: ``ManagerError``.
    package func summaries(
        caller: Caller, includingDestroyed: Bool = false
    ) async throws -> [InfrastructureSummary] {
        var summaries: [InfrastructureSummary] = []
        for record in try await infrastructures(caller: caller, includingDestroyed: includingDestroyed) {
            let snapshot = try await snapshot(record.id, caller: caller, includingDestroyed: true)
            // It may have gone meanwhile.
            if !includingDestroyed, snapshot.infrastructure.phase == .destroyed { continue }
            summaries.append(InfrastructureSummary(snapshot))
        }
        return summaries
    }
}
