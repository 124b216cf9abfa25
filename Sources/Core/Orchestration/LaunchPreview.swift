import ConnectorAPI
import InfrastructureModel
import RADL

/// What launches would ask for, as far as it is known before anything is made: for providers that plan machines
/// themselves.
struct LaunchPreview: Sendable {
    private let index: RADLIndex
    private let existing: InfrastructureSnapshot?
    /// Machines that are missing, by system.
    private let counts: [String: Int]
    /// Whether machines leave: what room they make is not known.
    private let makesRoom: Bool

    init(index: RADLIndex, existing: InfrastructureSnapshot?, _ difference: Difference) {
        self.index = index
        self.existing = existing
        counts = difference.missing.reduce(into: [:]) { $0[$1.system, default: 0] += 1 }
        makesRoom = !difference.removed.isEmpty
    }

    /// Adds to a wish what it is for; nothing where no such machine is missing.
    func complete(_ wish: PlanWish, _ system: RADLSystem, at placement: Placement) -> PlanWish {
        guard let count = counts[system.id], count > 0 else { return wish }
        let networks = system.interfaces.map { interface in interface.connection.flatMap { index.network($0) } }
        var wish = wish
        wish.count = makesRoom ? nil : count
        wish.item = MachineSpec(
            machineID: "", name: system.id, image: placement.image, flavor: "", cpuCount: wish.cpus,
            memoryBytes: wish.memoryBytes, disks: LaunchPlan.disks(system),
            interfaces: zip(system.interfaces, networks).compactMap { interface, network in
                // The provider does not know it yet.
                if network?.isMade == true { return nil }
                return MachineSpec.Interface(
                    index: interface.index, network: network?.providerID, fixedAddress: interface.ip,
                    public: network?.isPublic ?? false)
            },
            zone: placement.zone, provider: ["radl": .object(LaunchPlan.hints(system.features))])
        var seen: Set<String> = []
        wish.networks = networks.compactMap { $0 }
            .filter { $0.isMade && !isThere($0, at: placement.cloud) && seen.insert($0.id).inserted }
            .map { LaunchPlan.specification(of: $0, named: $0.id) }
        return wish
    }

    /// Whether it was made already. The credentials of a plan have another id than those on record.
    private func isThere(_ network: RADLNetwork, at cloud: CloudReference) -> Bool {
        guard let existing else { return false }
        let name = LaunchPlan.networkName(network, of: existing.infrastructure.id)
        return existing.resources.contains {
            $0.kind == Resource.Kind.network.rawValue && $0.name == name && $0.cloud.id == cloud.id
        }
    }
}
