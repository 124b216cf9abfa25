package import ConnectorAPI

extension EC2Connector {
    /// An Elastic IP. With `address`, one that the account holds already: it is attached, never tagged, and so never
    /// released with the infrastructure.
    package func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try Self.check(tags: request.tags)
        return try await ensurePublicAddress(
            request.spec, tags: request.tags, try sessions.session(request.session), CallBudget(context))
    }

    func ensurePublicAddress(
        _ spec: PublicAddressSpec, tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Resource> {
        let address = try await address(spec, tags: tags, session, budget)
        guard let machine = spec.machine, address.instance != machine else { return .done(Resource(address)) }
        guard address.association == nil else {
            throw ConnectorError(
                code: .alreadyExists,
                message: "address \(address.address) is attached to '\(address.instance ?? "an interface")', "
                    + "not to '\(machine)'")
        }
        do throws(ConnectorError) {
            try await session.client.call(.associateAddress(address.allocation, with: machine), budget)
        } catch {
            // The machine has no interface yet.
            guard error.code == .aborted else { throw error }
            return try .waiting(.ensureAddress(spec, tags), 2_000)
        }
        var attached = address
        attached.instance = machine
        return .done(Resource(attached))
    }

    private func address(
        _ spec: PublicAddressSpec, tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2Address {
        if let fixed = spec.address {
            let held = try await addresses(.describeAddresses(filter: "public-ip", fixed), session, budget)
            guard let address = held.first else {
                throw ConnectorError(
                    code: .invalidArgument, message: "the account has no Elastic IP \(fixed); allocate it first",
                    field: "spec.address")
            }
            return address
        }
        let found = try await addresses(.describeAddresses(tags: tags), session, budget)
        if let address = found.min(by: { $0.allocation < $1.allocation }) { return address }
        return try await session.client.call(.allocateAddress(pool: spec.pool, tags: tags), budget) { reader in
            var address = try EC2Address(reader)
            address.tags = tags
            return address
        }
    }

    /// Takes the address from its machine and gives it back.
    func releaseAddress(
        _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        let held = try await addresses(.describeAddresses(filter: "allocation-id", id), session, budget)
        guard let address = held.first else { return .done(Empty()) }
        if let association = address.association {
            do throws(ConnectorError) {
                try await session.client.call(.act("DisassociateAddress", "AssociationId", association), budget)
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        do throws(ConnectorError) {
            try await session.client.call(.act("ReleaseAddress", "AllocationId", id), budget)
        } catch {
            switch error.provider?.code {
            case "InvalidAllocationID.NotFound": break
            case "InvalidIPAddress.InUse": return try .waiting(.delete(.publicAddress, id), 3_000)
            default: throw error
            }
        }
        return .done(Empty())
    }

    func addresses(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2Address] {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "addressesSet", EC2Address.init)
        }.items
    }
}
