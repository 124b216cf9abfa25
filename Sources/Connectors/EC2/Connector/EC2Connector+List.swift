package import ConnectorAPI

extension EC2Connector {
    /// Kinds beside machines, in the order in which they can be deleted.
    private static let otherKinds: [Resource.Kind] = [
        .volume, .publicAddress, .securityGroup, .keyPair, .network, .router, .other, .image,
    ]

    /// Machines a page at a time, then everything else. Not listed is what ends by itself: machines that are shutting
    /// down, and volumes that go with their machine.
    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        // The machine's own id is no tag of EC2 where several machines were launched at once.
        var asked = request.tags
        let machine = asked.removeValue(forKey: LaunchIdentity.machineKey)
        if asked.isEmpty { asked[LaunchIdentity.machineKey] = machine }
        var items: [Resource] = []
        if request.kinds?.contains(.machine) ?? true {
            let page = try await session.client.call(
                .describeInstances(tags: asked, page: request.page), budget, EC2Instances.init)
            items = page.items.map { Resource($0, region: session.region) }
                .filter { $0.tags.contains(all: request.tags) && $0.machine?.state != .terminated }
            if let next = page.nextToken { return Page(items: items, next: next) }
        }
        let kinds = Self.otherKinds.filter { request.kinds?.contains($0) ?? true }
        let others = await withTaskGroup(of: (Int, Result<[Resource], ConnectorError>).self) { group in
            for (place, kind) in kinds.enumerated() {
                group.addTask { (place, await found(kind, request.tags, session, budget)) }
            }
            var results: [Int: Result<[Resource], ConnectorError>] = [:]
            for await (place, result) in group { results[place] = result }
            return results
        }
        for place in kinds.indices { items += try others[place]?.get() ?? [] }
        return Page(items: items)
    }

    /// A function of its own: within the tuple of the task's closure it crashes optimized builds (docs/design/compiler.md).
    private func found(
        _ kind: Resource.Kind, _ tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async -> Result<[Resource], ConnectorError> {
        do throws(ConnectorError) {
            return .success(try await resources(kind, tags, session, budget))
        } catch {
            return .failure(error)
        }
    }

    /// Everything of a kind. Kinds with pages are read to the end: one infrastructure has few.
    private func resources(
        _ kind: Resource.Kind, _ tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Resource] {
        switch kind {
        case .volume:
            return try await pages(session, budget, "volumeSet", EC2Volume.init) {
                .describeVolumes(tags: tags, page: $0)
            }.filter { volume in
                !["deleting", "deleted"].contains(volume.state)
                    && !volume.attachments.contains(where: \.deletedWithInstance)
            }.map { Resource($0) }
        case .publicAddress:
            return try await addresses(.describeAddresses(tags: tags), session, budget).map { Resource($0) }
        case .securityGroup:
            return try await pages(session, budget, "securityGroupInfo", EC2SecurityGroup.init) {
                .describeSecurityGroups(tags: tags, page: $0)
            }.map { Resource($0) }
        case .keyPair:
            return try await keyPairs(.describeKeyPairs(tags: tags), session, budget).map { Resource($0) }
        case .network:
            return try await pages(session, budget, "subnetSet", EC2Subnet.init) {
                .describeSubnets(tags: tags, page: $0)
            }.map { Resource($0) }
        case .router:
            return try await gateways(.describeGateways(tags: tags), session, budget).map { Resource($0) }
        case .image: return try await ownImages(tags: tags, session, budget)
        default:
            return try await vpcs(tags: tags, session, budget).map { Resource($0) }
        }
    }

    private func pages<Item: Sendable>(
        _ session: EC2Session, _ budget: CallBudget, _ set: String, _ item: (XMLPullReader) throws -> Item,
        _ request: (String?) -> EC2Request
    ) async throws(ConnectorError) -> [Item] {
        var items: [Item] = []
        var token: String?
        repeat {
            let page = try await session.client.call(request(token), budget) { reader in
                try EC2Page(reader, set: set, item)
            }
            items += page.items
            token = page.nextToken
        } while token != nil
        return items
    }
}
