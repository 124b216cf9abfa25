import ConnectorAPI
import Foundation
import InfrastructureModel
import JSONCoding
import RADL
import Support

/// Turns recorded machines and the document into what connectors are asked for. Pure. What a launch asks for is made once
/// and stored with its token: the idempotency of launches rests on that.
struct LaunchPlan {
    let snapshot: InfrastructureSnapshot
    private let index: RADLIndex

    init(snapshot: InfrastructureSnapshot) throws {
        self.snapshot = snapshot
        index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
    }

    /// Name of the security group of the networks that have this id at the provider; nil: of all that have none.
    private func groupName(_ network: String?) -> String {
        "gantry-\(snapshot.infrastructure.id)" + (network.map { "-\($0)" } ?? "")
    }

    /// Name of a network that is made.
    static func networkName(_ network: RADLNetwork, of infrastructure: InfrastructureID) -> String {
        "gantry-\(infrastructure)-\(network.id)"
    }

    private func networkName(_ network: RADLNetwork) -> String {
        Self.networkName(network, of: snapshot.infrastructure.id)
    }

    /// What a network that is to be made shall be, but for who is on it.
    static func specification(of network: RADLNetwork, named name: String) -> NetworkSpec {
        NetworkSpec(
            // Of a range with parts that are free, the first.
            name: name, cidr: network.cidr?.replacing("*", with: "0"),
            provider: ["radl": .object(hints(network.features))])
    }

    /// The provider's id of a network: as the document names it, or of the one that was made; nil: the provider chooses.
    private func providerID(_ network: RADLNetwork, at site: CloudSite) -> String? {
        if let id = network.providerID { return id }
        guard network.isMade else { return nil }
        let name = networkName(network)
        return snapshot.resources.first {
            $0.cloud.site == site && $0.kind == Resource.Kind.network.rawValue && $0.name == name
        }?.id
    }

    /// Networks that machines at a cloud are on and that are to be made there. One is public where a machine on it has a
    /// public address, since at some clouds a machine is in one network only.
    func networks(at cloud: CloudReference) -> [NetworkSpec] {
        var made: [String: NetworkSpec] = [:]
        for system in systems(at: cloud) {
            let networks = system.interfaces.compactMap { $0.connection.flatMap { index.network($0) } }
            let isPublic = networks.contains(where: \.isPublic)
            for network in networks where network.isMade {
                var spec =
                    made[network.id] ?? Self.specification(of: network, named: networkName(network))
                spec.public = spec.public || isPublic
                made[network.id] = spec
            }
        }
        return made.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Of machines that are there to stay.
    private func systems(at cloud: CloudReference) -> [RADLSystem] {
        snapshot.machines
            .filter { $0.placement.cloud.site == cloud.site && $0.goal == .present && $0.isAlive }
            .compactMap { snapshot.definition(of: $0, in: index) }
    }

    /// One group for all networks without an id at the provider, and one for each network with one that machines there
    /// are on: SSH, and the `outports` of these networks.
    func securityGroups(at cloud: CloudReference) -> [SecurityGroupSpec] {
        var seen: Set<String?> = []
        let networks = systems(at: cloud)
            .flatMap { system -> [String?] in
                let ids = system.interfaces.map { interface in
                    interface.connection.flatMap { index.network($0) }.flatMap { providerID($0, at: cloud.site) }
                }
                return ids.isEmpty ? [nil] : ids
            }
            .filter { seen.insert($0).inserted }
        return networks.sorted { ($0 ?? "") < ($1 ?? "") }.map { securityGroup($0, at: cloud.site) }
    }

    private func securityGroup(_ id: String?, at site: CloudSite) -> SecurityGroupSpec {
        var rules = [SecurityGroupSpec.Rule(transport: .tcp, fromPort: 22, toPort: 22)]
        for network in index.document.networks where providerID(network, at: site) == id {
            for port in network.outports {
                let rule = SecurityGroupSpec.Rule(
                    transport: .init(rawValue: port.transport.rawValue) ?? .tcp, fromPort: port.remotePorts.lowerBound,
                    toPort: port.remotePorts.upperBound, cidr: port.cidr)
                if !rules.contains(rule) { rules.append(rule) }
            }
        }
        return SecurityGroupSpec(
            name: groupName(id), description: "Gantry infrastructure \(snapshot.infrastructure.id)",
            network: id, rules: rules)
    }

    /// What a launch asks for as it is stored with its token: machines that are alike share a template.
    private struct StoredItems: Codable {
        struct Kind: Codable {
            var template: MachineSpec
            /// Numbers of the machines.
            var machines: [Int]
        }

        var kinds: [Kind] = []
    }

    /// The items of a launch call, in the order of the batch.
    /// - Parameter items: What ``items(of:)`` made for that token, as it was stored.
    static func specifications(of batch: LaunchBatch, items: Data) throws -> [MachineSpec] {
        let kinds = try JSONText.decode(StoredItems.self, from: Array(items)).kinds
        var templates: [Int: MachineSpec] = [:]
        for kind in kinds {
            for number in kind.machines { templates[number] = kind.template }
        }
        return try batch.machines.map { id in
            guard var spec = templates[id.number] else {
                throw ManagerError(
                    code: .invalidDocument, message: "what launch \(batch.token) asks for does not name machine \(id)")
            }
            spec.machineID = id.rawValue
            let own = spec.provider["radl"]?["instance_name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            // Templates of TOSCA give the node's name, which is that of the system.
            spec.name =
                own.flatMap { $0 == spec.name ? nil : $0.replacingMachineNumber(with: id.number) }
                ?? "\(spec.name)-\(id.number)"
            spec.tags = [ResourceTags.machine: id.rawValue]
            return spec
        }
    }

    /// What batches that were just decided ask for, to be stored with their tokens; nothing for those that cannot be done.
    func items(of batches: [LaunchBatch]) -> [BatchToken: Data] {
        let machines = Dictionary(uniqueKeysWithValues: snapshot.machines.lazy.map { ($0.id, $0) })
        var items: [BatchToken: Data] = [:]
        for batch in batches {
            items[batch.token] = try? self.items(batch.machines.compactMap { machines[$0] }, at: batch.cloud)
        }
        return items
    }

    /// What a batch asks for.
    /// - Throws: ``ManagerError`` where the document does not say it.
    func items(of batch: LaunchBatch) throws -> Data {
        let members = Set(batch.machines)
        return try items(snapshot.machines.filter { members.contains($0.id) }, at: batch.cloud)
    }

    private func items(_ machines: [MachineRecord], at cloud: CloudReference) throws -> Data {
        let resources = snapshot.resources.filter { $0.cloud.site == cloud.site }
        let groups = Dictionary(
            resources.filter { $0.kind == Resource.Kind.securityGroup.rawValue }.map { ($0.name ?? "", [$0.id]) },
            uniquingKeysWith: +)
        let keyPair = resources.first { $0.kind == Resource.Kind.keyPair.rawValue }?.id
        var items = StoredItems()
        var positions: [Kind: Int] = [:]
        for machine in machines {
            let kind = Kind(
                system: machine.system, placement: machine.placement,
                definition: snapshot.secrets.definitions[machine.id.number])
            if let position = positions[kind] {
                items.kinds[position].machines.append(machine.id.number)
            } else {
                positions[kind] = items.kinds.count
                items.kinds.append(
                    StoredItems.Kind(
                        template: try template(machine, groups: groups, keyPair: keyPair),
                        machines: [machine.id.number]))
            }
        }
        return Data(try JSONText.encode(items))
    }

    /// What the template of a machine is made of.
    private struct Kind: Hashable {
        var system: String
        var placement: Placement
        /// Of its own.
        var definition: Secret<String>?
    }

    private func template(_ machine: MachineRecord, groups: [String: [String]], keyPair: String?) throws -> MachineSpec
    {
        guard let system = snapshot.definition(of: machine, in: index) else {
            throw ManagerError(
                code: .invalidDocument, message: "system '\(machine.system)' is not in the stored document")
        }
        let features = system.features
        return MachineSpec(
            machineID: machine.id.rawValue, name: machine.system, image: machine.placement.image,
            flavor: machine.placement.flavor, cpuCount: machine.placement.cpuCount,
            memoryBytes: machine.placement.memoryBytes, disks: Self.disks(system),
            interfaces: interfaces(system, groups, at: machine.placement.cloud.site),
            keyPair: keyPair, userData: userData(machine, features), zone: machine.placement.zone,
            spot: features.flag("spot") ? MachineSpec.Spot(maxPrice: features.number("price")) : nil,
            provider: ["radl": .object(Self.hints(features))])
    }

    static func disks(_ system: RADLSystem) -> [MachineSpec.Disk] {
        system.disks.compactMap { disk in
            guard disk.index > 0 || disk.size != nil else { return nil }
            return MachineSpec.Disk(
                index: disk.index, sizeBytes: disk.size.map { Int64($0) },
                source: disk.index > 0 ? disk.imageURLs.first : nil, type: disk.type, device: disk.device,
                filesystem: disk.fileSystem)
        }
    }

    private func interfaces(
        _ system: RADLSystem, _ groups: [String: [String]], at site: CloudSite
    ) -> [MachineSpec.Interface] {
        let interfaces = system.interfaces.map { interface in
            let network = interface.connection.flatMap { index.network($0) }
            let id = network.flatMap { providerID($0, at: site) }
            return MachineSpec.Interface(
                index: interface.index, network: id, fixedAddress: interface.ip,
                public: network?.isPublic ?? false, groups: groups[groupName(id)] ?? [])
        }
        guard interfaces.isEmpty else { return interfaces }
        return [MachineSpec.Interface(index: 0, public: false, groups: groups[groupName(nil)] ?? [])]
    }

    /// Features that the host does not interpret, for the connector. Credentials stay here.
    static func hints(_ features: Features) -> [String: JSONValue] {
        var hints: [String: JSONValue] = [:]
        for feature in features.all where !feature.isSecret {
            switch feature.value {
            case .string(let text, _): hints[feature.name] = .string(text)
            case .number(let interval): hints[feature.name] = .number(interval.value.scaledValue)
            case .list(let items, _): hints[feature.name] = .array(items.map { .string($0) })
            case .set, .softs: break
            }
        }
        return hints
    }

    /// Lets the login user in by the infrastructure's key, and holds what the document gives to cloud-init. The same for
    /// all of a batch.
    private func userData(_ machine: MachineRecord, _ features: Features) -> Data? {
        let login = login(machine, features)
        let parts = index.contextualizationItems(of: machine.system).filter(\.isCloudInit)
            .compactMap { index.configure($0.configure)?.recipe }
        guard !parts.isEmpty else { return login.map { Data($0.utf8) } }
        return Data(BootData(parts: parts, login: login).text.utf8)
    }

    /// A cloud-config.
    private func login(_ machine: MachineRecord, _ features: Features) -> String? {
        var keys = [snapshot.secrets.publicKey, features.string("disk.0.os.credentials.public_key")].compactMap { $0 }
        keys.removeAll { $0.count < 64 }
        guard !keys.isEmpty else { return nil }
        let user = LoginUser.name(machine, features)
        var lines = [
            "#cloud-config", "users:", "  - default", "  - name: \(user)",
            "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"", "    shell: /bin/bash", "    lock_passwd: true",
            "    ssh_authorized_keys:",
        ]
        lines += keys.map { "      - \"\($0.trimmingCharacters(in: .whitespacesAndNewlines))\"" }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Feature {
    /// Logins and passwords: neither connectors nor machines get them from a document.
    var isSecret: Bool { name.contains("credentials") || name == "vault.password" }
}

extension RADLNetwork {
    /// Whether it is made for the infrastructure: a private network that asks for it, without an id of one that is there.
    var isMade: Bool { isCreated && !isPublic && providerID == nil }
}

/// Who logs in.
enum LoginUser {
    /// IM's default where neither the document nor the image names one.
    static let fallback = "cloudadm"

    static func name(_ machine: MachineRecord, _ features: Features) -> String {
        features.string("disk.0.os.credentials.username") ?? machine.placement.loginUser ?? fallback
    }
}

extension Outport {
    /// Ports as seen from outside.
    var remotePorts: ClosedRange<Int> { isRange ? localPorts : remote...remote }

    /// For people: `80/tcp`, `8000-8010/udp`, with who may reach it where that is not everybody.
    var text: String {
        let ports = isRange ? "\(localPorts.lowerBound)-\(localPorts.upperBound)" : "\(remote)"
        return "\(ports)/\(transport.rawValue)" + (cidr == "0.0.0.0/0" ? "" : " from \(cidr)")
    }
}
