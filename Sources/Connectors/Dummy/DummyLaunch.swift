import ConnectorAPI
import Foundation

/// One launch call, ready to be carried out in a transaction.
struct DummyLaunch: Sendable {
    let request: LaunchRequest
    let fingerprint: String
    let settings: DummySettings
    let faults: DummyFaultPlan

    func run(_ transaction: inout DummyCloud.Transaction) throws -> [Outcome<Machine>] {
        let known = transaction.state.batches[request.batchToken]
        if let known, known.fingerprint != fingerprint {
            throw ConnectorError(
                code: .alreadyExists,
                message: "batch token '\(request.batchToken)' was used for other machines; use a new token",
                field: "batchToken")
        }
        var free = settings.maxMachines.map { $0 - transaction.state.liveCount } ?? Int.max
        var pool = freeAddresses(transaction.state)
        // IM's ids: the time in 1/100 s, here made unique.
        var lastID = max(transaction.state.lastID, transaction.now / 10)
        var launched: [DummyEntry.LaunchedMachine] = []
        var problems: [Int: ConnectorError] = [:]
        for (index, item) in request.items.enumerated() where known?.ids[index] == nil {
            if let error = faults.failingItems[index] ?? problem(item, index) {
                problems[index] = error
                continue
            }
            guard free > 0, pool?.isEmpty != true else {
                problems[index] = ConnectorError(
                    code: .quotaExceeded, message: "the Dummy has no room for machine '\(item.name)'",
                    provider: .init(code: "DummyQuota"))
                continue
            }
            free -= 1
            lastID += 1
            launched.append(machine(item, index, lastID, pool: pool?.popLast(), now: transaction.now))
        }
        if !launched.isEmpty {
            transaction.record(
                DummyEntry(
                    launch: .init(
                        token: request.batchToken, fingerprint: fingerprint, tags: request.tags, at: transaction.now,
                        machines: launched)))
        }
        let ids = transaction.state.batches[request.batchToken]?.ids ?? [:]
        return request.items.indices.map { index in
            if let id = ids[index], let stored = transaction.state.machines[id] {
                return .done(stored.seen(at: transaction.now))
            }
            return .failed(
                problems[index] ?? ConnectorError(code: .internal, message: "item \(index) was not launched"))
        }
    }

    private func problem(_ item: MachineSpec, _ index: Int) -> ConnectorError? {
        if item.image.isEmpty || settings.missingImages.contains(item.image) {
            return ConnectorError(
                code: .invalidArgument, message: "the Dummy has no image '\(item.image)' for machine '\(item.name)'",
                field: "items[\(index)].image")
        }
        if !DummyCatalog.knows(flavor: item.flavor) {
            return ConnectorError(
                code: .invalidArgument, message: "the Dummy has no flavor '\(item.flavor)' for machine '\(item.name)'",
                field: "items[\(index)].flavor")
        }
        if let zone = item.zone, !DummyCatalog.zones.contains(zone) {
            return ConnectorError(
                code: .invalidArgument,
                message: "the Dummy has no zone '\(zone)'; it has \(DummyCatalog.zones.joined(separator: ", "))",
                field: "items[\(index)].zone")
        }
        if let userData = item.userData, userData.count > 16_384 {
            return ConnectorError(
                code: .invalidArgument, message: "user data of machine '\(item.name)' is larger than 16 KiB",
                field: "items[\(index)].userData")
        }
        return nil
    }

    /// What of the address pool no live machine has, last first; nil without a pool.
    private func freeAddresses(_ state: DummyState) -> [String]? {
        guard !settings.addressPool.isEmpty else { return nil }
        var used: Set<String> = []
        for stored in state.machines.values where stored.machine.state != .terminated {
            used.formUnion(stored.machine.addresses.map(\.address))
        }
        return settings.addressPool.reversed().filter { !used.contains($0) }
    }

    private func machine(
        _ item: MachineSpec, _ index: Int, _ number: Int64, pool: String?, now: Int64
    ) -> DummyEntry.LaunchedMachine {
        var addresses: [Machine.Address] = []
        if item.interfaces.isEmpty {
            addresses = [Machine.Address(interface: 0, address: address(0, false, number, pool), public: false)]
        }
        for interface in item.interfaces {
            let text = interface.fixedAddress ?? address(interface.index, interface.public, number, pool)
            addresses.append(Machine.Address(interface: interface.index, address: text, public: interface.public))
        }
        var uses: [Resource.Reference] = []
        for interface in item.interfaces {
            if let network = interface.network { uses.append(.init(kind: .network, id: network)) }
            uses += interface.groups.map { .init(kind: .securityGroup, id: $0) }
        }
        if let keyPair = item.keyPair { uses.append(.init(kind: .keyPair, id: keyPair)) }
        let fails = faults.failedState != nil && (faults.failedItems?.contains(index) ?? true)
        return DummyEntry.LaunchedMachine(
            id: String(number), index: index, machineID: item.machineID, name: item.name, image: item.image,
            flavor: item.flavor.isEmpty ? nil : item.flavor, zone: item.zone, sshPort: settings.sshPort,
            tags: item.tags.isEmpty ? nil : item.tags, addresses: addresses,
            readyAt: settings.bootMs > 0 ? now + settings.bootMs : nil, state: fails ? faults.failedState : nil,
            failure: fails
                ? Machine.Failure(code: "DummyFault", message: "the Dummy was told to fail this machine") : nil,
            uses: uses.isEmpty ? nil : uses)
    }

    private func address(_ interface: Int, _ isPublic: Bool, _ number: Int64, _ pool: String?) -> String {
        if let pool { return pool }
        if let address = settings.address { return address }
        switch settings.addresses {
        case .fixed:
            return "10.0.\(min(interface, 255)).1"
        case .unique:
            // The lowest 16 (public: 17) bits of the id and the interface; unique among 65,536 in a row.
            let low = Int(number & 0xffff)
            return isPublic
                ? "198.\(18 + (interface & 1)).\(low >> 8).\(low & 255)"
                : "10.\(1 + interface % 250).\(low >> 8).\(low & 255)"
        }
    }
}
