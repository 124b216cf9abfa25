/// Compares a document with the rules of its features.
struct Checker {
    let document: RADLDocument
    private(set) var errors: [RADLError] = []
    private let networks: Set<String>
    private let systems: Set<String>
    private let configures: Set<String>
    private let ansibleHosts: Set<String>

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
        if let recipeProblem {
            for section in document.configures { check(section, recipeProblem) }
        }
        if let contextualize = document.contextualize { check(contextualize) }
        checkDuplicates(document.systems.map(\.id), of: "system", imText: "Some System name duplicated.")
        checkDuplicates(document.networks.map(\.id), of: "network", imText: "Some Network name duplicated.")
    }

    // MARK: - Errors

    private mutating func report(
        _ code: RADLError.Code, _ message: String, hint: String? = nil, at range: SourceRange?, imText: String,
        hasLine: Bool = true
    ) {
        let prefix = hasLine ? range.map { "Line \($0.line): " } ?? "" : ""
        errors.append(
            RADLError(code, message, hint: hint, at: range, in: document.source, imText: prefix + imText))
    }

    private func place(ofValue feature: Feature) -> SourceRange? {
        feature.source.flatMap { document.source?.valueRange(ofFeature: $0) } ?? feature.source
    }

    // MARK: - Sections

    private mutating func checkFeatures(of network: RADLNetwork) {
        for feature in network.features.all {
            if let rule = FeatureRule.network[feature.name] { check(feature, rule) }
        }
    }

    private mutating func check(_ host: RADLAnsibleHost) {
        let problem: (String, String)?
        if host.features["host"] == nil {
            problem = ("host", "host")
        } else if host.features["credentials.username"] == nil {
            problem = ("credentials.username", "credentials.username")
        } else if host.features["credentials.password"] == nil, host.features["credentials.private_key"] == nil {
            problem = (
                "credentials.password or credentials.private_key",
                "credentials.password or credentials.private_key"
            )
        } else {
            problem = nil
        }
        if let (missing, imName) = problem {
            report(
                .missing, "the ansible host '\(host.id)' has no \(missing)", hint: "add \(missing)", at: host.source,
                imText: "Ansible host must have a \(imName)")
        }
    }

    private mutating func check(_ system: RADLSystem) {
        var indices = Indices()
        checkFeatures(system.features, &indices)
        checkIndices("net_interface", indices.interfaces, system)
        checkIndices("disk", indices.disks, system)
        if let index = indices.interfaces.keys.sorted().first(where: { !indices.connected.contains($0) }) {
            report(
                .missing, "net_interface.\(index) of system '\(system.id)' is connected to no network",
                hint: "add net_interface.\(index).connection = 'NETWORK'",
                at: indices.interfaces[index] ?? system.source,
                imText: "Some net_interface does not have a connection", hasLine: false)
        }
    }

    /// Indices of features that have a rule, with the place where each was met first.
    private struct Indices {
        var interfaces: [Int: SourceRange?] = [:]
        var disks: [Int: SourceRange?] = [:]
        var connected: Set<Int> = []
    }

    private mutating func checkFeatures(_ features: Features, _ indices: inout Indices) {
        for feature in features.all {
            if case .softs(let groups) = feature.value {
                for group in groups { checkFeatures(group.features, &indices) }
                continue
            }
            if let rule = FeatureRule.system[feature.name] {
                check(feature, rule)
                continue
            }
            guard let name = IndexedName(feature.name) else { continue }
            switch name.prefix {
            case "net_interface":
                guard let rule = rule(name, FeatureRule.interface, feature), let index = name.index else { continue }
                if indices.interfaces[index] == nil { indices.interfaces[index] = .some(feature.source) }
                if name.suffix == "connection" { indices.connected.insert(index) }
                check(feature, rule)
            case "disk":
                guard let rule = rule(name, FeatureRule.disk, feature), let index = name.index else { continue }
                if indices.disks[index] == nil { indices.disks[index] = .some(feature.source) }
                check(feature, rule)
            default: break
            }
        }
    }

    private mutating func rule(
        _ name: IndexedName, _ rules: [String: FeatureRule], _ feature: Feature
    ) -> FeatureRule? {
        guard name.index != nil else {
            report(
                .index, "'\(feature.name)' has no number behind '\(name.prefix).'",
                hint: "write \(name.prefix).0.\(name.suffix)", at: feature.source,
                imText: "Invalid property name; expected an index.")
            return nil
        }
        return rules[String(name.suffix)]
    }

    private mutating func checkIndices(_ prefix: String, _ found: [Int: SourceRange?], _ system: RADLSystem) {
        let sorted = found.keys.sorted()
        guard let (wanted, index) = sorted.enumerated().first(where: { $0.offset != $0.element }) else { return }
        report(
            .index, "system '\(system.id)' has \(prefix).\(index) but no \(prefix).\(wanted)",
            hint: "number them from 0 without gaps", at: found[index] ?? system.source,
            imText: "Invalid indices values in properties '\(prefix)'", hasLine: false)
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

    private func hint(for id: String, among ids: Set<String>, what: String) -> String {
        if let nearest = Vocabulary.nearest(to: id, among: ids.sorted()) { return "did you mean '\(nearest)'?" }
        if ids.isEmpty { return "the document has no \(what): add '\(id)'" }
        let known = ids.sorted().prefix(8).joined(separator: ", ")
        return "add a \(what) '\(id)', or use one of \(known)"
    }

    // MARK: - Features

    private mutating func check(_ feature: Feature, _ rule: FeatureRule) {
        switch rule.kind {
        case .string(let allowed):
            guard let text = string(feature) else { return }
            if let allowed, !allowed.contains(text.uppercased()) {
                let list = allowed.map { "'\($0)'" }.joined(separator: ", ")
                let nearest = Vocabulary.nearest(to: text, among: allowed)
                report(
                    .value, "'\(feature.name)' cannot be '\(text)'",
                    hint: nearest.map { "did you mean '\($0.lowercased())'?" }
                        ?? "write one of \(allowed.map { "'\($0.lowercased())'" }.joined(separator: ", "))",
                    at: place(ofValue: feature), imText: "Invalid value; expected one of [\(list)]")
            }
        case .stringOrList:
            if case .list(_, let sign) = feature.value {
                _ = isEqual(sign, feature)
            } else {
                _ = string(feature)
            }
        case .nonEmptyString:
            if let text = string(feature), text.isEmpty { invalidValue(feature, "is empty") }
        case .version(let mayBeEmpty):
            guard case .string(let text, _) = feature.value else { return wrongType(feature, "str") }
            if !Self.isVersion(text), !(mayBeEmpty && text.isEmpty) {
                invalidValue(feature, "has to be numbers with points between, such as '22.04'")
            }
        case .number(let units): checkNumber(feature, units, needsInteger: false)
        case .integer(let units): checkNumber(feature, units, needsInteger: true)
        case .outports:
            guard let text = string(feature) else { return }
            do throws(Outport.Failure) {
                _ = try Outport.list(parsing: text)
            } catch {
                let isFormat = error == .format
                invalidValue(
                    feature,
                    isFormat ? "is no list of ports" : "leads a port to one of another protocol",
                    hint: "write for example '22,8080-80,9000:9100/udp', without blanks")
            }
        case .strongPassword:
            if let text = string(feature), !Self.isStrong(text) {
                invalidValue(
                    feature, "is too weak",
                    hint: "use 7 characters or more, with an upper case letter, a digit and a special character")
            }
        case .ansibleHost: checkReference(feature, ansibleHosts, "ansible host")
        case .network: checkReference(feature, networks, "network")
        case .set(let rules):
            guard case .set(let sets) = feature.value else { return wrongType(feature, "radl.radl.Features") }
            for element in sets.elements {
                for inner in element.features.all {
                    if let rule = rules[inner.name] { check(inner, rule) }
                }
            }
        }
    }

    private mutating func checkReference(_ feature: Feature, _ ids: Set<String>, _ what: String) {
        guard let id = string(feature), !ids.contains(id) else { return }
        report(
            .reference, "'\(feature.name)' names the \(what) '\(id)', which the document does not have",
            hint: hint(for: id, among: ids, what: what), at: place(ofValue: feature),
            imText: "Invalid value in property '\(feature.name)'")
    }

    private mutating func checkNumber(_ feature: Feature, _ units: FeatureRule.Units, needsInteger: Bool) {
        guard case .number(let interval) = feature.value else {
            return wrongType(feature, needsInteger ? "int" : "float")
        }
        for bound in interval.bounds {
            if needsInteger, !bound.quantity.number.isInteger { return wrongType(feature, "int") }
            if bound.quantity.number.doubleValue < 0 { return invalidValue(feature, "is negative") }
            guard units.allows(bound.quantity.unit) else { return wrongUnit(feature, bound.quantity, units) }
        }
    }

    private mutating func wrongUnit(_ feature: Feature, _ quantity: Quantity, _ units: FeatureRule.Units) {
        let unit = quantity.unit.text
        let list = units.allowed.map { "'\($0)'" }.joined(separator: ", ")
        let written = unit.isEmpty ? "needs a unit" : "cannot have the unit '\(unit)'"
        let hint =
            switch units {
            case .none: "write the number alone"
            case .performance: "use ECU, GCEU or HRZ"
            case .memory: unit.uppercased() == "TI" ? "write TiB" : "use B, K, M, G, T, KiB, MiB, GiB or TiB"
            }
        report(
            .unit, "'\(feature.name)' \(written)", hint: hint, at: place(ofValue: feature),
            imText: units.allowed.isEmpty ? "Invalid unit; expected none" : "Invalid unit; expected one of [\(list)]")
    }

    /// The text of a feature that has to be a string with `=`; nil after a report.
    private mutating func string(_ feature: Feature) -> String? {
        guard case .string(let text, let sign) = feature.value else {
            wrongType(feature, "str")
            return nil
        }
        return isEqual(sign, feature) ? text : nil
    }

    private mutating func isEqual(_ sign: Comparison, _ feature: Feature) -> Bool {
        if sign == .equal { return true }
        report(
            .operator, "'\(feature.name)' can only be set with '=', not '\(sign.sign)'", hint: "write '='",
            at: feature.source, imText: "Invalid operator; expected '='")
        return false
    }

    private mutating func invalidValue(_ feature: Feature, _ problem: String, hint: String? = nil) {
        report(
            .value, "'\(feature.name)' \(problem)", hint: hint, at: place(ofValue: feature),
            imText: "Invalid value in property '\(feature.name)'")
    }

    private mutating func wrongType(_ feature: Feature, _ expected: String) {
        let (words, hint) =
            switch expected {
            case "int": ("a whole number", "write digits, without quotes and point, and a unit: 512M")
            case "float": ("a number", "write digits, without quotes")
            case "str": ("a string", "put the value in single quotes")
            default: ("set with 'contains'", "write: \(feature.name) contains (name = '…')")
            }
        report(
            .type, "'\(feature.name)' has to be \(words)", hint: hint, at: place(ofValue: feature),
            imText: "Invalid type; expected <class '\(expected)'>")
    }

    // MARK: - Texts

    private static func isVersion(_ text: String) -> Bool {
        var digits = 0
        for byte in text.utf8 {
            if byte &- 0x30 <= 9 {
                digits += 1
            } else if byte == UInt8(ascii: "."), digits > 0 {
                digits = 0
            } else {
                return false
            }
        }
        return digits > 0
    }

    private static func isStrong(_ text: String) -> Bool {
        text.unicodeScalars.count > 6
            && text.unicodeScalars.contains { $0.properties.isUppercase }
            && text.unicodeScalars.contains { $0.properties.numericType != nil }
            && text.unicodeScalars.contains { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
    }
}

extension RADLDocument {
    /// Compares the document with the rules of its features, networks, ports and references.
    ///
    /// - Parameter recipeProblem: Tells what is wrong with the YAML of a recipe, nil where nothing is. Without it recipes
    ///   are not looked into: this module knows no YAML.
    /// - Returns: Everything that is wrong, first what IM would report; empty where the document is good.
    public func check(recipeProblem: ((String) -> String?)? = nil) -> [RADLError] {
        var checker = Checker(self)
        checker.check(recipeProblem: recipeProblem)
        return checker.errors
    }

    /// As ``check(recipeProblem:)``.
    ///
    /// - Throws: ``RADLErrors`` with all that is wrong.
    public func validate(recipeProblem: ((String) -> String?)? = nil) throws(RADLErrors) {
        if let errors = RADLErrors(check(recipeProblem: recipeProblem)) { throw errors }
    }

    /// Features that no rule and no connector knows but whose name is nearly one that is known.
    public func misspellings() -> [RADLError] {
        let plain = FeatureRule.system.keys.sorted() + FeatureRule.otherNames
        var warnings: [RADLError] = []
        for system in systems {
            for feature in system.features.all where !plain.contains(feature.name) {
                var nearest = Vocabulary.nearest(to: feature.name, among: plain)
                if let name = IndexedName(feature.name), name.index != nil {
                    let rules = name.prefix == "disk" ? FeatureRule.disk : FeatureRule.interface
                    guard ["disk", "net_interface"].contains(name.prefix), rules[String(name.suffix)] == nil
                    else { continue }
                    nearest = Vocabulary.nearest(to: String(name.suffix), among: rules.keys.sorted())
                        .map { "\(feature.name.dropLast(name.suffix.count))\($0)" }
                }
                guard let nearest else { continue }
                warnings.append(
                    RADLError(
                        .value, "nothing reads '\(feature.name)'", hint: "did you mean '\(nearest)'?",
                        at: feature.source, in: source, imText: "", severity: .warning))
            }
        }
        return warnings
    }
}

extension RADLSource {
    /// Where the value of a feature stands: found by reading the feature once more.
    func valueRange(ofFeature feature: SourceRange) -> SourceRange? {
        guard feature.end <= bytes.count else { return nil }
        var lexer = Lexer(bytes, at: feature.offset, line: feature.line, depth: 1)
        _ = lexer.next()
        _ = lexer.next()
        let value = lexer.next()
        guard value.start < feature.end else { return nil }
        let column = scalars(from: value.lineStart, to: value.start) + 1
        let end = value.kind == .string || value.kind == .random ? value.end : feature.end
        return SourceRange(
            line: value.line, column: column, offset: value.start, length: min(end, feature.end) - value.start)
    }

    private func scalars(from start: Int, to end: Int) -> Int {
        bytes[start..<end].reduce(into: 0) { count, byte in
            if byte & 0xC0 != 0x80 { count += 1 }
        }
    }
}
