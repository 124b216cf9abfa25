/// Compares values with the types and constraints that were declared for them. Functions are left alone: what they give
/// is known later.
struct ValueChecker {
    let library: TypeLibrary
    /// Values of the template that break a constraint are errors; defaults only make a warning.
    var isLenient = false

    private var report: Report { library.report }
    private static let maximumDepth = 60
    private static let comparisons: Set<String> = [
        "equal", "greater_than", "greater_or_equal", "less_than", "less_or_equal",
    ]

    /// - Parameter what: How messages call the value: `property 'size' of 'disk'`.
    func check(
        _ value: TOSCAValue, _ type: TOSCATypeReference, _ constraints: [TOSCAConstraint], _ what: String,
        _ path: DocumentPath, depth: Int = 0
    ) {
        if TOSCAFunction(value) != nil || value.isNull || depth > Self.maximumDepth { return }
        // A misspelt function is told as such.
        if let map = value.map, map.count == 1, type.name != "map", map.keys[0].hasPrefix("get_") { return }
        if TypeReader.isSimple(type.name) {
            checkSimple(value, type, constraints, what, path, depth)
            return
        }
        guard let data = library.resolve(type.name, .data, at: value.position, path) else { return }
        if let simple = data.simpleType {
            let reference = TOSCATypeReference(name: simple, entry: type.entry)
            checkSimple(value, reference, data.constraints + constraints, what, path, depth)
            return
        }
        guard let map = value.map else {
            wrong(value, "a mapping with \(data.properties.names.prefix(8).joined(separator: ", "))", what, path)
            return
        }
        for entry in map.entries {
            guard let property = data.properties[entry.key] else {
                report.unknown(
                    .unknownField, "\(what) has an unknown field '\(entry.key.prefix(80))'", entry.key,
                    among: data.properties.names, at: entry.keyPosition, path.key(entry.key))
                continue
            }
            check(
                entry.value, property.type, property.constraints, "'\(entry.key)' of \(what)", path.key(entry.key),
                depth: depth + 1)
        }
        for property in data.properties.elements
        where property.isRequired && property.defaultValue == nil && map[property.name] == nil {
            report.error(
                .missing, "\(what) has no '\(property.name)'", at: value.position, path,
                expected: "'\(property.name)' of type \(property.type.name)")
        }
    }

    private func wrong(_ value: TOSCAValue, _ expected: String, _ what: String, _ path: DocumentPath) {
        report.error(
            .type, "\(what) is \(value.kind)\(Self.shown(value))", at: value.position, path, expected: expected)
    }

    private static func shown(_ value: TOSCAValue) -> String {
        switch value.content {
        case .list, .map, .null: ""
        case _ where value.isSecret: ""
        default: ", \(value.brief)"
        }
    }

    private func checkSimple(
        _ value: TOSCAValue, _ type: TOSCATypeReference, _ constraints: [TOSCAConstraint], _ what: String,
        _ path: DocumentPath, _ depth: Int
    ) {
        // `num_cpus: { greater_or_equal: 2 }` chooses how a machine compares.
        if let map = value.map, type.name != "map", type.name != "any", map.count == 1, let entry = map.entries.first,
            Self.comparisons.contains(entry.key)
        {
            check(entry.value, type, constraints, what, path.key(entry.key), depth: depth + 1)
            return
        }
        guard isOfType(value, type, what, path, depth) else { return }
        for constraint in constraints {
            guard constraint.accepts(value, type: type.name) == false else { continue }
            let message = "\(what) is \(value.brief), which its constraint excludes"
            if isLenient {
                report.warning(
                    .constraint, message, at: value.position, path, expected: constraint.expectation)
            } else {
                report.error(
                    .constraint, message, at: value.position, path, expected: constraint.expectation)
            }
        }
    }

    private func isOfType(
        _ value: TOSCAValue, _ type: TOSCATypeReference, _ what: String, _ path: DocumentPath, _ depth: Int
    ) -> Bool {
        switch type.name {
        case "string", "json", "xml", "timestamp", "version":
            if value.scalarText == nil {
                wrong(value, "a text", what, path)
                return false
            }
            noteUnquoted(value, what, path)
            let text = value.written ?? value.scalarText ?? ""
            if type.name == "version", !text.isEmpty, !ScalarText.isVersion(text) {
                wrong(value, "a version such as '22.04' or '2.0.1.alpha-10'", what, path)
                return false
            }
            if type.name == "timestamp", !ScalarText.isTimestamp(text) {
                wrong(value, "a time such as '2026-05-31T12:00:00Z'", what, path)
                return false
            }
        case "integer":
            guard value.integer != nil else {
                let text = value.scalarText ?? ""
                let isLarge = text.utf8.count > 18 && text.utf8.allSatisfy { $0 &- 0x30 <= 9 }
                wrong(value, isLarge ? "a whole number of at most 18 digits" : "a whole number", what, path)
                return false
            }
        case "float":
            guard value.double != nil else {
                wrong(value, "a number", what, path)
                return false
            }
        case "boolean":
            guard value.bool != nil else {
                wrong(value, "true or false", what, path)
                return false
            }
        case "list":
            guard let list = value.list else {
                wrong(value, "a list", what, path)
                return false
            }
            guard let entry = type.entry else { return true }
            for (number, item) in list.enumerated() {
                check(
                    item, entry.type, entry.constraints, "element \(number) of \(what)", path.index(number),
                    depth: depth + 1)
            }
        case "map":
            guard let map = value.map else {
                wrong(value, "a mapping", what, path)
                return false
            }
            guard let entry = type.entry else { return true }
            for item in map.entries {
                check(
                    item.value, entry.type, entry.constraints, "'\(item.key.prefix(80))' of \(what)",
                    path.key(item.key), depth: depth + 1)
            }
        case "range":
            guard let list = value.list, list.count == 2, list.allSatisfy(Self.isBound) else {
                wrong(value, "a range such as [ 1, 10 ]", what, path)
                return false
            }
            if let low = list[0].integer, let high = list[1].integer, low > high {
                wrong(value, "a range whose first number is not larger than its second", what, path)
                return false
            }
        default:
            guard let unit = ScalarUnit(rawValue: type.name) else { break }
            guard unit.value(of: value) != nil else {
                wrong(value, unit.example, what, path)
                return false
            }
            if unit.lacksUnit(value) {
                report.error(
                    .type, "\(what) is \(value.brief), which has no unit", at: value.position, path,
                    expected: unit.example)
                return false
            }
        }
        return true
    }

    private static func isBound(_ value: TOSCAValue) -> Bool {
        value.integer != nil || value.string == "UNBOUNDED" || TOSCAFunction(value) != nil
    }

    /// YAML takes `22.10` for the number 22.1 and `no` for false.
    private func noteUnquoted(_ value: TOSCAValue, _ what: String, _ path: DocumentPath) {
        guard let written = value.written, let text = value.scalarText, written != text, !value.isSecret else { return }
        report.warning(
            .type, "\(what) is written as \(written), which YAML reads as \(text)", at: value.position, path,
            expected: "quotes: '\(written)'")
    }
}

/// Texts that have a form of their own.
enum ScalarText {
    /// `MAJOR.MINOR.FIX.QUALIFIER-BUILD`, of which only the first has to be there.
    static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        func isNumber(_ part: Substring) -> Bool { !part.isEmpty && part.utf8.allSatisfy { $0 &- 0x30 <= 9 } }
        guard parts.prefix(3).allSatisfy(isNumber) else { return false }
        guard parts.count == 4 else { return true }
        let last = parts[3].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        return !last[0].isEmpty && last[0].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            && (last.count == 1 || isNumber(last[1]))
    }

    /// A date as YAML writes it, with or without a time.
    static func isTimestamp(_ text: String) -> Bool {
        let date = text.prefix { $0 != "T" && $0 != "t" && $0 != " " }
        let parts = date.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy { $0 &- 0x30 <= 9 } }), parts[0].utf8.count == 4,
            let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month), (1...31).contains(day)
        else { return false }
        let rest = text.dropFirst(date.count)
        guard !rest.isEmpty else { return true }
        return rest.contains(":")
            && rest.dropFirst().allSatisfy { $0.isASCII && ($0.isNumber || ":.+-Zz ".contains($0)) }
    }
}
