import ConnectorAPI

extension Hypervisor {
    /// What an item becomes: nothing is made yet but networks started.
    func definition(
        _ item: LaunchItem, _ uuid: String, _ image: PreparedImage, _ session: LibvirtSession
    ) throws(ConnectorError) -> DomainDefinition {
        let spec = item.spec
        let size = try MachineSize(spec, host: session.abilities.architecture)
        let guest = try session.guest(size.architecture)
        let pool = try session.pool(self)
        let folder = try pool.folder() ?? ""
        var tags = item.tags.merging(spec.tags) { _, own in own }
        tags[LaunchRequest.batchTag] = item.token
        let label = MachineLabel(
            machineID: spec.machineID, batchToken: item.token, items: item.items, tags: tags, image: spec.image,
            flavor: size.id, acceleration: try session.acceleration(size.architecture, self), pool: pool.name,
            base: image.path, ownsBase: image.isCopy, interfaces: try interfaces(spec, uuid, session))
        var disks = [
            DomainDefinition.Disk(path: "\(folder)/\(MachineVolume.root(uuid))", serial: DomainDefinition.serial(0))
        ]
        for disk in spec.disks.filter({ $0.index > 0 }).sorted(by: { $0.index < $1.index }) {
            disks.append(
                .init(
                    path: "\(folder)/\(MachineVolume.disk(uuid, disk.index))",
                    serial: DomainDefinition.serial(disk.index)))
        }
        return DomainDefinition(
            name: LaunchIdentity.domainName(spec.name, uuid), uuid: uuid, label: label, cpus: size.cpus,
            memoryBytes: size.memoryBytes, architecture: size.architecture, emulator: guest.emulator,
            machines: guest.machines, hasUEFI: try Self.wantsUEFI(spec, size.architecture), disks: disks,
            seed: .init(
                path: "\(folder)/\(MachineVolume.seed(uuid))", format: "raw", serial: "gantry-seed", isReadOnly: true),
            consoleLog: "\(folder)/\(MachineVolume.console(uuid))")
    }

    /// - Throws: What is wrong with an item, but for its image.
    func check(_ spec: MachineSpec, _ session: LibvirtSession) throws(ConnectorError) {
        let size = try MachineSize(spec, host: session.abilities.architecture)
        _ = try session.guest(size.architecture)
        try OperatingSystemName.check(spec.image, size.architecture)
        _ = try Self.wantsUEFI(spec, size.architecture)
        _ = try interfaces(spec, "", session)
    }

    /// What is wrong with the disks and networks of an item, as far as they are there. Makes and starts none.
    func foresee(_ spec: MachineSpec, _ session: LibvirtSession) throws(ConnectorError) {
        _ = try Self.wantsUEFI(spec, "")
        for disk in spec.disks { _ = try base(of: disk) }
        for interface in spec.interfaces {
            let place = try place(interface, spec, session)
            try check(interface.fixedAddress, place)
        }
    }

    /// `libvirt.firmware = 'uefi'`; ARM has nothing else.
    static func wantsUEFI(_ spec: MachineSpec, _ architecture: String) throws(ConnectorError) -> Bool {
        let asked = spec.provider["radl"]?["libvirt.firmware"] ?? spec.provider["libvirt"]?["firmware"]
        switch asked?.stringValue?.lowercased() {
        case nil: return architecture == "aarch64"
        case "uefi"?, "efi"?: return true
        case "bios"?: return false
        case let other?:
            throw ConnectorError(
                code: .invalidArgument, message: "libvirt.firmware is 'uefi' or 'bios', not '\(other)'",
                field: "provider")
        }
    }

    // MARK: - Networks

    /// The cards of a machine. Those of the document that would be on the same network are one, unless they name it.
    private func interfaces(
        _ spec: MachineSpec, _ uuid: String, _ session: LibvirtSession
    ) throws(ConnectorError) -> [MachineLabel.Interface] {
        let wanted = spec.interfaces.isEmpty ? [MachineSpec.Interface(index: 0)] : spec.interfaces
        var cards: [MachineLabel.Interface] = []
        for interface in wanted.sorted(by: { $0.index < $1.index }) {
            let place = try place(interface, spec, session)
            if let name = place.network, let network = try network(name), !network.isActive { try start(network) }
            let same = cards.firstIndex {
                ($0.network, $0.bridge, $0.segment?.group) == (place.network, place.bridge, place.segment?.group)
            }
            if let same {
                cards[same].indexes.append(interface.index)
                cards[same].isPublic = cards[same].isPublic || interface.public
                try check(interface.fixedAddress, place)
                cards[same].fixedAddress = cards[same].fixedAddress ?? interface.fixedAddress
                continue
            }
            try check(interface.fixedAddress, place)
            guard interface.groups.count <= 1 else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "interface \(interface.index) has \(interface.groups.count) security groups; libvirt has one "
                        + "network filter for a card", field: "interfaces")
            }
            let group = hasFilters && (place.network ?? place.bridge) != nil ? interface.groups.first : nil
            if interface.fixedAddress != nil, place.network == nil, place.segment == nil {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "interface \(interface.index) cannot have a fixed address: it is on no network of libvirt's",
                    field: "interfaces")
            }
            cards.append(
                .init(
                    indexes: [interface.index], mac: try LaunchIdentity.mac(uuid, interface.index, group: group),
                    network: place.network, bridge: place.bridge, segment: place.segment,
                    fixedAddress: interface.fixedAddress,
                    isPublic: interface.public, filter: group))
        }
        // Where the host is on none of its networks, SSH needs a card of its own.
        if uri.isSession, !cards.contains(where: { $0.segment == nil }) {
            cards.append(.init(indexes: [], mac: try LaunchIdentity.mac(uuid, -1), isPublic: true))
        }
        return cards
    }

    /// libvirt takes any address into its definition, and its server gives out those of the network alone.
    private func check(_ address: String?, _ place: Place) throws(ConnectorError) {
        guard let address, let name = place.network, !uri.isTest else { return }
        let own = try network(name)?.xml().children("ip") ?? []
        let ranges = own.compactMap { AddressRange($0) }
        if own.contains(where: { $0.attributes["address"] == address }) {
            throw ConnectorError(
                code: .invalidArgument,
                message: "address \(address) is the host's own on network '\(name)'; take another",
                field: "interfaces")
        }
        guard !ranges.isEmpty, !address.contains(":") else { return }
        guard let number = AddressRange.number(address), ranges.contains(where: { $0.holds(number) }) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "address \(address) is none of network '\(name)', which has "
                    + ranges.map(\.text).joined(separator: ", "),
                field: "interfaces")
        }
    }

    struct Place {
        var network: String?
        var bridge: String?
        var segment: MachineLabel.Segment?
    }

    /// A network, a bridge (`bridge:NAME`), a place among the machines of a session, or nothing of these, which is user-mode
    /// networking.
    func place(
        _ interface: MachineSpec.Interface, _ spec: MachineSpec, _ session: LibvirtSession
    ) throws(ConnectorError) -> Place {
        if let id = interface.network ?? session.settings.network {
            if id.hasPrefix("bridge:") {
                let name = String(id.dropFirst("bridge:".count))
                guard !name.isEmpty else {
                    throw ConnectorError(
                        code: .invalidArgument,
                        message:
                            "'bridge:' names no bridge; write bridge:NAME, such as bridge:br0 (ip link show type bridge)",
                        field: "interfaces")
                }
                guard !uri.isSession else {
                    throw ConnectorError(
                        code: .invalidArgument,
                        message:
                            "'\(id)' has no meaning in qemu:///session, whose machines are on no bridge: leave the "
                            + "name out, or use qemu:///system", field: "interfaces")
                }
                try check(bridge: name)
                return Place(bridge: name)
            }
            if id == "user" { return Place() }
            guard let network = try network(id) else {
                let place = interface.network == nil ? ", which the auth line names" : ""
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "there is no network '\(id)'\(place); "
                        + NamesThere.text(try networks().map(\.name)),
                    field: "interfaces")
            }
            if uri.isSession, let segment = try segment(network, interface, spec) { return Place(segment: segment) }
            return Place(network: network.name)
        }
        if uri.isSession { return Place() }
        if let usual = try defaultNetwork() { return Place(network: usual.name) }
        throw ConnectorError(
            code: .invalidArgument,
            message: "libvirt has no network 'default' for machines that name none; make one (virsh net-define "
                + "/usr/share/libvirt/networks/default.xml), or name another: network in the auth line, provider_id "
                + "in the document",
            field: "interfaces")
    }

    /// The one named so, else the only one that is none of ours.
    func defaultNetwork() throws(ConnectorError) -> VirtualNetwork? {
        if let usual = try network("default") { return usual }
        var others: [VirtualNetwork] = []
        for network in try networks() where NetworkLabel(try network.xml()) == nil { others.append(network) }
        return others.count == 1 ? others[0] : nil
    }

    func start(_ network: VirtualNetwork) throws(ConnectorError) {
        do throws(ConnectorError) {
            try network.start()
        } catch {
            guard error.message.contains("already in use") else { throw error }
            throw ConnectorError(
                code: .invalidArgument,
                message:
                    "\(error.message); the addresses of network '\(network.name)' are in use on this host: give it "
                    + "another range (virsh net-edit \(network.name)) or name another network",
                provider: error.provider, field: "interfaces")
        }
    }
}
