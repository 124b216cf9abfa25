/// Compares a document with the rules of its features.
struct Checker {
    let document: RADLDocument
    private(set) var errors: [RADLError] = []
    /// Mistakes that are not told any more.
    private(set) var untold = 0
    /// The section at hand, such as `system 'web'`: told where no line shows it.
    var section: (kind: String, id: String)?
    let isJSON: Bool
    /// Of what is reported.
    var severity = RADLError.Severity.error
    var networks: KnownIDs
    var systems: KnownIDs
    private var configures: KnownIDs
    var ansibleHosts: KnownIDs
    var systemNames = NameCache<ResolvedName>()
    var applicationNames = NameCache<ResolvedName>()
    /// Of the section at hand, in the order of its features: kept to save the memory.
    var resolved: [ResolvedName] = []
    /// The network and the unit that were found good last: most features name the same.
    var lastNetwork: String?
    var lastUnit = RADLUnit.none

    init(_ document: RADLDocument) {
        self.document = document
        isJSON = document.source?.isJSON ?? false
        networks = KnownIDs(document.networks.lazy.map(\.id))
        systems = KnownIDs(document.systems.lazy.map(\.id))
        configures = KnownIDs(document.configures.lazy.map(\.id))
        ansibleHosts = KnownIDs(document.ansibleHosts.lazy.map(\.id))
    }

    /// In IM's order, so that the first error is the one that IM reports.
    ///
    /// - Parameter recipes: Those that are looked into; the document's own where it is nil.
    mutating func check(recipeProblem: ((String) -> String?)?, recipesOf recipes: [RADLConfigure]? = nil) {
        for network in document.networks {
            section = ("network", network.id)
            checkFeatures(of: network)
        }
        for host in document.ansibleHosts where !host.isReference {
            section = ("ansible host", host.id)
            check(host)
        }
        for system in document.systems {
            section = ("system", system.id)
            check(system)
        }
        section = nil
        for deploy in document.deploys { check(deploy) }
        checkNumberOfMachines()
        if let recipeProblem {
            for section in recipes ?? document.configures { check(section, recipeProblem) }
        }
        if let contextualize = document.contextualize { check(contextualize) }
        errors += document.unresolvedIncludes()
        if systems.count < document.systems.count {
            checkDuplicates(document.systems.map(\.id), of: "system", imText: "Some System name duplicated.")
        }
        if networks.count < document.networks.count {
            checkDuplicates(document.networks.map(\.id), of: "network", imText: "Some Network name duplicated.")
        }
        checkFixedAddresses()
        if untold > 0 {
            let count = untold == 1 ? "is 1 mistake" : "are \(untold) mistakes"
            errors.append(
                RADLError(
                    .tooMany, "there \(count) more, which \(untold == 1 ? "is" : "are") not told",
                    in: document.source, imText: ""))
        }
    }

    // MARK: - Errors

    private var isFull: Bool { errors.count >= Parser.mostErrors }

    /// Whether nothing more is told; a mistake that is not is counted. Before what is dear to tell.
    mutating func countUntold() -> Bool {
        if isFull { untold += 1 }
        return isFull
    }

    mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, expected: [String] = [],
        replacement: String? = nil, replaced: SourceRange? = nil, at range: SourceRange?, imText: String,
        hasLine: Bool = true
    ) {
        guard !isFull else {
            untold += 1
            return
        }
        // IM knows no lines of JSON, and what is suggested is RADL's text form.
        let prefix = hasLine && !isJSON ? range.map { "Line \($0.line): " } ?? "" : ""
        var suggestion: RADLError.Suggestion?
        if let replacement, !isJSON, let range = replaced ?? range {
            suggestion = .init(range: range, replacement: replacement)
        }
        var message = message
        if isJSON || range == nil, let section, !message.contains("\(section.kind) '\(section.id)'") {
            message = "\(section.kind) '\(section.id)': \(message)"
        }
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
        var missing = ["host", "credentials.username"].filter(lacks)
        if lacks("credentials.password"), lacks("credentials.private_key") {
            missing.append("credentials.password or credentials.private_key")
        }
        for name in missing {
            report(
                .missing, "the ansible host '\(host.id)' has no \(name)", hint: "add \(name)", at: host.source,
                imText: "Ansible host must have a \(name)")
        }
    }

    private mutating func check(_ deploy: RADLDeploy) {
        if !systems.contains(deploy.system), !countUntold() {
            let advice = systems.advice(for: deploy.system, what: "system")
            report(
                .reference, "there is no system '\(deploy.system)' to deploy",
                hint: advice.hint, expected: advice.some, replacement: advice.nearest,
                replaced: document.source?.tokenRange(1, in: deploy.source), at: deploy.source,
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
        let isPart = checkPart(contextualize)
        for item in contextualize.items where !isPart {
            if !systems.contains(item.system), !countUntold() {
                let advice = systems.advice(for: item.system, what: "system")
                report(
                    .reference, "there is no system '\(item.system)' to contextualize",
                    hint: advice.hint, expected: advice.some, replacement: advice.nearest,
                    replaced: document.source?.tokenRange(1, in: item.source), at: item.source,
                    imText: "Invalid system id '\(item.system)'")
            }
            if !configures.contains(item.configure), !countUntold() {
                let advice = configures.advice(for: item.configure, what: "configure section")
                report(
                    .reference, "there is no configure section '\(item.configure)'",
                    hint: advice.hint, expected: advice.some, replacement: advice.nearest,
                    replaced: document.source?.tokenRange(3, in: item.source), at: item.source,
                    imText: "Invalid configure id '\(item.configure)'")
            }
        }
    }

    /// A `contextualize` alone is part of a document: one mistake, not two for each item. True where it is told.
    private mutating func checkPart(_ contextualize: RADLContextualize) -> Bool {
        guard systems.count == 0, configures.count == 0, let item = contextualize.items.first else { return false }
        report(
            .reference, "contextualize names systems and recipes, and the document has none",
            hint: "read it with the rest; of what an infrastructure has already, add: system \(item.system) and "
                + "configure \(item.configure), without parentheses",
            at: item.source, imText: "Invalid system id '\(item.system)'")
        return true
    }

    private mutating func checkDuplicates(_ ids: [String], of what: String, imText: String) {
        var seen: Set<String> = []
        if let id = ids.first(where: { !seen.insert($0).inserted }) {
            report(.duplicate, "there are two \(what)s '\(id)'", at: nil, imText: imText)
        }
    }
}
