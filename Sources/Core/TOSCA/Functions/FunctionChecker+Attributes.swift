extension FunctionChecker {
    /// Attributes that nodes have whatever their types declare.
    private static let common = [
        "tosca_name", "tosca_id", "private_address", "public_address", "ip_address", "ctxt_log", "ansible_output",
        "endpoint", "endpoints", "credential",
    ]
    /// Those of which there is one for each machine.
    private static let numbered: Set<String> = [
        "tosca_id", "private_address", "public_address", "ip_address", "ctxt_log",
    ]
    private static let ofCapabilities = ["credential", "ip_address", "tls_certificates"]

    /// Names and numbers that no machine has. Names make a warning, in outputs: such an output is null, as in IM.
    func checkAttribute(_ arguments: [TOSCAValue], _ place: Place, _ path: DocumentPath) {
        guard let entity = arguments[0].scalarText, let first = arguments[1].scalarText,
            let node = index[entity == "SELF" ? place.node ?? "" : entity]
        else { return }
        checkAttribute(first, arguments[1].position, arguments.dropFirst(2), of: node, place, path)
    }

    private func checkAttribute(
        _ name: String, _ position: TOSCAPosition, _ rest: ArraySlice<TOSCAValue>, of node: NodeTemplate,
        _ place: Place, _ path: DocumentPath, depth: Int = 0
    ) {
        let type = node.type
        let isOwn = type.attributes[name] != nil || type.properties[name] != nil
        if let capability = type.capabilities[name], !isOwn, let inner = rest.first {
            guard let innerName = inner.string, TOSCAFunction(inner) == nil else { return }
            let known = Self.ofCapabilities + capability.properties.names + capability.type.attributes.names
            // A requirement of the same name goes before.
            if !known.contains(innerName), depth < 8,
                let target = node.requirements.first(where: { $0.name == name })?.target.flatMap({ index[$0] })
            {
                checkAttribute(
                    innerName, inner.position, rest.dropFirst(), of: target, place, path, depth: depth + 1)
                return
            }
            if !known.contains(innerName), place.isOutput {
                note("the capability '\(name)' of '\(node.name)'", innerName, known, inner.position, path)
            }
            return
        }
        if !isOwn, let next = rest.first?.string, depth < 8,
            let target = node.requirements.first(where: { $0.name == name })?.target.flatMap({ index[$0] })
        {
            checkAttribute(
                next, rest.first?.position ?? position, rest.dropFirst(), of: target, place, path, depth: depth + 1)
            return
        }
        let known = Self.common + type.attributes.names + type.properties.names
        let others = type.capabilities.names + type.requirements.map(\.name)
        if !known.contains(name), !others.contains(name), place.isOutput {
            note("'\(node.name)'", name, known, position, path)
        }
        guard Self.numbered.contains(name), let number = rest.first, TOSCAFunction(number) == nil else { return }
        if number.integer.map({ $0 < 0 }) ?? true {
            report.error(
                .function, "the number of the machine is \(number.brief)", at: number.position, path,
                expected: "a whole number from 0")
        }
    }

    private func note(
        _ owner: String, _ name: String, _ known: [String], _ position: TOSCAPosition, _ path: DocumentPath
    ) {
        var seen: Set<String> = []
        let known = known.filter { seen.insert($0).inserted }
        let nearest = NearestName.find(name, among: known)
        report.warning(
            .unknownName, "\(owner) has no attribute '\(name.prefix(80))': this is null", at: position, path,
            expected: nearest == nil ? "one of: \(known.joined(separator: ", "))" : nil, nearest: nearest)
    }
}
