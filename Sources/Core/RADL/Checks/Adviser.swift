/// Looks for what is allowed but probably not meant.
struct Adviser {
    /// Different unknown names that are compared with the known ones: comparing is the only dear part.
    private static let mostNames = 2000

    private let document: RADLDocument
    private var checker: Checker
    private(set) var misspelled: [RADLError] = []
    private var known = NameCache<Reading>()
    private var compared = 0

    /// What a name is.
    private enum Reading {
        case known(FeatureRule)
        case free
        case misspelled(String)
        /// Of a connector that has no such feature there; what it has.
        case foreign(String)
    }

    init(_ document: RADLDocument) {
        self.document = document
        checker = Checker(document)
        checker.severity = .warning
    }

    /// In the order in which they were found.
    var warnings: [RADLError] { misspelled + checker.errors }

    mutating func advise() {
        visit(checksValues: true)
        var recipes = RecipeAdviser(document)
        recipes.advise()
        misspelled += recipes.warnings
    }

    mutating func adviseNames() {
        visit(checksValues: false)
    }

    private mutating func visit(checksValues: Bool) {
        for network in document.networks {
            checker.section = ("network", network.id)
            if checksValues { adviseCreation(of: network) }
            look(at: network.features, .network, checksValues)
        }
        for host in document.ansibleHosts {
            checker.section = ("ansible host", host.id)
            look(at: host.features, .ansible, checksValues)
        }
        for system in document.systems {
            checker.section = ("system", system.id)
            look(at: system.features, .system, checksValues)
        }
        if let description = document.description {
            checker.section = ("description", description.id)
            look(at: description.features, .description, checksValues)
        }
        checker.section = nil
        if let contextualize = document.contextualize { look(at: contextualize.options, .option, false) }
    }

    private mutating func look(at features: Features, _ section: FeatureRule.Section, _ checksValues: Bool) {
        for feature in features.all {
            switch feature.value {
            case .softs(let groups):
                for group in groups { look(at: group.features, section, checksValues) }
                continue
            case .set(let sets) where section == .system && feature.name.hasSuffix(".applications"):
                for element in sets.elements { look(at: element.features, .application, checksValues) }
            default: break
            }
            if checksValues, checker.isJSON { adviseRandom(feature) }
            switch reading(of: feature.name, section) {
            case .free:
                if checksValues { adviseExponent(feature) }
            case .known(let rule):
                guard checksValues else { break }
                if !rule.isEnforced {
                    checker.check(feature, rule)
                    adviseExponent(feature)
                }
                if section == .network, feature.name == "outbound" { adviseOutbound(feature) }
                if rule.kind == .outports { adviseRanges(feature) }
                if rule.kind == .integer(.memory) || rule.kind == .number(.memory) { adviseUnit(feature) }
            case .misspelled(let nearest):
                report(feature, hint: "did you mean '\(nearest)'?", replacement: nearest, section)
            case .foreign(let hint): report(feature, hint: hint, replacement: nil, section)
            }
        }
    }

    /// A network is made where it is private and none is named; else `create` is not looked at.
    private mutating func adviseCreation(of network: RADLNetwork) {
        guard network.isCreated, let feature = network.features["create"] else { return }
        let instead: String
        if let id = network.providerID {
            instead = "provider_id names '\(id)', which is taken"
        } else if network.isPublic {
            instead = "machines with public addresses (outbound = 'yes') are on networks that are there"
        } else {
            return
        }
        checker.report(
            .value, "network '\(network.id)' is not made: \(instead)", hint: "leave create out, or the other one",
            at: checker.place(ofValue: feature), imText: "")
    }

    /// `1e3` is 1 with the unit `e3`, as IM reads it; so is `0x10`.
    private mutating func adviseExponent(_ feature: Feature) {
        guard case .number(let interval) = feature.value,
            let unit = interval.bounds.map(\.quantity.unit.text).first(where: { unit in
                unit.utf8.contains { $0 &- 0x30 <= 9 }
            })
        else { return }
        checker.report(
            .unit, "'\(unit.prefix(60))' is taken for a unit, which changes nothing",
            hint: "write all digits: numbers have no exponent", at: checker.place(ofValue: feature), imText: "")
    }

    /// In the text form a string that reads `random(N)` is drawn, in the JSON form it is what it is.
    private mutating func adviseRandom(_ feature: Feature) {
        guard case .string(let text, _) = feature.value, RandomText.isAskedFor(text.utf8) else { return }
        checker.report(
            .value, "'\(feature.name)' is the text '\(text.prefix(60))' itself: JSON draws nothing",
            hint: "write the characters, or the document in RADL's text form", at: checker.place(ofValue: feature),
            imText: "")
    }

    /// IM gives public addresses for `yes` alone.
    private mutating func adviseOutbound(_ feature: Feature) {
        guard case .string(let text, _) = feature.value, text != "yes", text.lowercased() == "yes" else { return }
        checker.report(
            .value, "'\(text)' gives no public addresses", hint: "write outbound = 'yes', in small letters",
            at: checker.place(ofValue: feature), imText: "")
    }

    /// `9100:9000` is taken, and means nothing to a cloud.
    private mutating func adviseRanges(_ feature: Feature) {
        guard case .string(let text, _) = feature.value, let ports = try? Outport.list(parsing: text),
            let range = ports.first(where: { $0.isRange && $0.remote > $0.local })
        else { return }
        checker.report(
            .value, "the range \(range.remote):\(range.local) begins with its larger port",
            hint: "write \(range.local):\(range.remote)", at: checker.place(ofValue: feature), imText: "")
    }

    /// `memory.size >= 512` asks for 512 bytes.
    private mutating func adviseUnit(_ feature: Feature) {
        guard case .number(let interval) = feature.value,
            let small = interval.bounds.map(\.quantity).first(where: { quantity in
                quantity.unit.text.isEmpty && quantity.scaledValue > 0 && quantity.scaledValue < 100_000
            })
        else { return }
        checker.report(
            .unit, "'\(feature.name)' is \(small) bytes",
            hint: checker.isJSON ? "sizes are in bytes here: 1 GB is 1000000000" : "write a unit: \(small)M, \(small)G",
            at: checker.place(ofValue: feature), imText: "")
    }

    private mutating func report(
        _ feature: Feature, hint: String, replacement: String?, _ section: FeatureRule.Section
    ) {
        guard misspelled.count < 200 else { return }
        // The place of an option begins with the word.
        let place =
            section == .option
            ? document.source?.tokenRange(1, in: feature.source) : feature.nameRange
        let what = section == .option ? "the option '\(feature.name)'" : "'\(feature.name)'"
        var message = "nothing reads \(what)"
        if checker.isJSON || feature.source == nil, let section = checker.section {
            message = "\(section.kind) '\(section.id)': \(message)"
        }
        var suggestion: RADLError.Suggestion?
        if let replacement, !checker.isJSON, let place { suggestion = .init(range: place, replacement: replacement) }
        misspelled.append(
            RADLError(
                .value, message, hint: hint, suggestion: suggestion, at: feature.source, in: document.source,
                imText: "", severity: .warning))
    }

    private mutating func reading(of name: String, _ section: FeatureRule.Section) -> Reading {
        let compared = compared
        var count = 0
        let result = known.value(of: section == .system ? name : "\(section.rawValue)/\(name)") { _ in
            if let rule = FeatureRule.rule(for: name, in: section) { return .known(rule) }
            // That a number is missing is an error, which is told.
            if section == .system, let parts = IndexedName(name), parts.index == nil,
                parts.prefix == "disk" || parts.prefix == "net_interface"
            {
                return .free
            }
            guard compared < Self.mostNames else { return .free }
            // Descriptions hold whatever their authors like; one word of them is read.
            if section == .description {
                return Vocabulary.nearest(to: name, among: ["name"]).map { .misspelled($0) } ?? .free
            }
            count = 1
            if let nearest = Self.nearest(to: name, section) { return .misspelled(nearest) }
            return Self.foreign(name, section).map { .foreign($0) } ?? .free
        }
        self.compared += count
        return result
    }

    /// Connectors of ours, by the beginnings of their features: there is none that the table does not have.
    private static let owners = ["libvirt."]

    /// What a connector has in place of a feature that it has not; nil: the feature is no connector's of ours.
    private static func foreign(_ name: String, _ section: FeatureRule.Section) -> String? {
        guard let owner = owners.first(where: { name.lowercased().hasPrefix($0) }) else { return nil }
        let there = FeatureRule.all.filter { $0.name.hasPrefix(owner) }
        if let other = there.first(where: { $0.name == name.lowercased() && $0.section != section }) {
            return "'\(other.name)' stands in a \(other.section.rawValue)"
        }
        return "there is " + there.map { "'\($0.name)' of a \($0.section.rawValue)" }.joined(separator: ", ")
    }

    private static func nearest(to name: String, _ section: FeatureRule.Section) -> String? {
        let pattern = FeatureRule.pattern(of: name)
        guard let nearest = FeatureRule.nearest(to: pattern, in: section),
            nearest.lowercased() != pattern.lowercased() || nearest != pattern
        else { return nil }
        // The numbers of the name take the places of the letters; one that the name lacks is the first, 0.
        var numbers = name.split(separator: ".").filter { $0.utf8.allSatisfy { $0 &- 0x30 <= 9 } }[...]
        let parts = nearest.split(separator: ".").map { part in
            part == "N" || part == "M" ? String(numbers.popFirst() ?? "0") : String(part)
        }
        return numbers.isEmpty ? parts.joined(separator: ".") : nil
    }
}

extension Feature {
    /// Where the name stands; nil where no text said it.
    var nameRange: SourceRange? {
        source.map {
            SourceRange(line: $0.line, column: $0.column, offset: $0.offset, length: min($0.length, name.utf8.count))
        }
    }
}
