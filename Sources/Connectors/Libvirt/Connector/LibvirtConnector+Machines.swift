package import ConnectorAPI
import Foundation
import Support

extension LibvirtConnector {
    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        guard !request.ids.isEmpty else { return [] }
        return try await session.connection.run("the look at machines", CallBudget(context)) {
            host throws(ConnectorError) in
            var found = try host.machines(request.ids)
            host.noteUnbootable(&found)
            return request.ids.map { id in found[id].map { .done($0) } ?? .failed(Self.unknown(id, session)) }
        }
    }

    static func unknown(_ id: String, _ session: LibvirtSession) -> ConnectorError {
        ConnectorError(code: .notFound, message: "\(session.settings.uri) has no machine '\(id)' of Gantry's")
    }

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        let lock = lock
        var outcomes: [String: Outcome<Empty>] = [:]
        for id in Set(request.ids) {
            do {
                try await session.connection.run("the end of machine '\(id)'", budget) {
                    host throws(ConnectorError) in
                    guard let domain = try host.domain(id) else {
                        return try host.removeRest(of: id, lock: lock, budget)
                    }
                    guard let label = try domain.label() else { return }
                    try host.remove(domain, label, session, lock: lock, budget)
                }
                outcomes[id] = .done(Empty())
            } catch {
                outcomes[id] = .failed(error)
            }
        }
        return request.ids.map { outcomes[$0] ?? .done(Empty()) }
    }

    // MARK: - Power

    package func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, context) { host, domain, label, state throws(ConnectorError) in
            if state.isActive {
                try host.wake(domain, state)
            } else {
                for interface in label.interfaces {
                    guard let name = interface.network, let network = try host.network(name) else { continue }
                    if !network.isActive { try host.start(network) }
                }
                try domain.start()
            }
            return .done(try host.machine(domain.uuid, label, domain.state(), domain))
        }
    }

    /// How long a guest may take to shut down when it is asked to.
    static let stopPatience = 60.0

    package func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let until = Date().timeIntervalSince1970 + Self.stopPatience
        return try await change(request, context) { host, domain, label, state throws(ConnectorError) in
            try host.stop(domain, label, state, until: until)
        }
    }

    package func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, context) { host, domain, label, state throws(ConnectorError) in
            guard state.isActive else {
                throw ConnectorError(
                    code: .aborted, message: "machine '\(domain.name)' does not run, so it cannot be rebooted")
            }
            try domain.reboot()
            return .done(try host.machine(domain.uuid, label, state, domain))
        }
    }

    private func change(
        _ request: MachinesRequest, _ context: CallContext,
        _ body:
            @escaping @Sendable (Hypervisor, Domain, MachineLabel, DomainState) throws(ConnectorError) -> Outcome<
                Machine
            >
    ) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        var outcomes: [Outcome<Machine>] = []
        for id in request.ids {
            do throws(ConnectorError) {
                outcomes.append(
                    try await session.connection.run("a change of machine '\(id)'", budget) {
                        host throws(ConnectorError) in
                        guard let domain = try host.domain(id), let label = try domain.label() else {
                            throw Self.unknown(id, session)
                        }
                        return try body(host, domain, label, try domain.state())
                    })
            } catch {
                outcomes.append(.failed(error))
            }
        }
        return outcomes
    }

    /// The next step of a stop.
    func stop(
        _ id: String, until: Double, _ session: LibvirtSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Machine> {
        try await session.connection.run("the stop of machine '\(id)'", budget) { host throws(ConnectorError) in
            guard let domain = try host.domain(id), let label = try domain.label() else {
                throw Self.unknown(id, session)
            }
            return try host.stop(domain, label, try domain.state(), until: until)
        }
    }
}

extension Hypervisor {
    /// Above this many machines all domains are looked at together.
    private static let fewMachines = 3

    /// Those of the ids that are machines of ours.
    func machines(_ ids: [String]) throws(ConnectorError) -> [String: Machine] {
        let wanted = Set(ids)
        var domains: [(domain: Domain, id: String, state: DomainState)] = []
        if wanted.count <= Self.fewMachines {
            for id in wanted {
                guard let domain = try domain(id),
                    let state = try Self.optional({ () throws(ConnectorError) in try domain.state() })
                else { continue }
                domains.append((domain, id, state))
            }
        } else {
            domains = try allDomains().filter { wanted.contains($0.id) }
        }
        return try machines(domains)
    }

    /// All machines of ours, with what they say of themselves.
    func allMachines() throws(ConnectorError) -> [String: Machine] { try machines(try allDomains()) }

    private func allDomains() throws(ConnectorError) -> [(domain: Domain, id: String, state: DomainState)] {
        let states: [String: DomainState]?
        do throws(ConnectorError) {
            states = try self.states()
        } catch {
            // Drivers without statistics are asked one by one.
            guard error.code == .unsupported else { throw error }
            states = nil
        }
        var found: [(domain: Domain, id: String, state: DomainState)] = []
        for domain in try domains() {
            let id = domain.uuid
            let state: DomainState?
            if let states {
                state = states[id]
            } else {
                state = try Self.optional { () throws(ConnectorError) in try domain.state() }
            }
            if let state { found.append((domain, id, state)) }
        }
        return found
    }

    private func machines(
        _ domains: [(domain: Domain, id: String, state: DomainState)]
    ) throws(ConnectorError) -> [String: Machine] {
        var leases = Leases()
        var machines: [String: Machine] = [:]
        for ((domain, id, state), label) in zip(domains, try labels(domains.map(\.domain))) {
            guard let label else { continue }
            machines[id] = try machine(id, label, state, domain, &leases)
        }
        return machines
    }

    /// What domains say of themselves; nil for those of others, and those that have ended since.
    private func labels(_ domains: [Domain]) throws(ConnectorError) -> [MachineLabel?] {
        var labels: [MachineLabel?] = []
        for domain in domains {
            labels.append(try Self.optional { () throws(ConnectorError) in try domain.knownLabel() } ?? nil)
        }
        return labels
    }

    func machine(
        _ id: String, _ label: MachineLabel, _ state: DomainState, _ domain: Domain
    ) throws(ConnectorError) -> Machine {
        var leases = Leases()
        return try machine(id, label, state, domain, &leases)
    }

    /// What was asked of networks already.
    private struct Leases {
        var ofNetwork: [String: [Lease]] = [:]
    }

    private func machine(
        _ id: String, _ label: MachineLabel, _ state: DomainState, _ domain: Domain, _ known: inout Leases
    ) throws(ConnectorError) -> Machine {
        guard state.isActive else { return Machine(id: id, label, state, leases: []) }
        var leases: [Lease] = []
        var isSilent = false
        for interface in label.interfaces {
            if let name = interface.network {
                if known.ofNetwork[name] == nil {
                    known.ofNetwork[name] = (try? network(name)?.leases()) ?? []
                }
                leases += known.ofNetwork[name] ?? []
            }
            isSilent = isSilent || !interface.isUserMode && !leases.contains { $0.mac == interface.mac }
        }
        // On bridges others give the addresses.
        if isSilent, label.launchedAt != nil, uri.isTest || label.interfaces.contains(where: { $0.bridge != nil }) {
            for source in uri.isTest ? [Domain.AddressSource.lease] : [.agent, .neighbours] {
                let found = domain.addresses(source)
                leases += found
                if !found.isEmpty { break }
            }
        }
        var port: Int?
        if label.interfaces.contains(where: \.isUserMode), label.launchedAt != nil {
            port = (try? domain.monitor("info usernet")).flatMap(DomainDefinition.forwardedPort)
        }
        return Machine(id: id, label, state, leases: leases, sshPort: port)
    }

    /// Lets a machine go on that is there and does not run.
    func wake(_ domain: Domain, _ state: DomainState) throws(ConnectorError) {
        if state.isAsleep { return try domain.wake() }
        guard state.isHeld else { return }
        try domain.resume()
        // QEMU tries at once what could not be written, and pauses again where it still cannot.
        guard state.isPausedByDisk else { return }
        for _ in 0..<Self.looksAfterResume {
            Thread.sleep(forTimeInterval: 0.2)
            if try domain.state().isPausedByDisk { return }
        }
    }

    private static let looksAfterResume = 5

    /// Asks the guest to shut down; ends it when its time is over.
    func stop(
        _ domain: Domain, _ label: MachineLabel, _ state: DomainState, until: Double
    ) throws(ConnectorError) -> Outcome<Machine> {
        if state.isActive {
            if Date().timeIntervalSince1970 >= until {
                try domain.destroy()
            } else {
                do throws(ConnectorError) {
                    try domain.shutDown()
                } catch {
                    // It was faster.
                    guard error.isLibvirt(.operationInvalid) else { throw error }
                }
                // Some end at once.
                if (try domain.state()).isActive { return try .waiting(.stop(domain.uuid, until: until), 1_000) }
            }
        }
        return .done(try machine(domain.uuid, label, domain.state(), domain))
    }

    /// Ends a machine with what belongs to it alone. The domain goes last: until then it says what is left.
    func remove(
        _ domain: Domain, _ label: MachineLabel, _ session: LibvirtSession, lock: KeyedLock, _ budget: CallBudget
    ) throws(ConnectorError) {
        let uuid = domain.uuid
        try domain.destroy()
        Failpoint.reached("libvirt.destroyed")
        releaseAddresses(label)
        if let pool = try pool(label.pool), pool.isActive {
            // What the machine has written to its console is a file that the pool does not know of yet.
            if !uri.isTest { try? pool.refresh() }
            for volume in try pool.volumes() where MachineVolume.machine(volume.name) == uuid { try volume.remove() }
        }
        Failpoint.reached("libvirt.emptied")
        try removeBase(of: uuid, label, lock: lock, budget)
        Failpoint.reached("libvirt.unbased")
        try domain.undefine()
    }

    /// Removes the copy of the image of the last machine over it.
    private func removeBase(
        of uuid: String, _ label: MachineLabel, lock: KeyedLock, _ budget: CallBudget
    ) throws(ConnectorError) {
        guard label.ownsBase, let pool = try pool(label.pool) else { return }
        try removeBase(label.base, of: uuid, in: pool, lock: lock, budget)
    }

    /// - Parameter base: Path of the copy.
    func removeBase(
        _ base: String, of uuid: String, in pool: StoragePool, lock: KeyedLock, _ budget: CallBudget
    ) throws(ConnectorError) {
        try lock.hold("image \(base)", budget) { () throws(ConnectorError) in
            for other in try domains() where other.uuid != uuid {
                let user = try Self.optional { () throws(ConnectorError) in try other.label() }
                if let user, user?.base == base { return }
            }
            let name = (base as NSString).lastPathComponent
            if CopiedImage.isName(name), let volume = try pool.volume(name) { try volume.remove() }
            removeLostCopies(pool)
        }
    }
}
