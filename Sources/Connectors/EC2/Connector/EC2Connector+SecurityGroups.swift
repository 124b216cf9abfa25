package import ConnectorAPI

extension EC2Connector {
    package func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        let vpc = try await vpc(of: request.spec.network, session, budget)
        var group = try await group(request, vpc, session, budget)
        // Another call may change the rules at the same time; what it did is seen in the next round.
        for _ in 0..<3 {
            let wanted = try EC2SecurityGroup.permissions(request.spec, group: group.id)
            if group.ingress == wanted { break }
            if try await change(group, to: wanted, session, budget) { break }
            group =
                try await securityGroups(.describeSecurityGroups(tags: request.tags, vpc: vpc), session, budget)
                .first { $0.id == group.id } ?? group
        }
        return .done(Resource(group))
    }

    /// The group under the tags, or a new one.
    private func group(
        _ request: EnsureRequest<SecurityGroupSpec>, _ vpc: String?, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2SecurityGroup {
        let found = try await securityGroups(
            .describeSecurityGroups(tags: request.tags, vpc: vpc), session, budget)
        if let group = found.min(by: { $0.id < $1.id }) { return group }
        do throws(ConnectorError) {
            let id = try await session.client.call(
                .createSecurityGroup(request.spec, vpc: vpc, tags: request.tags), budget
            ) { try EC2Value.read($0, "groupId") }
            guard let id else {
                throw ConnectorError(code: .internal, message: "EC2 answered CreateSecurityGroup without an id")
            }
            return EC2SecurityGroup(id: id, name: request.spec.name, vpc: vpc, tags: request.tags)
        } catch {
            guard error.provider?.code == "InvalidGroup.Duplicate" else { throw error }
            // The answer of an earlier call was lost, or the name is somebody else's.
            let named = try await securityGroups(
                .describeSecurityGroups(name: request.spec.name, vpc: vpc), session, budget)
            if let own = named.first(where: { $0.tags.contains(all: request.tags) }) { return own }
            throw error
        }
    }

    /// False when another call was faster.
    private func change(
        _ group: EC2SecurityGroup, to wanted: Set<EC2SecurityGroup.Permission>, _ session: EC2Session,
        _ budget: CallBudget
    ) async throws(ConnectorError) -> Bool {
        let missing = wanted.subtracting(group.ingress)
        let surplus = group.ingress.subtracting(wanted)
        var isComplete = true
        for (action, permissions, passing) in [
            ("AuthorizeSecurityGroupIngress", missing, "InvalidPermission.Duplicate"),
            ("RevokeSecurityGroupIngress", surplus, "InvalidPermission.NotFound"),
        ] where !permissions.isEmpty {
            do throws(ConnectorError) {
                let sorted = permissions.sorted { "\($0)" < "\($1)" }
                try await session.client.call(.changeIngress(action, group: group.id, sorted), budget)
            } catch {
                guard error.provider?.code == passing else { throw error }
                isComplete = false
            }
        }
        return isComplete
    }

    func securityGroups(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2SecurityGroup] {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "securityGroupInfo", EC2SecurityGroup.init)
        }.items
    }

    /// The VPC of a network's name; nil: the default one.
    func vpc(
        of network: String?, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> String? {
        guard let network else { return nil }
        let name = try EC2NetworkName(network, field: "spec.network")
        if let vpc = name.vpc { return vpc }
        let subnets = try await subnetPage(.describeSubnets(ids: name.subnet.map { [$0] }), session, budget).items
        guard let vpc = subnets.first?.vpc else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "Incorrect subnet value: \(network); region \(session.region) has no "
                    + "such subnet", field: "spec.network")
        }
        return vpc
    }

    /// Without tags, "what carries all of them" would be everything. What EC2 cannot keep is not asked for
    /// (docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html, "Tag restrictions").
    static func check(tags: [String: String]) throws(ConnectorError) {
        guard !tags.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument, message: "at least one tag must say whose the resource is", field: "tags")
        }
        for (key, value) in tags {
            // As many bytes are more than enough characters to count.
            if key.utf8.count > longestTagKey * 4 || key.unicodeScalars.count > longestTagKey {
                throw ConnectorError(
                    code: .invalidArgument, message: "a tag's key has at most \(longestTagKey) characters at EC2",
                    field: "tags")
            }
            if value.utf8.count > longestTagValue * 4 || value.unicodeScalars.count > longestTagValue {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "the value of a tag has at most \(longestTagValue) characters at EC2, that of '\(key)' has more",
                    field: "tags")
            }
        }
    }

    private static let longestTagKey = 128
    private static let longestTagValue = 256
}

extension EC2SecurityGroup {
    /// A group that was just made: it allows nothing.
    init(id: String, name: String, vpc: String?, tags: [String: String]) {
        self.id = id
        self.name = name
        self.vpc = vpc
        self.tags = tags
    }
}

extension [String: String] {
    /// Whether all of the other entries are here too.
    func contains(all others: [String: String]) -> Bool {
        others.allSatisfy { self[$0.key] == $0.value }
    }
}
