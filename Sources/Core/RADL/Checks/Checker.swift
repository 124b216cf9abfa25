/// Compares a document with the rules of its features.
struct Checker {
    let document: RADLDocument
    private(set) var errors: [RADLError] = []
    /// Of what is reported.
    var severity = RADLError.Severity.error
    let networks: Set<String>
    let systems: Set<String>
    let configures: Set<String>
    let ansibleHosts: Set<String>
    private var resolutions = NameCache<Resolution>()

    init(_ document: RADLDocument) {
        self.document = document
        networks = Set(document.networks.map(\.id))
        systems = Set(document.systems.map(\.id))
        configures = Set(document.configures.map(\.id))
        ansibleHosts = Set(document.ansibleHosts.map(\.id))
    }

    /// In IM's order, so that the first error is the one that IM reports.
    mutating func check(recipeProblem: ((String) -> String?)?) {
        for network in document.networks { checkFeatures(of: network) }
        for host in document.ansibleHosts where !host.isReference { check(host) }
        for system in document.systems { check(system) }
        for deploy in document.deploys { check(deploy) }
        checkNumberOfMachines()
        if let recipeProblem {
            for section in document.configures { check(section, recipeProblem) }
        }
        if let contextualize = document.contextualize { check(contextualize) }
        errors += document.unresolvedIncludes()
        checkDuplicates(document.systems.map(\.id), of: "system", imText: "Some System name duplicated.")
        checkDuplicates(document.networks.map(\.id), of: "network", imText: "Some Network name duplicated.")
    }

    // MARK: - Errors

    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, expected: [String] = [],
        replacement: String? = nil, at range: SourceRange?, imText: String, hasLine: Bool = true
    ) {
        guard errors.count < Parser.mostErrors else { return }
        let prefix = hasLine ? range.map { "Line \($0.line): " } ?? "" : ""
        var suggestion: RADLError.Suggestion?
        if let replacement, let range { suggestion = .init(range: range, replacement: replacement) }
        errors.append(
            RADLError(
                code, message, hint: hint, expected: expected, suggestion: suggestion, at: range,
                in: document.source, imText: prefix + imText, severity: severity))
    }

    func place(ofValue feature: Feature) -> SourceRange? {
        feature.source.flatMap { document.source?.valueRange(ofFeature: $0) } ?? feature.source
    }

    // MARK: - Sections

    private mutating func checkFeatures(of network: RADLNetwork) {
        for feature in network.features.all {
            if let rule = FeatureRule.rule(for: feature.name, in: .network), rule.isEnforced { check(feature, rule) }
        }
    }

    private mutating func check(_ host: RADLAnsibleHost) {
        for feature in host.features.all {
            if let rule = FeatureRule.rule(for: feature.name, in: .ansible), rule.isEnforced { check(feature, rule) }
        }
        func lacks(_ name: String) -> Bool { host.features[name] == nil || host.features.string(name) == "" }
        let missing: String
        if lacks("host") {
            missing = "host"
        } else if lacks("credentials.username") {
            missing = "credentials.username"
        } else if lacks("credentials.password"), lacks("credentials.private_key") {
            missing = "credentials.password or credentials.private_key"
        } else {
            return
        }
        report(
            .missing, "the ansible host '\(host.id)' has no \(missing)", hint: "add \(missing)", at: host.source,
            imText: "Ansible host must have a \(missing)")
    }

    private mutating func check(_ system: RADLSystem) {
        var indexed = Indexed()
        checkPlain(system.features, &indexed)
        for feature in indexed.features { checkIndexed(feature) }
        for prefix in indexed.prefixes { checkIndices(prefix, indexed.found(prefix), system) }
        let connected = Set(indexed.connected)
        if let lonely = indexed.interfaces.first(where: { !connected.contains($0.index) }) {
            report(
                .missing, "net_interface.\(lonely.index) of system '\(system.id)' is connected to no network",
                hint: "add net_interface.\(lonely.index).connection = 'NETWORK'", at: lonely.place ?? system.source,
                imText: "Some net_interface does not have a connection", hasLine: false)
        }
    }

    /// Features with an index, put aside: IM looks at them behind all others.
    private struct Indexed {
        typealias Place = (index: Int, place: SourceRange?)

        var features: [Feature] = []
        /// In the order in which they were met.
        var prefixes: [String] = []
        var interfaces: [Place] = []
        var disks: [Place] = []
        var connected: [Int] = []

        mutating func noteInterface(_ index: Int, _ feature: Feature, isConnection: Bool) {
            if interfaces.isEmpty { prefixes.append("net_interface") }
            if interfaces.last?.index != index { interfaces.append((index, feature.source)) }
            if isConnection { connected.append(index) }
            features.append(feature)
        }

        mutating func noteDisk(_ index: Int, _ feature: Feature) {
            if disks.isEmpty { prefixes.append("disk") }
            if disks.last?.index != index { disks.append((index, feature.source)) }
            features.append(feature)
        }

        func found(_ prefix: String) -> [Place] {
            (prefix == "disk" ? disks : interfaces).sorted { $0.index < $1.index }
        }
    }

    private mutating func checkPlain(_ features: Features, _ indexed: inout Indexed) {
        for feature in features.all {
            if case .softs(let groups) = feature.value {
                for group in groups { checkPlain(group.features, &indexed) }
                continue
            }
            switch resolution(of: feature.name) {
            case .free: break
            case .plain(let rule): check(feature, rule)
            case .interface(let index, let rule):
                var isConnection = false
                if case .network = rule.kind { isConnection = true }
                indexed.noteInterface(index, feature, isConnection: isConnection)
            case .disk(let index, _): indexed.noteDisk(index, feature)
            case .noIndex: indexed.features.append(feature)
            }
        }
    }

    private mutating func checkIndexed(_ feature: Feature) {
        switch resolution(of: feature.name) {
        case .interface(_, let rule), .disk(_, let rule): check(feature, rule)
        case .noIndex(let prefix):
            let suffix = feature.name.split(separator: ".").dropFirst(2).joined(separator: ".")
            report(
                .index, "'\(feature.name)' has no number behind '\(prefix).'",
                hint: "write \(prefix).0\(suffix.isEmpty ? "" : ".\(suffix)")", at: feature.source,
                imText: "Invalid property name; expected an index.")
        case .free, .plain: break
        }
    }

    /// What a feature name of a system means.
    private enum Resolution {
        case free
        case plain(FeatureRule)
        case interface(Int, FeatureRule)
        case disk(Int, FeatureRule)
        case noIndex(prefix: String)
    }

    /// Names repeat from system to system: each is taken apart once.
    private mutating func resolution(of name: String) -> Resolution {
        resolutions.value(of: name, Self.resolve)
    }

    private static func resolve(_ name: String) -> Resolution {
        let rule = FeatureRule.rule(for: name, in: .system).flatMap { $0.isEnforced ? $0 : nil }
        guard let parts = IndexedName(name), parts.prefix == "disk" || parts.prefix == "net_interface" else {
            return rule.map { .plain($0) } ?? .free
        }
        guard let index = parts.index else { return .noIndex(prefix: String(parts.prefix)) }
        guard let rule else { return .free }
        return parts.prefix == "disk" ? .disk(index, rule) : .interface(index, rule)
    }

    private mutating func checkIndices(_ prefix: String, _ found: [Indexed.Place], _ system: RADLSystem) {
        var wanted = 0
        for (index, place) in found where index != wanted - 1 {
            guard index == wanted else {
                return report(
                    .index, "system '\(system.id)' has \(prefix).\(index) but no \(prefix).\(wanted)",
                    hint: "number them from 0 without gaps", at: place ?? system.source,
                    imText: "Invalid indices values in properties '\(prefix)'", hasLine: false)
            }
            wanted += 1
        }
    }

    private mutating func check(_ deploy: RADLDeploy) {
        if !systems.contains(deploy.system) {
            report(
                .reference, "there is no system '\(deploy.system)' to deploy",
                hint: hint(for: deploy.system, among: systems, what: "system"), at: deploy.source,
                imText: "Invalid system id in the deploy.")
        }
        if deploy.count < 0 {
            report(
                .value, "the number of machines of '\(deploy.system)' is negative", at: deploy.source,
                imText: "Invalid number of virtual machines to deploy.")
        }
    }

    /// All sentences together; told of the one that goes beyond the limit.
    private mutating func checkNumberOfMachines() {
        var sum = 0
        var place: SourceRange?
        for deploy in document.deploys where deploy.count > 0 {
            let (next, overflows) = sum.addingReportingOverflow(deploy.count)
            sum = overflows ? .max : next
            if sum > RADLDeploy.mostMachines, place == nil { place = deploy.source }
        }
        guard sum > RADLDeploy.mostMachines else { return }
        report(
            .value,
            "the document asks for \(sum) machines, an infrastructure has at most \(RADLDeploy.mostMachines)",
            hint: "make several infrastructures", at: place, imText: "Invalid number of virtual machines to deploy.")
    }

    private mutating func check(_ section: RADLConfigure, _ recipeProblem: (String) -> String?) {
        guard let recipe = section.recipe, let problem = recipeProblem(recipe) else { return }
        report(
            .recipe, "the recipe '\(section.id)' is not readable: \(problem)", at: section.source,
            imText: "Invalid YAML code: \(problem).")
    }

    private mutating func check(_ contextualize: RADLContextualize) {
        if let time = contextualize.maximumTime, !time.isInteger || time.doubleValue < 0 {
            report(
                .value, "the longest time of contextualize is no whole number of seconds",
                hint: "write a whole number from 0", at: contextualize.source,
                imText: "Invalid 'max time' in 'contextualize'", hasLine: false)
        }
        for item in contextualize.items {
            if !systems.contains(item.system) {
                report(
                    .reference, "there is no system '\(item.system)' to contextualize",
                    hint: hint(for: item.system, among: systems, what: "system"), at: item.source,
                    imText: "Invalid system id '\(item.system)'")
            }
            if !configures.contains(item.configure) {
                report(
                    .reference, "there is no configure section '\(item.configure)'",
                    hint: hint(for: item.configure, among: configures, what: "configure section"), at: item.source,
                    imText: "Invalid configure id '\(item.configure)'")
            }
        }
    }

    private mutating func checkDuplicates(_ ids: [String], of what: String, imText: String) {
        var seen: Set<String> = []
        if let id = ids.first(where: { !seen.insert($0).inserted }) {
            report(.duplicate, "there are two \(what)s '\(id)'", at: nil, imText: imText)
        }
    }

    func hint(for id: String, among ids: Set<String>, what: String) -> String {
        if let nearest = Vocabulary.nearest(to: id, among: ids.sorted()) { return "did you mean '\(nearest)'?" }
        if ids.isEmpty { return "the document has no \(what): add '\(id)'" }
        let known = ids.sorted().prefix(8).joined(separator: ", ")
        return "add a \(what) '\(id)', or use one of \(known)"
    }
}
