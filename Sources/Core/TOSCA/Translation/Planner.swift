import RADL

/// Makes a document of a template whose inputs have values. A pure computation: recipes are read by somebody else between
/// ``plan()`` and ``writeRecipes(_:)``.
struct Planner {
    let template: TOSCATemplate
    let options: TOSCAOptions
    let report: Report
    let inputs: [String: TOSCAValue]
    /// For what has to be known before deployment.
    let values: Evaluator
    /// For variables of recipes.
    let variables: Evaluator
    var document = RADLDocument()
    var explanation: [TOSCAExplanation] = []
    var networks = NetworkPlan()
    var counts: [String: Int] = [:]
    var removalLists: [String: [String]] = [:]
    var recipes: [PlannedRecipe] = []
    var publicSystems: Set<String> = []
    /// Each compute node with the nodes that run on it, in the order of the template.
    private(set) var residents: [String: [NodeTemplate]] = [:]
    /// The node that each system is made of.
    var owners: [String: NodeTemplate] = [:]
    /// By the names of nodes.
    private(set) var places: [String: PlannedPlace] = [:]
    var isContainerized = false
    /// The node that each volume of a provider is attached to.
    var volumeOwners: [String: String] = [:]
    /// Names of sections, each once.
    var usedRecipeNames: Set<String> = []
    /// Where each recipe comes from, by the ids of their sections.
    var origins: [String: RecipeOrigin] = [:]

    var topology: Topology { template.topology }

    init(template: TOSCATemplate, inputs: [String: TOSCAValue], options: TOSCAOptions, report: Report) {
        self.template = template
        self.options = options
        self.report = report
        self.inputs = inputs
        func evaluator(_ mode: Evaluator.Mode) -> Evaluator {
            Evaluator(
                topology: template.topology, declared: template.inputs, inputs: inputs, mode: mode, report: report,
                limits: template.limits)
        }
        values = evaluator(.plan)
        variables = evaluator(.recipe)
        for node in template.nodes {
            if let compute = template.topology.compute(of: node) { residents[compute.name, default: []].append(node) }
        }
    }

    mutating func explain(_ subject: String, _ reason: String, _ node: NodeTemplate) {
        explanation.append(
            TOSCAExplanation(
                subject: subject, reason: reason, path: node.path.text,
                line: node.position.line == 0 ? nil : Int(node.position.line)))
    }

    mutating func plan() {
        guard isOfBearableSize() else { return }
        describe()
        checkNames()
        places = placements()
        for node in template.nodes where node.isNetwork { network(node) }
        for node in template.nodes where node.isAnsibleHost { ansibleHost(node) }
        let ports = self.ports()
        for node in template.nodes {
            if node.isCompute {
                compute(node, ports: ports[node.name] ?? [])
            } else if node.isContainer {
                container(node)
            } else if node.isFunction {
                function(node)
            }
        }
        if networks.order.isEmpty { usePublicNetworkForAll() }
        if options.salt.isEmpty, isContainerized {
            explanation.append(
                TOSCAExplanation(
                    subject: "names of containers", reason: "made unique by the template's own text", path: "",
                    line: nil))
        }
        planRecipes()
        splitNetworksByCloud()
        document.networks = networks.finished
        deploys()
        checkCount(document.deploys.reduce(0) { $0 + $1.count })
        ignored()
    }

    private mutating func describe() {
        var features = Features()
        for (key, feature) in [("infra_name", "name"), ("namespace", "namespace")] {
            guard let value = template.metadata[key] else { continue }
            let text = values.evaluate(value, Evaluator.Context(), DocumentPath.root.key("metadata").key(key))
                .scalarText
            if let text, !text.isEmpty { features.set(Feature(feature, .string(text, .equal))) }
        }
        if !features.isEmpty { document.description = RADLDescription(id: "desc", features: features) }
    }

    /// Two nodes whose names differ in characters that RADL does not have would become one system.
    private func checkNames() {
        var seen: [String: NodeTemplate] = [:]
        for node in template.nodes where node.isCompute || node.isNetwork {
            let id = RADLName.of(node.name) + (node.isNetwork ? " network" : "")
            if let other = seen.updateValue(node, forKey: id) {
                report.error(
                    .translation, "'\(node.name)' and '\(other.name)' become the same name '\(id)'", at: node.position,
                    node.path, expected: "names of letters, digits, '_', '.' and '-'")
            }
        }
    }

    private mutating func ansibleHost(_ node: NodeTemplate) {
        guard document.ansibleHosts.isEmpty else {
            report.error(
                .translation, "'\(node.name)' is the second Ansible host", at: node.position, node.path,
                expected: "one in a template")
            return
        }
        let path = node.path.key("properties").key("credential")
        let credential = values.property("credential", of: node)
        var features = Features()
        if let host = values.property("host", of: node).scalarText {
            features.set(Feature("host", .string(host, .equal)))
        }
        if let user = credential["user"]?.scalarText, !user.isEmpty {
            features.set(Feature("credentials.username", .string(user, .equal)))
        } else {
            report.error(
                .missing, "the credential of '\(node.name)' names no user", at: node.position, path, expected: "'user'")
        }
        let kind = credential["token_type"]?.scalarText ?? "password"
        if let token = credential["token"]?.scalarText {
            features.set(
                Feature(
                    kind == "private_key" ? "credentials.private_key" : "credentials.password", .string(token, .equal)))
        }
        document.ansibleHosts = [RADLAnsibleHost(id: "ansible_host", features: features)]
        explain("ansible ansible_host", "the machine that runs recipes", node)
    }

    private mutating func usePublicNetworkForAll() {
        networks.add("public", isPublic: true)
        for place in document.systems.indices {
            document.systems[place].features.set(
                Feature("net_interface.0.connection", .string("public", .equal)))
        }
    }

    /// Where the nodes alone may be too many, machines are counted before anything is made of them. The mistakes of
    /// smaller templates are told with all others.
    private func isOfBearableSize() -> Bool {
        let nodes = template.nodes.filter(\.isCompute)
        guard nodes.count > RADLDeploy.mostMachines else { return true }
        return checkCount(nodes.reduce(0) { $0 + count($1) })
    }

    /// - Returns: Whether there are not too many.
    @discardableResult private func checkCount(_ sum: Int) -> Bool {
        guard sum > RADLDeploy.mostMachines else { return true }
        report.error(
            .limit, "the template asks for \(sum) machines", at: nil,
            DocumentPath.root.key("topology_template").key("node_templates"),
            expected: "at most \(RADLDeploy.mostMachines) in an infrastructure")
        return false
    }

    /// Public machines first, those with `wn` in their names last among them; then the private ones.
    private mutating func deploys() {
        var groups: [[RADLDeploy]] = [[], [], []]
        for system in document.systems {
            guard let count = counts[system.id], count > 0 else { continue }
            let isPublic = publicSystems.contains(system.id)
            let group = !isPublic ? 2 : system.id.contains("wn") ? 1 : 0
            let cloud = owners[system.id].flatMap { self.cloud(of: $0) }
            groups[group].append(RADLDeploy(system: system.id, count: count, cloud: cloud))
        }
        document.deploys = groups.flatMap { $0 }
        for deploy in document.deploys {
            guard let node = owners[deploy.system] else { continue }
            let cloud = deploy.cloud.map { ", in the cloud '\($0)' by policy" } ?? ""
            let reason = node.capabilities["scalable"]?.isEmpty ?? true ? "no other number is given" : "by 'scalable'"
            explain("deploy \(deploy.system)", "\(deploy.count), \(reason)\(cloud)", node)
        }
    }

    /// Nodes that become nothing: their authors should know.
    private mutating func ignored() {
        let attached = Set(
            template.nodes.flatMap(\.requirements).compactMap(\.target))
        for node in template.nodes {
            guard !node.isCompute, !node.isContainer, !node.isFunction, !node.isNetwork, !node.isPort,
                !node.isAnsibleHost, topology.compute(of: node) == nil
            else { continue }
            if attached.contains(node.name) || (node.isBlockStorage && isContainerized) { continue }
            explain("node \(node.name)", "has no effect: nothing hosts it", node)
            report.warning(
                .translation, "the node '\(node.name)' has no effect: it is not hosted on a Compute node",
                at: node.position, node.path)
        }
    }

    func translation(imports: [TOSCAImport]) -> TOSCATranslation {
        TOSCATranslation(
            document: document, inputs: inputs, explanation: explanation, warnings: template.warnings + report.all,
            counts: counts, removalLists: removalLists, imports: imports, origins: origins, template: template)
    }
}
