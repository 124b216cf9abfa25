extension TypeReader {
    static let reserved: Set<String> = [
        "type", "inputs", "operations", "notifications", "derived_from", "description", "metadata", "version",
    ]

    /// Interfaces of a node or relationship type, or the operations of an interface type under its own name.
    func interfaces(_ map: TOSCAMap, over parent: NamedList<TOSCAInterface>?) -> NamedList<TOSCAInterface> {
        var result = parent ?? NamedList()
        if kind == .interface {
            result.set(Self.interface(name, TOSCAValue(.map(map)), library.report, path, over: nil), name)
            return result
        }
        for entry in map["interfaces"]?.map?.entries ?? [] {
            let place = path.key("interfaces").key(entry.key)
            let short = Self.shortName(entry.key)
            result.set(Self.interface(short, entry.value, library.report, place, over: result[short]), short)
        }
        return result
    }

    /// `Standard` for `tosca.interfaces.node.lifecycle.Standard`.
    static func shortName(_ name: String) -> String {
        guard name.hasPrefix("tosca.interfaces.") else { return name }
        return name.split(separator: ".").last.map(String.init) ?? name
    }

    /// One interface over what it inherits: an operation without implementation keeps the inherited one and adds inputs,
    /// one with an implementation of its own has its own inputs only. Inputs of the interface are those of each operation
    /// that says nothing else.
    ///
    /// - Parameter isTemplate: Inputs are values; in types, `{ type: string }` declares one.
    static func interface(
        _ name: String, _ value: TOSCAValue, _ report: Report, _ path: DocumentPath, over base: TOSCAInterface?,
        isTemplate: Bool = false
    ) -> TOSCAInterface {
        var result = base ?? TOSCAInterface(name: name, operations: NamedList())
        guard let map = value.map else {
            if !value.isNull {
                report.error(
                    .type, "the interface is \(value.kind)", at: value.position, path,
                    expected: "a mapping of operations")
            }
            return result
        }
        let shared = inputs(map["inputs"], "the interface", report, path, isTemplate) ?? []
        add(shared.map { input in TOSCAOperation.Input(sharing: input) }, to: &result.inputs)
        let entries = map.entries.filter { !reserved.contains($0.key) } + (map["operations"]?.map?.entries ?? [])
        for entry in entries {
            let inherited = result.operations[entry.key]
            if let operation = operation(entry, report, path.key(entry.key), inherited, isTemplate) {
                result.operations.set(operation, entry.key)
            }
        }
        guard !result.inputs.isEmpty else { return result }
        for var operation in result.operations.elements {
            let own = Set(operation.inputs.filter { !$0.isShared }.map(\.name))
            add(result.inputs.filter { !own.contains($0.name) }, to: &operation.inputs)
            result.operations.set(operation, operation.name)
        }
        return result
    }

    /// Later values take the place of earlier ones; what was required stays so.
    private static func add(_ new: [TOSCAOperation.Input], to inputs: inout [TOSCAOperation.Input]) {
        for var input in new {
            if let place = inputs.firstIndex(where: { $0.name == input.name }) {
                input.requiredType = input.requiredType ?? inputs[place].requiredType
                inputs[place] = input
            } else {
                inputs.append(input)
            }
        }
    }

    /// Nil, and an error, where they are no mapping.
    private static func inputs(
        _ value: TOSCAValue?, _ owner: String, _ report: Report, _ path: DocumentPath, _ isTemplate: Bool
    ) -> [TOSCAOperation.Input]? {
        guard let value, !value.isNull else { return [] }
        guard let given = value.map else {
            report.error(
                .type, "the inputs of \(owner) are \(value.kind)", at: value.position, path.key("inputs"),
                expected: "a mapping of values")
            return nil
        }
        return given.entries.map { input($0, isTemplate) }
    }

    private static let fieldsOfDeclarations: Set<String> = [
        "type", "required", "default", "value", "description", "constraints", "entry_schema", "key_schema", "status",
        "metadata",
    ]

    /// A declaration (`{ type: string, default: x }`) stands for its value or its default.
    private static func input(_ entry: TOSCAMap.Entry, _ isTemplate: Bool) -> TOSCAOperation.Input {
        let plain = TOSCAOperation.Input(name: entry.key, value: entry.value)
        guard let map = entry.value.map, let type = map["type"]?.string,
            isSimple(type) || type.hasPrefix("tosca.datatypes.")
        else { return plain }
        let given = map["value"] ?? map["default"]
        guard given != nil || !isTemplate && map.keys.allSatisfy({ fieldsOfDeclarations.contains($0) }) else {
            return plain
        }
        let isRequired = given?.isNull ?? true && map["required"]?.bool == true
        return TOSCAOperation.Input(
            name: entry.key, value: given ?? TOSCAValue(.null, at: entry.value.position),
            requiredType: isRequired ? type : nil)
    }

    private static func operation(
        _ entry: TOSCAMap.Entry, _ report: Report, _ path: DocumentPath, _ base: TOSCAOperation?, _ isTemplate: Bool
    ) -> TOSCAOperation? {
        if let implementation = entry.value.string {
            return TOSCAOperation(
                name: entry.key, implementation: implementation, inputs: [], position: entry.value.position)
        }
        if entry.value.isNull {
            return base
                ?? TOSCAOperation(name: entry.key, implementation: nil, inputs: [], position: entry.keyPosition)
        }
        guard let map = entry.value.map else {
            report.error(
                .type, "the operation '\(entry.key)' is \(entry.value.kind)", at: entry.value.position, path,
                expected: "the name of a file, or a mapping with 'implementation' and 'inputs'")
            return nil
        }
        var implementation: String?
        if let value = map["implementation"], !value.isNull {
            if let text = value.string {
                implementation = text
            } else if let parts = value.map {
                implementation = parts["primary"]?.string ?? parts["primary"]?["file"]?.string ?? parts["file"]?.string
                noteIgnored(parts, report, path.key("implementation"))
            }
            if implementation == nil {
                report.error(
                    .type, "the implementation of '\(entry.key)' is \(value.kind)", at: value.position,
                    path.key("implementation"), expected: "a URL, a path or the name of an artifact")
            }
        }
        var inputs: [TOSCAOperation.Input] = implementation == nil ? base?.inputs ?? [] : []
        guard let own = Self.inputs(map["inputs"], "'\(entry.key)'", report, path, isTemplate) else { return nil }
        add(own, to: &inputs)
        return TOSCAOperation(
            name: entry.key, implementation: implementation ?? base?.implementation,
            inputs: inputs, position: entry.keyPosition)
    }

    /// Of types of a collection nothing is told: their users cannot help it.
    private static func noteIgnored(_ map: TOSCAMap, _ report: Report, _ path: DocumentPath) {
        for name in ["dependencies", "timeout", "operation_host"] {
            guard let entry = map.entry(name), entry.keyPosition.file == 0, !entry.value.isNull else { continue }
            report.warning(
                .translation, "'\(name)' of an implementation has no effect", at: entry.keyPosition, path.key(name),
                expected: name == "dependencies" ? "artifacts, that a recipe names by 'get_artifact'" : nil)
        }
    }

    /// Artifacts of a type or template, before those that it inherits.
    static func artifacts(
        _ value: TOSCAValue?, _ report: Report, _ path: DocumentPath, over base: NamedList<TOSCAArtifact>? = nil
    ) -> NamedList<TOSCAArtifact> {
        guard let value, !value.isNull else { return base ?? NamedList() }
        var result = ownArtifacts(value, report, path)
        for artifact in base?.elements ?? [] where result[artifact.name] == nil { result.set(artifact, artifact.name) }
        return result
    }

    private static func ownArtifacts(
        _ value: TOSCAValue, _ report: Report, _ path: DocumentPath
    ) -> NamedList<TOSCAArtifact> {
        var result = NamedList<TOSCAArtifact>()
        // Older documents have a list of mappings.
        let entries = value.map?.entries ?? value.list?.flatMap { $0.map?.entries ?? [] }
        guard let entries else {
            report.error(.type, "the artifacts are \(value.kind)", at: value.position, path, expected: "a mapping")
            return result
        }
        for entry in entries {
            if entry.value.string != nil {
                result.set(
                    TOSCAArtifact(name: entry.key, type: nil, file: entry.value, position: entry.keyPosition), entry.key
                )
                continue
            }
            guard let map = entry.value.map, let file = map["file"] ?? map["implementation"] else {
                report.error(
                    .missing, "the artifact '\(entry.key)' has no file", at: entry.keyPosition, path.key(entry.key),
                    expected: "a mapping with 'file' and 'type'")
                continue
            }
            result.set(
                TOSCAArtifact(
                    name: entry.key, type: map["type"]?.string, file: file, repository: map["repository"]?.string,
                    deployPath: map["deploy_path"]?.string, position: entry.keyPosition), entry.key)
        }
        return result
    }
}

extension TOSCAOperation.Input {
    /// The same for all operations.
    fileprivate init(sharing input: TOSCAOperation.Input) {
        self = input
        isShared = true
    }
}
