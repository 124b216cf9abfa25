import Jinja

extension Recipe {
    /// Everything that is wrong with the recipe, found without running it: what the reader found, modules that are not
    /// in the set, parameters that a module does not have, templates that cannot be read. Sorted by place.
    ///
    /// - Parameters:
    ///   - supportedModules: parameters by module name (without `ansible.builtin.`). `"*"` among the parameters means
    ///     any.
    ///   - supportsRoles: whether roles, and imports and includes of roles, can be run.
    public func check(supportedModules: [String: Set<String>], supportsRoles: Bool = false) -> [RecipeDiagnostic] {
        var checker = RecipeChecker(name: name, modules: supportedModules, supportsRoles: supportsRoles)
        checker.told = diagnostics
        for play in plays { checker.check(play) }
        checker.check(tasks)
        return (diagnostics + checker.diagnostics).sorted { left, right in
            guard left.recipe == right.recipe, let one = left.position, let two = right.position else {
                return left.recipe < right.recipe
            }
            return one < two
        }
    }
}

private struct RecipeChecker {
    /// The file that is looked at.
    private var name: String
    let modules: [String: Set<String>]
    let supportsRoles: Bool
    var diagnostics: [RecipeDiagnostic] = []
    /// What the reader found.
    var told: [RecipeDiagnostic] = []

    init(name: String, modules: [String: Set<String>], supportsRoles: Bool) {
        self.name = name
        self.modules = modules
        self.supportsRoles = supportsRoles
    }

    private mutating func error(
        _ message: String, at position: RecipePosition, _ kind: RecipeDiagnostic.Kind = .mistake
    ) {
        diagnostics.append(RecipeDiagnostic(.error, message, recipe: name, position: position, kind: kind))
    }

    mutating func check(_ play: RecipePlay) {
        let outer = name
        name = play.recipe ?? outer
        defer { name = outer }
        if !supportsRoles, let role = play.roles.first {
            error(
                "roles are not supported yet: \(play.roles.map(\.name).joined(separator: ", "))", at: role.position,
                .unsupported)
        }
        // Why a name is not known was told when it was read.
        let isTold = told.contains { $0.position == play.position && $0.recipe == name }
        if let file = play.importedPlaybook, !isTold || !JinjaTemplate.isTemplate(file) {
            error("the playbook '\(file)' is imported, but no such file is at hand", at: play.position, .unsupported)
        }
        if let strategy = play.strategy?.text, !["linear", "free", "host_pinned"].contains(strategy) {
            error(
                "the strategy '\(strategy)' is not supported, only 'linear' and 'free'", at: play.position, .unsupported
            )
        }
        check(templatesIn: .dict(play.attributes.vars), at: play.position, isCertain: false)
        for nodes in [play.preTasks, play.tasks, play.postTasks, play.handlers] { check(nodes) }
    }

    mutating func check(_ nodes: [RecipeNode]) {
        for node in nodes {
            switch node {
            case .task(let task): check(task)
            case .block(let block):
                check(templatesIn: .dict(block.attributes.vars), at: block.position, isCertain: false)
                let outer = name
                name = block.recipe ?? outer
                defer { name = outer }
                check(block.tasks)
                check(block.rescue)
                check(block.always)
            case .include(let include):
                if include.kind == .role, !supportsRoles {
                    error(
                        "roles are not supported yet: \(include.target)", at: include.task.modulePosition, .unsupported)
                }
                check(templatesIn: .string(include.target), at: include.task.position)
                checkKeywords(include.task)
            }
        }
    }

    /// What tasks and includes have in common.
    private mutating func checkKeywords(_ task: RecipeTask) {
        check(templatesIn: .dict(task.attributes.vars), at: task.position, isCertain: false)
        // A name that cannot be rendered is shown as it is written.
        check(templatesIn: .string(task.attributes.name ?? ""), at: task.position, isCertain: false)
        let values = [
            task.attributes.delegateTo, task.attributes.becomeUser, task.attributes.timeout, task.retry?.retries,
            task.retry?.delay, task.loopControl.label, task.loopControl.pause,
        ]
        for value in values.compactMap(\.self) + task.attributes.notify + task.attributes.environment {
            check(templatesIn: value, at: task.position)
        }
        let place = task.loop?.position ?? task.position
        switch task.loop?.source {
        case .list(let items)?: check(templatesIn: items, at: place)
        case .lookup(let lookup, terms: let items)?:
            check(templatesIn: items, at: place)
            diagnostics += UnknownCallees.problems(
                in: "lookup(\(JinjaValue.string(lookup).repr))", isExpression: true, recipe: name, position: place)
        case nil: break
        }
    }

    private mutating func check(_ task: RecipeTask) {
        checkKeywords(task)
        check(templatesIn: .string(task.arguments.freeForm ?? ""), at: task.modulePosition)
        for (key, value) in task.arguments.parameters {
            check(templatesIn: value, at: task.arguments.positions[key.text] ?? task.modulePosition)
        }
        guard let parameters = modules[task.module] else {
            let nearest = KnownModules.contains(task.module) ? nil : NearestWord.find(task.module, among: modules.keys)
            let hint = nearest.map { " Did you mean '\($0)'?" } ?? ""
            error(
                "the module '\(task.module)' is not supported.\(hint)", at: task.modulePosition,
                nearest == nil ? .unsupported : .mistake)
            return
        }
        if let text = task.arguments.freeForm, !Keywords.takesText.contains(task.module) {
            error(
                "this task '\(task.module)' has extra params, which is only allowed in modules that take a text: "
                    + "'\(text.prefix(80))'. Write its parameters as a mapping or as name=value",
                at: task.modulePosition)
        }
        guard !parameters.contains("*") else { return }
        for key in task.arguments.parameters.keys where !parameters.contains(key.text) {
            let hint = NearestWord.find(key.text, among: parameters).map { " Did you mean '\($0)'?" } ?? ""
            error(
                "Unsupported parameters for (\(task.module)) module: \(key.text). Supported parameters include: "
                    + parameters.sorted().joined(separator: ", ") + "." + hint,
                at: task.arguments.positions[key.text] ?? task.modulePosition)
        }
    }

    /// - Parameter isCertain: Whether the templates are evaluated when the task runs; variables may never be.
    private mutating func check(
        templatesIn value: JinjaValue, at position: RecipePosition, isCertain: Bool = true
    ) {
        switch value {
        case .string(let text):
            do throws(JinjaError) {
                try RecipeReader.environment.check(template: text)
                diagnostics += UnknownCallees.problems(
                    in: text, isCertain: isCertain, recipe: name, position: position)
            } catch {
                self.error("a template cannot be read: \(error)", at: position)
            }
        case .list(let items): for item in items { check(templatesIn: item, at: position, isCertain: isCertain) }
        case .dict(let dict): for (_, item) in dict { check(templatesIn: item, at: position, isCertain: isCertain) }
        default: break
        }
    }
}
