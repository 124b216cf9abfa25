extension TemplateReader {
    func nodes(
        _ value: TOSCAValue?, _ path: DocumentPath, _ relationships: NamedList<RelationshipTemplate>
    ) -> [NodeTemplate] {
        guard let map = mapping(value, "node_templates", path) else { return [] }
        guard map.count <= limits.maximumNodes else {
            report.error(
                .limit, "the template has \(map.count) nodes", at: value?.position, path,
                expected: "at most \(limits.maximumNodes)")
            return []
        }
        return map.entries.compactMap { node(copied($0, map, path), path.key($0.key), relationships) }
    }

    private func node(
        _ entry: TOSCAMap.Entry, _ path: DocumentPath, _ relationships: NamedList<RelationshipTemplate>
    ) -> NodeTemplate? {
        guard let map = entry.value.map else {
            report.error(
                .type, "the node '\(entry.key.prefix(80))' is \(entry.value.kind)", at: entry.value.position, path,
                expected: "a mapping with 'type'")
            return nil
        }
        unknownFields(of: map, Self.nodeFields, "the node '\(entry.key.prefix(80))'", path)
        guard let typeValue = map["type"], let typeName = typeValue.string else {
            if let value = map["type"], !value.isNull {
                report.error(
                    .type, "the type of the node '\(entry.key.prefix(80))' is \(value.kind)", at: value.position,
                    path.key("type"),
                    expected: "the name of a type"
                        + (TOSCAFunction(value) != nil ? "; functions stand in properties only" : ""))
            } else {
                report.error(
                    .missing, "the node '\(entry.key.prefix(80))' has no type", at: entry.keyPosition, path,
                    expected: "'type'")
            }
            return nil
        }
        guard checkName(entry, path) else { return nil }
        guard let type = library.resolve(typeName, .node, at: typeValue.position, path.key("type")) else { return nil }
        let what = "node '\(entry.key.prefix(80))'"
        noteIgnored(map, what, path)
        let properties = mapping(map["properties"], "properties", path.key("properties")) ?? TOSCAMap()
        assigned(properties, type.properties, what, path.key("properties"))
        required(properties, type.properties, what, at: entry.keyPosition, path)
        return NodeTemplate(
            name: entry.key, type: type, properties: properties,
            capabilities: capabilities(map["capabilities"], type, what, path.key("capabilities")),
            requirements: requirements(map["requirements"], type, what, path.key("requirements"), relationships),
            interfaces: interfaces(map["interfaces"], over: type, path.key("interfaces")),
            artifacts: artifacts(map["artifacts"], over: type.artifacts, path.key("artifacts")),
            description: map["description"]?.scalarText, position: entry.keyPosition, path: path)
    }

    private static let ignoredFields: [(name: String, reason: String, expected: String)] = [
        ("directives", "the node is made anew, as any other", "no directives"),
        ("node_filter", "the node is made anew, none is chosen", "'node_filter' in a requirement"),
        ("attributes", "the machines tell what they are", "properties, or outputs"),
    ]

    private func noteIgnored(_ map: TOSCAMap, _ what: String, _ path: DocumentPath) {
        for field in Self.ignoredFields {
            guard let entry = map.entry(field.name), !entry.value.isNull, entry.value.list?.isEmpty != true,
                entry.value.map?.isEmpty != true
            else { continue }
            report.warning(
                .translation, "'\(field.name)' of the \(what) has no effect: \(field.reason)", at: entry.keyPosition,
                path.key(field.name), expected: field.expected)
        }
    }

    /// Compares assigned values with their definitions.
    func assigned(
        _ values: TOSCAMap, _ definitions: NamedList<TOSCAProperty>, _ what: String, _ path: DocumentPath
    ) {
        let checker = ValueChecker(library: library)
        for entry in values.entries {
            guard let definition = definitions[entry.key] else {
                report.unknown(
                    .unknownField, "the \(what) has no property '\(entry.key.prefix(80))'", entry.key,
                    among: definitions.names, at: entry.keyPosition, path.key(entry.key))
                continue
            }
            checker.check(
                entry.value, definition.type, definition.constraints, "the property '\(entry.key)' of the \(what)",
                path.key(entry.key))
        }
    }

    private func required(
        _ values: TOSCAMap, _ definitions: NamedList<TOSCAProperty>, _ what: String, at position: TOSCAPosition,
        _ path: DocumentPath
    ) {
        for definition in definitions.elements
        where definition.isRequired && definition.defaultValue == nil && values[definition.name] == nil {
            report.error(
                .missing, "the \(what) has no property '\(definition.name)'", at: position, path,
                expected: "'\(definition.name)' of type \(definition.type.name)")
        }
    }

    private func capabilities(
        _ value: TOSCAValue?, _ type: TOSCAType, _ what: String, _ path: DocumentPath
    ) -> [String: TOSCAMap] {
        // Some authors write a list of mappings.
        let value = value.flatMap { value in
            value.list.map { list in
                TOSCAValue(.map(TOSCAMap(list.flatMap { $0.map?.entries ?? [] })), at: value.position)
            } ?? value
        }
        guard let map = mapping(value, "capabilities", path) else { return [:] }
        var result: [String: TOSCAMap] = [:]
        for entry in map.entries {
            let place = path.key(entry.key)
            guard let definition = type.capabilities[entry.key] else {
                report.unknown(
                    .unknownField, "the \(what) has no capability '\(entry.key.prefix(80))'", entry.key,
                    among: type.capabilities.names, at: entry.keyPosition, place)
                continue
            }
            guard let fields = mapping(entry.value, entry.key, place) else { continue }
            unknownFields(
                of: fields, ["properties", "attributes", "occurrences", "directives", "type"],
                "the capability '\(entry.key)'", place)
            let properties = mapping(fields["properties"], "properties", place.key("properties")) ?? TOSCAMap()
            assigned(
                properties, definition.properties, "capability '\(entry.key)' of the \(what)", place.key("properties"))
            result[entry.key] = properties
        }
        return result
    }

    func interfaces(
        _ value: TOSCAValue?, over type: TOSCAType, _ path: DocumentPath
    ) -> NamedList<TOSCAInterface> {
        var result = type.interfaces
        guard let map = mapping(value, "interfaces", path) else { return result }
        for entry in map.entries {
            let short = TypeReader.shortName(entry.key)
            let interface = TypeReader.interface(
                short, entry.value, report, path.key(entry.key), over: result[short], isTemplate: true)
            result.set(interface, short)
            checkOperations(entry, short, type, path.key(entry.key))
        }
        return result
    }

    func artifacts(
        _ value: TOSCAValue?, over base: NamedList<TOSCAArtifact>, _ path: DocumentPath
    ) -> NamedList<TOSCAArtifact> {
        let result = TypeReader.artifacts(value, report, path, over: base)
        for artifact in result.elements where base[artifact.name]?.position != artifact.position {
            guard let type = artifact.type else { continue }
            _ = library.resolve(type, .artifact, at: artifact.position, path.key(artifact.name).key("type"))
            if let repository = artifact.repository, loaded.repositories[repository] == nil {
                report.unknown(
                    .unknownName, "the repository '\(repository.prefix(80))' is not declared", repository,
                    among: loaded.repositories.keys.sorted(), at: artifact.position,
                    path.key(artifact.name).key("repository"))
            }
        }
        return result
    }

    // MARK: Relationships

    func relationships(_ value: TOSCAValue?, _ path: DocumentPath) -> NamedList<RelationshipTemplate> {
        var result = NamedList<RelationshipTemplate>()
        guard let map = mapping(value, "relationship_templates", path) else { return result }
        for entry in map.entries {
            let place = path.key(entry.key)
            guard let typeValue = entry.value["type"], let typeName = typeValue.string else {
                report.error(
                    .missing, "the relationship '\(entry.key.prefix(80))' has no type", at: entry.keyPosition, place,
                    expected: "'type'")
                continue
            }
            guard let type = library.resolve(typeName, .relationship, at: typeValue.position, place.key("type")) else {
                continue
            }
            let properties = mapping(entry.value["properties"], "properties", place.key("properties")) ?? TOSCAMap()
            let what = "relationship '\(entry.key.prefix(80))'"
            assigned(properties, type.properties, what, place.key("properties"))
            required(properties, type.properties, what, at: entry.keyPosition, place)
            result.set(
                RelationshipTemplate(
                    name: entry.key, type: type, properties: properties,
                    interfaces: interfaces(entry.value["interfaces"], over: type, place.key("interfaces")),
                    artifacts: artifacts(entry.value["artifacts"], over: type.artifacts, place.key("artifacts")),
                    position: entry.keyPosition, path: place), entry.key)
        }
        return result
    }

    private func requirements(
        _ value: TOSCAValue?, _ type: TOSCAType, _ what: String, _ path: DocumentPath,
        _ relationships: NamedList<RelationshipTemplate>
    ) -> [NodeTemplate.Requirement] {
        guard let value, !value.isNull else { return [] }
        guard let items = value.list ?? value.map.map({ _ in [value] }) else {
            report.error(
                .type, "the requirements of the \(what) are \(value.kind)", at: value.position, path, expected: "a list"
            )
            return []
        }
        var result: [NodeTemplate.Requirement] = []
        var counts: [String: Int] = [:]
        for (number, item) in items.enumerated() {
            guard let map = item.map else {
                report.error(
                    .type, "a requirement of the \(what) is \(item.kind)", at: item.position, path.index(number),
                    expected: "a mapping such as { host: NODE }")
                continue
            }
            for entry in map.entries {
                let place = path.index(number).key(entry.key)
                guard let definition = type.requirements.first(where: { $0.name == entry.key }) else {
                    report.unknown(
                        .unknownField, "the \(what) has no requirement '\(entry.key.prefix(80))'", entry.key,
                        among: type.requirements.map(\.name), at: entry.keyPosition, place)
                    continue
                }
                counts[entry.key, default: 0] += 1
                if let maximum = definition.maximum, counts[entry.key, default: 0] > maximum {
                    report.error(
                        .requirement,
                        "the \(what) has the requirement '\(entry.key)' more often than \(maximum == 1 ? "once" : "\(maximum) times")",
                        at: entry.keyPosition, place)
                }
                if let requirement = requirement(entry, definition, place, relationships) { result.append(requirement) }
            }
        }
        return result
    }

    private static let requirementFields: Set<String> = [
        "node", "capability", "relationship", "node_filter", "occurrences", "description", "metadata", "count",
        "directives",
    ]

    private func requirement(
        _ entry: TOSCAMap.Entry, _ definition: TOSCARequirementDefinition, _ path: DocumentPath,
        _ relationships: NamedList<RelationshipTemplate>
    ) -> NodeTemplate.Requirement? {
        var requirement = NodeTemplate.Requirement(
            name: entry.key, target: entry.value.string, capability: definition.capability, relationship: nil,
            properties: TOSCAMap(), targetType: definition.node, position: entry.value.position, path: path)
        var relation: TOSCAValue?
        if let map = entry.value.map {
            unknownFields(of: map, Self.requirementFields, "the requirement '\(entry.key)'", path)
            requirement.target = map["node"]?.string
            requirement.position = map["node"]?.position ?? entry.value.position
            requirement.capability = map["capability"]?.string ?? definition.capability
            requirement.filter = map["node_filter"]
            relation = map["relationship"]
        } else if entry.value.string == nil {
            report.error(
                .type, "the requirement '\(entry.key)' is \(entry.value.kind)", at: entry.value.position, path,
                expected: "the name of a node, or a mapping with 'node'")
            return nil
        }
        relate(&requirement, relation, definition, path.key("relationship"), relationships)
        return requirement
    }

    private func relate(
        _ requirement: inout NodeTemplate.Requirement, _ value: TOSCAValue?, _ definition: TOSCARequirementDefinition,
        _ path: DocumentPath, _ relationships: NamedList<RelationshipTemplate>
    ) {
        var typeName = definition.relationship ?? Self.defaultRelationship(definition)
        var position = requirement.position
        if let value, !value.isNull {
            position = value.position
            if let name = value.string {
                if let template = relationships[name] {
                    requirement.relationshipTemplate = name
                    requirement.relationship = template.type
                    requirement.properties = template.properties
                    return
                }
                typeName = name
            } else if let map = value.map {
                typeName = map["type"]?.string ?? typeName
                requirement.properties = mapping(map["properties"], "properties", path.key("properties")) ?? TOSCAMap()
                if map["interfaces"] != nil {
                    report.warning(
                        .translation, "interfaces within a requirement are not run", at: map["interfaces"]?.position,
                        path.key("interfaces"), expected: "a relationship of its own in 'relationship_templates'")
                }
            }
        }
        guard let type = library.resolve(typeName, .relationship, at: position, path) else { return }
        requirement.relationship = type
        if !requirement.properties.isEmpty {
            // Authors give 'fs_type' with the plain type, too.
            var known = type.properties
            if type.isA("tosca.relationships.AttachesTo"), known["fs_type"] == nil {
                known.set(
                    TOSCAProperty(
                        name: "fs_type", type: TOSCATypeReference(name: "string", entry: nil), isRequired: false,
                        constraints: [], position: .none), "fs_type")
            }
            assigned(
                requirement.properties, known, "relationship of '\(requirement.name)'", path.key("properties"))
        }
    }

    private static func defaultRelationship(_ definition: TOSCARequirementDefinition) -> String {
        switch definition.capability {
        case "tosca.capabilities.Container", "tosca.capabilities.Compute": "tosca.relationships.HostedOn"
        case "tosca.capabilities.Endpoint": "tosca.relationships.ConnectsTo"
        case "tosca.capabilities.Attachment": "tosca.relationships.AttachesTo"
        default: "tosca.relationships.DependsOn"
        }
    }

    // MARK: Functions

    func checkFunctions(
        _ inputs: [TOSCAInput], _ nodes: [NodeTemplate], _ names: [String],
        _ relationships: NamedList<RelationshipTemplate>, _ policies: [TOSCAPolicy],
        _ outputs: [TOSCAOutput]
    ) {
        let checker = FunctionChecker(
            report: report, inputs: inputs, nodes: nodes, names: names,
            relationships: relationships.elements.map(\.name))
        let none = FunctionChecker.Place()
        for input in inputs {
            // A function was refused already; what is written like one is told here.
            guard let value = input.defaultValue, InputResolver.function(in: value, input.type) == nil else { continue }
            checker.check(value, none, input.path.key("default"))
        }
        for node in nodes {
            let place = FunctionChecker.Place(node: node.name)
            checker.check(TOSCAValue(.map(node.properties)), place, node.path.key("properties"))
            for (name, properties) in node.capabilities.sorted(by: { $0.key < $1.key }) {
                checker.check(
                    TOSCAValue(.map(properties)), place,
                    node.path.key("capabilities").key(name).key("properties"))
            }
            for requirement in node.requirements where !requirement.properties.isEmpty {
                checker.check(
                    TOSCAValue(.map(requirement.properties)), place,
                    requirement.path.key("relationship").key("properties"))
            }
            for requirement in node.requirements {
                guard let filter = requirement.filter else { continue }
                checker.check(filter, place, requirement.path.key("node_filter"))
            }
            checkOperations(node.interfaces, node.type.interfaces, checker, place, node.path)
            for artifact in node.artifacts.elements where node.type.artifacts[artifact.name] == nil {
                checker.check(artifact.file, place, node.path.key("artifacts").key(artifact.name).key("file"))
            }
        }
        for relationship in relationships.elements {
            let place = FunctionChecker.Place(hasRelationship: true)
            checker.check(TOSCAValue(.map(relationship.properties)), place, relationship.path.key("properties"))
            checkOperations(
                relationship.interfaces, relationship.type.interfaces, checker, place, relationship.path)
        }
        for policy in policies { checker.check(TOSCAValue(.map(policy.properties)), none, policy.path) }
        let output = FunctionChecker.Place(isOutput: true)
        for item in outputs { checker.check(item.value, output, item.path) }
    }

    /// Operations of types are of their authors: what they name may be missing in this template.
    private func checkOperations(
        _ interfaces: NamedList<TOSCAInterface>, _ inherited: NamedList<TOSCAInterface>, _ checker: FunctionChecker,
        _ place: FunctionChecker.Place, _ path: DocumentPath
    ) {
        for interface in interfaces.elements {
            for operation in interface.operations.elements {
                let known = inherited[interface.name]?.operations[operation.name]?.inputs ?? []
                for input in operation.inputs where !known.contains(input) {
                    let owner = path.key("interfaces").key(interface.name)
                    checker.check(input.value, place, input.path(in: owner.key(operation.name)))
                }
            }
        }
    }
}
