import Jinja
import Modules
import Recipes

/// Turns the model of a recipe into plays ready to run: keywords inherited, modules found, places numbered.
///
/// Done once a recipe, however many machines it runs on.
struct RecipeCompiler {
    /// Attributes under all plays: what the caller decides for tasks that say nothing.
    var base: RecipeAttributes
    /// Folder of relative files; nil for recipes of a document.
    var folder: String?

    init(base: RecipeAttributes = RecipeAttributes(), folder: String? = nil) {
        self.base = base
        self.folder = folder
    }

    /// The plays of a playbook. A bare list of tasks is no play and gives none.
    func plays(_ recipe: Recipe) throws(TaskFailure) -> [ProgramPlay] {
        var plays: [ProgramPlay] = []
        for (index, play) in recipe.plays.enumerated() {
            let attributes = play.attributes.inheriting(from: base)
            var inherited = attributes
            inherited.name = nil
            // The play's variables stay apart: files of variables rank between them and those of blocks and tasks.
            inherited.vars = JinjaDict()
            var sections: [[ProgramNode]] = []
            for (name, nodes) in [("pre_tasks", play.preTasks), ("tasks", play.tasks), ("post_tasks", play.postTasks)] {
                sections.append(try self.nodes(nodes, inherited: inherited, path: "\(index).\(name)"))
            }
            var gathering = ProgramTask.gathering
            gathering.become = attributes.become
            gathering.becomeUser = attributes.becomeUser
            gathering.becomeMethod = attributes.becomeMethod
            gathering.environment = attributes.environment
            gathering.layers = attributes.vars.isEmpty ? [] : [attributes.vars]
            let handlers = try self.nodes(play.handlers, inherited: inherited, path: "\(index).handlers")
            plays.append(
                ProgramPlay(
                    name: attributes.name ?? play.hosts?.text ?? "", hosts: play.hosts ?? .string("all"),
                    gathersFacts: play.gatherFacts, gathering: gathering, sections: sections,
                    handlers: Self.tasks(of: handlers), layers: [attributes.vars], variableFiles: play.varsFiles))
        }
        return plays
    }

    /// Tasks in order, numbered under `path`.
    func nodes(
        _ nodes: [RecipeNode], inherited: RecipeAttributes, path: String, upper: [JinjaDict] = []
    ) throws(TaskFailure) -> [ProgramNode] {
        var result: [ProgramNode] = []
        for (index, node) in nodes.enumerated() {
            let place = "\(path).\(index)"
            switch node {
            case .task(let task):
                result.append(.task(try self.task(task, inherited: inherited, path: place, upper: upper)))
            case .block(let block):
                var attributes = block.attributes.inheriting(from: inherited)
                attributes.name = nil
                result.append(
                    .block(
                        ProgramBlock(
                            path: place, name: block.attributes.name ?? "",
                            body: try self.nodes(
                                block.tasks, inherited: attributes, path: place + ".block", upper: upper),
                            rescue: try self.nodes(
                                block.rescue, inherited: attributes, path: place + ".rescue", upper: upper),
                            always: try self.nodes(
                                block.always, inherited: attributes, path: place + ".always", upper: upper))))
            case .include(let include):
                result.append(.task(try self.include(include, inherited: inherited, path: place, upper: upper)))
            }
        }
        return result
    }

    private func include(
        _ include: RecipeInclude, inherited: RecipeAttributes, path: String, upper: [JinjaDict]
    ) throws(TaskFailure) -> ProgramTask {
        guard include.kind == .tasks else {
            throw TaskFailure(message: "roles are not supported yet: \(include.target)")
        }
        var inner = inherited
        inner.when = []
        var program = programTask(
            include.task, inherited: inherited, path: path, upper: upper,
            action: .includeTasks(
                ProgramTask.Include(parent: include.applied.inheriting(from: inner), isStatic: include.isStatic)))
        program.name = include.task.attributes.name ?? include.task.module
        program.arguments = ["_raw_params": .string(include.target)]
        if !include.task.attributes.vars.isEmpty {
            program.upperLayers.insert(include.task.attributes.vars, at: 0)
        }
        return program
    }

    private func task(
        _ task: RecipeTask, inherited: RecipeAttributes, path: String, upper: [JinjaDict]
    ) throws(TaskFailure) -> ProgramTask {
        let action: ProgramTask.Action
        switch task.module {
        case "meta": action = .meta
        case "include_vars": action = .includeVariables
        default:
            guard let module = ModuleRegistry.module(named: task.module) else {
                throw TaskFailure(message: "the module '\(task.module)' is not supported")
            }
            action = .module(module)
        }
        return programTask(task, inherited: inherited, path: path, upper: upper, action: action)
    }

    private func programTask(
        _ task: RecipeTask, inherited: RecipeAttributes, path: String, upper: [JinjaDict], action: ProgramTask.Action
    ) -> ProgramTask {
        let attributes = task.attributes.inheriting(from: inherited)
        var arguments = task.arguments.parameters
        if let text = task.arguments.freeForm { arguments["_raw_params"] = .string(text) }
        var program = ProgramTask(
            path: path, name: task.title, moduleName: task.module, action: action, arguments: arguments)
        program.argumentsTemplate = task.arguments.variable
        program.conditions = Self.texts(attributes.when)
        program.loop = Self.loop(task)
        program.register = task.register
        if let retry = task.retry {
            program.until = Self.texts(retry.until)
            program.retries = retry.retries
            program.delay = retry.delay
        }
        program.changedWhen = task.changedWhen.map(Self.texts)
        program.failedWhen = task.failedWhen.map(Self.texts)
        program.ignoresErrors = attributes.ignoreErrors
        program.ignoresUnreachable = attributes.ignoreUnreachable
        program.notify = attributes.notify
        program.listen = task.listen
        program.become = attributes.become
        program.becomeUser = attributes.becomeUser
        program.becomeMethod = attributes.becomeMethod
        program.environment = attributes.environment
        program.noLog = attributes.noLog
        program.checkMode = attributes.checkMode
        program.difference = attributes.diff
        program.delegate = attributes.delegateTo
        program.isRunOnce = attributes.runOnce
        program.timeout = attributes.timeout ?? task.asyncSeconds
        program.layers = attributes.vars.isEmpty ? [] : [attributes.vars]
        program.upperLayers = upper
        program.folder = folder
        program.line = task.position.line
        return program
    }

    private static func loop(_ task: RecipeTask) -> ProgramTask.Loop? {
        guard let loop = task.loop else { return nil }
        let control = task.loopControl
        var result: ProgramTask.Loop
        switch loop.source {
        case .list(let items): result = ProgramTask.Loop(lookup: "loop", items: items)
        case .lookup(let name, let terms): result = ProgramTask.Loop(lookup: name, items: terms)
        }
        result.variable = control.loopVariable
        result.indexVariable = control.indexVariable
        result.label = control.label?.text
        result.pause = control.pause
        result.isExtended = control.isExtended
        result.breakWhen = texts(control.breakWhen)
        return result
    }

    private static func texts(_ conditions: [RecipeCondition]) -> [String] {
        conditions.map { condition in
            if case .bool(let flag) = condition.expression { return flag ? "true" : "false" }
            return condition.expression.text
        }
    }

    /// The tasks of a list of handlers, those in blocks too.
    private static func tasks(of nodes: [ProgramNode]) -> [ProgramTask] {
        nodes.flatMap { node in
            switch node {
            case .task(let task): [task]
            case .block(let block): tasks(of: block.body)
            }
        }
    }
}

extension ProgramTask {
    /// What the tasks of a file that is included inherit.
    struct Include: Sendable {
        var parent: RecipeAttributes
        var isStatic: Bool
    }
}

/// What can be found out about recipes before any machine exists.
enum RecipeCheck {
    /// Parameters of all modules that recipes may use.
    static let supportedModules: [String: Set<String>] = {
        var table: [String: Set<String>] = [
            "meta": ["*"], "include_vars": ["*"], "include_tasks": ["*"], "import_tasks": ["*"], "include": ["*"],
        ]
        for module in ModuleRegistry.all {
            let documentation = module.documentation
            let parameters: Set<String> =
                documentation.acceptsAnything
                ? ["*"] : Set(documentation.parameters.flatMap { [$0.name] + $0.aliases })
            for name in documentation.names { table[name] = parameters }
        }
        return table
    }()

    /// All that is wrong with a recipe.
    static func problems(_ recipe: Recipe) -> [RecipeDiagnostic] {
        var problems = recipe.check(supportedModules: supportedModules)
        for play in recipe.plays {
            // Roles bring handlers of their own.
            let handlers = names(play.handlers).union(play.roles.isEmpty ? [] : ["*"])
            for nodes in [play.preTasks, play.tasks, play.postTasks, play.handlers] {
                visit(nodes) { task in
                    problems += refusals(task, recipe: recipe.name)
                    problems += unknownHandlers(task, handlers, recipe: recipe.name)
                }
            }
        }
        visit(recipe.tasks) { problems += refusals($0, recipe: recipe.name) }
        return problems
    }

    private static func refusals(_ task: RecipeTask, recipe: String) -> [RecipeDiagnostic] {
        var problems: [RecipeDiagnostic] = []
        let target = task.attributes.delegateTo?.text
        if task.isLocalAction || target == "localhost" || target == "127.0.0.1" {
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
        if let method = task.attributes.becomeMethod?.text, !JinjaTemplate.isTemplate(method),
            !["sudo", "su", "doas"].contains(method)
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
                if JinjaTemplate.isTemplate(task.title) { names.insert("*") }
            case .block(let block): names.formUnion(self.names(block.tasks))
            case .include: names.insert("*")
            }
        }
        return names
    }

    private static func visit(_ nodes: [RecipeNode], _ body: (RecipeTask) -> Void) {
        for node in nodes {
            switch node {
            case .task(let task): body(task)
            case .include: break
            case .block(let block):
                visit(block.tasks, body)
                visit(block.rescue, body)
                visit(block.always, body)
            }
        }
    }
}
