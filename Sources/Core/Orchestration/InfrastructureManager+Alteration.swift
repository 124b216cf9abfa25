import ConnectorAPI
import Foundation
package import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import RADL
import Support

extension InfrastructureManager {
    /// Records that a machine is to have another size, or more disks. It is not configured again.
    ///
    /// What its system in the document says of `cpu`, `memory`, `gpu` and `instance_type` is asked for; where no size is
    /// exactly so, at least that. Disks that it does not have yet are added with their `size`, `type` and `device`.
    ///
    /// - Parameters:
    ///   - document: RADL that has the machine's system.
    ///   - queues: Whether it waits for its turn behind other operations.
    /// - Returns: Nil where the machine is as asked already, or will be when what is on record has been carried out.
    /// - Throws: ``ManagerError``; nothing is stored then. `notFound` for a machine that there is not, `busy` while somebody
    ///   carries another operation out and it shall not wait for its turn, `invalidDocument` for a document without the
    ///   system, a size that there is not, and what its cloud cannot do.
    package func alter(
        _ number: Int, of id: InfrastructureID, document: String, caller: Caller, queues: Bool = false
    ) async throws -> SubmittedOperation? {
        let snapshot = try await self.snapshot(id, caller: caller)
        guard var machine = try snapshot.present([number]).first else { return nil }
        // What others are to do is done before this.
        if let size = machine.resize, try await !unfinishedOperations(of: id, caller: caller).isEmpty {
            machine.placement.take(sizeOf: size)
        }
        return try await ManagerError.convertingErrors { [machine] in
            let asked = try Self.parts(document)
            guard let wanted = asked.systems.first(where: { $0.id == machine.system && !$0.isReference }) else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: "Incorrect RADL no system with name \(machine.system) provided.")
            }
            let alteration = Alteration(
                machine: machine, snapshot: snapshot, wanted: wanted, sessions: sessions, advice: configuration.advice)
            guard let wish = try await alteration.wish() else { return nil }
            let operation = DurableOperation(
                id: .random(), subject: OperationSubject(id), kind: .alter, dueAt: now(), createdAt: now(),
                parameters: String(decoding: try JSONText.encode(wish), as: UTF8.self))
            try await submit(operation, waitingForOthers: queues)
            bell.ring()
            return SubmittedOperation(infrastructure: id, operation: operation.id, kind: operation.kind)
        }
    }

    /// What is not asked for may be missing: `disk.1` without `disk.0`.
    private static func parts(_ document: String) throws -> RADLDocument {
        do {
            return try RADLDocument(parsing: document)
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
    }
}

/// What a document changes at a machine.
private struct Alteration {
    let machine: MachineRecord
    let snapshot: InfrastructureSnapshot
    let wanted: RADLSystem
    let sessions: ConnectorSessions
    let advice: Advice

    private var cloud: CloudReference { machine.placement.cloud }

    /// Nil: nothing.
    func wish() async throws -> AlterWish? {
        do {
            let connector = try await sessions.connector(of: cloud)
            let size = try await size(connector.description)
            let disks = try newDisks(connector.description)
            guard size != nil || !disks.isEmpty else { return nil }
            try await foresee(disks, connector.description)
            return AlterWish(machine: machine.id.number, placement: size, disks: disks)
        } catch let error as ConnectorError {
            throw Self.isRefusal(error) ? refusal(error.message) : problem(.unavailable, error.message)
        }
    }

    /// Whether another try will end the same way: as where a document asks for the same.
    private static func isRefusal(_ error: ConnectorError) -> Bool {
        [.invalidArgument, .unsupported, .permissionDenied, .unauthenticated, .notFound, .quotaExceeded]
            .contains(error.code)
    }

    private func problem(_ code: ManagerError.Code, _ message: String) -> ManagerError {
        ManagerError(code: code, message: advice.cannotAlter(machine) + message)
    }

    private func refusal(_ message: String) -> ManagerError { problem(.invalidDocument, message) }

    // MARK: Size

    private func size(_ description: ConnectorDescription) async throws -> Placement? {
        let asked = Requirements(system: wanted).sizes
        guard !asked.isEmpty else { return nil }
        let capabilities = description.capabilities
        guard capabilities[.resize] != nil, capabilities[.flavors] != nil || capabilities[.plan] != nil else {
            throw refusal("connector '\(description.name)' cannot resize machines")
        }
        guard capabilities[.flavors] != nil else { return try await plannedSize(asked) }
        let catalog = try await sessions.flavors(cloud)
        let present = catalog.first { $0.id == machine.placement.flavor }
        // What is not asked for is as its document says. A size that is named is that size.
        var features = asked
        if !asked.contains("instance_type") {
            let index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
            let defined = snapshot.definition(of: machine, in: index).map { Requirements(system: $0).sizes }
            for feature in defined?.asMinimum.all ?? []
            where ["cpu.count", "memory.size"].contains(feature.name) && !asked.contains(feature.name) {
                features.set(feature)
            }
        }
        if !asked.contains("cpu.arch"), let architecture = present?.architecture {
            features.set("cpu.arch", to: architecture)
        }
        let flavor = best(catalog, features, present) ?? best(catalog, features.asMinimum, nil)
        guard let flavor else {
            throw refusal(
                "no size of cloud '\(cloud.id)' has \(Requirements(system: RADLSystem(id: "", features: features)).summary)"
            )
        }
        guard flavor.id != machine.placement.flavor else { return nil }
        var placement = machine.placement
        placement.flavor = flavor.id
        placement.cpuCount = flavor.cpuCount
        placement.memoryBytes = flavor.memoryBytes
        placement.price = flavor.pricePerHour?.amount
        return placement
    }

    /// Where the provider chooses the size itself.
    private func plannedSize(_ asked: Features) async throws -> Placement? {
        let requirements = Requirements(system: RADLSystem(id: machine.system, features: asked))
        let present = machine.placement
        let type = asked.string("instance_type").flatMap { $0.isEmpty ? nil : $0 }
        var wish = PlanWish(
            cpus: asked.contains("cpu.count") ? requirements.leastCPUs : present.cpuCount ?? requirements.leastCPUs,
            memoryBytes: asked.contains("memory.size")
                ? requirements.leastMemory : present.memoryBytes ?? requirements.leastMemory,
            architecture: requirements.architecture, image: present.image)
        wish.instanceType = type
        guard type != nil || wish.cpus != present.cpuCount || wish.memoryBytes != present.memoryBytes else {
            return nil
        }
        guard let offer = try await sessions.plan(cloud, wish),
            type.map({ Requirements.matches($0, offer.flavor) }) != false
        else {
            throw refusal("cloud '\(cloud.id)' has no machine with \(requirements.summary)")
        }
        guard offer.flavor.id != present.flavor else { return nil }
        var placement = present
        placement.take(offer)
        return placement
    }

    /// The one that it has, if that will do, else the cheapest.
    private func best(_ catalog: [Flavor], _ features: Features, _ present: Flavor?) -> Flavor? {
        let requirements = Requirements(system: RADLSystem(id: machine.system, features: features))
        if let present, requirements.isSatisfied(by: present) { return present }
        return catalog.filter { requirements.isSatisfied(by: $0) }.min { left, right in
            let leftKey = (left.pricePerHour?.amount ?? .infinity, left.cpuCount, left.memoryBytes)
            let rightKey = (right.pricePerHour?.amount ?? .infinity, right.cpuCount, right.memoryBytes)
            return leftKey == rightKey ? left.id < right.id : leftKey < rightKey
        }
    }

    // MARK: Disks

    /// Asks a provider that plans machines itself for one with these disks: what is too large is told before anything is
    /// carried out.
    private func foresee(_ disks: [MachineRecord.Disk], _ description: ConnectorDescription) async throws {
        guard !disks.isEmpty, description.capabilities[.plan] != nil, description.capabilities[.flavors] == nil else {
            return
        }
        let present = machine.placement
        let cpus = present.cpuCount ?? 1
        let memory = present.memoryBytes ?? 512_000_000
        var wish = PlanWish(cpus: cpus, memoryBytes: memory, architecture: nil, image: present.image)
        // Its memory is in use already: no count, so that the host counts as empty.
        wish.item = MachineSpec(
            machineID: "", name: machine.system, image: present.image, flavor: "", cpuCount: cpus, memoryBytes: memory,
            disks: disks.map { MachineSpec.Disk(index: $0.index, sizeBytes: $0.sizeBytes, type: $0.type) })
        _ = try await sessions.plan(cloud, wish)
    }

    private func newDisks(_ description: ConnectorDescription) throws -> [MachineRecord.Disk] {
        let index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
        let known = snapshot.definition(of: machine, in: index)?.disks ?? []
        var disks: [MachineRecord.Disk] = []
        for disk in wanted.disks {
            guard let size = disk.size else { continue }
            let there =
                machine.disks?.first { $0.index == disk.index }?.sizeBytes
                ?? known.first { $0.index == disk.index }?.size.map { Int64($0) }
            if there == Int64(size) { continue }
            guard there == nil, disk.index > 0 else {
                throw refusal("the size of disk \(disk.index) cannot be changed; add a disk with another number")
            }
            disks.append(
                MachineRecord.Disk(
                    index: disk.index, sizeBytes: Int64(size), type: disk.type, device: disk.device))
        }
        if !disks.isEmpty, description.capabilities[.volumes] == nil {
            throw refusal("connector '\(description.name)' cannot add disks to machines")
        }
        return disks
    }
}

extension Features {
    /// With numbers as the least that will do.
    fileprivate var asMinimum: Features {
        Features(
            all.map { feature in
                guard case .number(let interval) = feature.value, let low = interval.bounds.first?.quantity,
                    feature.name != "price"
                else { return feature }
                return Feature(feature.name, .number(Interval(.greaterOrEqual, low)))
            })
    }
}
