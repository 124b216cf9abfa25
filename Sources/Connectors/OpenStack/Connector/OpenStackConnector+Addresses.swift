package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    package func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try Self.check(tags: request.tags)
        return try await ensurePublicAddress(
            request.spec, tags: request.tags, try sessions.session(request.session), CallBudget(context))
    }

    func ensurePublicAddress(
        _ spec: PublicAddressSpec, tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Resource> {
        let label = try ResourceLabel(tags).description()
        let address = try await exclusion.hold("\(session.project.id)/address/\(label)", "this public address") {
            () async throws(ConnectorError) -> NeutronAddress in
            try await ownAddress(spec, tags: tags, label, session, budget)
        }
        guard let machine = spec.machine else { return .done(Resource(address, tags: tags)) }
        let ports = try await ports([("device_id", machine)], session, budget).sorted { $0.id < $1.id }
        if let port = address.port, ports.contains(where: { $0.id == port }) {
            return .done(Resource(address, tags: tags))
        }
        guard address.port == nil else {
            throw ConnectorError(
                code: .alreadyExists,
                message: "address \(address.address) leads to port '\(address.port ?? "")', not to machine '\(machine)'"
            )
        }
        guard let port = ports.first(where: { $0.fixedAddresses?.isEmpty == false }) else {
            guard try await server(machine, session, budget) != nil else { throw Self.unknown(machine, session) }
            return try .waiting(.ensureAddress(spec, tags), 2_000)
        }
        let answer: NeutronAddressAnswer = try await session.client.call(
            OpenStackRequest(
                .network, .put, "floatingips", address.id, body: ["floatingip": ["port_id": .string(port.id)]]), budget)
        return .done(Resource(answer.address, tags: tags))
    }

    private func ownAddress(
        _ spec: PublicAddressSpec, tags: [String: String], _ label: String, _ session: OpenStackSession,
        _ budget: CallBudget
    ) async throws(ConnectorError) -> NeutronAddress {
        if let fixed = spec.address {
            let held = try await addresses([("floating_ip_address", fixed)], session, budget)
            guard let address = held.first else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "project '\(session.project.name)' has no floating address \(fixed); allocate it first",
                    field: "spec.address")
            }
            return address
        }
        let found = try await addresses([], session, budget).filter { $0.label?.tags.contains(all: tags) == true }
        if let address = found.min(by: { $0.id < $1.id }) { return address }
        let site = try await networks(session, budget)
        let pool = spec.pool.map { site.named($0) } ?? site.pools.first
        guard let pool, pool.isPool else {
            let known = site.pools.map(\.network.name).joined(separator: ", ")
            throw ConnectorError(
                code: .invalidArgument,
                message: "there is no pool of floating addresses" + (spec.pool.map { " '\($0)'" } ?? "")
                    + "; there is: "
                    + (known.isEmpty ? "none" : known),
                field: "spec.pool")
        }
        return try await allocateAddress(pool: pool.network.id, port: nil, label: label, session, budget)
    }

    /// - Parameter port: Where it leads to from the beginning.
    func allocateAddress(
        pool: String, port: String?, label: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> NeutronAddress {
        var address: [String: JSONValue] = ["floating_network_id": .string(pool), "description": .string(label)]
        address["port_id"] = port.map { .string($0) }
        let answer: NeutronAddressAnswer = try await session.client.call(
            OpenStackRequest(.network, .post, "floatingips", body: ["floatingip": .object(address)]), budget)
        return answer.address
    }

    /// Floating addresses of the project that a query finds.
    func addresses(
        _ query: [(String, String)], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [NeutronAddress] {
        let answer: NeutronAddresses = try await session.client.call(
            OpenStackRequest(.network, .get, "floatingips", query: query + [("project_id", session.project.id)]), budget
        )
        return answer.addresses
    }
}
