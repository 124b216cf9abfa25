import Foundation
import InfrastructureModel
import RADL
import Support

/// What the machines of a document would use at one cloud.
package struct CloudEstimate: Sendable, Hashable {
    /// One machine.
    package struct Machine: Sendable, Hashable {
        package var system: String
        /// Of the size that would be chosen, or what is asked for where the cloud has no sizes.
        package var cpuCount: Int
        package var memoryBytes: Int64
        /// Of its first disk, where the document says it.
        package var diskBytes: Int64?
        package var hasPublicAddress: Bool
        package var gpuCount: Int
    }

    /// One disk whose size the document says.
    package struct Volume: Sendable, Hashable {
        package var sizeBytes: Int64
        /// The provider's volume type.
        package var type: String?
    }

    package var cloudID: String
    package var cloudType: String
    /// URL; empty where the credentials name none.
    package var endpoint: String
    package var machines: [Machine]
    package var volumes: [Volume]
}

extension InfrastructureManager {
    /// What a new infrastructure would use, cloud by cloud in the order in which they are chosen. Makes and stores nothing.
    ///
    /// - Returns: Nothing for a document that deploys nothing.
    /// - Throws: ``ManagerError``, as ``deploy(_:)`` does.
    package func estimate(_ request: DeploymentRequest) async throws -> [CloudEstimate] {
        try await ManagerError.convertingErrors {
            let prepared = try await Planner(manager: self).plan(request)
            var estimates: [CloudEstimate] = []
            for machine in prepared.summary.added {
                guard let system = prepared.index.system(machine.system) else { continue }
                let cloud = machine.placement.cloud
                let position =
                    estimates.firstIndex { $0.cloudID == cloud.id }
                    ?? {
                        let credential = prepared.credentials.first { $0.id == cloud.credential }?.credential
                        estimates.append(
                            CloudEstimate(
                                cloudID: cloud.id, cloudType: cloud.type, endpoint: credential?.endpoint.url ?? "",
                                machines: [], volumes: []))
                        return estimates.count - 1
                    }()
                estimates[position].machines.append(
                    CloudEstimate.Machine(machine.placement, system, prepared.index))
                estimates[position].volumes += system.disks.compactMap { disk in
                    disk.size.map { CloudEstimate.Volume(sizeBytes: Int64($0), type: disk.type) }
                }
            }
            return estimates
        }
    }
}

extension CloudEstimate.Machine {
    fileprivate init(_ placement: Placement, _ system: RADLSystem, _ index: RADLIndex) {
        let requirements = Requirements(system: system)
        let features = system.features
        let disk = (features.bytes("disk.0.size") ?? 0) + (features.bytes("disk.0.free_size") ?? 0)
        self.init(
            system: system.id, cpuCount: placement.cpuCount ?? requirements.leastCPUs,
            memoryBytes: placement.memoryBytes ?? requirements.leastMemory, diskBytes: disk > 0 ? Int64(disk) : nil,
            hasPublicAddress: index.networks(of: system).contains(where: \.isPublic),
            gpuCount: features.integer("gpu.count") ?? 0)
    }
}
