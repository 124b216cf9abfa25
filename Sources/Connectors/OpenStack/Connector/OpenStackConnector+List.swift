package import ConnectorAPI

extension OpenStackConnector {
    /// Kinds beside machines, in the order in which they can be deleted. `other` are ports.
    private static let otherKinds: [Resource.Kind] = [
        .volume, .publicAddress, .other, .securityGroup, .keyPair, .image,
    ]

    /// Machines a page at a time, then everything else. Not listed is what ends by itself or with its machine: servers
    /// that are being deleted, and ports and floating addresses of a server that is there.
    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        var items: [Resource] = []
        if request.kinds?.contains(.machine) ?? true {
            let page = try await serverPage(tags: request.tags, marker: request.page, session, budget)
            items = page.servers.filter { $0.metadata.contains(all: request.tags) && Machine.state($0) != .terminated }
                .map { Resource($0) }
            if let next = page.marker { return Page(items: items, next: next) }
        }
        let kinds = Self.otherKinds.filter { request.kinds?.contains($0) ?? true }
        let others = await each(kinds) { kind throws(ConnectorError) in
            try await self.resources(kind, request.tags, session, budget)
        }
        for found in others { items += try found.get() }
        return Page(items: items)
    }

    private func resources(
        _ kind: Resource.Kind, _ tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Resource] {
        switch kind {
        case .volume:
            guard session.client.catalog.has(.volume) else { return [] }
            return try await volumes(tags: tags, session, budget).filter { $0.status != "deleting" }
                .map { Resource($0) }
        case .publicAddress:
            let ours = try await addresses([], session, budget).filter { $0.label?.tags.contains(all: tags) == true }
            // One that was made for a machine goes with the port that it leads to.
            let leading = ours.filter { $0.label?.tags[LaunchIdentity.slotKey] != nil }.compactMap(\.port)
            var ports: [NeutronPort] = []
            for chunk in leading.chunked(Self.idsPerQuery) {
                ports += try await self.ports(chunk.map { ("id", $0) }, session, budget)
            }
            let used = Set(try await inUse(ports, session, budget).map(\.id))
            return ours.filter { address in address.port.map { !used.contains($0) } ?? true }
                .map { Resource($0, tags: $0.label?.tags ?? [:]) }
        case .other:
            let ours = try await ports([], session, budget).filter { $0.label?.tags.contains(all: tags) == true }
            let used = Set(try await inUse(ours, session, budget).map(\.id))
            return ours.filter { !used.contains($0.id) }.map { Resource($0, tags: $0.label?.tags ?? [:]) }
        case .securityGroup:
            return try await groups(session, budget).compactMap { group in
                guard let label = group.label, label.tags.contains(all: tags) else { return nil }
                return Resource(kind: .securityGroup, id: group.id, name: group.name, tags: label.tags)
            }
        case .keyPair:
            return try await keyPairs(tags: tags, session, budget).map { pair in
                Resource(
                    kind: .keyPair, id: pair.name, name: pair.name, tags: KeyPairName.tags(pair.name) ?? [:])
            }
        case .image: return try await ownImages(tags: tags, session, budget)
        default: return []
        }
    }

    /// Those of the ports that a server has which is not being deleted.
    private func inUse(
        _ ports: [NeutronPort], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [NeutronPort] {
        let devices = Set(ports.compactMap { $0.device?.nonEmpty }).sorted()
        guard !devices.isEmpty else { return [] }
        let servers = try await servers(devices, session, budget)
        return ports.filter { port in
            guard let server = port.device.flatMap({ servers[$0] }) else { return false }
            return Machine.state(server) != .terminated
        }
    }
}
