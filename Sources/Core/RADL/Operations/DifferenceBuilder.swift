/// Compares two documents section by section.
struct DifferenceBuilder {
    private(set) var entries: [RADLDifference.Entry] = []
    private(set) var machines: [RADLDifference.Machines] = []

    /// One part of a section: what compares, and what is shown of it.
    struct Part {
        var key: String
        var value: AnyHashableValue
        var text: String
        /// Says what holds where nothing is said.
        var isDefault = false
    }

    /// What compares: numbers by what they mean, all else by what they are.
    enum AnyHashableValue: Hashable {
        case numbers(low: Double?, lowSign: Comparison?, high: Double?, highSign: Comparison?)
        case value(Feature.Value)
        case parts([String: AnyHashableValue])
        case text(String)
        case ports(Set<Outport>)
    }

    mutating func compare(_ old: RADLDocument, _ new: RADLDocument) {
        var new = new
        new.keepDrawn(from: old)
        func one(_ description: RADLDescription?) -> [Section] {
            description.map { [Section($0.id, $0.features.parts, isReference: false, $0.source)] } ?? []
        }
        // The id of a description means nothing: there is one.
        var oldDescription = one(old.description)
        let newDescription = one(new.description)
        if !oldDescription.isEmpty, !newDescription.isEmpty { oldDescription[0].id = newDescription[0].id }
        compare(.description, oldDescription, newDescription)
        compare(
            .ansible,
            old.ansibleHosts.map { Section($0.id, $0.features.parts, isReference: $0.isReference, $0.source) },
            new.ansibleHosts.map { Section($0.id, $0.features.parts, isReference: $0.isReference, $0.source) })
        compare(
            .network,
            old.networks.map { Section($0.id, $0.features.networkParts, isReference: $0.isReference, $0.source) },
            new.networks.map { Section($0.id, $0.features.networkParts, isReference: $0.isReference, $0.source) })
        compare(
            .system, old.systems.map { Section($0.id, $0.features.parts, isReference: $0.isReference, $0.source) },
            new.systems.map { Section($0.id, $0.features.parts, isReference: $0.isReference, $0.source) })
        compareRecipes(old.configures, new.configures)
        compare(
            .contextualize, old.contextualize.map { [Section("", $0.parts, isReference: false, $0.source)] } ?? [],
            new.contextualize.map { [Section("", $0.parts, isReference: false, $0.source)] } ?? [])
        compare(.deploy, Self.deploys(old), Self.deploys(new))
        countMachines(old, new)
    }

    struct Section {
        var id: String
        var parts: [Part]
        var isReference: Bool
        var source: SourceRange?

        init(_ id: String, _ parts: [Part], isReference: Bool, _ source: SourceRange?) {
            self.id = id
            self.parts = parts
            self.isReference = isReference
            self.source = source
        }

        var whereDefined: String { isReference ? "elsewhere, this is a reference" : "here" }
    }

    private mutating func compare(_ kind: RADLDifference.Kind, _ old: [Section], _ new: [Section]) {
        let before = Dictionary(old.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        for section in new where seen.insert(section.id).inserted {
            guard let other = before[section.id] else {
                add(kind, section, .added, section.parts.map { .init(name: $0.key, before: nil, after: $0.text) })
                continue
            }
            var details: [RADLDifference.Detail] = []
            if section.isReference != other.isReference {
                details.append(.init(name: "definition", before: other.whereDefined, after: section.whereDefined))
            }
            // What a reference stands for is not known here.
            if !section.isReference { details += Self.details(other.parts, section.parts) }
            if !details.isEmpty { add(kind, section, .changed, details) }
        }
        for section in old where seen.insert(section.id).inserted {
            var gone = section
            gone.source = nil
            add(kind, gone, .removed, section.parts.map { .init(name: $0.key, before: $0.text, after: nil) })
        }
    }

    private mutating func add(
        _ kind: RADLDifference.Kind, _ section: Section, _ change: RADLDifference.Change,
        _ details: [RADLDifference.Detail]
    ) {
        entries.append(.init(kind: kind, id: section.id, change: change, details: details, source: section.source))
    }

    private static func details(_ old: [Part], _ new: [Part]) -> [RADLDifference.Detail] {
        let before = Dictionary(old.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        var details: [RADLDifference.Detail] = []
        for part in new where seen.insert(part.key).inserted {
            guard let other = before[part.key] else {
                if !part.isDefault { details.append(.init(name: part.key, before: nil, after: part.text)) }
                continue
            }
            if other.value != part.value {
                details.append(.init(name: part.key, before: other.text, after: part.text))
            }
        }
        for part in old where seen.insert(part.key).inserted && !part.isDefault {
            details.append(.init(name: part.key, before: part.text, after: nil))
        }
        return details
    }

    // MARK: - Recipes

    private mutating func compareRecipes(_ old: [RADLConfigure], _ new: [RADLConfigure]) {
        let before = Dictionary(old.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        for section in new where seen.insert(section.id).inserted {
            let shown = Section(section.id, [], isReference: section.isReference, section.source)
            guard let other = before[section.id] else {
                add(.configure, shown, .added, [.init(name: "recipe", before: nil, after: section.summary)])
                continue
            }
            if section.lines == other.lines, section.kind == other.kind { continue }
            add(.configure, shown, .changed, [section.difference(from: other)])
        }
        for section in old where seen.insert(section.id).inserted {
            add(
                .configure, Section(section.id, [], isReference: false, nil), .removed,
                [.init(name: "recipe", before: section.summary, after: nil)])
        }
    }

    // MARK: - Machines

    private static func deploys(_ document: RADLDocument) -> [Section] {
        var positions: [String: Int] = [:]
        var sections: [(section: Section, count: Int)] = []
        for deploy in document.deploys {
            let id = deploy.cloud.map { "\(deploy.system) on \($0)" } ?? deploy.system
            if let position = positions[id] {
                let (sum, overflows) = sections[position].count.addingReportingOverflow(deploy.count)
                sections[position].count = overflows ? .max : sum
            } else {
                positions[id] = sections.count
                sections.append((Section(id, [], isReference: false, deploy.source), deploy.count))
            }
        }
        return sections.map { section, count in
            var section = section
            section.parts = [Part(key: "machines", value: .text(String(count)), text: String(count))]
            return section
        }
    }

    private mutating func countMachines(_ old: RADLDocument, _ new: RADLDocument) {
        var positions: [String: Int] = [:]
        func position(_ system: String) -> Int {
            if let known = positions[system] { return known }
            positions[system] = machines.count
            machines.append(.init(system: system, before: 0, after: 0))
            return machines.count - 1
        }
        for deploy in new.deploys {
            let place = position(deploy.system)
            let (sum, overflows) = machines[place].after.addingReportingOverflow(deploy.count)
            machines[place].after = overflows ? .max : sum
        }
        for deploy in old.deploys {
            let place = position(deploy.system)
            let (sum, overflows) = machines[place].before.addingReportingOverflow(deploy.count)
            machines[place].before = overflows ? .max : sum
        }
    }
}

extension Features {
    /// What differs between two sections is told by these.
    fileprivate var parts: [DifferenceBuilder.Part] {
        var parts: [DifferenceBuilder.Part] = []
        for feature in all {
            switch feature.value {
            case .set(let sets):
                for element in sets.elements {
                    let name = element.name.map { "\(feature.name) '\($0)'" } ?? feature.name
                    let inner = element.features.parts
                    parts.append(
                        .init(key: name, value: inner.combined, text: Self.text(inner.filter { $0.key != "name" })))
                }
            case .softs(let groups):
                var counts: [String: Int] = [:]
                for group in groups {
                    let weight = "soft \(group.weight)"
                    counts[weight, default: 0] += 1
                    let number = counts[weight] ?? 1
                    let inner = group.features.parts
                    parts.append(
                        .init(
                            key: number == 1 ? weight : "\(weight) (\(number))", value: inner.combined,
                            text: Self.text(inner)))
                }
            default:
                parts.append(.init(key: feature.name, value: feature.compared, text: feature.shown))
            }
        }
        return parts
    }

    /// A network that is not `outbound` is private.
    fileprivate var networkParts: [DifferenceBuilder.Part] {
        parts.map { part in
            var part = part
            if part.key == "outbound", case .string(let text, .equal) = self["outbound"]?.value {
                part.isDefault = text.lowercased() == "no"
            }
            return part
        }
    }

    private static func text(_ parts: [DifferenceBuilder.Part]) -> String {
        "(" + parts.map { "\($0.key) \($0.text.first == "(" ? "" : "= ")\($0.text)" }.joined(separator: ", ") + ")"
    }
}

extension [DifferenceBuilder.Part] {
    fileprivate var combined: DifferenceBuilder.AnyHashableValue {
        .parts(Dictionary(map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }
}

extension Feature {
    fileprivate var compared: DifferenceBuilder.AnyHashableValue {
        guard case .number(let interval) = value else { return comparedPorts ?? .value(value) }
        if let low = interval.lower, let high = interval.upper,
            low.quantity.scaledValue == high.quantity.scaledValue,
            low.comparison != .greater, high.comparison != .less
        {
            let number = low.quantity.scaledValue
            return .numbers(low: number, lowSign: .equal, high: number, highSign: .equal)
        }
        return .numbers(
            low: interval.lower?.quantity.scaledValue, lowSign: interval.lower?.comparison,
            high: interval.upper?.quantity.scaledValue, highSign: interval.upper?.comparison)
    }

    /// Ports in any order, however they are written.
    private var comparedPorts: DifferenceBuilder.AnyHashableValue? {
        guard name == Feature.portsName, case .string(let text, .equal) = value,
            let ports = try? Outport.list(parsing: text)
        else { return nil }
        return .ports(Set(ports))
    }

    /// The value as RADL writes it, the sign left out where it is `=`; secrets masked.
    var shown: String {
        func signed(_ sign: Comparison, _ text: String) -> String { sign == .equal ? text : "\(sign.sign) \(text)" }
        switch value {
        case .number where Secrets.isSecret(name): return "***"
        case .number(let interval):
            return interval.bounds.map { signed($0.comparison, $0.quantity.description) }.joined(separator: " and ")
        case .string where drawnLength > 0: return "'random(\(drawnLength))'"
        case .string(let text, let sign):
            return signed(sign, Secrets.isLikely(name) ? "'***'" : "'\(Secrets.masked(text))'")
        case .list(let texts, let sign):
            let shown = texts.map { Secrets.isLikely(name) ? "'***'" : "'\(Secrets.masked($0))'" }
            return signed(sign, "[\(shown.joined(separator: ", "))]")
        case .set, .softs: return "(…)"
        }
    }
}

extension RADLContextualize {
    fileprivate var parts: [DifferenceBuilder.Part] {
        var parts: [DifferenceBuilder.Part] = []
        if let maximumTime {
            parts.append(.init(key: "time", value: .text(maximumTime.description), text: "\(maximumTime) s"))
        }
        for option in options.all {
            parts.append(.init(key: "option \(option.name)", value: option.compared, text: option.shown))
        }
        for item in items {
            var text = item.step.map { "step \($0)" } ?? ""
            if let tool = item.tool { text += (text.isEmpty ? "" : " ") + "with \(tool)" }
            parts.append(
                .init(
                    key: "system \(item.system) configure \(item.configure)", value: .text(text),
                    text: text.isEmpty ? "no step" : text))
        }
        if isDisabling { parts.append(.init(key: "contextualization", value: .text("off"), text: "off")) }
        return parts
    }
}
