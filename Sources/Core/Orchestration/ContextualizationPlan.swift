import ContextualizationAPI
import Foundation
import InfrastructureModel
import RADL
import Support

/// Turns recorded machines and the document into a contextualization: targets, inventory in IM's names, and steps.
/// Pure: the same snapshot gives the same request.
struct ContextualizationPlan {
    let snapshot: InfrastructureSnapshot
    private let index: RADLIndex
    let configuration: ManagerConfiguration
    /// Of machines that are there, in order of their numbers.
    private(set) var accesses: [MachineAccess] = []
    /// As they are where the machines were placed.
    private let systems: [MachineID: RADLSystem]

    init(snapshot: InfrastructureSnapshot, configuration: ManagerConfiguration) throws {
        self.snapshot = snapshot
        self.configuration = configuration
        index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
        let present = snapshot.machines.filter { machine in
            switch machine.phase {
            case .running, .starting, .stopped: return machine.goal == .present
            default: return false
            }
        }
        var systems: [MachineID: RADLSystem] = [:]
        for machine in present { systems[machine.id] = snapshot.system(of: machine, in: index) }
        self.systems = systems
        let gateways = gateways(present)
        accesses = present.compactMap { access($0, gateways: gateways) }
    }

    /// The first machine with a public address of each network.
    private func gateways(_ machines: [MachineRecord]) -> [String: Int] {
        var gateways: [String: Int] = [:]
        for machine in machines where !Self.publicAddresses(machine).isEmpty {
            for network in systems[machine.id]?.interfaces.compactMap(\.connection) ?? []
            where gateways[network] == nil {
                gateways[network] = machine.id.number
            }
        }
        return gateways
    }

    // MARK: Access

    private static func publicAddresses(_ machine: MachineRecord) -> [String] {
        machine.addresses.filter(\.isPublic).map(\.address)
    }

    private static func privateAddresses(_ machine: MachineRecord) -> [String] {
        machine.addresses.filter { !$0.isPublic }.map(\.address)
    }

    private func access(_ machine: MachineRecord, gateways: [String: Int]) -> MachineAccess? {
        guard let system = systems[machine.id] else { return nil }
        let publics = Self.publicAddresses(machine)
        let privates = Self.privateAddresses(machine)
        let host = publics.first ?? privates.first
        let names = hostNames(machine, system)
        let login = system.credentials
        // A private machine is reached through the proxy that its network names, else through a public one of the same
        // network, where there is one.
        let proxy =
            publics.isEmpty
            ? ProxyHost.first(of: index.networks(of: system), keys: snapshot.infrastructure.proxyKeys) : nil
        var jump: Int?
        if publics.isEmpty, proxy == nil {
            jump = system.interfaces.compactMap { $0.connection.flatMap { gateways[$0] } }.min()
        }
        let password = login.password.map { Secret($0) }
        let privateKey = login.privateKey.map { Secret($0) } ?? snapshot.secrets.privateKey
        return MachineAccess(
            machine: machine, inventoryName: machine.inventoryName, hostname: names.host,
            fqdn: names.fqdn, host: machine.currentEndpoint?.host ?? host,
            port: machine.currentEndpoint?.port ?? port(machine, system),
            user: LoginUser.name(machine, system.features), privateKey: privateKey, password: password,
            groups: [machine.system],
            variables: variables(machine, system, names, publics: publics, privates: privates), jump: jump,
            proxy: proxy)
    }

    /// The provider's word, else the port that `outports` leads to 22, else 22.
    private func port(_ machine: MachineRecord, _ system: RADLSystem) -> Int {
        if let port = machine.sshPort { return port }
        for network in index.networks(of: system) where network.isPublic {
            for outport in network.outports where outport.transport == .tcp && !outport.isRange && outport.local == 22 {
                return outport.remote
            }
        }
        return 22
    }

    private struct Names {
        var host: String
        var domain: String
        var fqdn: String { "\(host).\(domain)" }
    }

    private func hostNames(_ machine: MachineRecord, _ system: RADLSystem, interface: Int = 0) -> Names {
        let named = system.interfaces.first { $0.index == interface }?.dnsNames.first
        return Self.split((named ?? "vnode-#N#").replacingMachineNumber(with: machine.id.number))
    }

    private static func split(_ name: String) -> Names {
        guard let dot = name.firstIndex(of: ".") else { return Names(host: name, domain: "localdomain") }
        return Names(host: String(name[..<dot]), domain: String(name[name.index(after: dot)...]))
    }

    private func variables(
        _ machine: MachineRecord, _ system: RADLSystem, _ names: Names, publics: [String], privates: [String]
    ) -> [String: String] {
        var variables: [String: String] = [:]
        let host = publics.first ?? privates.first
        variables["IM_NODE_PUBLIC_IP"] = publics.first
        variables["IM_NODE_PRIVATE_IP"] = privates.first ?? publics.first
        variables["IM_NODE_HOSTNAME"] = names.host
        variables["IM_NODE_FQDN"] = names.fqdn
        variables["IM_NODE_DOMAIN"] = names.domain
        variables["IM_NODE_NUM"] = String(machine.id.number)
        variables["IM_NODE_VMID"] = machine.providerID
        variables["IM_NODE_CLOUD_TYPE"] = machine.placement.cloud.type
        let cloud = CloudEndpoint(host: snapshot.infrastructure.cloudHosts?[machine.placement.cloud.id] ?? "")
        if !cloud.server.isEmpty { variables["IM_NODE_CLOUD_SERVER"] = cloud.server }
        for interface in system.interfaces {
            let prefix = "IM_NODE_NET_\(interface.index)_"
            let addresses = machine.addresses.filter { $0.interface == interface.index && !$0.isIPv6 }
            variables[prefix + "IP"] = (addresses.first { $0.isPublic } ?? addresses.first)?.address ?? host
            if let name = interface.dnsNames.first {
                let names = Self.split(name.replacingMachineNumber(with: machine.id.number))
                variables[prefix + "HOSTNAME"] = names.host
                variables[prefix + "DOMAIN"] = names.domain
                variables[prefix + "FQDN"] = names.fqdn
            }
        }
        for application in system.applications {
            let name = application.name.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
            variables["IM_APP_\(name)_VERSION"] = application.version
            variables["IM_APP_\(name)_PATH"] = application.path
        }
        return variables
    }

    // MARK: The run

    /// What the contextualizer is asked for.
    func request(machines: [MachineID], history: [ContextualizationEvent]) -> ContextualizationRequest {
        let wanted = Set(machines)
        let members = accesses.filter { wanted.contains($0.machine.id) }
        let hosts = hostsEntries
        let byNumber = Dictionary(uniqueKeysWithValues: accesses.lazy.map { ($0.machine.id.number, $0) })
        var request = ContextualizationRequest(
            id: snapshot.infrastructure.id.rawValue,
            machines: members.map { machine($0, hosts: hosts, byNumber) }, variables: infrastructureVariables,
            recipes: recipes, steps: steps(members), history: history, parallelism: configuration.parallelism,
            timeout: index.document.contextualize?.maximumSeconds.map { .seconds($0) }
                ?? configuration.contextualizationTimeout, reachTimeout: configuration.reachTimeout)
        request.attempts = configuration.recipeAttempts
        request.followsAnother = snapshot.infrastructure.generation > 1
        return request
    }

    private func machine(
        _ access: MachineAccess, hosts: [String], _ byNumber: [Int: MachineAccess]
    ) -> ContextualizationMachine {
        let record = access.machine
        let system = systems[record.id]
        var variables = access.variables.mapValues { VariableValue.string($0) }
        variables["IM_NODE_NUM"] = .integer(record.id.number)
        for name in ["ansible_host", "ansible_ssh_host"] { variables[name] = access.host.map { .string($0) } }
        for name in ["ansible_port", "ansible_ssh_port"] { variables[name] = .integer(access.port) }
        for name in ["ansible_user", "ansible_ssh_user"] { variables[name] = .string(access.user) }
        let fresh = system?.newCredentials
        return ContextualizationMachine(
            id: record.id.rawValue, inventoryName: access.inventoryName, target: target(access, byNumber),
            groups: access.groups + ["allnowindows"], variables: variables, escalationPassword: access.password,
            basics: MachineBasics(
                fqdn: keepsName(record) ? nil : access.fqdn, hostsEntries: hosts,
                packages: system?.applications.filter { !$0.name.hasPrefix("ansible.") && !$0.isPreinstalled }
                    .compactMap { $0.name.split(separator: ".").last.map(String.init) } ?? [],
                disks: disks(system, of: record),
                authorizedKeys: [fresh?.publicKey, snapshot.secrets.publicKey].compactMap { $0 },
                newPassword: fresh?.password.map { Secret($0) }, token: snapshot.secrets.token),
            isNew: !record.placement.isExisting)
    }

    /// A machine that was there before us keeps its name, unless the document names it.
    private func keepsName(_ record: MachineRecord) -> Bool {
        guard record.placement.isExisting, let system = systems[record.id] else { return false }
        return system.interfaces.allSatisfy(\.dnsNames.isEmpty)
    }

    /// Those that shall hold a file system. A disk of the launch has its number as serial number where the provider lets
    /// itself be told one; one that was attached later has its volume's id.
    private func disks(_ system: RADLSystem?, of record: MachineRecord) -> [MachineBasics.Disk] {
        (system?.disks ?? []).compactMap { disk in
            guard disk.index > 0, let filesystem = disk.fileSystem, disk.mountPath != nil || filesystem == "swap",
                disk.device != nil || !record.placement.isExisting
            else { return nil }
            let name = record.volumeName(ofDisk: disk.index)
            let volumes = snapshot.resources.filter { $0.name == name && $0.cloud.site == record.placement.cloud.site }
            return MachineBasics.Disk(
                number: disk.index,
                serials: record.placement.isExisting ? [] : volumes.map(\.id) + ["gantry-disk\(disk.index)"],
                device: disk.device, filesystem: filesystem, mountPath: disk.mountPath)
        }
    }

    private func target(_ access: MachineAccess, _ byNumber: [Int: MachineAccess]) -> ConnectionTarget {
        var endpoints: [Endpoint] = []
        let record = access.machine
        if let known = record.currentEndpoint { endpoints.append(Endpoint(host: known.host, port: known.port)) }
        let addresses = Self.publicAddresses(record) + Self.privateAddresses(record)
        for address in addresses {
            let endpoint = Endpoint(host: address, port: access.port)
            if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
        }
        var jumps: [JumpHost] = []
        if let proxy = access.proxy {
            jumps = [proxy.jump(advice: advice(of: proxy))]
        } else if let gateway = access.jump.flatMap({ byNumber[$0] }) {
            jumps = [
                JumpHost(
                    endpoint: Endpoint(host: gateway.host ?? "", port: gateway.port), user: gateway.user,
                    authentications: authentications(gateway), hostKey: hostKeyPolicy(gateway),
                    hostKeyAdvice: hostKeyAdvice(gateway.machine))
            ]
        }
        return ConnectionTarget(
            endpoints: endpoints, user: access.user, authentications: authentications(access),
            hostKey: hostKeyPolicy(access), jumps: jumps, hostKeyAdvice: hostKeyAdvice(record))
    }

    /// The same for all machines behind it, so that they share one connection.
    private func advice(of proxy: ProxyHost) -> String {
        let number = accesses.first { $0.proxy?.endpoint == proxy.endpoint }?.machine.id.number ?? 0
        return "if the proxy was set up anew on purpose, " + configuration.advice.acceptHostKey(ofMachine: number)
    }

    private func hostKeyAdvice(_ record: MachineRecord) -> String {
        "if machine \(record.id.number) (\(record.system)) was reinstalled on purpose, "
            + configuration.advice.acceptHostKey(ofMachine: record.id.number)
    }

    private func authentications(_ access: MachineAccess) -> [Authentication] {
        var list: [Authentication] = []
        let system = systems[access.machine.id]
        if let key = access.privateKey { list.append(.privateKey(key)) }
        if let own = snapshot.secrets.privateKey, own != access.privateKey { list.append(.privateKey(own)) }
        if let password = access.password { list.append(.password(password)) }
        if let fresh = system?.newCredentials.password { list.append(.password(Secret(fresh))) }
        return list
    }

    /// Who is let in by a password of the document's, or by a key pair that is in the image, may have an image that does
    /// not heed what it is given at its start: then its first word is trusted.
    private func hostKeyPolicy(_ access: MachineAccess) -> HostKeyPolicy {
        let keys = access.machine.hostKeys
        let login = systems[access.machine.id]?.credentials
        let isOfImage = login?.password != nil || (login?.privateKey != nil && login?.publicKey == nil)
        return keys.isEmpty || (isOfImage && access.machine.endpoint == nil) ? .trustOnFirstUse : .pinned(keys)
    }

    /// `IP name.domain name` of every machine and named interface.
    private var hostsEntries: [String] {
        accesses.flatMap { access -> [String] in
            guard let host = access.variables["IM_NODE_PRIVATE_IP"] ?? access.host else { return [] }
            var lines = ["\(host) \(access.fqdn) \(access.hostname)"]
            for interface in systems[access.machine.id]?.interfaces ?? [] where interface.index > 0 {
                guard let name = interface.dnsNames.first,
                    let address = access.variables["IM_NODE_NET_\(interface.index)_IP"]
                else { continue }
                let names = Self.split(name.replacingMachineNumber(with: access.machine.id.number))
                lines.append("\(address) \(names.fqdn) \(names.host)")
            }
            return lines
        }
    }

    private var infrastructureVariables: [String: VariableValue] {
        var variables: [String: VariableValue] = [
            "IM_INFRASTRUCTURE_ID": .string(snapshot.infrastructure.id.rawValue)
        ]
        var counts: [String: Int] = [:]
        for access in accesses { counts[access.machine.system, default: 0] += 1 }
        for system in index.document.systems {
            variables["IM_\(system.id.uppercased())_NUM_VMS"] = .integer(counts[system.id] ?? 0)
        }
        // IM's master is the first public machine; there is no such role here, but recipes refer to its name.
        let master = accesses.first { !Self.publicAddresses($0.machine).isEmpty } ?? accesses.first
        if let master {
            let domain = master.fqdn.dropFirst(master.hostname.count + 1)
            variables["IM_MASTER_HOSTNAME"] = .string(master.hostname)
            variables["IM_MASTER_FQDN"] = .string(master.fqdn)
            variables["IM_MASTER_DOMAIN"] = .string(String(domain))
        }
        variables["IM_INFRASTRUCTURE_RADL"] = radlVariable
        return variables
    }

    /// Networks, systems and deploys with dots in keys as `_`; no credentials.
    private var radlVariable: VariableValue {
        func dictionary(_ kind: String, _ id: String, _ features: Features) -> VariableValue {
            var values: [String: VariableValue] = ["class": .string(kind), "id": .string(id)]
            for feature in features.all where !feature.isSecret {
                let key = feature.name.replacing(".", with: "_")
                switch feature.value {
                case .string(let text, _): values[key] = .string(text)
                case .list(let items, _): values[key] = .list(items.map { .string($0) })
                case .number(let interval):
                    let number = interval.value.scaledValue
                    values[key] = Int(exactly: number).map { .integer($0) } ?? .number(number)
                case .set, .softs: break
                }
            }
            return .dictionary(values)
        }
        let document = index.document
        return .list(
            document.networks.map { dictionary("network", $0.id, $0.features) }
                + document.systems.map { dictionary("system", $0.id, $0.features) }
                + document.deploys.map {
                    .dictionary([
                        "class": .string("deploy"), "system": .string($0.system), "vm_number": .integer($0.count),
                    ])
                })
    }

    private var recipes: [String: ContextualizationRecipe] {
        Self.recipes(of: index.document)
    }

    /// All recipes of a document by the name of their `configure`.
    static func recipes(of document: RADLDocument) -> [String: ContextualizationRecipe] {
        var recipes: [String: ContextualizationRecipe] = [:]
        let passwords = document.vaultPasswords
        for configure in document.configures {
            guard let text = configure.recipe else { continue }
            recipes[configure.id] = ContextualizationRecipe(
                name: configure.id, text: text, vaultPasswords: passwords)
        }
        return recipes
    }

    /// `basic` (1) and `main_SYSTEM` (2) for every machine, then each item at 3 + its step.
    private func steps(_ members: [MachineAccess]) -> [ContextualizationStep] {
        let ids = members.map(\.machine.id.rawValue)
        var steps = [ContextualizationStep(name: "basic", number: 1, work: .basic, machines: ids)]
        let bySystem = Dictionary(grouping: members) { $0.machine.system }
        for system in index.document.systems {
            guard let machines = bySystem[system.id]?.map(\.machine.id.rawValue) else { continue }
            steps.append(
                ContextualizationStep(name: "main_\(system.id)", number: 2, work: .main, machines: machines))
            for item in index.contextualizationItems(of: system.id) where !item.isCloudInit {
                guard index.configure(item.configure)?.recipe != nil else { continue }
                steps.append(
                    ContextualizationStep(
                        name: "\(item.configure)_\(system.id)", number: 3 + (item.step ?? 0),
                        work: .recipe(item.configure), machines: machines))
            }
        }
        return steps.enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
            .map(\.element)
    }
}

extension MachineRecord {
    /// `ADDRESS_NUMBER`, of a public address before a private one.
    var inventoryName: String {
        let address = (addresses.first(where: \.isPublic) ?? addresses.first)?.address
        return "\(address ?? "none")_\(id.number)"
    }
}
