/// Finds the nodes that requirements lead to: by name, or by type and filter.
struct RequirementMatcher {
    let nodes: [NodeTemplate]
    let library: TypeLibrary
    /// Also of nodes that could not be read.
    private let names: [String]
    /// Templates that this one says to add to.
    private let parents: [String]
    private let declared: Set<String>
    private let index: [String: NodeTemplate]
    private var report: Report { library.report }
    private let inputs: [TOSCAInput]
    /// Nil while a template is read: what inputs decide is decided later, with their values.
    private let values: [String: TOSCAValue]?
    private let limits: TOSCALimits

    init(
        nodes: [NodeTemplate], names: [String], parents: [String], library: TypeLibrary, inputs: [TOSCAInput],
        values: [String: TOSCAValue]? = nil, limits: TOSCALimits
    ) {
        self.inputs = inputs
        self.values = values
        self.limits = limits
        self.parents = parents
        self.nodes = nodes
        self.library = library
        self.names = names
        declared = Set(names)
        index = Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func match(_ result: inout [NodeTemplate]) {
        var open: [(node: Int, requirement: Int)] = []
        for place in result.indices {
            for number in result[place].requirements.indices {
                let requirement = result[place].requirements[number]
                if let name = requirement.target, !requirement.isChosen {
                    if index[name] != nil { continue }
                    result[place].requirements[number].target = nil
                    if declared.contains(name) { continue }
                    // A type in the place of a name: any node of that type.
                    guard library.exists(name, .node) else {
                        missing(name, requirement, of: result[place].name)
                        continue
                    }
                    result[place].requirements[number].targetType = name
                } else if requirement.filter == nil, !requirement.isChosen {
                    // Left open: somebody else has to fulfil it.
                    continue
                }
                open.append((place, number))
            }
        }
        guard !open.isEmpty else { return }
        // Functions of filters and properties see what is named.
        let evaluator = Evaluator(
            topology: Topology(result), declared: inputs, inputs: values ?? InputResolver.defaults(of: inputs),
            mode: .plan, report: Report(), limits: limits)
        var byType: [String: [String]] = [:]
        for (place, number) in open {
            let requirement = result[place].requirements[number]
            let owner = result[place]
            let type = requirement.targetType ?? "tosca.nodes.Root"
            let key = type + "/" + (requirement.filter.map { "\($0.position)" } ?? "")
            // Two, because a node does not fulfil its own requirement.
            let found = byType[key] ?? find(type, requirement, of: owner, evaluator)
            byType[key] = found
            let chosen = found.first { $0 != owner.name }
            result[place].requirements[number].target = chosen
            result[place].requirements[number].isChosen = true
            guard chosen == nil, values != nil || !hasFunctions(requirement, type) else { continue }
            report.error(
                .requirement, "no node fulfils the requirement '\(requirement.name)' of '\(owner.name)'",
                at: requirement.position, requirement.path,
                expected: "a node of type \(type)\(requirement.filter == nil ? "" : " that passes the filter")")
        }
    }

    /// Whether values of inputs may decide.
    private func hasFunctions(_ requirement: NodeTemplate.Requirement, _ type: String) -> Bool {
        guard let filter = requirement.filter, !inputs.isEmpty else { return false }
        func holds(_ value: TOSCAValue) -> Bool {
            TOSCAFunction(value) != nil || value.list?.contains(where: holds) == true
                || value.map?.entries.contains { holds($0.value) } == true
        }
        let full = library.resolve(type, .node, at: requirement.position, requirement.path)?.name ?? type
        return holds(filter)
            || nodes.contains { node in
                node.type.isA(full)
                    && (holds(TOSCAValue(node.properties))
                        || node.capabilities.values.contains { holds(TOSCAValue($0)) })
            }
    }

    private func missing(_ name: String, _ requirement: NodeTemplate.Requirement, of owner: String) {
        report.error(
            .unknownName, "the node '\(name.prefix(80))', which '\(owner)' requires, is not in the template",
            at: requirement.position, requirement.path,
            expected: parents.isEmpty
                ? "one of: \(names.prefix(40).joined(separator: ", "))"
                : "\(parents.map { "'\($0.prefix(80))'" }.joined(separator: " or ")) below this template, which says that "
                    + "it adds to that: import it with 'template_file: URL'",
            nearest: names.count > 2000 ? nil : NearestName.find(name, among: names))
    }

    private func find(
        _ type: String, _ requirement: NodeTemplate.Requirement, of owner: NodeTemplate, _ evaluator: Evaluator
    ) -> [String] {
        let full = library.resolve(type, .node, at: requirement.position, requirement.path)?.name ?? type
        let filter = requirement.filter.map {
            evaluator.evaluate($0, Evaluator.Context(node: owner), requirement.path.key("node_filter"))
        }
        var found: [String] = []
        for node in nodes where node.type.isA(full) && (filter.map { passes(node, $0, evaluator) } ?? true) {
            found.append(node.name)
            if found.count == 2 { break }
        }
        return found
    }

    /// `node_filter: { properties: [ NAME: CONSTRAINTS ], capabilities: [ NAME: { properties: … } ] }`. Values that are not
    /// known before deployment never pass.
    private func passes(_ node: NodeTemplate, _ filter: TOSCAValue, _ evaluator: Evaluator) -> Bool {
        let own = Self.pairs(filter["properties"]).allSatisfy { entry in
            passes(evaluator.property(entry.key, of: node), node.type.properties[entry.key], entry.value)
        }
        guard own else { return false }
        return Self.pairs(filter["capabilities"]).allSatisfy { entry in
            let matching = node.type.capabilities.elements.filter { $0.name == entry.key || $0.type.isA(entry.key) }
            return matching.contains { capability in
                Self.pairs(entry.value["properties"]).allSatisfy { condition in
                    let value = evaluator.property(condition.key, ofCapability: capability.name, of: node)
                    return passes(value, capability.properties[condition.key], condition.value)
                }
            }
        }
    }

    private static func pairs(_ value: TOSCAValue?) -> [TOSCAMap.Entry] {
        value?.map?.entries ?? value?.list?.flatMap { $0.map?.entries ?? [] } ?? []
    }

    private func passes(_ value: TOSCAValue, _ definition: TOSCAProperty?, _ conditions: TOSCAValue) -> Bool {
        guard !value.isNull else { return false }
        let type = definition?.type.name ?? "string"
        guard conditions.list != nil || conditions.map != nil else {
            return TOSCAConstraint(kind: .equal, value: conditions).accepts(value, type: type) ?? false
        }
        let list = conditions.list ?? [conditions]
        return list.flatMap { $0.map?.entries ?? [] }.allSatisfy { entry in
            guard let kind = TOSCAConstraint.Kind(rawValue: entry.key) else { return false }
            return TOSCAConstraint(kind: kind, value: entry.value).accepts(value, type: type) ?? false
        }
    }
}

extension TOSCATemplate {
    /// The template with the nodes that filters choose by the values of inputs.
    func choosing(by values: [String: TOSCAValue], _ report: Report) -> TOSCATemplate {
        guard nodes.contains(where: { $0.requirements.contains { $0.isChosen && $0.filter != nil } }) else {
            return self
        }
        let library = TypeLibrary(report: report)
        for type in types { library.adopt(type) }
        var result = nodes
        RequirementMatcher(
            nodes: nodes, names: nodes.map(\.name), parents: [], library: library, inputs: inputs, values: values,
            limits: limits
        ).match(&result)
        var copy = self
        copy.topology = Topology(result)
        let (levels, cycle) = copy.topology.levels()
        copy.levels = levels
        if let cycle, let first = copy.topology[cycle[0]] {
            report.error(
                .cycle, "requirements lead back to a node that has them: \(cycle.prefix(20).joined(separator: " → "))",
                at: first.position, first.path)
        }
        return copy
    }
}
