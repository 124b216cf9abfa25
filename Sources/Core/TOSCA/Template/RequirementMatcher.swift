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

    init(nodes: [NodeTemplate], names: [String], parents: [String], library: TypeLibrary) {
        self.parents = parents
        self.nodes = nodes
        self.library = library
        self.names = names
        declared = Set(names)
        index = Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func match(_ result: inout [NodeTemplate]) {
        var byType: [String: String?] = [:]
        for place in result.indices {
            for number in result[place].requirements.indices {
                let requirement = result[place].requirements[number]
                if let name = requirement.target, index[name] != nil { continue }
                result[place].requirements[number].target = nil
                if let name = requirement.target {
                    if declared.contains(name) { continue }
                    // A type in the place of a name: any node of that type.
                    guard library.exists(name, .node) else {
                        missing(name, requirement, of: result[place].name)
                        continue
                    }
                    result[place].requirements[number].targetType = name
                } else if requirement.filter == nil {
                    // Left open: somebody else has to fulfil it.
                    continue
                }
                let type = result[place].requirements[number].targetType ?? "tosca.nodes.Root"
                let key = type + "/" + (requirement.filter.map { "\($0.position)" } ?? "")
                let found = byType[key] ?? find(type, requirement, besides: result[place].name)
                byType[key] = .some(found)
                if let found {
                    result[place].requirements[number].target = found
                } else {
                    report.error(
                        .requirement,
                        "no node fulfils the requirement '\(requirement.name)' of '\(result[place].name)'",
                        at: requirement.position, requirement.path,
                        expected: "a node of type \(type)\(requirement.filter == nil ? "" : " that passes the filter")")
                }
            }
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

    private func find(_ type: String, _ requirement: NodeTemplate.Requirement, besides name: String) -> String? {
        let full = library.resolve(type, .node, at: requirement.position, requirement.path)?.name ?? type
        return nodes.first { node in
            node.name != name && node.type.isA(full) && (requirement.filter.map { passes(node, $0) } ?? true)
        }?.name
    }

    /// `node_filter: { properties: [ NAME: CONSTRAINTS ], capabilities: [ NAME: { properties: … } ] }`. Values that
    /// functions give are not known here: they never pass.
    private func passes(_ node: NodeTemplate, _ filter: TOSCAValue) -> Bool {
        let own = Self.pairs(filter["properties"]).allSatisfy { entry in
            let definition = node.type.properties[entry.key]
            return passes(node.properties[entry.key] ?? definition?.defaultValue, definition, entry.value)
        }
        guard own else { return false }
        return Self.pairs(filter["capabilities"]).allSatisfy { entry in
            let matching = node.type.capabilities.elements.filter { $0.name == entry.key || $0.type.isA(entry.key) }
            return matching.contains { capability in
                Self.pairs(entry.value["properties"]).allSatisfy { condition in
                    let definition = capability.properties[condition.key]
                    let value = node.capabilities[capability.name]?[condition.key] ?? definition?.defaultValue
                    return passes(value, definition, condition.value)
                }
            }
        }
    }

    private static func pairs(_ value: TOSCAValue?) -> [TOSCAMap.Entry] {
        value?.map?.entries ?? value?.list?.flatMap { $0.map?.entries ?? [] } ?? []
    }

    private func passes(_ value: TOSCAValue?, _ definition: TOSCAProperty?, _ conditions: TOSCAValue) -> Bool {
        guard let value, TOSCAFunction(value) == nil else { return false }
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
