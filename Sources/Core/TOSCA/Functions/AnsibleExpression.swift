/// Jinja expressions for values that only the machines know.
enum AnsibleExpression {
    /// The expression that a text with `{{ }}` stands for; nil for a text without.
    static func of(_ text: String) -> String? {
        guard text.contains("{{") else { return nil }
        var parts: [String] = []
        var rest = text[...]
        while let open = rest.range(of: "{{") {
            let before = rest[..<open.lowerBound]
            guard let close = rest[open.upperBound...].range(of: "}}") else { return nil }
            if !before.isEmpty { parts.append(quote(String(before))) }
            parts.append("(\(String(rest[open.upperBound..<close.lowerBound]).trimmed))")
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { parts.append(quote(String(rest))) }
        return parts.joined(separator: " ~ ")
    }

    /// Addresses of all machines of a node, as a list; empty while there are none.
    static func addresses(_ variable: String, of group: String) -> String {
        "{{ groups[\(group)]|map('extract', hostvars,'\(variable)')|list if \(group) in groups else []}}"
    }

    /// Lists behind each other; nil where one of the texts is no list of ``addresses(_:of:)``.
    static func joined(_ texts: [String]) -> String? {
        guard texts.count > 1,
            texts.allSatisfy({ $0.hasPrefix("{{ groups[") && $0.hasSuffix(" in groups else []}}") })
        else { return nil }
        let parts = texts.map { "(\(String($0.dropFirst(2).dropLast(2)).trimmed))" }
        return "{{ \(parts.joined(separator: " + ")) }}"
    }

    /// A string literal of Jinja.
    static func quote(_ text: String) -> String {
        var result = "'"
        for character in text {
            switch character {
            case "'", "\\": result += "\\\(character)"
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result + "'"
    }
}

extension Substring {
    /// The first occurrence of a short text.
    fileprivate func range(of text: String) -> Range<Index>? {
        let mark = Array(text)
        var start = startIndex
        while start < endIndex {
            var place = start
            var matched = 0
            while matched < mark.count, place < endIndex, self[place] == mark[matched] {
                place = index(after: place)
                matched += 1
            }
            if matched == mark.count { return start..<place }
            start = index(after: start)
        }
        return nil
    }
}

extension String {
    fileprivate func contains(_ text: String) -> Bool { self[...].range(of: text) != nil }
}

extension Evaluator {
    /// The expression that gives an attribute on the machines; nil for attributes that have none.
    func expression(_ name: String, _ tail: [TOSCAValue], _ node: NodeTemplate) -> String? {
        if node.isPort, name == "ip_address" { return portExpression(node) }
        guard let compute = topology.compute(of: node) else { return nil }
        let group = AnsibleExpression.quote(compute.name)
        func single(_ variable: String, _ index: Int) -> String {
            "{{ hostvars[groups[\(group)][\(index)]]['\(variable)'] }}"
        }
        let isList = compute.type.attributes["private_address"]?.type.name == "list"
        let index = tail.isEmpty ? 0 : tail[0].integer
        switch name {
        case "private_address", "public_address":
            let variable = name == "private_address" ? "IM_NODE_PRIVATE_IP" : "IM_NODE_PUBLIC_IP"
            if isList, tail.isEmpty { return AnsibleExpression.addresses(variable, of: group) }
            return index.flatMap { $0 < 0 ? nil : single(variable, $0) }
        case "ip_address":
            guard let index, index >= 0 else { return nil }
            let host = "hostvars[groups[\(group)][\(index)]]"
            return "{{ \(host)['IM_NODE_PUBLIC_IP'] if 'IM_NODE_PUBLIC_IP' in \(host) "
                + "else \(host)['IM_NODE_PRIVATE_IP'] }}"
        case "tosca_id": return index.flatMap { $0 < 0 ? nil : single("IM_NODE_VMID", $0) }
        default: break
        }
        guard let inner = tail.first?.scalarText, node.type.capabilities[name] != nil || compute.name == node.name
        else { return nil }
        let rest = Array(tail.dropFirst())
        switch inner {
        case "ip_address": return expression("ip_address", rest, node)
        case "tls_certificates":
            var text = "hostvars[groups[\(group)][0]]['IM_NODE_TLS_CERTIFICATES']"
            for step in rest {
                guard let key = step.scalarText else { return nil }
                text += step.integer == nil ? "[\(AnsibleExpression.quote(key))]" : "[\(key)]"
            }
            return "{{ \(text)\(rest.isEmpty ? "|default({})" : "") }}"
        default: return nil
        }
    }

    private func portExpression(_ port: NodeTemplate) -> String? {
        guard let bound = port.requirements.first(where: { $0.name == "binding" })?.target,
            let network = port.requirements.first(where: { $0.name == "link" })?.target.flatMap({ topology[$0] })
        else { return nil }
        let isPublic = property("network_type", of: network).scalarText == "public"
        let variable = isPublic ? "IM_NODE_PUBLIC_IP" : "IM_NODE_PRIVATE_IP"
        return "{{ hostvars[groups[\(AnsibleExpression.quote(bound))][0]]['\(variable)'] }}"
    }
}
