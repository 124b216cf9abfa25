extension Evaluator {
    /// The value of a node's property: as assigned, else the default of its type; null where there is none.
    func property(_ name: String, of node: NodeTemplate) -> TOSCAValue {
        let path = node.path.key("properties").key(name)
        guard let value = node.properties[name] ?? node.type.properties[name]?.defaultValue else { return .null }
        return once("\(node.name).\(name)", value.position, path) {
            TOSCASecret.value(evaluate(value, Context(node: node), path), of: name)
        }
    }

    /// The value of a property of a node's capability.
    func property(_ name: String, ofCapability capability: String, of node: NodeTemplate) -> TOSCAValue {
        let path = node.path.key("capabilities").key(capability).key("properties").key(name)
        let definition = node.type.capabilities[capability]?.properties[name]
        guard let value = node.capabilities[capability]?[name] ?? definition?.defaultValue else { return .null }
        return once("\(node.name).\(capability).\(name)", value.position, path) {
            TOSCASecret.value(evaluate(value, Context(node: node), path), of: name)
        }
    }

    private func has(_ property: String, _ node: NodeTemplate) -> Bool {
        node.properties[property] != nil || node.type.properties[property] != nil
    }

    private func has(_ property: String, _ capability: String, _ node: NodeTemplate) -> Bool {
        node.capabilities[capability]?[property] != nil
            || node.type.capabilities[capability]?.properties[property] != nil
    }

    /// `get_property: [ ENTITY, NAME … ]` or `[ ENTITY, CAPABILITY OR REQUIREMENT, NAME … ]`.
    func property(
        _ arguments: [TOSCAValue], _ function: TOSCAFunction, _ context: Context, _ path: DocumentPath
    ) -> TOSCAValue {
        guard let entity = arguments[0].scalarText, let first = arguments[1].scalarText else { return .null }
        let second = arguments.count > 2 ? arguments[2].scalarText : nil
        if entity == "SELF", let relation = context.relationship, context.node == nil {
            let value =
                relation.properties[first] ?? relation.type?.properties[first]?.defaultValue ?? TOSCAValue.null
            let evaluated = evaluate(value, context, path)
            return part(of: evaluated, arguments.dropFirst(2))
        }
        if entity == "HOST" {
            var current = context.node
            for _ in 0..<64 {
                guard let host = current.flatMap({ topology.host(of: $0) }) else { break }
                if let value = find(first, second, arguments, on: host) { return value }
                current = host
            }
            return unknownProperty(first, "the hosts of '\(context.node?.name ?? "")'", [], function, path)
        }
        guard let node = node(entity, context) else {
            return missingNode(entity, function, path)
        }
        if let value = find(first, second, arguments, on: node) { return value }
        return unknownProperty(second ?? first, "'\(node.name)'", node.type.properties.names, function, path)
    }

    /// Nil where the node has nothing of this name.
    private func find(
        _ first: String, _ second: String?, _ arguments: [TOSCAValue], on node: NodeTemplate
    ) -> TOSCAValue? {
        if let second {
            // Requirements go before capabilities, as the profile says; both may be called 'host'.
            var required: TOSCAValue?
            if let requirement = node.requirements.first(where: { $0.name == first }),
                let target = requirement.target.flatMap({ topology[$0] })
            {
                required = find(second, capability: first, requirement, arguments, on: target)
                if let required, !required.isNull { return required }
            }
            if has(second, first, node) {
                return part(of: property(second, ofCapability: first, of: node), arguments.dropFirst(3))
            }
            if let required { return required }
        }
        guard has(first, node) else { return nil }
        return part(of: property(first, of: node), arguments.dropFirst(2))
    }

    /// A property of what fulfils a requirement: of the capability of the requirement's name, of the one that is
    /// required, of any other, or of the node itself.
    private func find(
        _ name: String, capability: String, _ requirement: NodeTemplate.Requirement, _ arguments: [TOSCAValue],
        on target: NodeTemplate
    ) -> TOSCAValue? {
        let rest = arguments.dropFirst(3)
        if has(name, capability, target) {
            return part(of: property(name, ofCapability: capability, of: target), rest)
        }
        for candidate in target.type.capabilities.elements {
            let isRequired = requirement.capability.map {
                candidate.name == $0 || candidate.type.isA($0)
            }
            if isRequired ?? false, has(name, candidate.name, target) {
                return part(of: property(name, ofCapability: candidate.name, of: target), rest)
            }
        }
        if has(name, target) { return part(of: property(name, of: target), rest) }
        for candidate in target.type.capabilities.elements where has(name, candidate.name, target) {
            return part(of: property(name, ofCapability: candidate.name, of: target), rest)
        }
        return nil
    }

    private func unknownProperty(
        _ name: String, _ owner: String, _ known: [String], _ function: TOSCAFunction, _ path: DocumentPath
    ) -> TOSCAValue {
        if case .deployed = mode { return .null }
        report.unknown(
            .unknownName, "\(owner) has no property '\(name.prefix(80))'", name, among: known, at: function.position,
            path)
        return .null
    }

    /// A type may name a node that the template does not have; that gives nothing. In the template it was an error.
    func missingNode(_ name: String, _ function: TOSCAFunction, _ path: DocumentPath) -> TOSCAValue {
        report.warning(
            .unknownName, "there is no node '\(name.prefix(80))' whose value could be taken", at: function.position,
            path, expected: "a node of this name, where the type shall know about it")
        return .null
    }

    // MARK: Attributes

    /// `get_attribute: [ ENTITY, NAME, INDEX … ]` or `[ ENTITY, CAPABILITY OR REQUIREMENT, NAME … ]`.
    func attribute(
        _ arguments: [TOSCAValue], _ function: TOSCAFunction, _ context: Context, _ path: DocumentPath
    ) -> TOSCAValue {
        guard let entity = arguments[0].scalarText, let first = arguments[1].scalarText else { return .null }
        var rest = Array(arguments.dropFirst())
        var node: NodeTemplate?
        if entity == "HOST" {
            // Up to the first host that has such an attribute or property.
            var current = context.node
            for _ in 0..<64 {
                guard let host = current.flatMap({ topology.host(of: $0) }) else { break }
                node = host
                if knows(first, host) { break }
                current = host
            }
            if node == nil, let own = context.node, own.isCompute { node = own }
        } else {
            node = self.node(entity, context)
        }
        guard var node else { return missingNode(entity, function, path) }
        while rest.count > 1, let name = rest[0].string, let target = followed(name, rest[1], from: node) {
            node = target
            rest.removeFirst()
        }
        // Some arguments may be functions themselves.
        rest = rest.enumerated().map { evaluate($1, context, path.index($0 + 1)) }
        guard let name = rest.first?.scalarText else { return .null }
        let tail = Array(rest.dropFirst())
        if name == "tosca_name" { return TOSCAValue(node.name) }
        switch mode {
        case .plan: return planned(name, tail, node, arguments, function, path)
        case .recipe:
            if let text = expression(name, tail, node) { return TOSCAValue(text) }
            return planned(name, tail, node, arguments, function, path)
        case .deployed(let deployment):
            if let value = deployment.value(of: name, tail, node: node, topology: topology) { return value }
            return planned(name, tail, node, arguments, function, path)
        }
    }

    private static let common: Set<String> = [
        "tosca_name", "tosca_id", "private_address", "public_address", "ip_address", "ctxt_log", "ansible_output",
    ]

    /// What a requirement of this name leads to, where the next name is meant of that: requirements go before
    /// capabilities of the same name, unless only the capability has such an attribute.
    private func followed(_ name: String, _ next: TOSCAValue, from node: NodeTemplate) -> NodeTemplate? {
        guard node.type.attributes[name] == nil, !has(name, node),
            let target = node.requirements.first(where: { $0.name == name })?.target.flatMap({ topology[$0] })
        else { return nil }
        guard node.type.capabilities[name] != nil, let next = next.string else { return target }
        let isOfTarget =
            Self.common.contains(next) || knows(next, target)
            || target.requirements.contains { $0.name == next && $0.target != nil }
            || (target.type.capabilities[name] != nil && has(next, name, target))
        return isOfTarget ? target : nil
    }

    private func knows(_ name: String, _ node: NodeTemplate) -> Bool {
        if ["tosca_name", "tosca_id"].contains(name) { return true }
        return node.type.attributes[name] != nil || node.type.capabilities[name] != nil || has(name, node)
    }

    /// What can be told before deployment: a property is an attribute, too, and an attribute may have a default.
    private func planned(
        _ name: String, _ tail: [TOSCAValue], _ node: NodeTemplate, _ arguments: [TOSCAValue],
        _ function: TOSCAFunction, _ path: DocumentPath
    ) -> TOSCAValue {
        if let second = tail.first?.scalarText, has(second, name, node) {
            return part(of: property(second, ofCapability: name, of: node), tail.dropFirst())
        }
        if has(name, node) { return part(of: property(name, of: node), tail[...]) }
        // A state changes: its default holds before there are machines only.
        var isOutput = false
        if case .deployed = mode { isOutput = true }
        if name != "state" || isOutput, let value = node.type.attributes[name]?.defaultValue {
            return Self.element(of: evaluate(value, Context(node: node), path), tail)
        }
        switch mode {
        case .plan where !knows(name, node) && !["private_address", "public_address", "ip_address"].contains(name):
            report.unknown(
                .unknownName, "'\(node.name)' has no property or attribute '\(name.prefix(80))'", name,
                among: node.type.properties.names + node.type.attributes.names, at: function.position, path)
        case .plan:
            report.error(
                .function, "the attribute '\(name.prefix(80))' of '\(node.name)' is not known before deployment",
                at: function.position, path, expected: "a property, an input or a text")
        case .recipe where node.type.attributes[name] != nil && !tail.isEmpty:
            report.error(
                .function, "'\(name.prefix(80))' of '\(node.name)' has no element \(tail[0].brief)",
                at: function.position, path, expected: "the number of a machine, from 0")
        case .recipe:
            report.unknown(
                .unknownName, "'\(node.name)' has no attribute '\(name.prefix(80))' that a recipe could use", name,
                among: node.type.attributes.names.filter { $0 != name }, at: function.position, path)
        case .deployed: break
        }
        return .null
    }
}
