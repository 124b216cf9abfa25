extension TemplateReader {
    private static let groupFields: Set<String> = [
        "type", "description", "metadata", "properties", "attributes", "members", "targets", "interfaces",
        "requirements", "capabilities",
    ]
    private static let policyFields: Set<String> = [
        "type", "description", "metadata", "properties", "targets", "triggers",
    ]

    func groups(_ value: TOSCAValue?, _ path: DocumentPath, _ nodes: [String]) -> [TOSCAGroup] {
        guard let map = mapping(value, "groups", path) else { return [] }
        let names = Set(nodes)
        return map.entries.compactMap { entry in
            let place = path.key(entry.key)
            guard let fields = mapping(entry.value, entry.key, place) else { return nil }
            unknownFields(of: fields, Self.groupFields, "the group '\(entry.key.prefix(80))'", place)
            if let type = fields["type"], let name = type.string {
                _ = library.resolve(name, .group, at: type.position, place.key("type"))
            }
            let key = fields["members"] == nil ? "targets" : "members"
            let members = list(fields[key], of: "the group '\(entry.key.prefix(80))'", key, place)
            for (number, member) in members.enumerated() where !names.contains(member.string ?? "") {
                report.unknown(
                    .unknownName, "the group '\(entry.key)' has the member \(member.brief), which is no node",
                    member.string ?? "", among: nodes, at: member.position, place.key(key).index(number))
            }
            return TOSCAGroup(name: entry.key, members: members.compactMap(\.string))
        }
    }

    func policies(
        _ value: TOSCAValue?, _ path: DocumentPath, _ nodes: [String], _ groups: [TOSCAGroup]
    ) -> [TOSCAPolicy] {
        guard let value, !value.isNull else { return [] }
        // A list of mappings with one name each; as a mapping, too.
        guard let entries = value.list?.flatMap({ $0.map?.entries ?? [] }) ?? value.map?.entries else {
            report.error(.type, "'policies' is \(value.kind)", at: value.position, path, expected: "a list")
            return []
        }
        let targets = Set(nodes).union(groups.map(\.name))
        return entries.compactMap { policy($0, path.key($0.key), targets) }
    }

    private func policy(_ entry: TOSCAMap.Entry, _ place: DocumentPath, _ targets: Set<String>) -> TOSCAPolicy? {
        let what = "the policy '\(entry.key.prefix(80))'"
        if let fields = entry.value.map { unknownFields(of: fields, Self.policyFields, what, place) }
        guard let typeValue = entry.value["type"], let typeName = typeValue.string else {
            report.error(.missing, "\(what) has no type", at: entry.keyPosition, place, expected: "'type'")
            return nil
        }
        guard let type = library.resolve(typeName, .policy, at: typeValue.position, place.key("type")) else {
            return nil
        }
        let named = list(entry.value["targets"], of: what, "targets", place)
        for (number, target) in named.enumerated() where !targets.contains(target.string ?? "") {
            report.unknown(
                .unknownName, "\(what) targets \(target.brief), which is neither node nor group",
                target.string ?? "", among: targets.sorted(), at: target.position,
                place.key("targets").index(number))
        }
        if let triggers = entry.value["triggers"], !triggers.isNull {
            report.warning(
                .translation, "'triggers' of \(what) has no effect: nothing is triggered", at: triggers.position,
                place.key("triggers"))
        }
        let properties = mapping(entry.value["properties"], "properties", place.key("properties")) ?? TOSCAMap()
        // Orchestrators put these on the standard type, which has no properties of its own.
        let isPlacement = type.name == "tosca.policies.Placement"
        assigned(
            properties, isPlacement ? placementProperties : type.properties, "policy '\(entry.key)'",
            place.key("properties"))
        return TOSCAPolicy(
            name: entry.key, type: type, properties: properties, targets: named.compactMap(\.string),
            position: entry.keyPosition, path: place)
    }

    /// A list of names; one name alone may stand without the list.
    private func list(_ value: TOSCAValue?, of owner: String, _ key: String, _ path: DocumentPath) -> [TOSCAValue] {
        guard let value, !value.isNull else { return [] }
        if let list = value.list { return list }
        if value.string != nil { return [value] }
        report.error(
            .type, "'\(key)' of \(owner) is \(value.kind)", at: value.position, path.key(key),
            expected: "a list of names")
        return []
    }

    private var placementProperties: NamedList<TOSCAProperty> {
        var list = NamedList<TOSCAProperty>()
        for name in ["cloud_id", "availability_zone", "sla_id", "region", "container_type", "container_number"] {
            list.set(
                TOSCAProperty(
                    name: name, type: TOSCATypeReference(name: "any", entry: nil), isRequired: false, constraints: [],
                    position: .none), name)
        }
        return list
    }
}
