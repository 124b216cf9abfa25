/// What is known of the machines of an infrastructure: outputs are made of it.
package struct TOSCADeployment: Sendable {
    /// One machine. Values that are not known yet are nil or empty.
    package struct Machine: Sendable {
        /// Its id in the infrastructure.
        package var id: String
        /// The system of the document that it is of.
        package var system: String
        /// Its id at the provider.
        package var providerID: String?
        /// As TOSCA calls it: `creating`, `configuring`, `started`, `error` and so on.
        package var state: String?
        package var privateAddress: String?
        package var publicAddress: String?
        /// Addresses by the index of the interface.
        package var interfaces: [Int: String] = [:]
        package var user: String?
        /// Secret.
        package var password: String?
        /// Secret.
        package var privateKey: String?
        /// What its contextualization said.
        package var log: String?
        /// Results of tasks, by the recipe (`CONFIGURE_SYSTEM`) and the name of the task.
        package var results: [String: [String: TaskResult]] = [:]
        /// Certificates by their name; the key is a secret.
        package var certificates: [String: Certificate] = [:]
        /// Where its services are reached: URLs of containers and functions.
        package var endpoints: [String] = []

        package init(id: String, system: String) {
            self.id = id
            self.system = system
        }
    }

    /// What a task of a recipe gave.
    package struct TaskResult: Sendable, Hashable {
        /// `ok`, `changed`, `failed`.
        package var state: String
        package var output: String

        package init(state: String, output: String) {
            self.state = state
            self.output = output
        }
    }

    /// A certificate with its key.
    package struct Certificate: Sendable, Hashable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    private var machines: [String: [Machine]] = [:]

    /// - Parameter machines: In the order of their creation.
    package init(machines: [Machine]) {
        self.machines = Dictionary(grouping: machines, by: \.system)
    }

    /// The machines of a system.
    package func machines(of system: String) -> [Machine] { machines[system] ?? [] }

    /// The value of an attribute; nil for attributes that no machine has. Null where it is not known (yet), also for an
    /// index behind the last machine.
    func value(
        of name: String, _ tail: [TOSCAValue], node: NodeTemplate, topology: Topology
    ) -> TOSCAValue? {
        if node.isPort, name == "ip_address" { return portAddress(node, topology) }
        if node.isContainer || node.isFunction { return service(name, tail, node) }
        guard let compute = topology.compute(of: node) else { return nil }
        let machines = machines(of: compute.name)
        func one(_ value: (Machine) -> TOSCAValue?) -> TOSCAValue {
            // A number that is too large for an index is none of the first machine.
            let index = tail.isEmpty ? 0 : tail[0].integer ?? -1
            return machines.indices.contains(index) ? value(machines[index]) ?? .null : .null
        }
        func text(_ text: String?) -> TOSCAValue? { text.map { TOSCAValue($0) } }
        let isList = compute.type.attributes["private_address"]?.type.name == "list"
        switch name {
        case "private_address", "public_address":
            func address(_ machine: Machine) -> TOSCAValue? {
                text(name == "private_address" ? machine.privateAddress : machine.publicAddress)
            }
            if isList, tail.isEmpty { return TOSCAValue(machines.map { address($0) ?? .null }) }
            return one(address)
        case "ip_address": return one { text($0.publicAddress ?? $0.privateAddress) }
        case "tosca_id": return one { text($0.providerID) }
        case "state" where !machines.isEmpty: return one { text($0.state) }
        case "ctxt_log": return one { text($0.log) }
        case "ansible_output": return result(tail, machines)
        default: break
        }
        guard let inner = tail.first?.scalarText else { return nil }
        switch (name, inner) {
        case (_, "ip_address"): return value(of: "ip_address", Array(tail.dropFirst()), node: node, topology: topology)
        case (_, "credential"): return credential(Array(tail.dropFirst()), machines)
        case (_, "tls_certificates"):
            let certificates = machines.first?.certificates.sorted { $0.key < $1.key } ?? []
            let map = certificates.map { name, value in
                (name, TOSCAValue(TOSCAMap([("cert", TOSCAValue(value.certificate)), ("key", TOSCAValue(value.key))])))
            }
            return Evaluator.element(of: TOSCAValue(TOSCAMap(map)), tail.dropFirst())
        default: return nil
        }
    }

    private func portAddress(_ port: NodeTemplate, _ topology: Topology) -> TOSCAValue {
        guard let bound = port.requirements.first(where: { $0.name == "binding" })?.target,
            let machine = machines(of: bound).first
        else { return .null }
        let order = port.properties["order"]?.integer ?? 0
        return machine.interfaces[order].map { TOSCAValue($0) } ?? .null
    }

    /// Containers and functions: the machines are those of systems whose name is or begins with the node's.
    private func service(_ name: String, _ tail: [TOSCAValue], _ node: NodeTemplate) -> TOSCAValue? {
        let systems = machines.keys.filter { TOSCATranslation.isSystem($0, ofContainer: node.name) }.sorted()
        let found = systems.flatMap { machines(of: $0) }
        switch name {
        case "endpoints":
            return Evaluator.element(of: TOSCAValue(found.flatMap(\.endpoints).map { TOSCAValue($0) }), tail)
        case "endpoint": return found.first?.endpoints.first.map { TOSCAValue($0) } ?? .null
        case "credential": return Evaluator.element(of: credential([], found).list?.first ?? .null, tail)
        default: return nil
        }
    }

    private func credential(_ tail: [TOSCAValue], _ machines: [Machine]) -> TOSCAValue {
        let list = machines.map { machine -> TOSCAValue in
            guard let secret = machine.privateKey ?? machine.password else { return .null }
            return TOSCAValue(
                TOSCAMap([
                    ("user", machine.user.map { TOSCAValue($0) } ?? .null), ("token", TOSCAValue(secret)),
                    ("token_type", TOSCAValue(machine.privateKey == nil ? "password" : "private_key")),
                ]))
        }
        // Key and index come in either order.
        var value = TOSCAValue(list)
        for step in tail.sorted(by: { ($0.integer != nil ? 0 : 1) < ($1.integer != nil ? 0 : 1) }) {
            if value.list != nil, step.integer == nil {
                value = TOSCAValue((value.list ?? []).map { Evaluator.element(of: $0, [step]) })
            } else {
                value = Evaluator.element(of: value, [step])
            }
        }
        return value
    }

    private func result(_ tail: [TOSCAValue], _ machines: [Machine]) -> TOSCAValue {
        guard let recipe = tail.first?.scalarText else { return .null }
        let results = machines.lazy.compactMap { $0.results[recipe] }.first ?? [:]
        let tasks = results.sorted { $0.key < $1.key }.map { name, result in
            (
                name,
                TOSCAValue(TOSCAMap([("state", TOSCAValue(result.state)), ("output", TOSCAValue(result.output))]))
            )
        }
        let map = TOSCAValue(TOSCAMap([("tasks", TOSCAValue(TOSCAMap(tasks)))]))
        return Evaluator.element(of: map, tail.dropFirst())
    }
}
