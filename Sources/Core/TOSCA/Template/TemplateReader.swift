/// Makes a template of a document: names are looked up, values compared with their types. No function is evaluated.
struct TemplateReader {
    let loaded: TemplateLoader.Loaded
    let library: TypeLibrary
    let limits: TOSCALimits

    var report: Report { library.report }
    var root: TOSCAMap { loaded.root }

    init(_ loaded: TemplateLoader.Loaded, library: TypeLibrary, limits: TOSCALimits) {
        self.loaded = loaded
        self.library = library
        self.limits = limits
    }

    static let versions = [
        "tosca_simple_yaml_1_0", "tosca_simple_yaml_1_0_0", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_2",
        "tosca_simple_yaml_1_3", "http://docs.oasis-open.org/tosca/ns/simple/yaml/1.0",
        "http://docs.oasis-open.org/tosca/ns/simple/yaml/1.3",
    ]
    private static let sections: Set<String> = [
        "tosca_definitions_version", "tosca_default_namespace", "namespace", "metadata", "template_name",
        "template_author", "template_version", "description", "dsl_definitions", "repositories", "imports",
        "artifact_types", "data_types", "capability_types", "interface_types", "relationship_types", "node_types",
        "group_types", "policy_types", "topology_template",
    ]
    private static let topologySections: Set<String> = [
        "description", "inputs", "node_templates", "relationship_templates", "groups", "policies", "outputs",
        "substitution_mappings", "workflows", "metadata",
    ]
    static let nodeFields: Set<String> = [
        "type", "description", "metadata", "directives", "properties", "attributes", "requirements", "capabilities",
        "interfaces", "artifacts", "node_filter", "copy",
    ]
    private static let inputFields: Set<String> = [
        "type", "description", "metadata", "required", "default", "value", "status", "constraints", "key_schema",
        "entry_schema", "external-schema", "immutable", "hidden",
    ]
    private static let outputFields: Set<String> = [
        "value", "type", "description", "metadata", "required", "default", "status", "constraints", "key_schema",
        "entry_schema", "mapping", "hidden",
    ]

    /// What could be read of it; mistakes are in the report.
    func read(text: String, name: String, base: String?) -> TOSCATemplate {
        let version = checkVersion()
        unknownFields(of: root, Self.sections, "a template", .root)
        let path = DocumentPath.root.key("topology_template")
        let topologyMap = mapping(root["topology_template"], "topology_template", path) ?? TOSCAMap()
        if root["topology_template"] == nil {
            report.error(
                .missing, "the template has no 'topology_template'", at: loaded.rootPosition, .root,
                expected: "'topology_template' with 'node_templates'")
        }
        unknownFields(of: topologyMap, Self.topologySections, "a topology", path)
        let inputs = self.inputs(topologyMap["inputs"], path.key("inputs"))
        let relationships = self.relationships(
            topologyMap["relationship_templates"], path.key("relationship_templates"))
        var nodes = self.nodes(topologyMap["node_templates"], path.key("node_templates"), relationships)
        if nodes.isEmpty, !report.hasErrors {
            report.error(
                .missing, "the template has no node templates",
                at: topologyMap["node_templates"]?.position ?? root["topology_template"]?.position, path,
                expected: "'node_templates' with at least one node")
        }
        // Also those that could not be read: there is one error about each already.
        let names = topologyMap["node_templates"]?.map?.keys ?? []
        let parents = root["metadata"]?["parents"]?.list?.compactMap(\.string) ?? []
        RequirementMatcher(
            nodes: nodes, names: names, parents: parents, library: library, inputs: inputs, limits: limits
        ).match(&nodes)
        let groups = self.groups(topologyMap["groups"], path.key("groups"), names)
        let policies = self.policies(topologyMap["policies"], path.key("policies"), names, groups)
        let outputs = self.outputs(topologyMap["outputs"], path.key("outputs"))
        for name in ["substitution_mappings", "workflows"] where topologyMap[name] != nil {
            report.warning(
                .translation, "'\(name)' has no effect", at: topologyMap[name]?.position, path.key(name))
        }
        checkFunctions(inputs, nodes, names, relationships, policies, outputs)
        let topology = Topology(nodes)
        checkRequirements(topology)
        checkUnusedTypes()
        let (levels, cycle) = topology.levels()
        if let cycle {
            report.error(
                .cycle, "requirements lead back to a node that has them: \(cycle.prefix(20).joined(separator: " → "))",
                at: topology[cycle[0]]?.position, topology[cycle[0]]?.path ?? path)
        }
        return TOSCATemplate(
            reading: TOSCATemplate.Parts(
                root: TOSCAValue(.map(root), at: loaded.rootPosition), version: version, inputs: inputs,
                outputs: outputs, relationships: relationships, groups: groups, policies: policies,
                repositories: loaded.repositories, imports: loaded.imports, warnings: report.all,
                types: library.all, topology: topology, levels: levels, files: report.files),
            text: text, name: name, base: base, limits: limits)
    }

    private func checkVersion() -> String {
        let path = DocumentPath.root.key("tosca_definitions_version")
        guard let value = root["tosca_definitions_version"] else {
            report.error(
                .version, "the template does not tell its version of TOSCA", at: loaded.rootPosition, .root,
                expected: "'tosca_definitions_version: tosca_simple_yaml_1_0' as the first line")
            return ""
        }
        let version = value.scalarText ?? ""
        if !Self.versions.contains(version) {
            report.error(
                .version, "the version \(value.brief) is not known", at: value.position, path,
                expected: "one of: \(Self.versions.prefix(5).joined(separator: ", "))",
                nearest: NearestName.find(version, among: Self.versions))
        }
        return version
    }

    func unknownFields(of map: TOSCAMap, _ known: Set<String>, _ owner: String, _ path: DocumentPath) {
        for entry in map.entries where !known.contains(entry.key) && !entry.key.hasPrefix("x-") {
            report.unknown(
                .unknownField, "\(owner) has no field '\(entry.key.prefix(80))'", entry.key, among: known.sorted(),
                at: entry.keyPosition, path.key(entry.key))
        }
    }

    /// Nil, and an error, where it is no mapping; nil where there is nothing.
    func mapping(_ value: TOSCAValue?, _ name: String, _ path: DocumentPath) -> TOSCAMap? {
        guard let value, !value.isNull else { return nil }
        guard let map = value.map else {
            report.error(
                .type, "'\(name)' is \(value.kind)", at: value.position, path, expected: "a mapping of names")
            return nil
        }
        return map
    }

    // MARK: Inputs and outputs

    private func inputs(_ value: TOSCAValue?, _ path: DocumentPath) -> [TOSCAInput] {
        guard let map = mapping(value, "inputs", path) else { return [] }
        var checker = ValueChecker(library: library)
        checker.isLenient = true
        return map.entries.compactMap { entry in
            let place = path.key(entry.key)
            guard var property = TypeReader.property(entry, report, place) else { return nil }
            // Since 1.3 an input may have a value, which goes before its default.
            var field = "default"
            if let value = entry.value["value"], !value.isNull {
                property.defaultValue = value
                field = "value"
            }
            if let fields = entry.value.map {
                unknownFields(of: fields, Self.inputFields, "the input '\(entry.key.prefix(80))'", place)
            }
            if !TypeReader.isSimple(property.type.name) {
                _ = library.resolve(property.type.name, .data, at: entry.value["type"]?.position, place.key("type"))
            }
            if let value = property.defaultValue {
                checkDefault(value, property, "the \(field) of the input '\(entry.key)'", place.key(field), checker)
            }
            return TOSCAInput(
                name: entry.key, type: property.type, isRequired: property.isRequired,
                defaultValue: property.defaultValue, description: property.description,
                constraints: property.constraints, position: property.position, path: place)
        }
    }

    private func checkDefault(
        _ value: TOSCAValue, _ property: TOSCAProperty, _ what: String, _ path: DocumentPath, _ checker: ValueChecker
    ) {
        let limits = InputResolver.drawable
        let drawing = "'random(N)' with N from \(limits.lowerBound) to \(limits.upperBound)"
        if InputResolver.isWrongDrawing(value) {
            report.error(
                .function, "\(what) is \(value.brief), which draws nothing", at: value.position, path,
                expected: drawing)
        } else if let function = InputResolver.function(in: value, property.type) {
            report.error(
                .function, "'\(function.name.rawValue)' stands in \(what), where no functions are evaluated",
                at: function.position, path,
                expected: "a value without functions; functions go where the input is used")
        } else if InputResolver.special(value) == nil {
            checker.check(value, property.type, property.constraints, what, path)
        } else if TypeReader.isSimple(property.type.name), !["string", "any"].contains(property.type.name) {
            report.error(
                .type, "\(what) is \(value.brief), which gives a text", at: value.position, path,
                expected: "a value of type \(property.type.name), or 'type: string'")
        }
    }

    private func outputs(_ value: TOSCAValue?, _ path: DocumentPath) -> [TOSCAOutput] {
        guard let map = mapping(value, "outputs", path) else { return [] }
        return map.entries.compactMap { entry in
            if let fields = entry.value.map {
                unknownFields(
                    of: fields, Self.outputFields, "the output '\(entry.key.prefix(80))'", path.key(entry.key))
            }
            guard let value = entry.value["value"] else {
                report.error(
                    .missing, "the output '\(entry.key)' has no value", at: entry.keyPosition, path.key(entry.key),
                    expected: "'value'")
                return nil
            }
            return TOSCAOutput(
                name: entry.key, value: value, description: entry.value["description"]?.scalarText,
                path: path.key(entry.key).key("value"))
        }
    }
}
