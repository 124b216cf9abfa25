/// Features of sections.
extension JSONDocumentReader {
    /// What features belong to.
    struct Owner {
        /// `system 'web'`.
        var text: String
        var node: JSONNode
    }

    mutating func features(
        _ members: [(name: String, node: JSONNode)], at owner: Owner, level: Int
    ) -> Features {
        var features = Features()
        guard level <= Parser.deepestNesting else {
            report(
                "features of \(owner.text) are nested more than \(Parser.deepestNesting) levels deep", code: .nesting,
                at: owner.node.range)
            return features
        }
        for (name, node) in members {
            do throws(Skip) {
                if let feature = try feature(name, node, at: owner, level: level) {
                    try add(feature, to: &features, at: owner)
                }
            } catch {
                continue
            }
        }
        features.shrink()
        return features
    }

    private mutating func add(_ feature: Feature, to features: inout Features, at owner: Owner) throws(Skip) {
        do throws(FeatureConflict) {
            try features.add(feature)
        } catch {
            let existing = error.existing.maskedText
            let added = error.added.maskedText
            let isDisjoint = error.kind == .disjoint
            report(
                isDisjoint
                    ? "\(owner.text): no number is both '\(added)' and '\(existing)'"
                    : "'\(feature.name)' of \(owner.text) is set twice",
                hint: isDisjoint ? "change or remove one of them" : "keep one of them", code: .conflict,
                at: feature.source,
                imText: isDisjoint
                    ? "Disjoint intervals!. Involved features: \(error.existing.imBounds)"
                    : "Conflict adding `\(added)` because `\(existing)` is already set and conflict is error")
            throw Skip()
        }
    }

    private mutating func feature(
        _ member: String, _ node: JSONNode, at owner: Owner, level: Int
    ) throws(Skip) -> Feature? {
        if member == "softs" { return try softs(node, at: owner, level: level) }
        var name = member
        var comparison = Comparison.equal
        if case .number = node.value {
            if name.hasSuffix("_min") {
                comparison = .greaterOrEqual
            } else if name.hasSuffix("_max") {
                comparison = .lessOrEqual
            }
            if comparison != .equal { name.removeLast(4) }
        }
        try checkName(name, "feature of \(owner.text)", at: node.member)
        switch node.value {
        case .number(let number):
            guard number.doubleValue >= 0 else {
                throw skip(
                    "'\(member)' of \(owner.text) is negative; RADL has no negative numbers", at: node.member)
            }
            return Feature(name, .number(Interval(comparison, Quantity(number))), source: node.member)
        case .string(let text):
            try checkText(text, name, node, at: owner)
            return Feature(name, .string(text, .equal), source: node.member)
        case .boolean(let value):
            return Feature(name, .string(value ? "yes" : "no", .equal), source: node.member)
        case .array:
            return try list(node.elements ?? [], name, node, at: owner, level: level)
        case .object:
            if node["class"] != nil { return try section(node, name, at: owner) }
            return try set([node], name, node, at: owner, level: level)
        case .null:
            throw skip("'\(name)' of \(owner.text) is null", hint: "leave it out", at: node.member)
        }
    }

    /// IM takes a section, or a reference to one, where its id is expected: `{"class": "network", "id": "n"}`.
    private mutating func section(_ node: JSONNode, _ name: String, at owner: Owner) throws(Skip) -> Feature {
        guard let className = node["class"]?.text, ["network", "system", "ansible"].contains(className) else {
            throw skip(
                "'\(name)' of \(owner.text) holds a section that is no network, system or ansible host",
                hint: "such sections stand in the outer array", at: node.member)
        }
        guard let id = node["id"]?.text, !id.isEmpty else {
            throw skip(
                "the \(className) in '\(name)' of \(owner.text) has no id", hint: #"add "id": "…""#,
                at: node.member)
        }
        try checkName(id, "id of the \(className) in '\(name)' of \(owner.text)", at: node["id"]?.range)
        inner.append((className, id, node))
        return Feature(name, .string(id, .equal), source: node.member)
    }

    private mutating func checkText(
        _ text: String, _ name: String, _ node: JSONNode, at owner: Owner
    ) throws(Skip) {
        if text.utf8.contains(0) {
            throw skip("'\(name)' of \(owner.text) holds a zero byte", at: node.member)
        }
    }

    private mutating func list(
        _ values: [JSONNode], _ name: String, _ node: JSONNode, at owner: Owner, level: Int
    ) throws(Skip) -> Feature? {
        let isPlain =
            name.hasPrefix("disk") && name.hasSuffix("image.url")
            || name.hasPrefix("net_interface") && name.hasSuffix("additional_dns_names")
        let texts = values.compactMap(\.text)
        if texts.count == values.count {
            // IM reads an empty list as nothing, except where it expects strings: so do we where objects are expected.
            if texts.isEmpty, !isPlain, name.hasSuffix(".applications") { return nil }
            for text in texts { try checkText(text, name, node, at: owner) }
            return Feature(name, .list(texts == [""] ? [] : texts, .equal), source: node.member)
        }
        return try set(values, name, node, at: owner, level: level)
    }

    private mutating func set(
        _ values: [JSONNode], _ name: String, _ node: JSONNode, at owner: Owner, level: Int
    ) throws(Skip) -> Feature {
        var sets = FeatureSets()
        for (index, value) in values.enumerated() {
            guard let members = value.members else {
                throw skip(
                    "'\(name)[\(index)]' of \(owner.text) is neither a string nor an object like the others",
                    at: value.range)
            }
            let place = Owner(text: "\(name)[\(index)] of \(owner.text)", node: value)
            let inner = features(members, at: place, level: level + 1)
            do throws(FeatureConflict) {
                try sets.add(FeatureSet(inner, source: value.range))
            } catch {
                throw skip(
                    "'\(name)' of \(owner.text) has two elements '\(FeatureSet(inner).name ?? "")' that disagree",
                    at: value.range)
            }
        }
        return Feature(name, .set(sets), source: node.member)
    }

    private mutating func softs(_ node: JSONNode, at owner: Owner, level: Int) throws(Skip) -> Feature? {
        guard let elements = node.elements else {
            throw skip("softs of \(owner.text) is no array", at: node.member)
        }
        var groups: [SoftGroup] = []
        for (index, element) in elements.enumerated() {
            let place = Owner(text: "softs[\(index)] of \(owner.text)", node: element)
            guard element.members != nil else { throw skip("\(place.text) is no object", at: element.range) }
            var group = SoftGroup(weight: .integer(0), features: Features(), source: element.range)
            switch element["weight"]?.value {
            case nil, .null: break
            case .number(let number) where number.doubleValue >= 0: group.weight = number
            default:
                throw skip("the weight of \(place.text) is no number from 0", at: element["weight"]?.member)
            }
            if let items = element["items"], !items.isNull {
                guard let members = items.members else {
                    throw skip("items of \(place.text) is no object", at: items.member)
                }
                group.features = features(members, at: place, level: level + 1)
            }
            groups.append(group)
        }
        return groups.isEmpty ? nil : Feature(Feature.softName, .softs(groups), source: node.member)
    }
}
