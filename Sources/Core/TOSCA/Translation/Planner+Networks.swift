import RADL

extension Planner {
    // MARK: Declared networks

    mutating func network(_ node: NodeTemplate) {
        let id = RADLName.of(node.name)
        var features = Features()
        func text(_ name: String) -> String? {
            values.property(name, of: node).scalarText.flatMap { $0.isEmpty ? nil : $0 }
        }
        checkAddresses(node)
        let isPublic = text("network_type")?.lowercased() == "public"
        if isPublic { features.set(Feature("outbound", .string("yes", .equal))) }
        if let name = text("network_name") ?? text("network_id") {
            features.set(Feature("provider_id", .string(name, .equal)))
        }
        if let cidr = text("cidr") {
            features.set(Feature("cidr", .string(cidr, .equal)))
            features.set(Feature("create", .string("yes", .equal)))
        }
        if let gateway = text("gateway_ip") { features.set(Feature("router", .string(gateway, .equal))) }
        if let host = text("proxy_host") { proxy(node, host, &features) }
        networks.declare(id, isPublic: isPublic, features: features)
        explain("network \(id)", "the node of type \(node.type.name)", node)
    }

    /// Addresses and the kind of a network; of a port, its address.
    private func checkAddresses(_ node: NodeTemplate) {
        func check(_ name: String, _ isGood: (String) -> Bool, _ expected: String) {
            let value = values.property(name, of: node)
            guard let text = value.scalarText, !text.isEmpty, !isGood(text) else { return }
            wrong(value, expected, node.path.key("properties").key(name))
        }
        check("cidr", TOSCAAddress.isRange, "a range of addresses such as 192.168.0.0/24")
        check(
            "gateway_ip", TOSCAAddress.isRoute, "an address such as 192.168.0.1, or RANGE,NODE such as 0.0.0.0/0,front")
        check("ip_address", TOSCAAddress.isAddress, "an address such as 192.168.0.10")
        let kind = values.property("network_type", of: node)
        guard node.isNetwork, let name = kind.scalarText?.lowercased(), !name.isEmpty,
            name != "public", name != "private"
        else { return }
        report.warning(
            .translation, "the network_type \(kind.brief) of '\(node.name)' makes a private network",
            at: kind.position, node.path.key("properties").key("network_type"), expected: "public or private",
            nearest: NearestName.find(name, among: ["public", "private"]))
    }

    private func proxy(_ node: NodeTemplate, _ host: String, _ features: inout Features) {
        let path = node.path.key("properties").key("proxy_credential")
        let credential = values.property("proxy_credential", of: node)
        guard credential.map != nil else {
            report.error(
                .missing, "Property 'proxy_credential' must be set if proxy_host is set.", at: node.position, path,
                expected: "'proxy_credential' with user, token and token_type")
            return
        }
        guard let user = credential["user"]?.scalarText, !user.isEmpty else {
            report.error(
                .missing, "Property 'user' must be set in proxy_credential.", at: credential.position, path,
                expected: "'user'")
            return
        }
        let token = credential["token"]?.scalarText ?? ""
        if credential["token_type"]?.scalarText == "private_key" {
            features.set(Feature("proxy_host", .string("\(user)@\(host)", .equal)))
            features.set(Feature("proxy_key", .string(token, .equal)))
        } else {
            features.set(Feature("proxy_host", .string("\(user):\(token)@\(host)", .equal)))
        }
    }

    /// Interfaces that Port nodes give, by the node that they are bound to, in their order.
    func ports() -> [String: [PlannedPort]] {
        var result: [String: [PlannedPort]] = [:]
        for node in template.nodes where node.isPort {
            guard let bound = node.requirements.first(where: { $0.name == "binding" })?.target else {
                report.error(
                    .requirement, "the port '\(node.name)' is bound to no node", at: node.position, node.path,
                    expected: "the requirement 'binding'")
                continue
            }
            guard let link = node.requirements.first(where: { $0.name == "link" }), let network = link.target,
                topology[network]?.isNetwork == true
            else {
                report.error(
                    .requirement, "Node \(bound) with a port binded to a non existing network.", at: node.position,
                    node.path, expected: "the requirement 'link' with a node of type tosca.nodes.network.Network")
                continue
            }
            checkAddresses(node)
            let order = values.property("order", of: node).integer ?? 0
            result[bound, default: []].append(PlannedPort(node: node, order: order, network: RADLName.of(network)))
        }
        return result.mapValues { ports in
            ports.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(\.element)
        }
    }

    // MARK: Interfaces

    /// What the endpoints of a node and of the software on it ask for.
    private struct Endpoints {
        var isPublic = false
        var hasPrivate = true
        var privateID: String?
        var publicID: String?
        var dnsName: String?
        var additionalNames: [String] = []
        var isTLS = false
        var additionalIP: String?
        var outports: [String] = []
    }

    mutating func connect(_ system: inout RADLSystem, _ node: NodeTemplate, _ ports: [PlannedPort]) {
        let endpoints = self.endpoints(node)
        guard ports.isEmpty else {
            connect(&system, ports, endpoints)
            return
        }
        let hasPrivate = endpoints.hasPrivate || !endpoints.isPublic
        let first = "net_interface.0."
        setNames(endpoints.dnsName, endpoints.isTLS, first, &system.features)
        if let address = endpoints.additionalIP {
            system.features.set(Feature(first + "additional_ip", .string(address, .equal)))
        }
        var place = 0
        var last = ""
        if hasPrivate {
            let isNew = networks.order.count
            last = networks.privateNetwork(provider: endpoints.privateID)
            if networks.order.count > isNew {
                explain("network \(last)", "for all nodes without a Port or 'private_ip: false'", node)
            }
            system.features.set(Feature("net_interface.0.connection", .string(last, .equal)))
            place += 1
        }
        if endpoints.isPublic {
            last = networks.publicNetwork(provider: endpoints.publicID)
            system.features.set(Feature("net_interface.\(place).connection", .string(last, .equal)))
            publicSystems.insert(system.id)
            explain("network \(last)", "an endpoint of the node is PUBLIC", node)
        } else {
            place -= 1
        }
        additionalNames(endpoints, place, &system.features)
        networks.open(endpoints.outports, on: last)
    }

    private func setNames(_ name: String?, _ isTLS: Bool, _ prefix: String, _ features: inout Features) {
        guard let name, !name.isEmpty else { return }
        features.set(Feature(prefix + "dns_name", .string(name, .equal)))
        features.set(Feature(prefix + "dns.0.name", .string(name, .equal)))
        if isTLS { features.set(Feature(prefix + "dns.0.tls", .string("true", .equal))) }
    }

    private func additionalNames(_ endpoints: Endpoints, _ place: Int, _ features: inout Features) {
        // Behind the name of its own, where that is of the same interface.
        let first = place == 0 && endpoints.dnsName?.isEmpty == false ? 1 : 0
        for (number, name) in endpoints.additionalNames.enumerated() {
            let prefix = "net_interface.\(place).dns.\(number + first)."
            features.set(Feature(prefix + "name", .string(name, .equal)))
            if endpoints.isTLS { features.set(Feature(prefix + "tls", .string("true", .equal))) }
        }
    }

    private mutating func connect(_ system: inout RADLSystem, _ ports: [PlannedPort], _ endpoints: Endpoints) {
        setNames(endpoints.dnsName, endpoints.isTLS, "net_interface.0.", &system.features)
        var outside: String?
        for (place, port) in ports.enumerated() {
            let prefix = "net_interface.\(place)."
            func text(_ name: String) -> String? {
                values.property(name, of: port.node).scalarText.flatMap { $0.isEmpty ? nil : $0 }
            }
            system.features.set(Feature(prefix + "connection", .string(port.network, .equal)))
            if let address = text("ip_address") {
                system.features.set(Feature(prefix + "ip", .string(address, .equal)))
            }
            if let address = text("additional_ip") {
                system.features.set(Feature(prefix + "additional_ip", .string(address, .equal)))
            }
            let list = values.property("additional_dns_names", of: port.node).list ?? []
            let names = (text("dns_name").map { [$0] } ?? []) + list.compactMap(\.scalarText)
            let isTLS = values.property("tls", of: port.node).bool ?? false
            for (number, name) in names.enumerated() {
                system.features.set(Feature("\(prefix)dns.\(number).name", .string(name, .equal)))
                if isTLS { system.features.set(Feature("\(prefix)dns.\(number).tls", .string("true", .equal))) }
            }
            if networks.isPublic(port.network) {
                outside = outside ?? port.network
                publicSystems.insert(system.id)
            }
        }
        if let network = outside ?? ports.first?.network { networks.open(endpoints.outports, on: network) }
    }

    // MARK: Endpoints

    private func endpoints(_ node: NodeTemplate) -> Endpoints {
        var result = Endpoints()
        let software = (residents[node.name] ?? []).filter { $0.name != node.name }
        for item in software { for name in endpointNames(item) { gather(item, name, isOwn: false, &result) } }
        for name in endpointNames(node) { gather(node, name, isOwn: true, &result) }
        return result
    }

    private func endpointNames(_ node: NodeTemplate) -> [String] {
        node.type.capabilities.elements.filter { $0.type.isA("tosca.capabilities.Endpoint") }.map(\.name)
    }

    private func gather(_ node: NodeTemplate, _ capability: String, isOwn: Bool, _ result: inout Endpoints) {
        func value(_ name: String) -> TOSCAValue { values.property(name, ofCapability: capability, of: node) }
        func text(_ name: String) -> String? { value(name).scalarText.flatMap { $0.isEmpty ? nil : $0 } }
        if let network = text("network_name") {
            name(network, &result)
            noteCase(of: network, value("network_name").position, node, capability)
        }
        if value("public_ip").bool == true { result.isPublic = true }
        if value("private_ip").bool == false { result.hasPrivate = false }
        if isOwn || result.dnsName == nil { result.dnsName = text("dns_name") ?? result.dnsName }
        let names = value("additional_dns_names").list?.compactMap(\.scalarText) ?? []
        result.additionalNames += names.filter { !result.additionalNames.contains($0) }
        if value("tls").bool == true { result.isTLS = true }
        result.additionalIP = text("additional_ip") ?? result.additionalIP
        let path = node.path.key("capabilities").key(capability).key("properties")
        if let port = value("port").integer {
            let outport = self.outport(
                from: port, to: port, protocol: text("protocol"), cidr: nil)
            result.outports.append(outport)
        }
        for entry in value("ports").map?.entries ?? [] {
            if let outport = outport(entry.value, path.key("ports").key(entry.key)) { result.outports.append(outport) }
        }
    }

    /// As in IM, other spellings are names of the provider's networks, of which many are called 'public'.
    private func noteCase(
        of network: String, _ position: TOSCAPosition, _ node: NodeTemplate, _ capability: String
    ) {
        let last = network.split(separator: ".").last.map(String.init) ?? network
        let meant = last.uppercased()
        guard !network.contains(","), ["PUBLIC", "PRIVATE"].contains(meant), last != meant else { return }
        report.warning(
            .translation, "'\(network.prefix(80))' is taken for the name of a network of the provider", at: position,
            node.path.key("capabilities").key(capability).key("properties").key("network_name"),
            expected: "\(network.dropLast(last.count))\(meant), in capitals, unless that is meant")
    }

    private func name(_ network: String, _ result: inout Endpoints) {
        let parts = network.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        if parts.count == 2 {
            result.isPublic = true
            result.privateID = parts[0]
            result.publicID = parts[1]
        } else if network == "PUBLIC" {
            result.isPublic = true
        } else if network.hasSuffix(".PUBLIC") {
            result.isPublic = true
            result.privateID = network.replacingSuffix(".PUBLIC")
        } else if network != "PRIVATE" {
            result.privateID = network.replacingSuffix(".PRIVATE")
        }
    }

    /// RADL knows transport protocols only; others run over TCP.
    private func outport(from source: Int, to target: Int, protocol name: String?, cidr: String?) -> String {
        let transport = name?.lowercased() ?? "tcp"
        let suffix = ["tcp", "udp", "icmp"].contains(transport) ? transport : "tcp"
        return (cidr.map { $0 + "-" } ?? "") + "\(source)/\(suffix)-\(target)/\(suffix)"
    }

    /// A PortSpec as RADL writes it; nil, and an error, where it names no port.
    func outport(_ value: TOSCAValue, _ path: DocumentPath) -> String? {
        guard let spec = value.map else { return nil }
        let transport = spec["protocol"]?.scalarText
        let cidr = spec["remote_cidr"]?.scalarText.flatMap { $0.isEmpty ? nil : $0 }
        let range = (spec["source_range"] ?? spec["target_range"])?.list?.compactMap(\.integer) ?? []
        var text: String
        if range.count == 2 {
            let suffix = transport?.lowercased() == "udp" ? "udp" : "tcp"
            text = (cidr.map { $0 + "-" } ?? "") + "\(range[0]):\(range[1])/\(suffix)"
        } else if let source = spec["source"]?.integer ?? spec["target"]?.integer {
            text = outport(
                from: source, to: spec["target"]?.integer ?? source, protocol: transport, cidr: cidr)
        } else {
            report.error(
                .missing, "the port has neither source nor target", at: value.position, path,
                expected: "'source', 'target' or 'source_range'")
            return nil
        }
        guard (try? Outport.list(parsing: text)) != nil else {
            report.error(
                .type, "the port '\(text.prefix(80))' cannot be opened", at: value.position, path,
                expected: "ports from 1 to 65535 and a range of addresses such as 10.0.0.0/8")
            return nil
        }
        return text
    }

    // MARK: Clouds

    /// Machines whose images are of different clouds cannot share a private network: the second cloud gets its own.
    mutating func splitNetworksByCloud() {
        var cloudOfNetwork: [String: String] = [:]
        for place in document.systems.indices {
            let system = document.systems[place]
            guard let image = system.imageURLs.first, let url = TOSCAURL(image), url.scheme != "docker",
                owners[system.id]?.isCompute == true
            else { continue }
            let cloud = "\(url.scheme)://\(url.host)"
            for interface in system.interfaces {
                guard let network = interface.connection, !networks.isPublic(network) else { continue }
                guard let first = cloudOfNetwork[network] else {
                    cloudOfNetwork[network] = cloud
                    continue
                }
                guard first != cloud else { continue }
                let name = RADLName.of("private." + url.host)
                networks.copy(network, as: name)
                document.systems[place].features.set(
                    Feature("net_interface.\(interface.index).connection", .string(name, .equal)))
                if let node = owners[system.id] {
                    explain("network \(name)", "the image of '\(node.name)' is of another cloud", node)
                }
            }
        }
    }
}
