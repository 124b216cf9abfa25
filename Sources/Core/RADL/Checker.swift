/// Compares a document with the rules of its features.
struct Checker {
    let document: RADLDocument
    private(set) var errors: [RADLError] = []
    private let networks: Set<String>
    private let systems: Set<String>
    private let configures: Set<String>
    private let ansibleHosts: Set<String>
    private var resolutions: [String: Resolution] = [:]

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
        for feature in host.features.all {
            if let rule = FeatureRule.ansible[feature.name] { check(feature, rule) }
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
        if let known = resolutions[name] { return known }
        let found = Self.resolve(name)
        resolutions[name] = found
        return found
    }

    private static func resolve(_ name: String) -> Resolution {
        if let rule = FeatureRule.system[name] { return .plain(rule) }
        guard let parts = IndexedName(name), parts.prefix == "disk" || parts.prefix == "net_interface" else {
            return .free
        }
        guard let index = parts.index else { return .noIndex(prefix: String(parts.prefix)) }
        if parts.prefix == "disk" {
            return FeatureRule.disk[String(parts.suffix)].map { .disk(index, $0) } ?? .free
        }
        return FeatureRule.interface[String(parts.suffix)].map { .interface(index, $0) } ?? .free
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
            if let allowed, !allowed.contains(where: { Self.isSame($0, text) }) {
                let list = allowed.map { "'\($0)'" }.joined(separator: ", ")
                let nearest = Vocabulary.nearest(to: text, among: allowed)
                report(
                    .value, "'\(feature.name)' cannot be '\(text)'",
                    hint: nearest.map { "did you mean '\($0.lowercased())'?" }
                        ?? "write one of \(allowed.map { "'\($0.lowercased())'" }.joined(separator: ", "))",
                    at: place(ofValue: feature), imText: "Invalid value; expected one of [\(list)]")
            }
        case .stringOrList:
            if case .list = feature.value { return }
            _ = string(feature)
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

    /// Whether a text is a word but for the case of its letters.
    private static func isSame(_ upper: String, _ text: String) -> Bool {
        upper.utf8.elementsEqual(text.utf8) { $0 == ($1 >= 0x61 && $1 <= 0x7A ? $1 - 0x20 : $1) }
    }

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
