import InfrastructureModel
import RADL

/// Requests that change parts of an infrastructure.
extension Planner {
    /// The document that the infrastructure shall have, and what the request's own deploys.
    func read(
        _ request: DeploymentRequest, _ existing: InfrastructureSnapshot?
    ) async -> (check: DocumentCheck, deploys: [RADLDeploy]) {
        guard let update = request.update, let existing, let stored = try? MachineDocument.document(of: existing) else {
            let check = await DocumentCheck(
                request.document, name: request.documentName, contextualizer: manager.contextualizer)
            return (check, check.document.deploys)
        }
        var deploys: [RADLDeploy] = []
        let check = await DocumentCheck(
            request.document, name: request.documentName, contextualizer: manager.contextualizer
        ) { document, warnings throws(RADLErrors) in
            var merged = stored
            switch update.kind {
            case .add:
                var new = document
                try new.resolveReferences(in: stored)
                warnings += merged.update(with: new)
                deploys = new.deploys
            case .reconfigure:
                merged.reconfigure(with: document)
            case .remove:
                break
            }
            return merged
        }
        return (check, deploys)
    }

    static func difference(
        _ update: InfrastructureUpdate, _ deploys: [RADLDeploy], _ existing: InfrastructureSnapshot
    ) throws -> Difference {
        let present = Set(
            existing.machines.filter { $0.goal == .present && ($0.isAlive || $0.phase == .vanished) }.map(\.id.number))
        switch update.kind {
        case .add:
            return Difference(adding: deploys, removing: [], existing: existing)
        case .remove(let numbers):
            try check(numbers, present)
            return Difference(adding: [], removing: numbers, existing: existing)
        case .reconfigure(let numbers):
            try check(numbers ?? [], present)
            return Difference(adding: [], removing: [], existing: existing)
        }
    }

    /// All are looked at before anything is done.
    private static func check(_ numbers: Set<Int>, _ present: Set<Int>) throws {
        guard let unknown = numbers.subtracting(present).min() else { return }
        throw ManagerError(
            code: .notFound,
            message: "there is no machine \(unknown); there are: "
                + present.sorted().map(String.init).joined(separator: ", "))
    }
}

/// Where machines on private networks are: what shares such a network with them must go there.
struct PrivateNetworkHomes {
    private let index: RADLIndex
    private var homes: [String: Set<String>] = [:]

    init(_ index: RADLIndex, _ machines: [MachineRecord]) {
        self.index = index
        for machine in machines {
            guard let system = index.system(machine.system) else { continue }
            for network in privateNetworks(of: system) {
                homes[network, default: []].insert(machine.placement.cloud.id)
            }
        }
    }

    /// Ids of the clouds; empty: anywhere.
    func clouds(of systems: [RADLSystem]) -> Set<String> {
        systems.flatMap(privateNetworks).reduce(into: []) { $0.formUnion(homes[$1] ?? []) }
    }

    private func privateNetworks(of system: RADLSystem) -> [String] {
        system.interfaces.compactMap(\.connection).filter { index.network($0)?.isPublic == false }
    }
}
