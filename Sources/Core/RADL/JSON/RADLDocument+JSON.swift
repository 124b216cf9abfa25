extension RADLDocument {
    /// The document in RADL's JSON form, in IM's order of classes.
    ///
    /// Sizes are in bytes. Where a number has both ends, `KEY_min` and `KEY_max` stand side by side. What the form has no
    /// room for is lost: strict comparisons become `_min` and `_max`, comparisons of strings become equality.
    public var jsonValue: RADLJSONValue {
        var values: [RADLJSONValue] = []
        for host in ansibleHosts {
            values.append(Self.section("ansible", host.id, host.features, isReference: host.isReference))
        }
        for network in networks {
            values.append(Self.section("network", network.id, network.features, isReference: network.isReference))
        }
        for system in systems {
            values.append(Self.section("system", system.id, system.features, isReference: system.isReference))
        }
        values += configures.map(\.jsonValue)
        values += deploys.map(\.jsonValue)
        if let contextualize { values.append(contextualize.jsonValue) }
        if let description {
            values.append(
                Self.section(
                    "description", description.id, description.features, isReference: description.isReference))
        }
        return .array(values)
    }

    /// ``jsonValue`` as text.
    public func jsonText(spacing: RADLJSONValue.Spacing = .compact) -> String {
        jsonValue.text(spacing: spacing)
    }

    private static func section(
        _ name: String, _ id: String, _ features: Features, isReference: Bool
    ) -> RADLJSONValue {
        var members: [RADLJSONValue.Member] = [.init("class", .string(name)), .init("id", .string(id))]
        if isReference { members.append(.init("reference", .boolean(true))) }
        return .object(members + features.jsonMembers)
    }
}

extension Features {
    /// The features as members of a JSON object.
    var jsonMembers: [RADLJSONValue.Member] {
        var members: [RADLJSONValue.Member] = []
        for feature in all {
            switch feature.value {
            case .string(let text, _): members.append(.init(feature.name, .string(text)))
            case .list(let texts, _): members.append(.init(feature.name, .array(texts.map { .string($0) })))
            case .number(let interval): members += interval.jsonMembers(feature.name)
            case .set(let sets):
                members.append(.init(feature.name, .array(sets.elements.map { .object($0.features.jsonMembers) })))
            case .softs(let groups):
                let values = groups.map { group in
                    RADLJSONValue.object([
                        .init("weight", .number(group.weight)), .init("items", .object(group.features.jsonMembers)),
                    ])
                }
                members.append(.init("softs", .array(values)))
            }
        }
        return members
    }
}

extension Interval {
    fileprivate func jsonMembers(_ name: String) -> [RADLJSONValue.Member] {
        let low = lower.map { $0.quantity.converted() }
        let high = upper.map { $0.quantity.converted() }
        if let low, let high, low.doubleValue == high.doubleValue { return [.init(name, .number(low))] }
        var members: [RADLJSONValue.Member] = []
        if let low { members.append(.init(name + "_min", .number(low))) }
        if let high { members.append(.init(name + "_max", .number(high))) }
        return members
    }
}

extension RADLConfigure {
    fileprivate var jsonValue: RADLJSONValue {
        let head: [RADLJSONValue.Member] = [.init("class", .string("configure")), .init("id", .string(id))]
        switch content {
        case .reference: return .object(head + [.init("reference", .boolean(true))])
        case .disabled: return .object(head + [.init("recipes", .null)])
        case .recipe(let text): return .object(head + [.init("recipes", .string(text))])
        }
    }
}

extension RADLDeploy {
    fileprivate var jsonValue: RADLJSONValue {
        var members: [RADLJSONValue.Member] = [
            .init("class", .string("deploy")), .init("system", .string(system)),
            .init("vm_number", .number(.integer(count))),
        ]
        if let cloud { members.append(.init("cloud", .string(cloud))) }
        return .object(members)
    }
}

extension RADLContextualize {
    fileprivate var jsonValue: RADLJSONValue {
        var members: [RADLJSONValue.Member] = [.init("class", .string("contextualize"))]
        if let maximumTime, maximumTime.doubleValue != 0 { members.append(.init("max_time", .number(maximumTime))) }
        if !items.isEmpty {
            let values = items.map { item in
                var members: [RADLJSONValue.Member] = [
                    .init("system", .string(item.system)), .init("configure", .string(item.configure)),
                ]
                if let step = item.step, step != 0 { members.append(.init("step", .number(.integer(step)))) }
                if let tool = item.tool { members.append(.init("ctxt_tool", .string(tool))) }
                return RADLJSONValue.object(members)
            }
            members.append(.init("items", .array(values)))
        }
        if !options.isEmpty { members.append(.init("options", .object(options.jsonMembers))) }
        return .object(members)
    }
}
