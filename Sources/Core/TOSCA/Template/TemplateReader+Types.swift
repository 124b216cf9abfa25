extension TemplateReader {
    /// Requirements that lead to what cannot fulfil them, and those that are missing.
    func checkRequirements(_ topology: Topology) {
        for node in topology.nodes {
            for requirement in node.requirements {
                guard requirement.relationship?.isA("tosca.relationships.HostedOn") == true,
                    let target = requirement.target.flatMap({ topology[$0] }),
                    target.isNetwork || target.isPort || target.isBlockStorage
                else { continue }
                report.error(
                    .requirement,
                    "'\(target.name)' of type \(target.type.name) cannot host '\(node.name)'", at: requirement.position,
                    requirement.path, expected: "a Compute node, or software on one")
            }
            for definition in node.type.requirements where definition.isDemanded {
                guard !node.requirements.contains(where: { $0.name == definition.name }) else { continue }
                report.warning(
                    .requirement, "'\(node.name)' lacks the requirement '\(definition.name)', which its type asks for",
                    at: node.position, node.path,
                    expected: "'\(definition.name)' with a node" + (definition.node.map { " of type \($0)" } ?? ""))
            }
        }
    }

    /// Types that no node uses are not read; whether their parents exist is told all the same.
    func checkUnusedTypes() {
        for (map, name) in library.documents {
            for kind in TOSCATypeKind.allCases {
                let path = DocumentPath.root.key(kind.rawValue)
                guard let types = map[kind.rawValue]?.map else { continue }
                var done: Set<String> = []
                for entry in types.entries {
                    if name == nil, BundledCollection.normative.contains(entry.key, kind) {
                        report.warning(
                            .unknownType,
                            "the \(kind.word) type '\(entry.key.prefix(200))' takes the place of the one of the profile",
                            at: entry.keyPosition, path.key(entry.key), expected: "a name of its own")
                    }
                    checkParents(of: entry.key, kind, types, &done, path)
                }
            }
        }
    }

    /// Each type is looked at once, however long the chains are.
    private func checkParents(
        of name: String, _ kind: TOSCATypeKind, _ types: TOSCAMap, _ done: inout Set<String>, _ path: DocumentPath
    ) {
        var current = name
        var trail: Set<String> = []
        while done.insert(current).inserted, let entry = types.entry(current) {
            trail.insert(current)
            guard !library.isRead(current, kind), let base = entry.value["derived_from"], let parent = base.string,
                !(kind == .data && TypeReader.isSimple(parent))
            else { return }
            let place = path.key(current).key("derived_from")
            if parent == current { return }
            if trail.contains(parent) {
                report.warning(
                    .cycle, "the \(kind.word) type '\(current.prefix(200))' derives from itself", at: base.position,
                    place)
                return
            }
            guard library.exists(parent, kind) else {
                report.warning(
                    .unknownType, "the \(kind.word) type '\(parent.prefix(200))' is not defined", at: base.position,
                    place)
                return
            }
            current = parent
        }
    }
}
