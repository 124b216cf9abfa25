/// Where a policy wants the machines of a node.
struct PlannedPlace {
    /// What one policy says.
    struct Choice {
        var value: String
        var policy: String
        /// Of a policy without targets: for all nodes that no other names.
        var isGeneral: Bool
    }

    var cloud: Choice?
    var zone: Choice?
}

extension Planner {
    /// The cloud of a node, by the policies for it or for what hosts it.
    func cloud(of node: NodeTemplate) -> String? {
        let host = node.isCompute ? nil : topology.host(of: node).flatMap { places[$0.name] }
        return (places[node.name]?.cloud ?? host?.cloud)?.value
    }

    /// Cloud and zone by the names of nodes: a policy that names a node goes before one that names none.
    func placements() -> [String: PlannedPlace] {
        var result: [String: PlannedPlace] = [:]
        let groups = Dictionary(template.groups.map { ($0.name, $0.members) }, uniquingKeysWith: { $1 })
        for policy in template.policies {
            guard policy.type.isA("tosca.policies.Placement") else {
                report.warning(
                    .translation, "the policy '\(policy.name)' has no effect", at: policy.position, policy.path)
                continue
            }
            let cloud = text("cloud_id", of: policy)
            let zone = text("availability_zone", of: policy)
            if cloud == nil, zone == nil {
                report.warning(
                    .translation, "the policy '\(policy.name)' has no effect", at: policy.position, policy.path,
                    expected: "'cloud_id' or 'availability_zone'")
            }
            if let cloud, RADLName.of(cloud) != cloud {
                report.error(
                    .translation, "the cloud '\(cloud.prefix(80))' of the policy '\(policy.name)' is no id",
                    at: policy.position, policy.path, expected: "letters, digits, '_', '.' and '-'")
            }
            let isGeneral = policy.targets.isEmpty
            let named = isGeneral ? template.nodes.map(\.name) : policy.targets.flatMap { groups[$0] ?? [$0] }
            for target in named {
                guard let node = topology[target] else { continue }
                let machine = topology.compute(of: node) ?? node
                if !isGeneral, groups[target] == nil, !isPlaced(machine) {
                    report.warning(
                        .translation, "the policy '\(policy.name)' has no effect on '\(target)', which has no machine",
                        at: policy.position, policy.path.key("targets"), expected: "a Compute node or what it hosts")
                }
                var place = result[machine.name] ?? PlannedPlace()
                choose(cloud, &place.cloud, "clouds", policy, isGeneral, machine)
                choose(zone, &place.zone, "zones", policy, isGeneral, machine)
                result[machine.name] = place
            }
        }
        return result
    }

    private func isPlaced(_ node: NodeTemplate) -> Bool {
        node.isCompute || node.isContainer || node.isFunction || node.type.isA("tosca.nodes.Container.Runtime")
    }

    private func text(_ name: String, of policy: TOSCAPolicy) -> String? {
        let value = policy.properties[name] ?? policy.type.properties[name]?.defaultValue ?? .null
        let text = values.evaluate(value, Evaluator.Context(), policy.path.key("properties").key(name)).scalarText
        return text.flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
    }

    private func choose(
        _ value: String?, _ choice: inout PlannedPlace.Choice?, _ what: String, _ policy: TOSCAPolicy,
        _ isGeneral: Bool, _ node: NodeTemplate
    ) {
        guard let value else { return }
        let new = PlannedPlace.Choice(value: value, policy: policy.name, isGeneral: isGeneral)
        guard let old = choice, old.isGeneral == isGeneral else {
            if choice?.isGeneral ?? true { choice = new }
            return
        }
        guard old.value != value else { return }
        report.error(
            .translation,
            "the policies '\(old.policy)' and '\(policy.name)' put '\(node.name)' in different \(what): "
                + "'\(old.value.prefix(80))' and '\(value.prefix(80))'",
            at: policy.position, policy.path, expected: "one of them, or different targets")
    }
}
