package import ConnectorAPI
import Support

extension LibvirtConnector {
    /// Networks of libvirt's, by name. Machines that name none are on `default`.
    package func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        let session = try sessions.session(request.session)
        let items = try await session.connection.run("the look at networks", CallBudget(context)) {
            host throws(ConnectorError) in
            var usual = session.settings.network
            if usual == nil { usual = try host.defaultNetwork()?.name }
            var items: [Network] = []
            for network in try host.networks() {
                let xml = try network.xml()
                let mode = xml.child("forward")?.attributes["mode"]
                items.append(
                    Network(
                        id: network.name, name: network.name,
                        cidr: xml.child("ip").flatMap { AddressRange($0) }?.text, public: mode != nil,
                        isDefault: network.name == usual,
                        provider: [
                            "libvirt": ["forward": .string(mode ?? "none"), "active": .bool(network.isActive)]
                        ]))
            }
            return items.sorted { $0.name < $1.name }
        }
        return Page(
            items: items.filter { network in request.ids?.contains(network.id) ?? true }, maxAgeMs: 30_000)
    }

    package func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        try Self.check(tags: request.tags)
        let budget = CallBudget(context)
        let lock = lock
        return try await session.connection.run("network '\(request.spec.name)'", budget) {
            host throws(ConnectorError) in
            // Ranges are given one after the other.
            try lock.hold("networks", budget) { () throws(ConnectorError) in
                .done(try host.ensureNetwork(request.spec, request.tags))
            }
        }
    }
}

extension Hypervisor {
    /// Networks that were made here, with what they say of themselves.
    func ownNetworks() throws(ConnectorError) -> [(network: VirtualNetwork, label: NetworkLabel)] {
        var found: [(VirtualNetwork, NetworkLabel)] = []
        for network in try networks() {
            guard let xml = try Self.optional({ () throws(ConnectorError) in try network.xml() }),
                let label = NetworkLabel(xml)
            else { continue }
            found.append((network, label))
        }
        return found
    }

    func ensureNetwork(_ spec: NetworkSpec, _ tags: [String: String]) throws(ConnectorError) -> Resource {
        let own = try ownNetworks()
        if let (network, _) = own.first(where: { $0.label.tags.contains(all: tags) }) {
            if !uri.isSession {
                if !network.isActive { try network.start() }
                // Who made it may have been killed before.
                try network.setAutostart()
            }
            return Resource(kind: .network, id: network.name, name: spec.name, tags: tags)
        }
        let label = NetworkLabel(name: spec.name, tags: tags)
        let word = try LaunchIdentity.word("network/\(spec.name)/\(tags.sorted { $0.key < $1.key })", 10)
        let name = LaunchIdentity.plain(spec.name, longest: 48)
        if let other = try network(name), NetworkLabel(try other.xml())?.tags != tags {
            throw ConnectorError(
                code: .alreadyExists,
                message: "the network '\(name)' is there already and is not ours; it is left alone", field: "spec.name")
        }
        var ranges = AddressRange.candidates(word)
        if let range = try Self.range(spec) { ranges = [range] }
        let taken = try takenRanges()
        var last: ConnectorError?
        for range in ranges {
            if let other = taken.first(where: { $0.range.overlaps(range) }) {
                last = Self.taken(range, by: other, spec)
                continue
            }
            let definition = NetworkDefinition(
                name: name, range: range, bridge: "gvb\(word)", hasWayOut: Self.wantsWayOut(spec),
                dnsServers: spec.dnsServers, label: label)
            let network = try defineNetwork(try definition.xml(), name)
            Failpoint.reached("libvirt.network")
            // A session can start none: the definition says whose it is, and machines are joined without it.
            if uri.isSession { return Resource(kind: .network, id: name, name: spec.name, tags: tags) }
            do throws(ConnectorError) {
                if !network.isActive { try network.start() }
                try network.setAutostart()
                return Resource(kind: .network, id: name, name: spec.name, tags: tags)
            } catch {
                try network.remove()
                // The host itself has these addresses.
                guard error.message.contains("already in use") else { throw error }
                last = ConnectorError(
                    code: .invalidArgument,
                    message: "network '\(spec.name)': the addresses \(range.text) are in use on the host "
                        + "(\(error.message))", field: "spec.cidr")
            }
        }
        throw last ?? ConnectorError(code: .quotaExceeded, message: "no range of addresses is left for '\(spec.name)'")
    }

    /// What is wrong with the ranges of networks that are to be made. Makes none.
    func foresee(_ specs: [NetworkSpec]) throws(ConnectorError) {
        guard !specs.isEmpty else { return }
        var taken = try takenRanges()
        for spec in specs {
            guard let range = try Self.range(spec) else { continue }
            if let other = taken.first(where: { $0.range.overlaps(range) }) {
                throw Self.taken(range, by: other, spec)
            }
            taken.append((spec.name, range))
        }
    }

    /// The range that is asked for; nil: any will do.
    private static func range(_ spec: NetworkSpec) throws(ConnectorError) -> AddressRange? {
        guard let cidr = spec.cidr else { return nil }
        if let range = AddressRange(cidr) { return range }
        throw ConnectorError(
            code: .invalidArgument,
            message:
                "network '\(spec.name)': '\(cidr)' is no range of a network; it is like 10.1.0.0/24, with a prefix from "
                + "16 to 29 (libvirt gives out 65535 addresses at most)",
            field: "spec.cidr")
    }

    private static func taken(
        _ range: AddressRange, by other: (name: String, range: AddressRange), _ spec: NetworkSpec
    ) -> ConnectorError {
        ConnectorError(
            code: .invalidArgument,
            message: "network '\(spec.name)': the addresses \(range.text) are in use by network '\(other.name)', which "
                + "has \(other.range.text)",
            field: "spec.cidr")
    }

    /// A machine's place on a network that was made here, in a session; nil: it is another one.
    func segment(
        _ network: VirtualNetwork, _ interface: MachineSpec.Interface, _ spec: MachineSpec
    ) throws(ConnectorError) -> MachineLabel.Segment? {
        let xml = try network.xml()
        guard NetworkLabel(xml) != nil, let uuid = xml.child("uuid")?.text,
            let range = xml.child("ip").flatMap({ AddressRange($0) })
        else { return nil }
        return try MachineLabel.Segment(
            network: uuid, range: range, machine: spec.machineID, fixedAddress: interface.fixedAddress)
    }

    /// `libvirt.forward = 'nat'` of the document's network. Else it has none: a machine with a second way out beside that of
    /// its public card would send answers by the wrong one.
    private static func wantsWayOut(_ spec: NetworkSpec) -> Bool {
        spec.provider["radl"]?["libvirt.forward"]?.stringValue?.lowercased() == "nat"
    }

    private func takenRanges() throws(ConnectorError) -> [(name: String, range: AddressRange)] {
        var taken: [(String, AddressRange)] = []
        for network in try networks() {
            guard let xml = try Self.optional({ () throws(ConnectorError) in try network.xml() }) else { continue }
            for ip in xml.children("ip") { if let range = AddressRange(ip) { taken.append((network.name, range)) } }
        }
        return taken
    }
}
