import RADL

extension Planner {
    mutating func compute(_ node: NodeTemplate, ports: [PlannedPort]) {
        var system = RADLSystem(id: RADLName.of(node.name))
        var features = Features()
        let name = values.property("instance_name", of: node).scalarText ?? ""
        features.set(Feature("instance_name", .string(name.isEmpty ? node.name : name, .equal)))
        tags(node, &features)
        if let zone = places[node.name]?.zone?.value {
            features.set(Feature("availability_zone", .string(zone, .equal)))
        }
        for (capability, apply) in [("os", Self.operatingSystem), ("host", Self.host)] {
            for property in effectiveProperties(node, capability) {
                let path = node.path.key("capabilities").key(capability).key("properties").key(property)
                let value = values.property(property, ofCapability: capability, of: node)
                if !value.isNull { apply(self)(property, value, path, &features) }
            }
        }
        scale(node, system.id)
        noteIdle(node)
        disks(node, &features)
        applications(node, &features)
        system.features = features
        connect(&system, node, ports)
        document.systems.append(system)
        owners[system.id] = node
        explain("system \(system.id)", "the node of type \(node.type.name)", node)
    }

    /// RADL separates tags by commas and has no way to write one within a tag.
    private func tags(_ node: NodeTemplate, _ features: inout Features) {
        let tags = values.property("tags", of: node).map?.entries ?? []
        guard !tags.isEmpty else { return }
        for tag in tags
        where tag.key.contains(",") || tag.key.contains("=") || tag.value.scalarText?.contains(",") == true {
            report.error(
                .translation, "the tag '\(tag.key.prefix(80))' of '\(node.name)' cannot be written in RADL",
                at: tag.value.position, node.path.key("properties").key("tags").key(tag.key),
                expected: "a name without ',' and '=', and a value without ','")
        }
        let text = tags.map { "\($0.key)=\($0.value.scalarText ?? "")" }.joined(separator: ",")
        features.set(Feature("instance_tags", .string(text, .equal)))
    }

    /// Assigned properties in the order of the template, then those with a default.
    func effectiveProperties(_ node: NodeTemplate, _ capability: String) -> [String] {
        let assigned = node.capabilities[capability]?.keys ?? []
        let definitions = node.type.capabilities[capability]?.properties.elements ?? []
        return assigned + definitions.filter { $0.defaultValue != nil && !assigned.contains($0.name) }.map(\.name)
    }

    // MARK: Operating system

    private func operatingSystem(
        _ property: String, _ value: TOSCAValue, _ path: DocumentPath, _ features: inout Features
    ) {
        let text = value.scalarText
        switch property {
        case "architecture": set("cpu.arch", text, &features)
        case "type": set("disk.0.os.name", text, &features)
        case "distribution": set("disk.0.os.flavour", text, &features)
        case "version": set("disk.0.os.version", text, &features)
        case "image":
            guard let text, !text.isEmpty else { return }
            set("disk.0.image.url", text.contains("://") ? text : "docker://" + text, &features)
        case "credential": credential(value, path, &features)
        case "gpu_driver", "cuda_support", "cuda_min_version", "cuDNN_version":
            guard value.bool ?? (text?.isEmpty == false) else { return }
            report.warning(
                .translation, "'\(property)' has no effect: nothing installs or asks for it", at: value.position, path,
                expected: "an image that has it, or a recipe that installs it")
        default: break
        }
    }

    /// What a node has besides, that nobody looks at.
    private func noteIdle(_ node: NodeTemplate) {
        let users = node.properties["os_users"]
        if let users, values.property("os_users", of: node).list?.isEmpty == false,
            !node.interfaces.elements.contains(where: { $0.operations.elements.contains { !$0.inputs.isEmpty } })
        {
            report.warning(
                .translation,
                "'os_users' of '\(node.name)' has no effect: the type \(node.type.name) has no recipe for it",
                at: users.position, node.path.key("properties").key("os_users"),
                expected: "the collection 'indigo', whose type has one, or a recipe")
        }
        for artifact in node.artifacts.elements
        where artifact.type?.hasPrefix("tosca.artifacts.Deployment") == true
            && node.type.artifacts[artifact.name] == nil
        {
            report.warning(
                .translation,
                "the artifact '\(artifact.name)' of '\(node.name)' has no effect: machines take no images so",
                at: artifact.position, node.path.key("artifacts").key(artifact.name),
                expected: "'image' of the capability 'os'")
        }
    }

    /// Dashboards send an empty text for what nobody chose.
    private func set(_ name: String, _ text: String?, _ features: inout Features) {
        if let text, !text.isEmpty { features.set(Feature(name, .string(text, .equal))) }
    }

    private func credential(_ value: TOSCAValue, _ path: DocumentPath, _ features: inout Features) {
        guard let token = value["token"]?.scalarText, !token.isEmpty else {
            set("disk.0.os.credentials.username", value["user"]?.scalarText, &features)
            return
        }
        guard let user = value["user"]?.scalarText, !user.isEmpty else {
            report.error(
                .missing, "User must be specified in the image credentials.", at: value.position, path,
                expected: "'user'")
            return
        }
        let kind = value["token_type"]?.scalarText ?? "password"
        guard ["password", "private_key", "public_key"].contains(kind) else {
            report.error(
                .constraint, "the token_type '\(kind.prefix(80))' is not known", at: value.position, path,
                expected: "password, private_key or public_key")
            return
        }
        set("disk.0.os.credentials.\(kind)", token, &features)
        set("disk.0.os.credentials.username", user, &features)
    }

    // MARK: Host

    private func host(
        _ property: String, _ value: TOSCAValue, _ path: DocumentPath, _ features: inout Features
    ) {
        switch property {
        case "num_cpus": number("cpu.count", value, path, &features)
        case "mem_size": size("memory.size", value, path, isWhole: true, &features)
        case "disk_size": size("disk.0.size", value, path, isWhole: false, &features)
        case "disk_type": set("disk.0.type", value.scalarText, &features)
        case "instance_type": set("instance_type", value.scalarText, &features)
        case "num_gpus": number("gpu.count", value, path, &features)
        case "gpu_vendor": set("gpu.vendor", value.scalarText, &features)
        case "gpu_model": set("gpu.model", value.scalarText, &features)
        case "preemtible_instance": set("spot", value.bool.map { $0 ? "yes" : "no" }, &features)
        case "sgx": set("cpu.sgx", value.bool.map { $0 ? "yes" : "no" }, &features)
        case "sgx_epc_size": size("cpu.sgx.epc_size", value, path, isWhole: true, &features)
        case "cpu_frequency":
            let (comparison, plain) = compared(value)
            guard let hertz = ScalarUnit.frequency.value(of: plain) else {
                wrong(plain, ScalarUnit.frequency.example, path)
                return
            }
            features.set(
                Feature(
                    "cpu.performance", .number(Interval(comparison, Quantity(Self.radl(hertz), unit: "HRZ")))))
        default: break
        }
    }

    func wrong(_ value: TOSCAValue, _ expected: String, _ path: DocumentPath) {
        report.error(.type, "the value is \(value.brief)", at: value.position, path, expected: expected)
    }

    private static func radl(_ number: Double) -> RADLNumber {
        Int(exactly: number).map { .integer($0) } ?? .real(number)
    }

    /// `{ greater_than: 2 }` chooses the comparison; a plain value means at least.
    private func compared(_ value: TOSCAValue) -> (Comparison, TOSCAValue) {
        guard let map = value.map, map.count == 1, let entry = map.entries.first else {
            return (.greaterOrEqual, value)
        }
        switch entry.key {
        case "equal": return (.equal, entry.value)
        case "greater_than": return (.greater, entry.value)
        case "greater_or_equal": return (.greaterOrEqual, entry.value)
        case "less_than": return (.less, entry.value)
        case "less_or_equal": return (.lessOrEqual, entry.value)
        default: return (.greaterOrEqual, value)
        }
    }

    private func number(
        _ name: String, _ value: TOSCAValue, _ path: DocumentPath, _ features: inout Features
    ) {
        let (comparison, plain) = compared(value)
        guard let number = plain.double, number.isFinite, number >= 0 else {
            wrong(plain, "a number", path)
            return
        }
        features.set(Feature(name, .number(Interval(comparison, Quantity(Self.radl(number))))))
    }

    /// - Parameter isWhole: RADL takes whole bytes only: parts of a byte are rounded up.
    private func size(
        _ name: String, _ value: TOSCAValue, _ path: DocumentPath, isWhole: Bool, _ features: inout Features
    ) {
        let (comparison, plain) = compared(value)
        guard let bytes = ScalarUnit.size.value(of: plain), bytes >= 0 else {
            wrong(plain, ScalarUnit.size.example, path)
            return
        }
        guard bytes < Self.mostBytes else {
            report.error(
                .constraint, "the size is \(plain.brief), more than any machine has", at: plain.position, path,
                expected: "less than 9 EB")
            return
        }
        checkUnit(plain, path)
        let number = Self.radl(isWhole ? bytes.rounded(.up) : bytes)
        features.set(Feature(name, .number(Interval(comparison, Quantity(number, unit: "B")))))
    }

    /// Values that functions give are not compared with their types, which ask for a unit.
    func checkUnit(_ value: TOSCAValue, _ path: DocumentPath) {
        guard ScalarUnit.size.lacksUnit(value) else { return }
        report.error(
            .type, "the size is \(value.brief), which has no unit", at: value.position, path,
            expected: ScalarUnit.size.example)
    }

    /// Sizes are counted with 63 bits.
    static let mostBytes = 9e18

    static func sizeValue(_ bytes: Double) -> Feature.Value {
        .number(Interval(.equal, Quantity(radl(bytes), unit: "B")))
    }

    // MARK: Applications

    /// Roles and collections of a node, of what it requires directly, and of relationships between: collections first.
    private mutating func applications(_ node: NodeTemplate, _ features: inout Features) {
        var sets = FeatureSets()
        var seen: Set<String> = []
        var owners: [(NodeTemplate, NamedList<TOSCAArtifact>)] = []
        for item in residents[node.name] ?? [node] {
            owners.append((item, item.artifacts))
            for requirement in item.requirements {
                if let name = requirement.relationshipTemplate, let relation = template.relationships[name] {
                    owners.append((item, relation.artifacts))
                }
                if let target = requirement.target.flatMap({ topology[$0] }) {
                    owners.append((target, target.artifacts))
                }
            }
        }
        for (suffix, prefix) in [("collection", "ansible.collections."), ("role", "ansible.roles.")] {
            for (owner, artifacts) in owners {
                for artifact in artifacts.elements
                where artifact.type == "tosca.artifacts.AnsibleGalaxy." + suffix {
                    let path = owner.path.key("artifacts").key(artifact.name).key("file")
                    let file = values.evaluate(artifact.file, Evaluator.Context(node: owner), path).scalarText
                    guard let file, !file.isEmpty, seen.insert(prefix + file).inserted else { continue }
                    let element = FeatureSet(Features([Feature("name", .string(prefix + file, .equal))]))
                    explain("\(suffix) \(file) on \(RADLName.of(node.name))", "the artifact '\(artifact.name)'", owner)
                    // Names are unique here, so nothing can disagree.
                    try? sets.add(element)
                }
            }
        }
        if !sets.elements.isEmpty { features.set(Feature("disk.0.applications", .set(sets))) }
    }

    // MARK: Scaling

    mutating func scale(_ node: NodeTemplate, _ system: String) {
        counts[system] = count(node)
        let removal = values.property("removal_list", ofCapability: "scalable", of: node)
        var ids: [String] = []
        for (number, item) in (removal.list ?? []).enumerated() {
            guard let text = item.scalarText, !text.isEmpty else { continue }
            // Orchestrators send ids or the machines' URLs.
            let id = text.split(separator: "/").last.map(String.init) ?? text
            if !id.isEmpty, id.utf8.count < 19, id.utf8.allSatisfy({ $0 &- 0x30 <= 9 }) {
                ids.append(id)
            } else {
                report.error(
                    .type, "an element of 'removal_list' of '\(node.name)' is \(item.brief), which is no machine",
                    at: item.position,
                    node.path.key("capabilities").key("scalable").key("properties").key("removal_list").index(number),
                    expected: "the number of a machine such as '3', or its URL")
            }
        }
        if !ids.isEmpty { removalLists[system] = ids }
    }

    /// What the template assigns goes before defaults of the type, of which the custom one has `count: 1`.
    func count(_ node: NodeTemplate) -> Int {
        let assigned = node.capabilities["scalable"]
        let hasCount = node.type.capabilities["scalable"]?.properties["count"] != nil
        var names = hasCount ? ["count", "default_instances"] : ["default_instances"]
        if hasCount, assigned?["count"] == nil, assigned?["default_instances"] != nil { names.swapAt(0, 1) }
        names.append("min_instances")
        var count: Int?
        for name in names where count == nil { count = instances(name, node) }
        let result = count ?? 1
        for name in ["default_instances", "min_instances"] {
            guard let value = assigned?[name], let number = instances(name, node), number != result,
                name != "min_instances" || number > result
            else { continue }
            report.warning(
                .translation, "'\(name)' of '\(node.name)' has no effect: the number of machines is \(result)",
                at: value.position,
                node.path.key("capabilities").key("scalable").key("properties").key(name),
                expected: hasCount ? "'count'" : "'default_instances'")
        }
        return result
    }

    private func instances(_ name: String, _ node: NodeTemplate) -> Int? {
        let value = values.property(name, ofCapability: "scalable", of: node)
        guard !value.isNull else { return nil }
        let path = node.path.key("capabilities").key("scalable").key("properties").key(name)
        let maximum = template.limits.maximumCount
        guard let number = value.integer, (0...maximum).contains(number) else {
            report.error(
                value.double == nil ? .type : .limit, "the number of machines of '\(node.name)' is \(value.brief)",
                at: value.position, path,
                expected: "a number from 0 to \(maximum)")
            return nil
        }
        return number
    }
}
