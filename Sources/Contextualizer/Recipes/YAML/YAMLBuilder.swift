import Jinja
import Yams

/// Turns Yams' nodes into values, counting as it goes.
struct YAMLBuilder {
    private static let standard = "tag:yaml.org,2002:"

    let name: String
    let limits: RecipeYAML.Limits
    /// Whether keys may carry the prefix of equal ones.
    let renamed: Bool
    let vault: RecipeYAML.Vault?
    var warnings: [RecipeDiagnostic] = []
    private var count = 0

    init(name: String, limits: RecipeYAML.Limits, renamed: Bool, vault: RecipeYAML.Vault?) {
        self.name = name
        self.limits = limits
        self.renamed = renamed
        self.vault = vault
    }

    mutating func build(_ node: Node, depth: Int) throws(RecipeError) -> PositionedValue {
        let position = position(node)
        count += 1
        guard count <= limits.maximumValues else {
            throw RecipeError(
                .limit, "the text holds more than \(limits.maximumValues) values once its aliases are expanded",
                recipe: name, position: position)
        }
        guard depth <= limits.maximumDepth else {
            throw RecipeError(
                .limit, YAMLSource.tooDeep(limits.maximumDepth), recipe: name, position: position)
        }
        switch node {
        case .scalar(let scalar):
            return PositionedValue(.scalar(try self.scalar(scalar, position)), at: position)
        case .sequence(let sequence):
            var items: [PositionedValue] = []
            items.reserveCapacity(sequence.count)
            for item in sequence { items.append(try build(item, depth: depth + 1)) }
            return PositionedValue(.list(items), at: position)
        case .mapping(let mapping):
            return PositionedValue(.dict(try entries(mapping, depth: depth)), at: position)
        case .alias:
            throw RecipeError(.syntax, "an alias without its anchor", recipe: name, position: position)
        }
    }

    private func position(_ node: Node) -> RecipePosition {
        RecipePosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    // MARK: Mappings

    private mutating func entries(
        _ mapping: Node.Mapping, depth: Int
    ) throws(RecipeError) -> [PositionedValue.Entry] {
        var entries: [PositionedValue.Entry] = []
        entries.reserveCapacity(mapping.count)
        var places: [JinjaValue: Int] = [:]
        var merged: [PositionedValue.Entry] = []
        for (keyNode, valueNode) in mapping {
            if isMerge(keyNode) {
                merged = try merge(valueNode, depth: depth) + merged
                continue
            }
            let position = position(keyNode)
            let key = try key(keyNode)
            let entry = PositionedValue.Entry(
                key: key, keyPosition: position, value: try build(valueNode, depth: depth + 1))
            if let place = places[key] {
                warnings.append(
                    RecipeDiagnostic(
                        .warning,
                        "the key '\(key.text)' occurs twice in one mapping; the value of line \(position.line) is used",
                        recipe: name, position: position))
                entries[place] = entry
            } else {
                places[key] = entries.count
                entries.append(entry)
            }
        }
        guard !merged.isEmpty else { return entries }
        return Self.overlay(entries, on: merged)
    }

    /// Entries of the lower list first, in its order, with the values of the upper one.
    private static func overlay(
        _ upper: [PositionedValue.Entry], on lower: [PositionedValue.Entry]
    ) -> [PositionedValue.Entry] {
        var result: [PositionedValue.Entry] = []
        var places: [JinjaValue: Int] = [:]
        for entry in lower + upper {
            if let place = places[entry.key] {
                result[place] = entry
            } else {
                places[entry.key] = result.count
                result.append(entry)
            }
        }
        return result
    }

    private func isMerge(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && scalar.string == "<<"
    }

    private mutating func merge(_ node: Node, depth: Int) throws(RecipeError) -> [PositionedValue.Entry] {
        switch node {
        case .mapping(let mapping): return try entries(mapping, depth: depth)
        case .sequence(let sequence):
            var result: [PositionedValue.Entry] = []
            var known: Set<JinjaValue> = []
            // Earlier mappings win over later ones.
            for item in sequence {
                guard case .mapping(let mapping) = item else { throw mergeError(item) }
                result += try entries(mapping, depth: depth).filter { known.insert($0.key).inserted }
            }
            return result
        default: throw mergeError(node)
        }
    }

    private func mergeError(_ node: Node) -> RecipeError {
        RecipeError(
            .syntax, "expected a mapping or list of mappings for merging", recipe: name, position: position(node))
    }

    private func key(_ node: Node) throws(RecipeError) -> JinjaValue {
        guard case .scalar(let scalar) = node else {
            // `x: {{ y }}` is a mapping whose key is a mapping.
            throw RecipeError(
                .syntax,
                "a list or mapping cannot be a key. A value that begins with {{ must be quoted: \"{{ … }}\"",
                recipe: name, position: position(node))
        }
        // Comparing keys has made their implicit tags explicit: the style tells plain ones.
        let text = renamed ? YAMLSource.original(of: scalar.string) ?? scalar.string : scalar.string
        if scalar.style == .plain { return YAMLScalar.resolve(text) }
        return .string(text)
    }

    // MARK: Scalars

    private func scalar(_ scalar: Node.Scalar, _ position: RecipePosition) throws(RecipeError) -> JinjaValue {
        let tag = scalar.tag.rawValue
        let text = scalar.string
        switch tag {
        case "!unsafe": return Self.unsafe(text)
        case "!vault", "!vault-encrypted": return .string(try RecipeYAML.decrypt(text, vault, name, position))
        case "", "!", "?":
            return scalar.style == .plain && tag != "!" ? YAMLScalar.resolve(text) : .string(text)
        default: break
        }
        guard tag.hasPrefix(Self.standard) else {
            throw RecipeError(
                .syntax, "could not determine a constructor for the tag '\(tag)'", recipe: name, position: position)
        }
        switch tag.dropFirst(Self.standard.count) {
        case "str", "binary", "timestamp", "value": return .string(text)
        case "null": return .none
        case "bool":
            if case .bool(let flag) = YAMLScalar.resolve(text) { return .bool(flag) }
        case "int":
            if let number = YAMLScalar.int(Array(text.utf8)) { return number }
        case "float":
            if let number = YAMLScalar.double(Array(text.utf8)) { return number }
            if case .int(let number)? = YAMLScalar.int(Array(text.utf8)) { return .double(Double(number)) }
        default:
            return scalar.style == .plain ? YAMLScalar.resolve(text) : .string(text)
        }
        throw RecipeError(
            .syntax, "'\(text)' is no \(tag.dropFirst(Self.standard.count))", recipe: name, position: position)
    }

    /// Text that rendering gives back unchanged.
    static func unsafe(_ text: String) -> JinjaValue {
        guard JinjaTemplate.isTemplate(text) else { return .string(text) }
        // Strings in a block's tag have escapes, those in `{{ }}` may not.
        return .string("{% with text = \(JinjaValue.string(text).repr) %}{{ text }}{% endwith %}")
    }
}
