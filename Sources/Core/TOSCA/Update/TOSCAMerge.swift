/// A change laid over a stored template, as IM's API takes it: mappings by key; lists whose elements are mappings of one
/// name each (requirements, policies) by that name, requirements also by the node that they lead to; other lists and scalars replaced. A key with nothing behind it is
/// removed, which IM cannot.
package enum TOSCAMerge {
    /// The merged document.
    ///
    /// - Parameters:
    ///   - stored: The template so far. Stays as it was, whatever happens.
    ///   - change: A whole template, or the parts that change.
    /// - Throws: ``TOSCAErrors`` where one of them is no YAML or no mapping. Whether the result is a good template, tells
    ///   who reads it.
    package static func merge(
        _ stored: String, with change: String, name: String = "template", limits: TOSCALimits = TOSCALimits()
    ) throws(TOSCAErrors) -> TOSCAMerged {
        let files = [name, "stored template"]
        let upper = try read(change, 0, files, limits)
        let lower = try read(stored, 1, files, limits)
        return TOSCAMerged(TOSCAValue(.map(merge(lower, upper))), files: files, limits: limits)
    }

    private static func read(
        _ text: String, _ file: UInt16, _ files: [String], _ limits: TOSCALimits
    ) throws(TOSCAErrors) -> TOSCAMap {
        let report = Report(files: files)
        var reader = YAMLReader(file: file, limits: limits, report: report)
        let value = reader.read(text)
        try report.throwErrors()
        if let map = value?.map { return map }
        report.error(
            .type, value.map { "the document is \($0.kind)" } ?? "the document is empty", at: value?.position, .root,
            expected: "a mapping")
        try report.throwErrors()
        return TOSCAMap()
    }

    static func merge(_ lower: TOSCAMap, _ upper: TOSCAMap) -> TOSCAMap {
        var entries: [TOSCAMap.Entry] = []
        entries.reserveCapacity(lower.count)
        for entry in lower.entries {
            guard let new = upper.entry(entry.key) else {
                entries.append(entry)
                continue
            }
            guard let value = merge(entry.value, new.value) else { continue }
            entries.append(TOSCAMap.Entry(key: entry.key, keyPosition: new.keyPosition, value: value))
        }
        for entry in upper.entries where lower.entry(entry.key) == nil && !entry.value.isNull { entries.append(entry) }
        return TOSCAMap(entries)
    }

    /// Nil where the value is removed.
    private static func merge(_ lower: TOSCAValue, _ upper: TOSCAValue) -> TOSCAValue? {
        if upper.isNull { return lower.isNull ? upper : nil }
        // A function takes the place of what was there, as a whole.
        if TOSCAFunction(upper) != nil || TOSCAFunction(lower) != nil { return upper }
        if let first = lower.map, let second = upper.map {
            return TOSCAValue(.map(merge(first, second)), at: upper.position)
        }
        if let first = lower.list, let second = upper.list, let names = names(first),
            let newNames = second.isEmpty ? [] : self.names(second)
        {
            return TOSCAValue(.list(merge(first, names, second, newNames)), at: upper.position)
        }
        return upper
    }

    /// Names of the elements; nil where one is no mapping of one name.
    private static func names(_ list: [TOSCAValue]) -> [String]? {
        var names: [String] = []
        for item in list {
            guard let map = item.map, map.count == 1, TOSCAFunction(item) == nil, let name = map.keys.first else {
                return nil
            }
            names.append(name)
        }
        return names.isEmpty ? nil : names
    }

    /// The node that a requirement leads to.
    private static func target(_ item: TOSCAValue, _ name: String) -> String? {
        item[name]?.string ?? item[name]?["node"]?.string
    }

    /// Elements of the same name and node meet. Others meet in their order where all of a name are given, or where there
    /// is but one; else they are new.
    private static func pairs(
        _ lower: [TOSCAValue], _ names: [String], _ upper: [TOSCAValue], _ newNames: [String]
    ) -> [Int: Int] {
        var places: [String: [Int]] = [:]
        var exact: [String: [Int]] = [:]
        for (place, name) in names.enumerated().reversed() {
            places[name, default: []].append(place)
            if let node = target(lower[place], name) { exact[name + "\u{0}" + node, default: []].append(place) }
        }
        var counts: [String: Int] = [:]
        for name in newNames { counts[name, default: 0] += 1 }
        var pairs: [Int: Int] = [:]
        var used: Set<Int> = []
        for (number, name) in newNames.enumerated() {
            guard let node = target(upper[number], name), let place = exact[name + "\u{0}" + node]?.popLast()
            else { continue }
            pairs[number] = place
            used.insert(place)
        }
        let known = places.mapValues(\.count)
        for (number, name) in newNames.enumerated() where pairs[number] == nil {
            let isWhole = counts[name, default: 0] >= known[name, default: 0] || known[name] == 1
            guard isWhole || target(upper[number], name) == nil else { continue }
            while let place = places[name]?.popLast() {
                guard used.insert(place).inserted else { continue }
                pairs[number] = place
                break
            }
        }
        return pairs
    }

    private static func merge(
        _ lower: [TOSCAValue], _ names: [String], _ upper: [TOSCAValue], _ newNames: [String]
    ) -> [TOSCAValue] {
        var result = lower
        var removed: Set<Int> = []
        let pairs = pairs(lower, names, upper, newNames)
        for (number, item) in upper.enumerated() {
            guard let place = pairs[number] else {
                result.append(item)
                continue
            }
            if let merged = merge(lower[place], item), merged.map?.isEmpty == false {
                result[place] = merged
            } else {
                removed.insert(place)
            }
        }
        return result.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    }
}

extension TOSCATemplate {
    /// The text with what was drawn for inputs of default `random(N)` in the place of the drawing: translated again, it
    /// gives the same. May hold secrets.
    ///
    /// - Parameter inputs: ``TOSCATranslation/inputs``.
    package func text(keeping inputs: [String: TOSCAValue]) -> String {
        var lines: [String]?
        for input in self.inputs {
            guard let value = input.defaultValue, case .random = InputResolver.special(value),
                let drawn = inputs[input.name]?.string, value.position.file == 0, let call = value.string
            else { continue }
            var all = lines ?? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let line = Int(value.position.line) - 1
            guard all.indices.contains(line) else { continue }
            let parts = all[line].splitting(call)
            guard parts.count == 2 else { continue }
            let isQuoted = parts[0].hasSuffix("'") || parts[0].hasSuffix("\"")
            all[line] = parts[0] + (isQuoted ? drawn : "'\(drawn)'") + parts[1]
            lines = all
        }
        return lines?.joined(separator: "\n") ?? text
    }
}
