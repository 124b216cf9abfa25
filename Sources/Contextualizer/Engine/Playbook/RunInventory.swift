import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support

/// The machines of a playbook's run: those of the inventory, the controller, and those that `add_host` adds.
final class RunInventory: InventoryEditor {
    private struct State {
        var inventory: Inventory
        var hosts: [String: PlaybookRun.Host] = [:]
        /// Those that only tasks name that are delegated to them.
        var outsiders: [String: (host: PlaybookRun.Host, variables: HostVariables)] = [:]
        var recorder: RunRecorder?
    }

    private let state: LockedValue<State>
    /// Held from a change of the inventory until the run has it, so that no older one comes after it: machines change
    /// it at the same time.
    private let changing = NSLock()
    private let builder: HostBuilder
    private let limit: String?
    private let makeLink: @Sendable (PlaybookRun.Host, RunRecorder?) -> MachineLink?
    let table: HostTable
    let links: MachineLinks

    /// - Parameters:
    ///   - folder: That of the playbook at work.
    ///   - makeLink: A way to a machine, or to the controller in its name; nil: the controller is not to be used.
    init(
        _ inventory: Inventory, builder: HostBuilder, limit: String?, extra: JinjaDict, magic: JinjaDict,
        folder: LockedValue<String?> = LockedValue(nil),
        makeLink: @escaping @Sendable (PlaybookRun.Host, RunRecorder?) -> MachineLink?
    ) {
        self.builder = builder
        self.limit = limit
        self.makeLink = makeLink
        let table = HostTable(inventory, extra: extra, magic: magic, folder: folder)
        self.table = table
        let hosts = builder.hosts(in: table)
        let state = LockedValue(State(inventory: inventory))
        state.withLock { $0.hosts = Dictionary(hosts.map { ($0.machine.id, $0) }) { first, _ in first } }
        self.state = state
        links = MachineLinks([:]) { way in
            let (host, recorder) = state.withLock {
                ($0.hosts[way.host] ?? $0.outsiders[way.host]?.host, $0.recorder)
            }
            guard var host else { return nil }
            if case .remote(let target, let patience)? = way.other {
                host.machine.target = target
                host.patience = patience
                host.refusal = nil
                host.isLocal = false
            }
            host.isLocal = way.isLocal || host.isLocal
            if host.isLocal {
                host.machine.target.user = NSUserName()
            } else {
                if let user = way.user { host.machine.target.user = user }
                if let port = way.port {
                    host.machine.target.endpoints = host.machine.target.endpoints.map {
                        Endpoint(host: $0.host, port: port)
                    }
                }
            }
            guard let link = makeLink(host, recorder) else {
                throw TaskFailure(message: "tasks on the controller are not allowed here")
            }
            return link
        }
    }

    /// Whom connections tell what happens.
    func connect(_ recorder: RunRecorder) {
        let hosts = state.withLock { state -> [PlaybookRun.Host] in
            state.recorder = recorder
            return Array(state.hosts.values)
        }
        for host in hosts {
            if let link = makeLink(host, recorder) { links.add(link, for: host.machine.id) }
        }
    }

    /// Why machines of the inventory cannot be connected to, by name.
    var refusals: [String: String] {
        state.withLock { $0.hosts.filter { !$0.value.isLocal && !$0.value.isLate }.compactMapValues(\.refusal) }
    }

    func isLocal(_ name: String) -> Bool { state.withLock { $0.hosts[name]?.isLocal ?? false } }

    /// All passwords of the inventory.
    var secrets: [String] {
        state.withLock { state in
            state.hosts.values.flatMap { host -> [String] in
                var secrets = host.machine.escalationPassword.map { [$0.expose()] } ?? []
                for case .password(let password) in host.machine.target.authentications {
                    secrets.append(password.expose())
                }
                return secrets
            }
        }
    }

    /// The machines that a pattern means, within the limit.
    func names(_ pattern: String) throws -> [String] {
        let inventory = state.withLock { $0.inventory }
        let hosts = try HostPattern(pattern).hosts(in: inventory)
        guard let limit else { return hosts }
        let allowed = Set(try HostPattern(limit).hosts(in: inventory))
        return hosts.filter(allowed.contains)
    }

    func machines(_ pattern: String) throws -> [ContextualizationMachine] {
        var machines: [ContextualizationMachine] = []
        for name in try names(pattern) where !machines.contains(where: { $0.id == name }) {
            if let machine = machine(name) { machines.append(machine) }
        }
        return machines
    }

    private func machine(_ name: String) -> ContextualizationMachine? {
        if let known = state.withLock({ $0.hosts[name]?.machine }) { return known }
        return HostBuilder.isController(name) ? controller(name) : nil
    }

    /// The controller, where the inventory does not list it.
    private func controller(_ name: String) -> ContextualizationMachine {
        let (host, recorder) = state.withLock { state in
            let host = builder.controller(name, state.inventory)
            state.hosts[name] = host
            return (host, state.recorder)
        }
        table.addImplicit(
            HostVariables(name: name, groups: [], inventory: host.variables, inventoryIsTemplate: true))
        if let link = makeLink(host, recorder) { links.add(link, for: name) }
        return host.machine
    }

    func outsider(_ name: String) -> HostVariables? {
        if HostBuilder.isController(name) {
            _ = controller(name)
            return table.host(name)
        }
        let (known, inventory) = state.withLock { ($0.outsiders[name], $0.inventory) }
        if let known { return known.variables }
        let host = builder.host(name, inventory, in: table)
        let variables = HostVariables(name: name, groups: [], inventory: host.variables, inventoryIsTemplate: true)
        return state.withLock { state in
            if let known = state.outsiders[name] { return known.variables }
            state.outsiders[name] = (host, variables)
            return variables
        }
    }

    /// Makes sure that the controller is there when a task is delegated to it.
    func prepare(_ name: String) {
        if HostBuilder.isController(name) { _ = machine(name) }
    }

    // MARK: - Changes

    /// Takes the variables beside the playbook of a play that is to run, instead of those beside the playbook before.
    func turn(to library: FileLibrary) throws {
        guard table.folder.withLock({ $0 }) != library.folder else { return }
        changing.lock()
        defer { changing.unlock() }
        var inventory = state.withLock { $0.inventory }
        try library.readVariables(into: &inventory)
        let (known, outsiders) = state.withLock { state in
            state.inventory = inventory
            return (state.hosts, state.outsiders)
        }
        refresh(inventory)
        for name in HostBuilder.controllerNames where inventory.host(name) == nil && known[name] != nil {
            table.host(name)?.setInventory(builder.controller(name, inventory).variables, groups: [])
        }
        for (name, outsider) in outsiders {
            outsider.variables.setInventory(builder.host(name, inventory, in: table).variables, groups: [])
        }
        // Connections were made ready for what the variables said at first.
        for (name, host) in known {
            guard let variables = table.host(name) else { continue }
            variables.isElsewhere = ConnectionVariables.ofTheWay.contains {
                host.variables[$0] != variables.inventoryVariable($0)
            }
        }
    }

    func addHost(_ name: String, groups: [String], variables: JinjaDict) throws -> Bool {
        changing.lock()
        defer { changing.unlock() }
        let (changed, inventory) = state.withLock { state -> (Bool, Inventory) in
            let before = state.inventory
            state.inventory.addHost(name, variables: variables)
            if before.host(name) == nil {
                // It stands in no file.
                state.inventory.setDefaults(["inventory_file": .none, "inventory_dir": .none], ofHost: name)
            }
            for group in groups { state.inventory.addHost(name, to: group) }
            state.inventory.regroup()
            return (before != state.inventory, state.inventory)
        }
        refresh(inventory)
        return changed
    }

    func addGroup(_ name: String, parents: [String], host: String) throws -> Bool {
        changing.lock()
        defer { changing.unlock() }
        let (changed, inventory) = state.withLock { state -> (Bool, Inventory) in
            let before = state.inventory
            state.inventory.insertHost(host, into: name)
            for parent in parents where parent != "all" { state.inventory.addChild(name, to: parent) }
            state.inventory.regroup()
            return (before != state.inventory, state.inventory)
        }
        refresh(inventory)
        return changed
    }

    func way(to name: String, scope: TaskScope) throws -> TaskWay { try builder.way(to: name, scope: scope) }

    func isLate(_ name: String) -> Bool {
        state.withLock { ($0.hosts[name] ?? $0.outsiders[name]?.host)?.isLate ?? false }
    }

    /// Takes what is new in the inventory into the run. Under ``changing``.
    private func refresh(_ inventory: Inventory) {
        let groups = inventory.groupMembers
        for name in inventory.hosts.map(\.name) {
            let variables = inventory.variables(ofHost: name)
            if let known = table.host(name) {
                known.setInventory(variables, groups: inventory.groupNames(ofHost: name))
                continue
            }
            let added = HostVariables(
                name: name, groups: inventory.groupNames(ofHost: name), inventory: variables, inventoryIsTemplate: true)
            let host = builder.host(added, in: table)
            let recorder = state.withLock { state in
                state.hosts[name] = host
                return state.recorder
            }
            if let link = makeLink(host, recorder) { links.add(link, for: name) }
            table.add(added, groups: groups)
        }
        table.add(nil, groups: groups)
    }
}

extension Inventory {
    fileprivate var groupMembers: [(String, [String])] {
        groups.filter { $0.name != "all" && $0.name != "ungrouped" }.map { ($0.name, hosts(inGroup: $0.name)) }
    }
}

extension HostTable {
    /// The machines of an inventory.
    convenience init(
        _ inventory: Inventory, extra: JinjaDict, magic: JinjaDict, folder: LockedValue<String?> = LockedValue(nil)
    ) {
        self.init(
            hosts: inventory.hosts.map(\.name).map {
                HostVariables(
                    name: $0, groups: inventory.groupNames(ofHost: $0), inventory: inventory.variables(ofHost: $0),
                    inventoryIsTemplate: true)
            }, groups: inventory.groupMembers, extra: extra, magic: magic, folder: folder)
    }
}
