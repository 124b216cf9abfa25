/// Gathers what a document asks for.
struct ExplanationBuilder {
    private let document: RADLDocument
    private let index: RADLIndex

    init(_ document: RADLDocument) {
        self.document = document.undrawn
        index = RADLIndex(self.document)
    }

    func explanation() -> RADLExplanation {
        let machines = document.deploys.map(machines)
        var count = 0
        for deploy in document.deploys {
            let (sum, overflows) = count.addingReportingOverflow(deploy.count)
            count = overflows ? .max : sum
        }
        let explanation = RADLExplanation(
            name: document.name, machineCount: count, machines: machines, networks: networks(), steps: steps(),
            notes: notes())
        return explanation.masked
    }

    // MARK: - Machines

    private func machines(_ deploy: RADLDeploy) -> RADLExplanation.Machines {
        var result = RADLExplanation.Machines(
            system: deploy.system, count: deploy.count, cloud: deploy.cloud, processors: nil, memory: nil,
            conditions: [], images: [], operatingSystem: nil, disks: [], networks: [], hostNames: [],
            applications: [], wishes: [], isReference: false)
        guard let system = index.system(deploy.system) else { return result }
        result.isReference = system.isReference
        let features = system.features
        result.processors = features.interval("cpu.count").map { Words.count($0) }
        result.memory = features.interval("memory.size").map { Words.size($0) }
        result.conditions = Self.conditions(features)
        result.images = system.imageURLs
        if result.images.isEmpty, let name = features.string("disk.0.image.name") { result.images = [name] }
        let words = ["name", "flavour", "version"].compactMap { part -> String? in
            guard let text = features.string("disk.0.os.\(part)"), !text.isEmpty else { return nil }
            guard case .string(_, let sign) = features["disk.0.os.\(part)"]?.value, sign != .equal else { return text }
            return Words.compared(sign, text)
        }
        if !words.isEmpty { result.operatingSystem = words.joined(separator: " ") }
        result.disks = system.disks.compactMap { Self.words($0, features) }
        result.networks = system.interfaces.compactMap(\.connection)
        result.hostNames = system.interfaces.flatMap(\.dnsNames)
        result.applications = system.applications.map(Self.words)
        result.wishes = features.softs.sorted { $0.weight.doubleValue > $1.weight.doubleValue }.map { group in
            "\(Words.list(group.features.all.map(Self.words))) (weight \(group.weight))"
        }
        return result
    }

    private static func conditions(_ features: Features) -> [String] {
        var result: [String] = []
        if let text = features.string("instance_type") { result.append("machine type \(text)") }
        if let text = features.string("cpu.arch") { result.append("architecture \(text)") }
        if let interval = features.interval("cpu.performance") {
            result.append("computing power \(Words.quantity(interval))")
        }
        if let interval = features.interval("gpu.count") {
            let kind = ["gpu.vendor", "gpu.model"].compactMap { features.string($0) }.joined(separator: " ")
            let count = Words.count(interval)
            result.append("\(count) graphics processor\(count == "1" ? "" : "s")\(kind.isEmpty ? "" : " \(kind)")")
        }
        if let interval = features.interval("price") { result.append("price \(Words.quantity(interval)) an hour") }
        if features.flag("spot") { result.append("spot price") }
        if let text = features.string("availability_zone") { result.append("zone \(text)") }
        return result
    }

    private static func words(_ disk: RADLSystem.Disk, _ features: Features) -> String? {
        let size = features.interval("disk.\(disk.index).size").map { Words.size($0) }
        if disk.index == 0 { return size.map { "the first disk has \($0)" } }
        var text = size ?? "a disk"
        if let image = disk.imageURLs.first { text += " from \(image)" }
        if let type = disk.type { text += ", type \(type)" }
        if let device = disk.device { text += " as \(device)" }
        if let path = disk.mountPath { text += " at \(path)" }
        if let fileSystem = disk.fileSystem { text += " (\(fileSystem))" }
        return text
    }

    private static func words(_ application: RADLSystem.Application) -> String {
        var text: String
        if let role = application.ansibleRole {
            text = "role \(role)"
        } else if let collection = application.ansibleCollection {
            text = "collection \(collection)"
        } else {
            text = application.name.isEmpty ? "something without a name" : application.name
        }
        if let version = application.version, !version.isEmpty {
            text += " \(Words.compared(application.comparison, version))"
        }
        if application.isPreinstalled { text += ", part of the image" }
        return text
    }

    private static func words(_ feature: Feature) -> String {
        switch feature.value {
        case .number(let interval):
            feature.name == "memory.size" || feature.name.hasSuffix(".size")
                ? "\(feature.name) \(Words.size(interval))" : "\(feature.name) \(Words.quantity(interval))"
        case .set(let sets): "\(feature.name) " + Words.list(sets.elements.compactMap(\.name))
        default: "\(feature.name) \(feature.shown)"
        }
    }

    // MARK: - Networks

    private func networks() -> [RADLExplanation.Network] {
        var systems: [String: [String]] = [:]
        var seen: Set<String> = []
        for deploy in document.deploys where seen.insert(deploy.system).inserted {
            for id in Set(index.system(deploy.system)?.interfaces.compactMap(\.connection) ?? []) {
                systems[id, default: []].append(deploy.system)
            }
        }
        return document.networks.map { network in
            var details: [String] = []
            if let text = network.providerID { details.append("'\(text)' at the provider") }
            if network.isCreated { details.append("made for the infrastructure") }
            if let text = network.cidr { details.append("addresses \(text)") }
            if let text = network.securityGroupName { details.append("security group \(text)") }
            if network.features.contains("proxy_host") { details.append("reached through an SSH proxy") }
            if let text = network.features.string("router") { details.append("routes \(text)") }
            return RADLExplanation.Network(
                id: network.id, isPublic: network.isReference ? nil : network.isPublic,
                ports: network.outports.map(Words.port),
                systems: systems[network.id] ?? [], details: details)
        }
    }

    // MARK: - Contextualization

    private func steps() -> [RADLExplanation.Step] {
        var steps: [Int: [RADLExplanation.Step.Run]] = [:]
        var first: [RADLExplanation.Step.Run] = []
        var seen: Set<String> = []
        for deploy in document.deploys where seen.insert(deploy.system).inserted {
            for item in runs(on: deploy.system) {
                let run = RADLExplanation.Step.Run(
                    system: item.system, configure: item.configure, isCloudInit: item.isCloudInit,
                    summary: index.configure(item.configure)?.recipe.map(Words.recipe) ?? [])
                if item.isCloudInit { first.append(run) } else { steps[item.step ?? 0, default: []].append(run) }
            }
        }
        let start = first.isEmpty ? [] : [RADLExplanation.Step(number: 0, runs: first)]
        return start + steps.keys.sorted().map { RADLExplanation.Step(number: $0, runs: steps[$0] ?? []) }
    }

    /// What really runs: an empty recipe does nothing.
    private func runs(on system: String) -> [RADLContextualize.Item] {
        index.contextualizationItems(of: system).filter { index.configure($0.configure)?.content != .disabled }
    }

    /// - Parameter systems: Those that are deployed.
    private func contextualizationNotes(_ systems: [String]) -> [String] {
        var notes: [String] = []
        let plain = systems.filter { !index.isContextualized($0) }
        if !plain.isEmpty {
            notes.append("Not contextualized, because their own configure is empty: \(Words.list(plain)).")
        }
        let idle = systems.filter { index.isContextualized($0) && runs(on: $0).isEmpty }
        if !idle.isEmpty {
            notes.append(
                idle.count == systems.count
                    ? "No recipe runs: machines get their names, networks and logins only."
                    : "No recipe runs on: \(Words.list(Array(idle.prefix(12)), of: idle.count)).")
        }
        if plain.count < systems.count, let seconds = document.contextualize?.maximumSeconds {
            notes.append("Contextualization may take \(seconds) seconds at most.")
        }
        for host in document.ansibleHosts {
            notes.append("Contextualized from the host \(host.host ?? host.id) ('\(host.id)').")
        }
        return notes
    }

    private func notes() -> [String] {
        var notes: [String] = []
        let deployed = Set(document.deploys.map(\.system))
        let idle = document.systems.filter { !deployed.contains($0.id) && !$0.isReference }.map(\.id)
        if !idle.isEmpty {
            notes.append("Defined but not deployed: \(Words.list(Array(idle.prefix(12)), of: idle.count)).")
        }
        if document.contextualize?.isDisabling == true {
            notes.append("Contextualization is switched off: machines are only started.")
        } else {
            notes += contextualizationNotes(
                document.systems.filter { !$0.isReference }.map(\.id).filter(deployed.contains))
        }
        for group in document.deployGroups() where group.staysTogether && group.deploys.count > 1 {
            var seen: Set<String> = []
            let systems = group.deploys.map(\.system).filter { seen.insert($0).inserted }
            if systems.count > 1 {
                notes.append("In one cloud, because a private network joins them: \(Words.list(systems)).")
            }
        }
        for include in document.includes {
            notes.append("Includes the document '\(include.template)', which is not looked into here.")
        }
        return notes
    }
}

extension RADLExplanation {
    /// Without secrets that stand within values, such as the passwords of URLs.
    fileprivate var masked: RADLExplanation {
        var copy = self
        copy.name = name.map(Secrets.masked)
        copy.machines = machines.map { machines in
            var machines = machines
            machines.conditions = machines.conditions.map(Secrets.masked)
            machines.images = machines.images.map(Secrets.masked)
            machines.operatingSystem = machines.operatingSystem.map(Secrets.masked)
            machines.disks = machines.disks.map(Secrets.masked)
            machines.hostNames = machines.hostNames.map(Secrets.masked)
            machines.applications = machines.applications.map(Secrets.masked)
            machines.wishes = machines.wishes.map(Secrets.masked)
            return machines
        }
        copy.networks = networks.map { network in
            var network = network
            network.details = network.details.map(Secrets.masked)
            return network
        }
        copy.steps = steps.map { step in
            var step = step
            step.runs = step.runs.map { run in
                var run = run
                run.summary = run.summary.map(Secrets.masked)
                return run
            }
            return step
        }
        copy.notes = notes.map(Secrets.masked)
        return copy
    }
}
