package import Foundation
package import InfrastructureModel
import Persistence

/// Figures of one infrastructure, also of one that was destroyed (im.md 5.12).
package struct InfrastructureStatistics: Sendable, Hashable {
    package var id: InfrastructureID
    package var createdAt: Date
    /// When something happened to it last.
    package var lastActivityAt: Date
    /// Name of the TOSCA template, where it has one.
    package var templateName: String
    /// All machines that it ever had.
    package var machineCount: Int
    package var cpuCount: Int
    package var memoryBytes: Int64
    /// Of the first machine; empty: there was none.
    package var cloudType: String
    package var cloudHost: String
    /// Whether it had machines at several clouds.
    package var isHybrid: Bool
    package var isDestroyed: Bool
    /// User name of the first owner.
    package var owner: String
}

extension InfrastructureManager {
    /// Figures of the caller's infrastructures, oldest first, with those that were destroyed. Reads no document.
    ///
    /// - Parameters:
    ///   - start: Only those that were made at this time or later; nil: all.
    ///   - end: Only those that were made before this time; nil: all.
    /// - Throws: ``ManagerError``.
    package func statistics(
        from start: Date? = nil, before end: Date? = nil, caller: Caller
    ) async throws -> [InfrastructureStatistics] {
        let records = try await infrastructures(caller: caller, includingDestroyed: true).filter { record in
            (start.map { record.createdAt >= $0 } ?? true) && (end.map { record.createdAt < $0 } ?? true)
        }
        return try await ManagerError.convertingErrors {
            var statistics: [InfrastructureStatistics] = []
            for record in records {
                let machines = try await store.machines(of: record.id)
                let last = try await store.lastEvent(of: record.id)
                let event = try await store.events(of: record.id, after: last - 1, limit: 1).first
                statistics.append(
                    InfrastructureStatistics(record, machines, lastActivityAt: event?.time ?? record.createdAt))
            }
            return statistics
        }
    }
}

extension InfrastructureStatistics {
    fileprivate init(_ record: InfrastructureRecord, _ machines: [MachineRecord], lastActivityAt: Date) {
        let first = machines.first?.placement.cloud
        self.init(
            id: record.id, createdAt: record.createdAt, lastActivityAt: lastActivityAt,
            templateName: record.templateName ?? "", machineCount: machines.count,
            cpuCount: machines.reduce(0) { $0 + ($1.placement.cpuCount ?? 0) },
            memoryBytes: machines.reduce(0) { $0 + ($1.placement.memoryBytes ?? 0) }, cloudType: first?.type ?? "",
            cloudHost: first.flatMap { record.cloudHosts?[$0.id] } ?? "",
            isHybrid: Set(machines.map(\.placement.cloud.id)).count > 1, isDestroyed: record.phase == .destroyed,
            owner: record.owners.first?.username ?? "")
    }
}
