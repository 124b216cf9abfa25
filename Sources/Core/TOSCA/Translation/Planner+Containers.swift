import RADL

extension Planner {
    /// Eight hexadecimal digits that are the same for each translation for one infrastructure.
    private var containerSuffix: String {
        let basis = options.salt.isEmpty ? template.text : options.salt
        return String(SHA256.hex(Array(basis.utf8)).prefix(8))
    }

    private func string(_ name: String, _ text: String?, _ features: inout Features) {
        if let text { features.set(Feature(name, .string(text, .equal))) }
    }

    /// A container that a provider such as Kubernetes runs by itself.
    mutating func container(_ node: NodeTemplate) {
        isContainerized = true
        let id = RADLName.container(node.name) + "-" + containerSuffix
        var features = Features()
        let image = node.artifacts.elements.first {
            $0.type == "tosca.artifacts.Deployment.Image.Container.Docker"
                || $0.type?.hasPrefix("tosca.artifacts.Deployment.Image") == true
        }
        guard let image else {
            report.error(
                .missing, "the container '\(node.name)' has no image", at: node.position, node.path.key("artifacts"),
                expected: "an artifact of type tosca.artifacts.Deployment.Image.Container.Docker")
            return
        }
        let path = node.path.key("artifacts").key(image.name).key("file")
        let file = values.evaluate(image.file, Evaluator.Context(node: node), path).scalarText ?? ""
        guard !file.isEmpty else {
            report.error(
                .missing, "the image of the container '\(node.name)' has no name", at: image.position, path,
                expected: "such as 'nginx:1.27'")
            return
        }
        string("disk.0.image.url", file.contains("://") ? file : "docker://" + file, &features)
        let environment = values.property("environment", of: node).map?.entries ?? []
        if !environment.isEmpty {
            string("environment.variables", environment.map(Self.variable).joined(separator: ","), &features)
        }
        let command = values.property("command", of: node)
        if let list = command.list {
            if !list.isEmpty { features.set(Feature("command", .list(list.compactMap(\.scalarText), .equal))) }
        } else {
            string("command", command.scalarText.flatMap { $0.isEmpty ? nil : $0 }, &features)
        }
        counts[id] = 1
        if let runtime = topology.host(of: node), runtime.type.isA("tosca.nodes.Container.Runtime") {
            self.runtime(runtime, id, &features)
            scale(runtime, id)
            if let count = counts[id], count > 1 {
                report.error(
                    .translation, "Scalability values of \(node.name) only allows 0 or 1.", at: runtime.position,
                    runtime.path.key("capabilities").key("scalable"), expected: "0 or 1")
            }
        }
        document.systems.append(RADLSystem(id: id, features: features))
        owners[id] = node
        document.configures.append(RADLConfigure(id: id, content: .disabled))
        recipes.append(PlannedRecipe(id: id, system: id, step: level(of: node), node: node, operations: nil))
        explain("system \(id)", "the container of type \(node.type.name)", node)
    }

    /// `A=1`, and `B="x,y"` where a comma would end the value.
    private static func variable(_ entry: TOSCAMap.Entry) -> String {
        let text = entry.value.scalarText ?? ""
        return text.utf8.contains(UInt8(ascii: ",")) ? "\(entry.key)=\"\(text)\"" : "\(entry.key)=\(text)"
    }

    /// What the runtime offers, in the order of the template.
    private mutating func runtime(_ runtime: NodeTemplate, _ id: String, _ features: inout Features) {
        for property in effectiveProperties(runtime, "host") {
            let path = runtime.path.key("capabilities").key("host").key("properties").key(property)
            let value = values.property(property, ofCapability: "host", of: runtime)
            switch property {
            case "num_cpus": exactly("cpu.count", value.numberForRADL, &features)
            case "num_gpus":
                exactly("gpu.count", value.numberForRADL.flatMap { $0.doubleValue > 0 ? $0 : nil }, &features)
            case "mem_size":
                guard !value.isNull else { continue }
                guard let bytes = ScalarUnit.size.value(of: value), bytes < 9e18 else {
                    report.error(
                        .type, "the memory is \(value.brief)", at: value.position, path,
                        expected: ScalarUnit.size.example)
                    continue
                }
                checkUnit(value, path)
                features.set(Feature("memory.size", Self.sizeValue(bytes.rounded(.up))))
            case "volumes": volumes(value.list ?? [], path, &features)
            case "expose_ports", "publish_ports":
                let isPublic = property == "publish_ports"
                let ports = (value.list ?? []).enumerated().compactMap { outport($1, path.index($0)) }
                guard !ports.isEmpty else { continue }
                let network = id + (isPublic ? "_pub" : "_priv")
                networks.add(network, isPublic: isPublic)
                networks.open(ports, on: network)
                if isPublic { publicSystems.insert(id) }
                if isPublic || !publicSystems.contains(id) {
                    string("net_interface.0.connection", network, &features)
                }
            default: break
            }
        }
    }

    private func exactly(_ name: String, _ number: RADLNumber?, _ features: inout Features) {
        if let number { features.set(Feature(name, .number(Interval(.equal, Quantity(number))))) }
    }

    /// `NODE:/path` attaches a BlockStorage node, `NAME:/path` only a path.
    private func volumes(_ volumes: [TOSCAValue], _ path: DocumentPath, _ features: inout Features) {
        var number = 1
        for (place, volume) in volumes.enumerated() {
            guard let text = volume.scalarText, let colon = text.firstIndex(of: ":") else {
                report.error(
                    .type, "the volume is \(volume.brief)", at: volume.position, path.index(place),
                    expected: "NODE:/path, with the name of a BlockStorage node")
                continue
            }
            let location = String(text[text.index(after: colon)...].prefix { $0 != ":" })
            if let storage = topology[String(text[..<colon])], storage.isBlockStorage {
                _ = disk(
                    storage, number, device: nil, location: location, fileSystem: nil, keepsSize: true, &features)
            } else {
                string("disk.\(number).mount_path", location, &features)
            }
            number += 1
        }
    }

    // MARK: Functions of serverless platforms

    mutating func function(_ node: NodeTemplate) {
        let id = RADLName.of(node.name)
        if let oscar = topology.host(of: node), let compute = topology.compute(of: oscar) {
            service(node, on: oscar, compute)
            return
        }
        isContainerized = true
        var features = Features()
        func value(_ name: String) -> TOSCAValue { values.property(name, of: node) }
        func text(_ name: String) -> String? { value(name).scalarText.flatMap { $0.isEmpty ? nil : $0 } }
        string("name", text("name"), &features)
        if let bytes = ScalarUnit.size.value(of: value("memory")), bytes < 9e18 {
            features.set(Feature("memory.size", Self.sizeValue(bytes.rounded(.up))))
        }
        string("disk.0.image.url", text("image"), &features)
        string("script", text("script"), &features)
        let environment = value("env_variables").map?.entries ?? []
        if !environment.isEmpty {
            let list = environment.map { "\($0.key):\($0.value.scalarText ?? "")" }
            features.set(Feature("environment.variables", .list(list, .equal)))
        }
        if value("enable_gpu").bool == true { features.set(Feature("gpu.count", .number(Interval(.integer(1))))) }
        if value("enable_sgx").bool == true { features.set(Feature("cpu.sgx", .number(Interval(.integer(1))))) }
        for entry in value("exposed").map?.entries ?? [] {
            string("expose.\(RADLName.of(entry.key))", entry.value.scalarText, &features)
        }
        for kind in ["input", "output"] {
            for (number, item) in (value(kind).list ?? []).enumerated() {
                string("\(kind).\(number).provider", item["storage_provider"]?.scalarText, &features)
                for field in ["path", "suffix", "prefix"] {
                    string("\(kind).\(number).\(field)", item[field]?.scalarText, &features)
                }
            }
        }
        for provider in value("storage_providers").map?.entries ?? [] {
            for (number, item) in (provider.value.map?.entries ?? []).enumerated() {
                let prefix = "\(RADLName.of(provider.key)).\(number)."
                string(prefix + "id", item.key, &features)
                for field in item.value.map?.entries ?? [] {
                    string(prefix + RADLName.of(field.key), field.value.scalarText, &features)
                }
            }
        }
        let secrets = value("image_pull_secrets").list?.compactMap(\.scalarText) ?? []
        if !secrets.isEmpty { features.set(Feature("image_pull_secrets", .list(secrets, .equal))) }
        if let cpus = value("cpu").numberForRADL {
            features.set(Feature("cpu.count", .number(Interval(.equal, Quantity(cpus)))))
        }
        let isAlpine = value("alpine").bool ?? false
        features.set(Feature("alpine", .number(Interval(.integer(isAlpine ? 1 : 0)))))
        scale(node, id)
        if let count = counts[id], count > 1 {
            report.error(
                .translation, "Scalability values of \(node.name) only allows 0 or 1.", at: node.position,
                node.path.key("capabilities").key("scalable"), expected: "0 or 1")
        }
        document.systems.append(RADLSystem(id: id, features: features))
        owners[id] = node
        document.configures.append(RADLConfigure(id: id, content: .disabled))
        recipes.append(PlannedRecipe(id: id, system: id, step: level(of: node), node: node, operations: nil))
        explain("system \(id)", "the function of type \(node.type.name)", node)
    }

    /// A function on an OSCAR that the template deploys itself: a recipe that asks OSCAR to make it.
    private mutating func service(_ node: NodeTemplate, on oscar: NodeTemplate, _ compute: NodeTemplate) {
        func value(_ name: String) -> TOSCAValue { values.property(name, of: node) }
        var body = TOSCAMap()
        body["name"] = value("name")
        if let bytes = ScalarUnit.size.value(of: value("memory")), bytes < 9e18 {
            body["memory"] = TOSCAValue("\(Int(bytes / 1_048_576))Mi")
        }
        body["cpu"] = TOSCAValue(value("cpu").scalarText ?? "1")
        for name in ["image", "script", "enable_gpu", "alpine"] where !value(name).isNull { body[name] = value(name) }
        for name in ["input", "output", "storage_providers", "image_pull_secrets"] {
            let value = value(name)
            if value.list?.isEmpty == false || value.map?.isEmpty == false { body[name] = value }
        }
        if let variables = value("env_variables").map, !variables.isEmpty {
            body["environment"] = TOSCAValue(TOSCAMap([("Variables", TOSCAValue(variables))]))
        }
        let task = TOSCAMap([
            ("name", TOSCAValue("Make the function \(value("name").scalarText ?? node.name)")),
            (
                "uri",
                TOSCAValue(
                    TOSCAMap([
                        (
                            "url",
                            TOSCAValue("http://{{ IM_NODE_PUBLIC_IP | default(IM_NODE_PRIVATE_IP) }}/system/services")
                        ),
                        ("method", TOSCAValue("POST")), ("url_username", TOSCAValue("oscar")),
                        ("url_password", values.property("password", of: oscar)),
                        ("force_basic_auth", TOSCAValue(true)), ("body_format", TOSCAValue("json")),
                        ("body", TOSCAValue(body)),
                        ("status_code", TOSCAValue([TOSCAValue(200), TOSCAValue(201), TOSCAValue(409)])),
                    ]))
            ),
        ])
        let id = RADLName.of("oscar_" + node.name)
        recipes.append(
            PlannedRecipe(
                id: id, system: RADLName.of(compute.name), step: level(of: node), node: node,
                operations: [PlannedOperation(name: "create", plays: [Self.play(tasks: [TOSCAValue(task)])])]))
        explain("configure \(id)", "the function is made by OSCAR on '\(oscar.name)'", node)
    }

    static func play(tasks: [TOSCAValue]) -> TOSCAValue {
        TOSCAValue(TOSCAMap([("tasks", TOSCAValue(tasks))]))
    }
}

extension TOSCAValue {
    /// A number as it is written: whole, or with a point.
    fileprivate var numberForRADL: RADLNumber? {
        if case .real(let number) = content { return number.isFinite ? .real(number) : nil }
        return integer.map { .integer($0) } ?? double.flatMap { $0.isFinite ? .real($0) : nil }
    }
}
