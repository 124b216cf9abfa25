extension TypeReader {
    static let reserved: Set<String> = [
        "type", "inputs", "operations", "notifications", "derived_from", "description", "metadata", "version",
    ]

    /// Interfaces of a node or relationship type, or the operations of an interface type under its own name.
    func interfaces(_ map: TOSCAMap, over parent: NamedList<TOSCAInterface>?) -> NamedList<TOSCAInterface> {
        var result = parent ?? NamedList()
        if kind == .interface {
            let operations = Self.operations(TOSCAValue(.map(map)), library.report, path, over: nil)
            result.set(TOSCAInterface(name: name, operations: operations), name)
            return result
        }
        for entry in map["interfaces"]?.map?.entries ?? [] {
            let place = path.key("interfaces").key(entry.key)
            let short = Self.shortName(entry.key)
            let operations = Self.operations(entry.value, library.report, place, over: result[short]?.operations)
            result.set(TOSCAInterface(name: short, operations: operations), short)
        }
        return result
    }

    /// `Standard` for `tosca.interfaces.node.lifecycle.Standard`.
    static func shortName(_ name: String) -> String {
        guard name.hasPrefix("tosca.interfaces.") else { return name }
        return name.split(separator: ".").last.map(String.init) ?? name
    }

    /// Operations of one interface over those that it inherits: an operation without implementation keeps the inherited
    /// one and adds inputs, one with an implementation of its own has its own inputs only.
    static func operations(
        _ value: TOSCAValue, _ report: Report, _ path: DocumentPath, over base: NamedList<TOSCAOperation>?
    ) -> NamedList<TOSCAOperation> {
        var result = base ?? NamedList()
        guard let map = value.map else {
            if !value.isNull {
                report.error(
                    .type, "the interface is \(value.kind)", at: value.position, path,
                    expected: "a mapping of operations")
            }
            return result
        }
        let entries = map.entries.filter { !reserved.contains($0.key) } + (map["operations"]?.map?.entries ?? [])
        for entry in entries {
            let inherited = result[entry.key]
            let operation = self.operation(entry, report, path.key(entry.key), over: inherited)
            if let operation { result.set(operation, entry.key) }
        }
        return result
    }

    private static func operation(
        _ entry: TOSCAMap.Entry, _ report: Report, _ path: DocumentPath, over base: TOSCAOperation?
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
        var dependencies: [String] = []
        if let value = map["implementation"], !value.isNull {
            if let text = value.string {
                implementation = text
            } else if let parts = value.map {
                implementation = parts["primary"]?.string ?? parts["primary"]?["file"]?.string ?? parts["file"]?.string
                dependencies = parts["dependencies"]?.list?.compactMap(\.string) ?? []
            }
            if implementation == nil {
                report.error(
                    .type, "the implementation of '\(entry.key)' is \(value.kind)", at: value.position,
                    path.key("implementation"), expected: "a URL, a path or the name of an artifact")
            }
        }
        var inputs: [TOSCAOperation.Input] = implementation == nil ? base?.inputs ?? [] : []
        if let value = map["inputs"], !value.isNull {
            guard let given = value.map else {
                report.error(
                    .type, "the inputs of '\(entry.key)' are \(value.kind)", at: value.position, path.key("inputs"),
                    expected: "a mapping of values")
                return nil
            }
            for input in given.entries {
                let new = TOSCAOperation.Input(name: input.key, value: self.inputValue(input.value))
                if let place = inputs.firstIndex(where: { $0.name == input.key }) {
                    inputs[place] = new
                } else {
                    inputs.append(new)
                }
            }
        }
        return TOSCAOperation(
            name: entry.key, implementation: implementation ?? base?.implementation,
            dependencies: dependencies, inputs: inputs, position: entry.keyPosition)
    }

    /// A declaration (`{ type: string, default: x }`) stands for its default.
    private static func inputValue(_ value: TOSCAValue) -> TOSCAValue {
        guard let map = value.map, let type = map["type"]?.string, map["default"] != nil || map["value"] != nil,
            isSimple(type) || type.hasPrefix("tosca.datatypes.")
        else { return value }
        return map["value"] ?? map["default"] ?? value
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
