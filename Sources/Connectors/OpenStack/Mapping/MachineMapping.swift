import ConnectorAPI
import Foundation

extension Machine {
    /// A server as the host sees it.
    init(_ server: NovaServer) {
        let tags = LaunchIdentity.hostTags(server.metadata)
        var provider: [String: JSONValue] = ["status": .string(server.status)]
        provider["task"] = server.taskState.map { .string($0) }
        provider["keyPair"] = server.keyName.map { .string($0) }
        let state = Self.state(server)
        var failure: Failure?
        if state == .failed {
            failure = Failure(
                code: server.fault?.code.map(String.init) ?? "ERROR",
                message: server.fault?.message ?? "Nova says no more than that the server is in error")
        }
        self.init(
            id: server.id, machineID: tags[LaunchIdentity.machineKey], batchToken: tags[LaunchRequest.batchTag],
            state: state, failure: failure, addresses: Self.addresses(server), flavor: server.flavor,
            image: server.image, zone: server.zone,
            launchedAt: server.created.flatMap { try? Date($0, strategy: .iso8601) }, tags: tags,
            provider: ["openstack": .object(provider)])
    }

    /// Nova's status, made exact by the task that is under way.
    static func state(_ server: NovaServer) -> State {
        switch server.taskState {
        case "deleting", "soft-deleting": return .terminated
        case "powering-off": return .stopping
        case "powering-on": return .pending
        default: break
        }
        switch server.status {
        case "BUILD", "REBUILD", "RESIZE", "REVERT_RESIZE": return .pending
        case "ACTIVE", "REBOOT", "HARD_REBOOT", "PASSWORD", "MIGRATING", "RESCUE", "VERIFY_RESIZE": return .running
        case "SHUTOFF", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED": return .stopped
        case "DELETED", "SOFT_DELETED": return .terminated
        case "ERROR": return .failed
        default: return .unknown
        }
    }

    private static func addresses(_ server: NovaServer) -> [Address] {
        let names = InterfaceNames(server.metadata[LaunchIdentity.interfacesKey])
        var addresses: [Address] = []
        for (network, entries) in server.addresses {
            let place = names.networks[network]
            for entry in entries {
                let isFloating = entry.kind == "floating"
                addresses.append(
                    Address(
                        interface: (isFloating ? names.floating : place?.interface) ?? 0, address: entry.address,
                        family: entry.version == 6 ? .ipv6 : .ipv4,
                        public: isFloating || place?.isPublic ?? !AddressRange.isPrivate(entry.address)))
            }
        }
        // Nova gives them in no order; the public one first, as one would reach the machine.
        return addresses.sorted {
            ($0.interface, $0.public ? 0 : 1, $0.address) < ($1.interface, $1.public ? 0 : 1, $1.address)
        }
    }
}

extension Resource {
    init(_ server: NovaServer) {
        let machine = Machine(server)
        self.init(kind: .machine, id: server.id, name: server.name, tags: machine.tags, machine: machine)
    }

    /// Groups can go only after their ports.
    init(_ port: NeutronPort, tags: [String: String]) {
        self.init(
            kind: .other, id: port.id, name: "port", tags: LaunchIdentity.hostTags(tags),
            dependsOn: (port.groups ?? []).map { Reference(kind: .securityGroup, id: $0) })
    }

    init(_ address: NeutronAddress, tags: [String: String]) {
        self.init(
            kind: .publicAddress, id: address.id, name: address.address, tags: LaunchIdentity.hostTags(tags),
            dependsOn: address.port.map { [Reference(kind: .other, id: $0)] } ?? [])
    }

    init(_ volume: CinderVolume) {
        self.init(
            kind: .volume, id: volume.id, name: volume.name?.nonEmpty,
            tags: LaunchIdentity.hostTags(volume.metadata ?? [:]))
    }
}
