import ConnectorAPI

/// The networks of a project, sorted as IM does it: those that call themselves default first.
struct SiteNetworks: Sendable, Hashable {
    struct Site: Sendable, Hashable {
        var network: NeutronNetwork
        var subnets: [NeutronSubnet]

        /// Floating addresses come from it.
        var isPool: Bool { network.isExternal == true }
        /// Machines on it are reachable from everywhere: by the addresses of its subnets, else because it leads
        /// outside.
        var isPublic: Bool {
            let blocks = subnets.filter { $0.version == 4 }.map(\.cidr)
            return blocks.contains { !AddressRange.isPrivate($0) } || isPool
        }
        fileprivate var isDefault: Bool {
            network.isDefault == true || network.name.lowercased().contains("default")
                || network.description?.lowercased().contains("default") == true
                || network.tags?.contains { $0.lowercased().contains("default") } == true
        }
        fileprivate var allowsTwo: Bool { network.tags?.contains("enable_two_nics") == true }
    }

    let sites: [Site]

    init(_ networks: [NeutronNetwork], _ subnets: [NeutronSubnet]) {
        let byNetwork = Dictionary(grouping: subnets, by: \.network)
        let all = networks.map { Site(network: $0, subnets: byNetwork[$0.id] ?? []) }
        sites = all.filter(\.isDefault) + all.filter { !$0.isDefault }
    }

    var pools: [Site] { sites.filter(\.isPool) }
    /// Those without a way in from outside.
    var inner: [Site] { sites.filter { !$0.isPublic } }
    /// Those that give machines public addresses by themselves.
    var outer: [Site] { sites.filter { $0.isPublic && !$0.isPool } }
    var allowsTwo: Bool { sites.contains(where: \.allowsTwo) }

    func named(_ name: String) -> Site? {
        sites.first { $0.network.id == name } ?? sites.first { $0.network.name == name }
    }
}

/// Which networks a machine is attached to, and where its floating address comes from: IM's rules for networks that are
/// there. Pure.
struct NetworkChoice: Sendable, Hashable {
    struct Attachment: Sendable, Hashable {
        var network: String
        var name: String
        /// Index of the interface that it stands for.
        var interface: Int
        var isPublic: Bool
        var fixedAddress: String?
        /// Subnet that the fixed address is of.
        var subnet: String?
        var groups: [String]
        /// Whether ports of the network may have security groups.
        var takesGroups: Bool
    }

    /// In the order of the interfaces.
    var attachments: [Attachment] = []
    /// Networks to take a floating address from, the first that works; empty: none is wanted.
    var pools: [String] = []
    /// Index of the interface that the floating address is of.
    var floatingInterface: Int?

    /// - Throws: ``ConnectorError/Code/invalidArgument`` that names the interface and what the project has.
    init(_ interfaces: [MachineSpec.Interface], _ site: SiteNetworks, field: String) throws(ConnectorError) {
        let wanted = interfaces.isEmpty ? [MachineSpec.Interface(index: 0)] : interfaces
        // Those that name their network first, so that none takes it from them.
        let order = wanted.sorted { ($0.network == nil ? 1 : 0, $0.index) < ($1.network == nil ? 1 : 0, $1.index) }
        for interface in order where !interface.public { try attachPrivate(interface, site, field) }
        for interface in order where interface.public { try attachPublic(interface, site, field) }
        if !pools.isEmpty { try giveRoom(wanted, site, field) }
        // A machine with two ways out needs rules for its routes, which few images have.
        if attachments.contains(where: \.isPublic), site.pools.isEmpty, !site.allowsTwo {
            attachments.removeAll { !$0.isPublic }
        }
        attachments.sort { $0.interface < $1.interface }
    }

    private mutating func attachPrivate(
        _ interface: MachineSpec.Interface, _ site: SiteNetworks, _ field: String
    ) throws(ConnectorError) {
        if let name = interface.network {
            let chosen = try named(name, site, field)
            return try attach(interface, chosen, isPublic: chosen.isPublic, field)
        }
        if let free = site.inner.first(where: { !isUsed($0) }) {
            return try attach(interface, free, isPublic: false, field)
        }
        guard site.inner.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "interface \(interface.index) finds no private network that another does not use already; "
                    + "the project has: \(Self.names(site.inner))",
                field: "\(field).interfaces")
        }
        // Clouds whose only networks are public ones.
        guard
            let outer = site.outer.first(where: { !isUsed($0) })
                ?? site.pools.first(where: { $0.network.isShared == true })
        else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "the project has no network that a machine can be attached to; create one with a subnet",
                field: "\(field).interfaces")
        }
        try attach(interface, outer, isPublic: true, field)
    }

    private mutating func attachPublic(
        _ interface: MachineSpec.Interface, _ site: SiteNetworks, _ field: String
    ) throws(ConnectorError) {
        if let name = interface.network {
            let chosen = try named(name, site, field)
            guard chosen.isPool else { return try attach(interface, chosen, isPublic: true, field) }
            return float(interface, [chosen])
        }
        let candidates = site.sites.filter { $0.isPublic && !isUsed($0) }
        guard let first = candidates.first else {
            throw ConnectorError(
                code: .invalidArgument,
                message:
                    "interface \(interface.index) is to be public, but the project sees no public network and no pool "
                    + "of floating addresses; it has: \(Self.names(site.sites))",
                field: "\(field).interfaces")
        }
        if first.isPool { return float(interface, candidates.filter(\.isPool)) }
        try attach(interface, first, isPublic: true, field)
    }

    private mutating func float(_ interface: MachineSpec.Interface, _ pools: [SiteNetworks.Site]) {
        // A machine has one floating address, whichever of its public networks asked first.
        guard self.pools.isEmpty else { return }
        self.pools = pools.map(\.network.id)
        floatingInterface = interface.index
    }

    /// A floating address leads to a private network, which a machine that names public ones only is attached to as
    /// well; where there is none, the machine is on the outer network itself.
    private mutating func giveRoom(
        _ interfaces: [MachineSpec.Interface], _ site: SiteNetworks, _ field: String
    ) throws(ConnectorError) {
        let asking = interfaces.first { $0.index == floatingInterface }
        let groups = asking?.groups ?? []
        if let place = attachments.firstIndex(where: { !$0.isPublic }) {
            // The groups of the public network are those with its open ports.
            for group in groups where !attachments[place].groups.contains(group) {
                attachments[place].groups.append(group)
            }
            return
        }
        let interface = MachineSpec.Interface(index: floatingInterface ?? 0, groups: groups)
        if let inner = site.inner.first {
            return try attach(interface, inner, isPublic: false, field)
        }
        guard let pool = site.sites.first(where: { pools.contains($0.network.id) && $0.network.isShared == true })
        else {
            throw ConnectorError(
                code: .invalidArgument,
                message:
                    "there is no private network that a floating address could lead to; create one with a subnet and "
                    + "a router to \(Self.names(site.pools))",
                field: "\(field).interfaces")
        }
        pools = []
        floatingInterface = nil
        try attach(interface, pool, isPublic: true, field)
    }

    private mutating func attach(
        _ interface: MachineSpec.Interface, _ site: SiteNetworks.Site, isPublic: Bool, _ field: String
    ) throws(ConnectorError) {
        guard !isUsed(site) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "Two different networks assigned to the same provider_id: \(site.network.name)",
                field: "\(field).interfaces")
        }
        let groups = interface.groups.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var subnet: String?
        if let fixed = interface.fixedAddress {
            subnet = site.subnets.first { AddressRange.contains($0.cidr, fixed) }?.id
            guard subnet != nil || fixed.contains(":") else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "address \(fixed) is in no subnet of network '\(site.network.name)', which has "
                        + (site.subnets.isEmpty ? "none" : site.subnets.map(\.cidr).joined(separator: ", ")),
                    field: "\(field).interfaces")
            }
        }
        attachments.append(
            Attachment(
                network: site.network.id, name: site.network.name, interface: interface.index, isPublic: isPublic,
                fixedAddress: interface.fixedAddress, subnet: subnet, groups: groups,
                takesGroups: site.network.hasPortSecurity != false))
    }

    private func isUsed(_ site: SiteNetworks.Site) -> Bool {
        attachments.contains { $0.network == site.network.id }
    }

    private func named(
        _ name: String, _ site: SiteNetworks, _ field: String
    ) throws(ConnectorError) -> SiteNetworks.Site {
        guard let found = site.named(name) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "Network with provider_id \(name) not found. The project has: \(Self.names(site.sites))",
                field: "\(field).interfaces")
        }
        return found
    }

    private static func names(_ sites: [SiteNetworks.Site]) -> String {
        sites.isEmpty ? "none" : sites.map(\.network.name).joined(separator: ", ")
    }
}
