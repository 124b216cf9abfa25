/// Reads the definition of one type and joins it with what it derives from.
struct TypeReader {
    let library: TypeLibrary
    let kind: TOSCATypeKind
    let name: String
    let origin: String
    let path: DocumentPath

    private var report: Report { library.report }

    init(library: TypeLibrary, kind: TOSCATypeKind, name: String, origin: String, path: DocumentPath) {
        self.library = library
        self.kind = kind
        self.name = name
        self.origin = origin
        self.path = path
    }

    private static let simpleTypes: Set<String> = [
        "string", "integer", "float", "boolean", "timestamp", "null", "range", "list", "map", "version", "json", "xml",
        "any", "scalar-unit.size", "scalar-unit.time", "scalar-unit.frequency", "scalar-unit.bitrate",
    ]

    static func isSimple(_ type: String) -> Bool { simpleTypes.contains(type) }

    private static let keys: [TOSCATypeKind: Set<String>] = {
        let common: Set<String> = ["derived_from", "description", "metadata", "version", "properties"]
        return [
            .artifact: common.union(["mime_type", "file_ext"]),
            .capability: common.union(["attributes", "valid_source_types"]),
            .data: common.union(["constraints", "key_schema", "entry_schema"]),
            .group: common.union(["attributes", "members", "requirements", "capabilities", "interfaces"]),
            .node: common.union(["attributes", "requirements", "capabilities", "interfaces", "artifacts"]),
            .policy: common.union(["targets", "triggers"]),
            .relationship: common.union(["attributes", "interfaces", "valid_target_types", "valid_source_types"]),
        ]
    }()

    func read(_ map: TOSCAMap, at position: TOSCAPosition, isBundled: Bool) -> TOSCAType? {
        var parent: TOSCAType?
        var simpleType: String?
        if let base = map["derived_from"], !base.isNull {
            guard let baseName = base.string else {
                report.error(
                    .type, "'derived_from' is \(base.kind)", at: base.position, path.key("derived_from"),
                    expected: "the name of a type")
                return nil
            }
            if kind == .data, Self.isSimple(baseName) {
                simpleType = baseName
            } else if baseName != name || library.exists(baseName, kind) {
                guard let type = library.resolve(baseName, kind, at: base.position, path.key("derived_from")) else {
                    return nil
                }
                parent = type
                simpleType = type.simpleType
            }
        }
        if !isBundled, let known = Self.keys[kind] {
            for entry in map.entries where !known.contains(entry.key) {
                report.warning(
                    .unknownField, "nothing reads '\(entry.key.prefix(80))' of a \(kind.word) type",
                    at: entry.keyPosition, path.key(entry.key), expected: known.sorted().joined(separator: ", "))
            }
        }
        return TOSCAType(
            kind: kind, name: name, parent: parent, description: map["description"]?.string, origin: origin,
            properties: properties(map["properties"], path.key("properties"), over: parent?.properties),
            attributes: properties(map["attributes"], path.key("attributes"), over: parent?.attributes),
            capabilities: capabilities(map["capabilities"], over: parent?.capabilities),
            requirements: requirements(map["requirements"], over: parent?.requirements ?? []),
            interfaces: interfaces(map, over: parent?.interfaces),
            artifacts: Self.artifacts(map["artifacts"], report, path.key("artifacts"), over: parent?.artifacts),
            simpleType: simpleType,
            constraints: (parent?.constraints ?? [])
                + Self.constraints(map["constraints"], report, path.key("constraints")),
            validTargets: map["valid_target_types"]?.list?.compactMap(\.string) ?? parent?.validTargets ?? [])
    }

    private func properties(
        _ value: TOSCAValue?, _ path: DocumentPath, over parent: NamedList<TOSCAProperty>?
    ) -> NamedList<TOSCAProperty> {
        var result = parent ?? NamedList()
        guard let value, !value.isNull else { return result }
        guard let map = value.map else {
            report.error(.type, "this is \(value.kind)", at: value.position, path, expected: "a mapping of definitions")
            return result
        }
        for entry in map.entries {
            let property = Self.property(
                entry, report, path.key(entry.key), refining: result[entry.key])
            if let property { result.set(property, entry.key) }
        }
        return result
    }

    /// Reads the definition of a property, attribute or input.
    static func property(
        _ entry: TOSCAMap.Entry, _ report: Report, _ path: DocumentPath, refining base: TOSCAProperty? = nil
    ) -> TOSCAProperty? {
        guard let map = entry.value.map else {
            report.error(
                .type, "the definition of '\(entry.key)' is \(entry.value.kind)", at: entry.value.position, path,
                expected: "a mapping with 'type'")
            return nil
        }
        var type = base?.type
        if map["type"] != nil { type = reference(map, report, path) }
        guard let type else {
            report.error(.missing, "'\(entry.key)' has no type", at: entry.keyPosition, path, expected: "'type'")
            return nil
        }
        var isRequired = base?.isRequired ?? true
        if let value = map["required"] {
            if let flag = value.bool {
                isRequired = flag
            } else {
                report.error(
                    .type, "'required' is \(value.brief)", at: value.position, path.key("required"),
                    expected: "true or false")
            }
        }
        var defaultValue = base?.defaultValue
        if let value = map.entry("default") {
            // `default:` and nothing behind is no default.
            defaultValue = value.value.isNull ? nil : value.value
            if value.value.isNull, map["required"] == nil { isRequired = base?.isRequired ?? false }
        }
        return TOSCAProperty(
            name: entry.key, type: type, isRequired: isRequired, defaultValue: defaultValue,
            description: map["description"]?.scalarText ?? base?.description,
            constraints: map["constraints"].map { constraints($0, report, path.key("constraints")) }
                ?? base?.constraints ?? [],
            position: entry.keyPosition)
    }

    private static func reference(_ map: TOSCAMap, _ report: Report, _ path: DocumentPath) -> TOSCATypeReference? {
        guard let value = map["type"], let name = value.string else {
            report.error(
                .type, "'type' is \(map["type"]?.kind ?? "nothing")", at: map["type"]?.position, path.key("type"),
                expected: "the name of a type")
            return nil
        }
        return TOSCATypeReference(name: name, entry: entrySchema(map["entry_schema"], report, path, depth: 0))
    }

    private static func entrySchema(
        _ value: TOSCAValue?, _ report: Report, _ path: DocumentPath, depth: Int
    ) -> TOSCAEntrySchema? {
        guard let value, depth < 20 else { return nil }
        if let name = value.string {
            return TOSCAEntrySchema(type: TOSCATypeReference(name: name, entry: nil), constraints: [])
        }
        guard let map = value.map, let name = map["type"]?.string else { return nil }
        let inner = entrySchema(map["entry_schema"], report, path, depth: depth + 1)
        return TOSCAEntrySchema(
            type: TOSCATypeReference(name: name, entry: inner),
            constraints: constraints(map["constraints"], report, path.key("entry_schema").key("constraints")))
    }

    static func constraints(_ value: TOSCAValue?, _ report: Report, _ path: DocumentPath) -> [TOSCAConstraint] {
        guard let value, !value.isNull else { return [] }
        // Some authors leave out the list.
        guard let list = value.list ?? value.map.map({ _ in [value] }) else {
            report.error(
                .type, "the constraints are \(value.kind)", at: value.position, path,
                expected: "a list such as [ { greater_or_equal: 1 } ]")
            return []
        }
        var result: [TOSCAConstraint] = []
        for (number, item) in list.enumerated() {
            guard let map = item.map, !map.isEmpty else {
                report.error(
                    .type, "a constraint is \(item.kind)", at: item.position, path.index(number),
                    expected: "a mapping such as { greater_or_equal: 1 }")
                continue
            }
            for entry in map.entries {
                guard let kind = TOSCAConstraint.Kind(rawValue: entry.key) else {
                    report.unknown(
                        .unknownField, "'\(entry.key.prefix(80))' is no constraint", entry.key,
                        among: TOSCAConstraint.Kind.allCases.map(\.rawValue), at: entry.keyPosition,
                        path.index(number).key(entry.key))
                    continue
                }
                let constraint = TOSCAConstraint(kind: kind, value: entry.value)
                let place = path.index(number).key(entry.key)
                if let (message, expected) = constraint.mistake {
                    report.error(.type, message, at: entry.value.position, place, expected: expected)
                    continue
                }
                if constraint.isUnreadablePattern {
                    report.warning(
                        .constraint,
                        "the pattern \(entry.value.brief) cannot be read here, so no value is checked by it",
                        at: entry.value.position, place,
                        expected: "a regular expression without back references and lookaround")
                }
                result.append(constraint)
            }
        }
        return result
    }

    private func capabilities(
        _ value: TOSCAValue?, over parent: NamedList<TOSCACapabilityDefinition>?
    ) -> NamedList<TOSCACapabilityDefinition> {
        var result = parent ?? NamedList()
        for entry in value?.map?.entries ?? [] {
            let place = path.key("capabilities").key(entry.key)
            let map = entry.value.map
            let typeName = entry.value.string ?? map?["type"]?.string
            var type = result[entry.key]?.type
            if let typeName {
                type = library.resolve(
                    typeName, .capability, at: map?["type"]?.position ?? entry.value.position, place)
                if type == nil { continue }
            }
            guard let type else {
                report.error(
                    .missing, "the capability '\(entry.key)' has no type", at: entry.keyPosition, place,
                    expected: "'type'")
                continue
            }
            var properties = type.properties
            for property in map?["properties"]?.map?.entries ?? [] {
                let refined = Self.property(
                    property, report, place.key("properties").key(property.key), refining: properties[property.key])
                if let refined { properties.set(refined, property.key) }
            }
            result.set(
                TOSCACapabilityDefinition(name: entry.key, type: type, properties: properties), entry.key)
        }
        return result
    }

    private func requirements(
        _ value: TOSCAValue?, over parent: [TOSCARequirementDefinition]
    ) -> [TOSCARequirementDefinition] {
        var result = parent
        for item in value?.list ?? [] {
            for entry in item.map?.entries ?? [] {
                let base = result.first { $0.name == entry.key }
                let map = entry.value.map
                let relation = map?["relationship"]
                let occurrences = map?["occurrences"]?.list
                let definition = TOSCARequirementDefinition(
                    name: entry.key,
                    capability: entry.value.string ?? map?["capability"]?.string ?? base?.capability,
                    node: map?["node"]?.string ?? base?.node,
                    relationship: relation?.string ?? relation?["type"]?.string ?? base?.relationship,
                    minimum: occurrences?.first?.integer ?? base?.minimum ?? 1,
                    isDemanded: occurrences?.first?.integer.map { $0 > 0 } ?? base?.isDemanded ?? false,
                    maximum: occurrences.map { $0.count > 1 ? $0[1].integer : nil } ?? (base.map { $0.maximum } ?? 1))
                if let place = result.firstIndex(where: { $0.name == entry.key }) {
                    result[place] = definition
                } else {
                    result.append(definition)
                }
            }
        }
        return result
    }
}
