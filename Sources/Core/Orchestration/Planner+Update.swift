import InfrastructureModel
import Operations
import Persistence
import RADL
import TOSCA

/// Requests that change parts of an infrastructure.
extension Planner {
    /// What the request is about; nil: it is new.
    func subject(of request: DeploymentRequest) async throws -> OperationSubject? {
        if let update = request.update { return OperationSubject(update.infrastructure) }
        guard let name = request.name else { return nil }
        return try await manager.store.infrastructure(named: name, owner: request.caller.username)
            .map { OperationSubject($0) }
    }

    /// The document that the infrastructure shall have, and what the request's own deploys.
    func read(
        _ request: DeploymentRequest, _ existing: InfrastructureSnapshot?, _ translated: Translated?
    ) async -> (check: DocumentCheck, deploys: [RADLDeploy]) {
        let text = translated.map { $0.translation.document.text() } ?? request.document
        let stored = existing.flatMap { try? MachineDocument.document(of: $0) }
        guard let update = request.update, let existing, let stored else {
            let check = await DocumentCheck(
                text, name: request.documentName, contextualizer: manager.contextualizer, stored: stored)
            return (check, check.document.deploys)
        }
        var deploys: [RADLDeploy] = []
        // What was made of a template is made of the changed template.
        let isReplaced = translated != nil && existing.secrets.template != nil
        let check = await DocumentCheck(
            text, name: request.documentName, contextualizer: manager.contextualizer, stored: stored
        ) { document, warnings throws(RADLErrors) in
            var merged = stored
            switch update.kind {
            case .add where isReplaced:
                merged = document
                merged.keep(stored, systems: Set(existing.machines.filter(\.isAlive).map(\.system)))
                deploys = document.deploys
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
        _ update: InfrastructureUpdate, _ deploys: [RADLDeploy], _ template: TOSCAUpdate?,
        _ existing: InfrastructureSnapshot
    ) throws -> Difference {
        switch update.kind {
        case .add:
            guard let template else { return Difference(adding: deploys, removing: [], existing: existing) }
            // Positions are those in the whole document; a system that is there gets what it lacks.
            let missing = Dictionary(template.additions.map { ($0.system, $0.count) }, uniquingKeysWith: +)
            let additions = deploys.map {
                RADLDeploy(system: $0.system, count: missing[$0.system] ?? 0, cloud: $0.cloud)
            }
            // Machines of a document that came before the template are none of its business.
            let removals = existing.secrets.template == nil ? [] : Set(template.removals.compactMap { Int($0) })
            return Difference(adding: additions, removing: removals, existing: existing)
        case .remove(let numbers):
            _ = try existing.present(numbers, orVanished: true)
            return Difference(adding: [], removing: numbers, existing: existing)
        case .reconfigure(let numbers):
            _ = try existing.present(numbers, orVanished: true)
            return Difference(adding: [], removing: [], existing: existing)
        }
    }
}

extension RADLDocument {
    /// Takes systems over that machines are of and that the new document does not have, and the networks of all machines.
    fileprivate mutating func keep(_ stored: RADLDocument, systems used: Set<String>) {
        let known = Set(systems.map(\.id))
        let theirs = stored.systems.filter { used.contains($0.id) }
        guard !theirs.isEmpty else { return }
        systems += theirs.filter { !known.contains($0.id) }
        let wanted = Set(theirs.flatMap { $0.interfaces.compactMap(\.connection) })
        let there = Set(networks.map(\.id))
        networks += stored.networks.filter { wanted.contains($0.id) && !there.contains($0.id) }
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
