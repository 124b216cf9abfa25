import Jinja

/// Turns positioned YAML into the model. Collects everything that is wrong instead of stopping at the first.
struct RecipeReader {
    /// Nesting of blocks and imports.
    static let maximumDepth = 50

    var name: String
    let loader: Recipe.Loader?
    let vault: RecipeYAML.Vault?
    let limits: RecipeYAML.Limits
    var diagnostics: [RecipeDiagnostic] = []
    var depth = 0
    /// Files that are being imported, to find circles.
    var imports: [String] = []
    /// Folders in the names of these, nearest first, within the playbook that is read.
    var folders: [String] = []
    /// The file of the playbook that is read, where it is imported; nil: the recipe itself.
    var playbook: String?
    var finder: Recipe.TaskFinder?
    var renderer: Recipe.NameRenderer?

    init(name: String, loader: Recipe.Loader?, vault: RecipeYAML.Vault?, limits: RecipeYAML.Limits) {
        self.name = name
        self.loader = loader
        self.vault = vault
        self.limits = limits
    }

    mutating func error(_ message: String, at position: RecipePosition) {
        diagnostics.append(RecipeDiagnostic(.error, message, recipe: name, position: position))
    }

    mutating func warning(_ message: String, at position: RecipePosition) {
        diagnostics.append(RecipeDiagnostic(.warning, message, recipe: name, position: position))
    }

    mutating func recipe(_ root: PositionedValue) throws(RecipeError) -> Recipe {
        guard let items = root.items else {
            throw RecipeError(
                root.entries == nil ? .structure : .variables,
                "a recipe must be a list of plays or tasks, not a \(Self.kind(root))", recipe: name,
                position: root.position)
        }
        if let item = items.first, items.allSatisfy({ $0.entries == nil }) {
            throw RecipeError(
                .structure, "a play or task must be a mapping, not a \(Self.kind(item))", recipe: name,
                position: item.position)
        }
        let isPlaybook = items.contains { item in
            (item.entries ?? []).contains { Keywords.playOnly.contains(Self.shortKey($0)) }
        }
        var recipe = Recipe(name: name)
        if isPlaybook {
            for item in items {
                if item.entries == nil {
                    error("a play must be a mapping, not a \(Self.kind(item))", at: item.position)
                } else {
                    recipe.plays += plays(item)
                }
            }
        } else {
            recipe.tasks = nodes(root, of: "recipe")
        }
        recipe.diagnostics = diagnostics
        return recipe
    }

    static func shortKey(_ entry: PositionedValue.Entry) -> String {
        Keywords.shortModuleName(entry.key.text)
    }

    static func kind(_ value: PositionedValue) -> String {
        switch value.content {
        case .list: "list"
        case .dict: "mapping"
        case .scalar(.none): "nothing"
        case .scalar(.string): "text"
        case .scalar(.bool): "boolean"
        case .scalar: "number"
        }
    }

    // MARK: Values

    mutating func text(_ value: PositionedValue, of keyword: String) -> String? {
        switch value.scalar {
        case nil, .some(.none):
            error("'\(keyword)' must be a text, not a \(Self.kind(value))", at: value.position)
            return nil
        case let scalar?: return scalar.text
        }
    }

    /// One value or a list of them.
    func list(_ value: PositionedValue) -> [PositionedValue] {
        if let items = value.items { return items }
        return value.scalar == JinjaValue.none ? [] : [value]
    }

    mutating func conditions(_ value: PositionedValue, of keyword: String) -> [RecipeCondition] {
        var conditions: [RecipeCondition] = []
        for item in list(value) {
            switch item.scalar {
            case .string, .bool: conditions.append(RecipeCondition(item.value, at: item.position))
            case .int(let number): conditions.append(RecipeCondition(.string(String(number)), at: item.position))
            case .double, .some(.none): conditions.append(RecipeCondition(.string(item.value.text), at: item.position))
            default: error("'\(keyword)' must be an expression, not a \(Self.kind(item))", at: item.position)
            }
            if case .string(let text)? = item.scalar { check(condition: text, at: item.position) }
        }
        return conditions
    }

    private mutating func check(condition text: String, at position: RecipePosition) {
        do throws(JinjaError) {
            if JinjaTemplate.isTemplate(text) {
                try Self.environment.check(template: text)
            } else if !text.trimmingSpaces().isEmpty {
                try Self.environment.check(expression: text)
            }
            diagnostics += UnknownCallees.problems(
                in: text, isExpression: !JinjaTemplate.isTemplate(text), recipe: name, position: position)
        } catch {
            self.error(
                "'\(JinjaTemplate.isTemplate(text) ? "template" : "condition")' cannot be read: \(error)", at: position)
        }
    }

    static let environment = RecipeEnvironment.make()

    mutating func dict(_ value: PositionedValue, of keyword: String) -> JinjaDict {
        switch value.content {
        case .scalar(.none): return [:]
        case .dict:
            for entry in value.entries ?? [] where entry.key.stringValue == nil {
                error("'\(keyword)' holds a key that is no text: \(entry.key.text)", at: entry.keyPosition)
            }
            return value.value.dictValue ?? [:]
        case .list(let items):
            // Old recipes give variables as a list of mappings.
            var result = JinjaDict()
            for item in items {
                guard let dict = item.value.dictValue else {
                    error("'\(keyword)' must be a mapping", at: item.position)
                    continue
                }
                result.merge(dict)
            }
            warning("'\(keyword)' is written as a list: use a mapping", at: value.position)
            return result
        case .scalar:
            error("'\(keyword)' must be a mapping, not a \(Self.kind(value))", at: value.position)
            return [:]
        }
    }

    /// True or false, in any of YAML's words, or a template. A word that is neither would count as false.
    mutating func flag(_ value: PositionedValue, of keyword: String) -> JinjaValue {
        let text = value.value.text
        let isFlag =
            value.value.isNone || value.value.boolValue != nil || JinjaTemplate.isTemplate(text)
            || Self.flagWords.contains(text.lowercased())
        if !isFlag { error("'\(keyword)' is true or false, not '\(text)'", at: value.position) }
        return value.value
    }

    private static let flagWords: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0", "1.0", "0.0",
    ]

    mutating func tags(_ value: PositionedValue) -> [JinjaValue] {
        list(value).flatMap { item -> [JinjaValue] in
            guard case .string(let text)? = item.scalar else { return [item.value] }
            return text.split(separator: ",").map { .string(String($0).trimmingSpaces()) }
        }
    }

    // MARK: Attributes

    /// Takes one of the keywords that plays, blocks and tasks share; `false` when it is none of them.
    mutating func read(
        _ entry: PositionedValue.Entry, _ keyword: String, into attributes: inout RecipeAttributes
    ) -> Bool {
        let value = entry.value
        switch keyword {
        case "name": attributes.name = value.scalar?.isNone == true ? nil : text(value, of: keyword)
        case "vars": attributes.vars = dict(value, of: keyword)
        case "when": attributes.when = conditions(value, of: keyword)
        case "become": attributes.become = flag(value, of: keyword)
        case "become_user": attributes.becomeUser = value.value
        case "become_method": attributes.becomeMethod = value.value
        case "become_flags": attributes.becomeFlags = value.value
        case "become_exe": attributes.becomeExe = value.value
        case "sudo", "su":
            warning("'\(keyword)' is old: write 'become'", at: entry.keyPosition)
            attributes.become = flag(value, of: keyword)
            if attributes.becomeMethod == nil { attributes.becomeMethod = .string(keyword) }
        case "sudo_user", "su_user":
            warning("'\(keyword)' is old: write 'become_user'", at: entry.keyPosition)
            attributes.becomeUser = value.value
            if attributes.become == nil { attributes.become = .bool(true) }
        case "environment": attributes.environment = list(value).map(\.value)
        case "tags": attributes.tags = tags(value)
        case "ignore_errors": attributes.ignoreErrors = flag(value, of: keyword)
        case "ignore_unreachable": attributes.ignoreUnreachable = flag(value, of: keyword)
        case "no_log": attributes.noLog = flag(value, of: keyword)
        case "delegate_to": attributes.delegateTo = value.value
        case "delegate_facts": attributes.delegateFacts = flag(value, of: keyword)
        case "run_once": attributes.runOnce = flag(value, of: keyword)
        case "check_mode": attributes.checkMode = flag(value, of: keyword)
        case "always_run":
            warning("'always_run' is old: write 'check_mode: false'", at: entry.keyPosition)
            attributes.checkMode = .bool(false)
        case "diff": attributes.diff = flag(value, of: keyword)
        case "remote_user": attributes.remoteUser = value.value
        case "connection": attributes.connection = value.value
        case "port": attributes.port = value.value
        case "any_errors_fatal": attributes.anyErrorsFatal = flag(value, of: keyword)
        case "throttle": attributes.throttle = value.value
        case "timeout": attributes.timeout = value.value
        case "notify": attributes.notify = list(value).map(\.value)
        case "module_defaults": attributes.moduleDefaults = list(value).map(\.value)
        case _ where Keywords.ignored.contains(keyword): break
        default: return false
        }
        return true
    }

    mutating func unknown(_ entry: PositionedValue.Entry, in place: String, among known: some Sequence<String>) {
        let word = entry.key.text
        let hint = NearestWord.find(word, among: known).map { ". Did you mean '\($0)'?" } ?? ""
        error("'\(word)' is not a valid attribute for a \(place)\(hint)", at: entry.keyPosition)
    }

    mutating func nested<Result>(_ position: RecipePosition, _ fallback: Result, _ body: (inout Self) -> Result)
        -> Result
    {
        guard depth < Self.maximumDepth else {
            error("blocks or imports are nested deeper than \(Self.maximumDepth) levels", at: position)
            return fallback
        }
        depth += 1
        defer { depth -= 1 }
        return body(&self)
    }
}
