import Jinja
import Modules
import Recipes

/// What can be found out about recipes before any machine exists.
enum RecipeCheck {
    /// Parameters of all modules that recipes may use.
    static let supportedModules: [String: Set<String>] = {
        var table: [String: Set<String>] = [
            "meta": ["*"], "include_vars": ["*"], "include_tasks": ["*"], "import_tasks": ["*"], "include": ["*"],
            "include_role": ["*"], "import_role": ["*"],
        ]
        for (name, parameters) in controllerModules { table[name] = Set(parameters) }
        for module in ModuleRegistry.all {
            let documentation = module.documentation
            let parameters: Set<String> =
                documentation.acceptsAnything
                ? ["*"] : Set(documentation.parameters.flatMap { [$0.name] + $0.aliases })
            for name in documentation.names { table[name] = parameters }
        }
        return table
    }()

    /// Modules that the engine is itself; they look at more than one machine, or at the controller.
    static let controllerModules: [String: [String]] = [
        "add_host": ["*"], "group_by": ["key", "parents"],
        "set_stats": ["data", "per_host", "aggregate"],
        "validate_argument_spec": ["argument_spec", "provided_arguments"],
    ]

    /// What `meta` can do.
    static let metaActions = [
        "flush_handlers", "end_play", "end_batch", "end_host", "end_role", "clear_facts", "clear_host_errors",
        "reset_connection", "refresh_inventory", "noop",
    ]

    /// All that is wrong with a recipe.
    ///
    /// - Parameter mayUseController: For playbooks that users run themselves: roles and files are at hand, and tasks may
    ///   run on the controller.
    static func problems(_ recipe: Recipe, mayUseController: Bool = false) -> [RecipeDiagnostic] {
        var problems = recipe.check(supportedModules: supportedModules, supportsRoles: mayUseController)
        for play in recipe.plays {
            // Roles bring handlers of their own.
            let sections = [play.preTasks, play.tasks, play.postTasks]
            let hasRoles = !play.roles.isEmpty || sections.contains(where: includesRoles)
            let handlers = names(play.handlers).union(hasRoles ? ["*"] : [])
            for nodes in [play.preTasks, play.tasks, play.postTasks, play.handlers] {
                visit(nodes, of: play.recipe ?? recipe.name) { task, recipe in
                    problems += refusals(task, recipe: recipe, mayUseController)
                    problems += unknownHandlers(task, handlers, recipe: recipe)
                }
            }
        }
        visit(recipe.tasks, of: recipe.name) { problems += refusals($0, recipe: $1, mayUseController) }
        return problems
    }

    /// What a file must have to be a playbook: plays that say on which hosts.
    static func playbookProblems(_ recipe: Recipe) -> [RecipeDiagnostic] {
        let start = RecipePosition(line: 1, column: 1)
        if recipe.isTaskList {
            return [
                RecipeDiagnostic(
                    .error, "this is a list of tasks, no playbook: put them under 'tasks' of a play with 'hosts'",
                    recipe: recipe.name, position: start)
            ]
        }
        if recipe.plays.isEmpty {
            return [RecipeDiagnostic(.error, "there is no play in it", recipe: recipe.name, position: start)]
        }
        return recipe.plays.filter { $0.importedPlaybook == nil }.compactMap { play in
            let problem: String
            switch play.hosts {
            case nil: problem = "the play has no 'hosts': name hosts or groups"
            case .some(let hosts)
            where hosts.listValue?.isEmpty ?? hosts.text.allSatisfy(\.isWhitespace) || hosts.isNone:
                problem = "'hosts' of the play is empty: name hosts or groups"
            default: return nil
            }
            return RecipeDiagnostic(.error, problem, recipe: play.recipe ?? recipe.name, position: play.position)
        }
    }

    private static func refusals(
        _ task: RecipeTask, recipe: String, _ mayUseController: Bool
    ) -> [RecipeDiagnostic] {
        var problems: [RecipeDiagnostic] = []
        let target = task.attributes.delegateTo?.text
        if !mayUseController, task.isLocalAction || target == "localhost" || target == "127.0.0.1" {
            problems.append(
                RecipeDiagnostic(
                    .error, "tasks on the controller are not allowed: run this on the machine itself", recipe: recipe,
                    position: task.position, kind: .unsupported))
        }
        if let poll = task.poll, poll == 0 || poll == "0" {
            problems.append(
                RecipeDiagnostic(
                    .warning, "a task with 'poll: 0' is waited for here", recipe: recipe, position: task.position))
        }
        if task.module == "meta", let action = task.arguments.freeForm, !JinjaTemplate.isTemplate(action),
            !metaActions.contains(action)
        {
            problems.append(
                RecipeDiagnostic(
                    .error, "invalid meta action requested: \(action)", recipe: recipe, position: task.position))
        }
        let parameters = ModuleRegistry.module(named: task.module)?.documentation.parameters ?? []
        for parameter in parameters where parameter.isLimited {
            guard let value = task.arguments.parameters[parameter.name]?.stringValue, !JinjaTemplate.isTemplate(value),
                !parameter.choices.contains(value)
            else { continue }
            problems.append(
                RecipeDiagnostic(
                    .error,
                    "\(parameter.name) '\(value)' is not supported: \(parameter.choices.joined(separator: ", "))",
                    recipe: recipe, position: task.arguments.positions[parameter.name] ?? task.position,
                    kind: .unsupported))
        }
        for parameter in parameters where parameter.kind == .expression || parameter.kind == .conditions {
            guard let value = task.arguments.parameters[parameter.name] else { continue }
            for text in (value.listValue ?? [value]).compactMap(\.stringValue) where !JinjaTemplate.isTemplate(text) {
                problems += UnknownCallees.problems(
                    in: text, isExpression: true, recipe: recipe,
                    position: task.arguments.positions[parameter.name] ?? task.position)
            }
        }
        if let method = task.attributes.becomeMethod?.text, !JinjaTemplate.isTemplate(method),
            !["sudo", "su", "doas"].contains(method.split(separator: ".").last ?? "")
        {
            problems.append(
                RecipeDiagnostic(
                    .error, "become_method '\(method)' is not supported: use sudo, su or doas", recipe: recipe,
                    position: task.position, kind: .unsupported))
        }
        return problems
    }

    private static func unknownHandlers(
        _ task: RecipeTask, _ handlers: Set<String>, recipe: String
    ) -> [RecipeDiagnostic] {
        guard !handlers.contains("*") else { return [] }
        return task.attributes.notify.compactMap { value in
            guard case .string(let name) = value, !JinjaTemplate.isTemplate(name), !handlers.contains(name) else {
                return nil
            }
            return RecipeDiagnostic(
                .error,
                "The requested handler '\(name)' was not found in either the main handlers list nor in the listening "
                    + "handlers list", recipe: recipe, position: task.position)
        }
    }

    /// Names and topics of handlers; `*` when some are only known when they are included.
    private static func names(_ nodes: [RecipeNode]) -> Set<String> {
        var names: Set<String> = []
        for node in nodes {
            switch node {
            case .task(let task):
                names.formUnion([task.title] + task.listen)
                if task.listen.contains(where: { JinjaTemplate.isTemplate($0) }) { names.insert("*") }
                if JinjaTemplate.isTemplate(task.title) { names.insert("*") }
            case .block(let block): names.formUnion(self.names(block.tasks))
            case .include: names.insert("*")
            }
        }
        return names
    }

    /// Whether a role, or a file that may name one, is included.
    private static func includesRoles(_ nodes: [RecipeNode]) -> Bool {
        nodes.contains { node in
            switch node {
            case .task: false
            case .include: true
            case .block(let block):
                includesRoles(block.tasks) || includesRoles(block.rescue) || includesRoles(block.always)
            }
        }
    }

    /// Tasks with the file that each stands in.
    private static func visit(_ nodes: [RecipeNode], of recipe: String, _ body: (RecipeTask, String) -> Void) {
        for node in nodes {
            switch node {
            case .task(let task): body(task, recipe)
            case .include: break
            case .block(let block):
                for part in [block.tasks, block.rescue, block.always] {
                    visit(part, of: block.recipe ?? recipe, body)
                }
            }
        }
    }
}
