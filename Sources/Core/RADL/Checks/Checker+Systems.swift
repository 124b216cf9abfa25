/// Systems: most of a document.
extension Checker {
    mutating func check(_ system: RADLSystem) {
        var indices = Indices()
        resolved.removeAll(keepingCapacity: true)
        checkPlain(system.features, &indices)
        guard indices.hasAny else { return }
        // IM looks at features with an index behind all others.
        var next = 0
        checkIndexed(system.features, &next)
        for prefix in indices.prefixes {
            let found = prefix == "disk" ? indices.disks : indices.interfaces
            if let gap = found.gap { report(gap, prefix, system) }
        }
        if let lonely = indices.interfaces.first(missingIn: indices.connected) {
            report(
                .missing, "net_interface.\(lonely) of system '\(system.id)' is connected to no network",
                hint: "add net_interface.\(lonely).connection = 'NETWORK'",
                at: place(of: "net_interface", lonely, in: system.features) ?? system.source,
                imText: "Some net_interface does not have a connection", hasLine: false)
        }
    }

    /// Which interfaces and disks were met.
    private struct Indices {
        /// In the order in which they were met.
        var prefixes: [String] = []
        var interfaces = NumberSet()
        var disks = NumberSet()
        var connected = NumberSet()
        /// Features that are left for later.
        var hasAny = false
    }

    private mutating func checkPlain(_ features: Features, _ indices: inout Indices) {
        features.all.withUnsafeBufferPointer { buffer in
            for position in buffer.indices {
                if case .softs(let groups) = buffer[position].value {
                    for group in groups { checkPlain(group.features, &indices) }
                    continue
                }
                let name = systemNames.value(of: buffer[position].name) { ResolvedName($0, in: .system) }
                resolved.append(name)
                switch name.place {
                case .free: break
                case .plain: if !isFine(buffer[position].value, name) { check(buffer[position], name.rule) }
                case .interface:
                    indices.hasAny = true
                    if indices.interfaces.isEmpty { indices.prefixes.append("net_interface") }
                    indices.interfaces.insert(Int(name.index))
                    if name.shape == .network { indices.connected.insert(Int(name.index)) }
                case .disk:
                    indices.hasAny = true
                    if indices.disks.isEmpty { indices.prefixes.append("disk") }
                    indices.disks.insert(Int(name.index))
                case .noIndex: indices.hasAny = true
                }
            }
        }
    }

    /// - Parameter next: Number of the feature among the section's ``resolved``.
    private mutating func checkIndexed(_ features: Features, _ next: inout Int) {
        features.all.withUnsafeBufferPointer { buffer in
            for position in buffer.indices {
                if case .softs(let groups) = buffer[position].value {
                    for group in groups { checkIndexed(group.features, &next) }
                    continue
                }
                let name = resolved[next]
                next += 1
                switch name.place {
                case .free, .plain: break
                case .interface, .disk:
                    if !isFine(buffer[position].value, name) { check(buffer[position], name.rule) }
                case .noIndex: reportNoIndex(buffer[position])
                }
            }
        }
    }

    private mutating func reportNoIndex(_ feature: Feature) {
        let parts = feature.name.split(separator: ".", omittingEmptySubsequences: false)
        let suffix = parts.dropFirst(2).joined(separator: ".")
        // `disk.size` lacks its number, `disk.x.size` has a wrong one.
        let whole = "\(parts[0]).0.\(parts.dropFirst().joined(separator: "."))"
        let lacks = suffix.isEmpty || FeatureRule.rule(for: whole, in: .system) != nil
        if let number = parts.dropFirst().first, !number.isEmpty, number.utf8.allSatisfy({ $0 &- 0x30 <= 9 }) {
            report(
                .index, "the number in '\(feature.name.prefix(80))' is too large", hint: "number them from 0",
                at: feature.source, imText: "Invalid indices values in properties '\(parts[0])'")
            return
        }
        let mended = lacks ? whole : "\(parts[0]).0.\(suffix)"
        report(
            .index, "'\(feature.name)' has no number behind '\(parts[0]).'", hint: "write \(mended)",
            replacement: mended, replaced: feature.nameRange, at: feature.source,
            imText: "Invalid property name; expected an index.")
    }

    private mutating func report(_ gap: (missing: Int, next: Int), _ prefix: String, _ system: RADLSystem) {
        report(
            .index, "system '\(system.id)' has \(prefix).\(gap.next) but no \(prefix).\(gap.missing)",
            hint: "number them from 0 without gaps",
            at: place(of: prefix, gap.next, in: system.features) ?? system.source,
            imText: "Invalid indices values in properties '\(prefix)'", hasLine: false)
    }

    /// The first feature of an interface or disk.
    private func place(of prefix: String, _ index: Int, in features: Features) -> SourceRange? {
        let start = "\(prefix).\(index)."
        for feature in features.all {
            if case .softs(let groups) = feature.value {
                for group in groups {
                    if let found = place(of: prefix, index, in: group.features) { return found }
                }
            } else if feature.name.hasPrefix(start) {
                return feature.source
            }
        }
        return nil
    }

    /// Whether a value is plainly what the rule wants; else ``check(_:_:)`` looks closer.
    mutating func isFine(_ value: Feature.Value, _ name: ResolvedName) -> Bool {
        switch (name.shape, value) {
        case (.text, .string(_, .equal)), (.textOrList, .string(_, .equal)), (.textOrList, .list): return true
        case (.nonEmptyText, .string(let text, .equal)): return !text.isEmpty
        case (.network, .string(let id, .equal)):
            if id == lastNetwork { return true }
            guard networks.contains(id) else { return false }
            lastNetwork = id
            return true
        case (.count, .number(let interval)): return isFine(interval.lower, .none) && isFine(interval.upper, .none)
        case (.size, .number(let interval)): return isFine(interval.lower, .memory) && isFine(interval.upper, .memory)
        case (.wholeSize, .number(let interval)):
            return (interval.lower?.quantity.number.isInteger ?? true) && isFine(interval.lower, .memory)
                && (interval.upper?.quantity.number.isInteger ?? true) && isFine(interval.upper, .memory)
        case (.version, .string(let text, _)): return Self.isVersion(text)
        case (.word, .string(let text, .equal)):
            guard case .string(let allowed?) = name.rule.kind else { return false }
            return allowed.contains { Self.isSame($0, text) }
        case (.applications, .set(let sets)):
            for element in sets.elements {
                for feature in element.features.all {
                    let name = applicationNames.value(of: feature.name) { ResolvedName($0, in: .application) }
                    if name.place != .free, !isFine(feature.value, name) { return false }
                }
            }
            return true
        default: return false
        }
    }

    private mutating func isFine(_ bound: Interval.Bound?, _ units: FeatureRule.Units) -> Bool {
        guard let quantity = bound?.quantity else { return true }
        guard quantity.number.doubleValue >= 0 else { return false }
        // No unit makes a size of a smaller number too large.
        if units == .memory, quantity.number.doubleValue > 8_000_000, quantity.scaledValue >= Self.tooLargeSize {
            return false
        }
        if quantity.unit.text.isEmpty { return true }
        guard units == .memory else { return false }
        if quantity.unit == lastUnit { return true }
        guard units.allows(quantity.unit) else { return false }
        lastUnit = quantity.unit
        return true
    }
}

/// Small numbers, as disks and interfaces have.
private struct NumberSet {
    private var bits: UInt64 = 0
    private var others: Set<Int> = []

    var isEmpty: Bool { bits == 0 && others.isEmpty }

    mutating func insert(_ number: Int) {
        if number < 64 { bits |= 1 << UInt64(number) } else { others.insert(number) }
    }

    private func contains(_ number: Int) -> Bool {
        number < 64 ? bits & (1 << UInt64(number)) != 0 : others.contains(number)
    }

    /// The first number that is missing before one that is there, and that one.
    var gap: (missing: Int, next: Int)? {
        var missing = 0
        while contains(missing) { missing += 1 }
        let above = missing < 64 ? bits >> UInt64(missing) : 0
        if above != 0 { return (missing, missing + above.trailingZeroBitCount) }
        return others.filter { $0 > missing }.min().map { (missing, $0) }
    }

    /// The smallest number that another set lacks.
    func first(missingIn other: NumberSet) -> Int? {
        let rest = bits & ~other.bits
        if rest != 0 { return rest.trailingZeroBitCount }
        return others.subtracting(other.others).min()
    }
}
