package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    /// A group is the project's, whatever network the specification names.
    package func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        let label = try ResourceLabel(request.tags).description()
        return try await exclusion.hold("\(session.project.id)/group/\(label)", "this security group") {
            () async throws(ConnectorError) -> Outcome<Resource> in
            var group = try await group(request, label, session, budget)
            let wanted = try SecurityRule.all(request.spec, group: group.id)
            // Another process may change the rules at the same time; what it did is seen in the next round.
            for _ in 0..<3 {
                if try await change(group, to: wanted, session, budget) { break }
                let answer: NeutronGroupAnswer = try await session.client.call(
                    OpenStackRequest(.network, .get, "security-groups", group.id), budget)
                group = answer.group
            }
            return .done(
                Resource(kind: .securityGroup, id: group.id, name: request.spec.name, tags: request.tags))
        }
    }

    /// The group under the tags with its rules, or a new one.
    private func group(
        _ request: EnsureRequest<SecurityGroupSpec>, _ label: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> NeutronGroup {
        let found = try await groups(session, budget).filter { $0.label?.tags.contains(all: request.tags) == true }
        if let group = found.min(by: { $0.id < $1.id }) {
            let answer: NeutronGroupAnswer = try await session.client.call(
                OpenStackRequest(.network, .get, "security-groups", group.id), budget)
            return answer.group
        }
        let answer: NeutronGroupAnswer = try await session.client.call(
            OpenStackRequest(
                .network, .post, "security-groups",
                body: ["security_group": ["name": .string(request.spec.name), "description": .string(label)]]), budget)
        return answer.group
    }

    /// Groups of the project without their rules.
    func groups(_ session: OpenStackSession, _ budget: CallBudget) async throws(ConnectorError) -> [NeutronGroup] {
        let answer: NeutronGroups = try await session.client.call(
            OpenStackRequest(
                .network, .get, "security-groups",
                query: [("project_id", session.project.id)] + ["id", "name", "description"].map { ("fields", $0) }),
            budget)
        return answer.groups
    }

    /// False when another process was faster.
    private func change(
        _ group: NeutronGroup, to wanted: Set<SecurityRule>, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Bool {
        let there = (group.rules ?? []).filter { $0.direction == "ingress" }
        let known = Set(there.map { SecurityRule($0) })
        var isComplete = true
        let missing = wanted.subtracting(known).sorted { $0.order < $1.order }
        if !missing.isEmpty {
            do throws(ConnectorError) {
                try await session.client.call(
                    OpenStackRequest(
                        .network, .post, "security-group-rules",
                        body: ["security_group_rules": .array(missing.map { $0.json(group: group.id) })]), budget)
            } catch {
                guard error.code == .alreadyExists else { throw error }
                isComplete = false
            }
        }
        let surplus = there.filter { !wanted.contains(SecurityRule($0)) }.map(\.id)
        let results = await each(surplus) { id throws(ConnectorError) in
            try await session.client.remove(OpenStackRequest(.network, .delete, "security-group-rules", id), budget)
        }
        for result in results { try result.get() }
        return isComplete
    }
}
