package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    /// The networks that the project sees, with their subnets: two requests, at the same time.
    func networks(_ session: OpenStackSession, _ budget: CallBudget) async throws(ConnectorError) -> SiteNetworks {
        let answers = await each([true, false]) { isFirst throws(ConnectorError) -> SiteParts in
            if isFirst {
                let answer: NeutronNetworks = try await session.client.call(
                    OpenStackRequest(.network, .get, "networks", query: [("status", "ACTIVE")]), budget)
                return SiteParts(networks: answer.networks)
            }
            let answer: NeutronSubnets = try await session.client.call(
                OpenStackRequest(
                    .network, .get, "subnets",
                    query: ["id", "network_id", "ip_version", "cidr"].map { ("fields", $0) }), budget)
            return SiteParts(subnets: answer.subnets)
        }
        return SiteNetworks(try answers[0].get().networks, try answers[1].get().subnets)
    }

    private struct SiteParts: Sendable {
        var networks: [NeutronNetwork] = []
        var subnets: [NeutronSubnet] = []
    }

    /// Networks, the default one as it is chosen for a machine that names none. Pools of floating addresses are among
    /// them.
    package func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        let session = try sessions.session(request.session)
        let site = try await networks(session, CallBudget(context))
        let preferred = (site.inner.first ?? site.outer.first)?.network.id
        let items = site.sites.filter { site in
            request.ids.map { $0.contains(site.network.id) || $0.contains(site.network.name) } ?? true
        }.map { site in
            Network(
                id: site.network.id, name: site.network.name, cidr: site.subnets.first { $0.version == 4 }?.cidr,
                public: site.isPublic, isDefault: site.network.id == preferred,
                provider: [
                    "openstack": ["pool": .bool(site.isPool), "shared": .bool(site.network.isShared == true)]
                ])
        }
        return Page(items: items, maxAgeMs: 60_000)
    }

    // MARK: - Ports

    /// All ports of the project that a query finds.
    func ports(
        _ query: [(String, String)], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [NeutronPort] {
        var found: [NeutronPort] = []
        var marker: String?
        repeat {
            var all = query + [("project_id", session.project.id), ("limit", String(Self.pageSize))]
            all += ["id", "name", "description", "device_id", "network_id", "security_groups", "fixed_ips"]
                .map { ("fields", $0) }
            if let marker { all.append(("marker", marker)) }
            let page: NeutronPorts = try await session.client.call(
                OpenStackRequest(.network, .get, "ports", query: all), budget)
            found += page.ports
            marker = page.marker
        } while marker != nil
        return found
    }

    /// Removes ports with the floating addresses that were made for them.
    ///
    /// - Throws: The first error, after everything was tried.
    func removePorts(
        _ ports: [NeutronPort], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) {
        guard !ports.isEmpty else { return }
        try await removeAddresses(of: ports, session, budget)
        let results = await each(ports.map(\.id)) { id throws(ConnectorError) in
            try await self.removePort(id, session, budget)
        }
        for result in results { try result.get() }
    }

    /// Removes a port that no server needs any more. Neutron keeps those that are still marked as a server's (with 403
    /// since 2025.2, before that with none): the mark is taken away first, as Nova does it when it is done with the
    /// server.
    func removePort(
        _ id: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) {
        let request = OpenStackRequest(.network, .delete, "ports", id)
        do throws(ConnectorError) {
            return try await session.client.remove(request, budget)
        } catch {
            guard error.code == .permissionDenied || error.code == .aborted else { throw error }
        }
        do throws(ConnectorError) {
            try await session.client.remove(
                OpenStackRequest(
                    .network, .put, "ports", id, body: ["port": ["device_id": "", "device_owner": ""]]), budget)
            try await session.client.remove(request, budget)
        } catch {
            // A compute node was faster and has marked it again.
            guard error.code == .permissionDenied else { throw error }
            throw ConnectorError(
                code: .aborted, message: "port '\(id)' is still a server's: \(error.message)", provider: error.provider)
        }
    }

    /// Removes the floating addresses that lead to ports and were made for them; others stay the account's.
    func removeAddresses(
        of ports: [NeutronPort], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) {
        var ours: [String] = []
        for chunk in ports.map(\.id).chunked(Self.idsPerQuery) {
            ours += try await addresses(chunk.map { ("port_id", $0) }, session, budget)
                .filter { $0.label?.tags[LaunchIdentity.slotKey] != nil }.map(\.id)
        }
        let results = await each(ours) { id throws(ConnectorError) in
            try await session.client.remove(OpenStackRequest(.network, .delete, "floatingips", id), budget)
        }
        for result in results { try result.get() }
    }

    /// Most ids in the query of a URL: with 44 bytes each it stays under the 4 KiB that gateways take.
    static let idsPerQuery = 60
}

extension Array {
    /// The elements in pieces of at most `count`.
    func chunked(_ count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
