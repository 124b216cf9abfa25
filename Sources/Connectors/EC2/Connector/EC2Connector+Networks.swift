package import ConnectorAPI

/// A network of an infrastructure is a VPC of its own with one subnet and, where it is public, an internet gateway.
///
/// Each part is found by the tags before it is made and carries them from its creation on. The subnet is made last: where
/// it is, the rest is too. In lists the subnet is the `network`, the gateway a `router`, the VPC `other`.
extension EC2Connector {
    package func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        var subnet = try await subnetPage(.describeSubnets(tags: request.tags), session, budget).items
            .min { $0.id < $1.id }
        if subnet == nil {
            // The VPC is for this network alone, so that any block will do.
            let cidr = (request.spec.cidr ?? "10.0.0.0/16").replacing("*", with: "0")
            let vpc = try await vpc(cidr, request, session, budget)
            if request.spec.public { try await connect(vpc, request, session, budget) }
            subnet = try await session.client.call(
                .createSubnet(vpc: vpc, cidr: cidr, tags: Self.named(request)), budget
            ) { reader in
                var subnet: EC2Subnet?
                try reader.children { if $0 == "subnet" { subnet = try EC2Subnet(reader) } }
                return subnet
            }
        }
        guard var subnet else {
            throw ConnectorError(code: .internal, message: "EC2 answered CreateSubnet without a subnet")
        }
        if request.spec.public, !subnet.assignsPublicAddresses {
            try await session.client.call(.assignPublicAddresses(subnet: subnet.id), budget)
        }
        subnet.tags = request.tags
        return .done(Resource(subnet))
    }

    private static func named(_ request: EnsureRequest<NetworkSpec>) -> [String: String] {
        request.tags.merging(["Name": request.spec.name]) { own, _ in own }
    }

    private func vpc(
        _ cidr: String, _ request: EnsureRequest<NetworkSpec>, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> String {
        let found = try await vpcs(tags: request.tags, session, budget)
        if let vpc = found.map(\.id).min() { return vpc }
        let id = try await session.client.call(.createVPC(cidr: cidr, tags: Self.named(request)), budget) { reader in
            var id: String?
            try reader.children { if $0 == "vpc" { id = try EC2VPC(reader).id.nonEmpty } }
            return id
        }
        guard let id else { throw ConnectorError(code: .internal, message: "EC2 answered CreateVpc without a VPC") }
        return id
    }

    /// Gives the VPC a way out: a gateway, and a route to it from everywhere in the VPC.
    private func connect(
        _ vpc: String, _ request: EnsureRequest<NetworkSpec>, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) {
        let found = try await gateways(.describeGateways(tags: request.tags), session, budget)
        var gateway = found.min { $0.id < $1.id }
        if gateway == nil {
            gateway = try await session.client.call(.createGateway(tags: Self.named(request)), budget) { reader in
                var gateway: EC2Gateway?
                try reader.children { if $0 == "internetGateway" { gateway = try EC2Gateway(reader) } }
                return gateway
            }
        }
        guard let gateway else {
            throw ConnectorError(code: .internal, message: "EC2 answered CreateInternetGateway without a gateway")
        }
        if gateway.vpc == nil {
            try await passing("Resource.AlreadyAssociated") { () throws(ConnectorError) in
                try await session.client.call(.gateway("AttachInternetGateway", gateway.id, vpc: vpc), budget)
            }
        }
        let table = try await session.client.call(.describeMainRouteTable(vpc: vpc), budget) { reader in
            try EC2Page(reader, set: "routeTableSet") { try EC2Value.read($0, "routeTableId") ?? "" }
        }.items.first
        guard let table else {
            throw ConnectorError(code: .unavailable, message: "VPC '\(vpc)' has no main route table yet")
        }
        try await passing("RouteAlreadyExists") { () throws(ConnectorError) in
            try await session.client.call(.createDefaultRoute(table: table, gateway: gateway.id), budget)
        }
    }

    /// A refusal that says that it was done before is none.
    private func passing(
        _ code: String, _ call: () async throws(ConnectorError) -> Void
    ) async throws(ConnectorError) {
        do throws(ConnectorError) {
            try await call()
        } catch {
            guard error.provider?.code == code else { throw error }
        }
    }

    /// Takes the gateway from its VPC and deletes it.
    func deleteGateway(
        _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        let found = try await gateways(.describeGateways(id: id), session, budget)
        guard let gateway = found.first else { return .done(Empty()) }
        if let vpc = gateway.vpc {
            do throws(ConnectorError) {
                try await session.client.call(.gateway("DetachInternetGateway", id, vpc: vpc), budget)
            } catch {
                switch error.provider?.code {
                case "Gateway.NotAttached": break
                // Machines with public addresses are still ending.
                case "DependencyViolation": return try .waiting(.delete(.router, id), 5_000)
                default: throw error
                }
            }
        }
        return try await remove(.router, .act("DeleteInternetGateway", "InternetGatewayId", id), id, session, budget)
    }

    func vpcs(
        tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2VPC] {
        try await session.client.call(.describeVPCs(tags: tags), budget) { reader in
            try EC2Page(reader, set: "vpcSet", EC2VPC.init)
        }.items
    }

    func gateways(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2Gateway] {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "internetGatewaySet", EC2Gateway.init)
        }.items
    }
}

/// An element of `internetGatewaySet`.
struct EC2Gateway: Sendable, Hashable {
    var id = ""
    /// The VPC that it is attached to.
    var vpc: String?
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "internetGatewayId": id = try reader.text()
            case "attachmentSet":
                try reader.items { try reader.children { if $0 == "vpcId" { vpc = try reader.text().nonEmpty } } }
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }
}
