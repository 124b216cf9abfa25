import Jinja
import Modules
import Recipes

/// Turns the model of a recipe into plays ready to run: keywords inherited, modules found, places numbered.
///
/// Done once a recipe, however many machines it runs on.
struct RecipeCompiler {
    /// Attributes under all plays: what the caller decides for tasks that say nothing.
    var base: RecipeAttributes
    /// Folder of relative files: the playbook's, or the role's; nil for recipes of a document.
    var folder: String?
    /// Folder of the file that is compiled, where it is another one.
    var near: String?
    /// Where the files of tasks are looked for that are included.
    var files = TaskFiles()
    /// Where roles come from; nil: there are none.
    var roles: (any RoleLibrary)?
    /// Which tasks run; nil: all.
    var tags: TagSelection?
    /// The role whose tasks are compiled.
    var role: RoleContext?
    /// Renders tags and names of roles that are templates; nil: they stay.
    var render: (@Sendable (JinjaValue, _ layers: [JinjaDict]) -> JinjaValue)?

    init(base: RecipeAttributes = RecipeAttributes(), folder: String? = nil) {
        self.base = base
        self.folder = folder
    }

    /// The plays of a playbook. A bare list of tasks is no play and gives none.
    func plays(_ recipe: Recipe) throws(TaskFailure) -> [ProgramPlay] {
        var plays: [ProgramPlay] = []
        for (index, play) in recipe.plays.enumerated() { plays.append(try self.play(play, index)) }
        return plays
    }

    /// A play, whose tasks are numbered under `index`.
    func play(_ play: RecipePlay, _ index: Int) throws(TaskFailure) -> ProgramPlay {
        let attributes = play.attributes.inheriting(from: base)
        var inherited = attributes
        inherited.name = nil
        // The play's variables stay apart: files of variables rank between them and those of blocks and tasks.
        inherited.vars = JinjaDict()
        var collection = RoleCollection()
        var sections = [
            try self.nodes(play.preTasks, inherited: inherited, path: "\(index).pre_tasks", roles: &collection)
        ]
        var middle: [ProgramNode] = []
        for (number, entry) in play.roles.enumerated() {
            var entry = entry
            entry.name = rendered(.string(entry.name), layers: [play.attributes.vars]).text
            middle += try role(
                entry, inherited: inherited, path: "\(index).roles.\(number)", upper: [], parents: [],
                isDirect: true, into: &collection)
        }
        middle += try self.nodes(play.tasks, inherited: inherited, path: "\(index).tasks", roles: &collection)
        sections.append(middle)
        sections.append(
            try self.nodes(play.postTasks, inherited: inherited, path: "\(index).post_tasks", roles: &collection))
        var gathering = ProgramTask.gathering
        let tags = TagSelection.texts(attributes.tags.map { rendered($0, layers: [attributes.vars]) })
        gathering.tags = tags.isEmpty ? ["always"] : tags
        gathering.remoteUser = attributes.remoteUser
        gathering.connection = attributes.connection
        // Of an import: a play has no conditions of its own.
        gathering.conditions = Self.texts(attributes.when)
        for (name, value) in [
            ("gather_subset", play.gatherSubset), ("gather_timeout", play.gatherTimeout),
            ("fact_path", play.factPath),
        ] {
            if let value { gathering.arguments[name] = value }
        }
        gathering.become = attributes.become
        gathering.becomeUser = attributes.becomeUser
        gathering.becomeMethod = attributes.becomeMethod
        gathering.becomeExe = attributes.becomeExe
        gathering.becomeFlags = attributes.becomeFlags
        gathering.environment = attributes.environment
        var untagged = self
        untagged.tags = nil
        var handling = inherited
        handling.tags = []
        let handlers = try untagged.nodes(
            play.handlers, inherited: handling, path: "\(index).handlers", roles: &collection)
        var program = ProgramPlay(
            name: attributes.name ?? Self.pattern(play.hosts), hosts: play.hosts ?? .string("all"),
            gathersFacts: play.gatherFacts, gathering: gathering, sections: sections,
            handlers: Self.handlers(of: collection.handlers + [handlers] + collection.importedHandlers),
            layers: [attributes.vars], variableFiles: play.varsFiles)
        program.tags = tags
        program.exports = collection.exports
        program.settings = ProgramPlay.Settings(play)
        program.folder = folder
        return program
    }

    private static func pattern(_ hosts: JinjaValue?) -> String {
        guard let hosts else { return "" }
        return hosts.listValue?.map(\.text).joined(separator: ",") ?? hosts.text
    }

    /// A value with its templates rendered, as far as that is possible before anything runs.
    func rendered(_ value: JinjaValue, layers: [JinjaDict]) -> JinjaValue { render?(value, layers) ?? value }

    /// As the next one, where roles are not collected.
    func nodes(
        _ nodes: [RecipeNode], inherited: RecipeAttributes, path: String, upper: [JinjaDict] = []
    ) throws(TaskFailure) -> [ProgramNode] {
        var collection = RoleCollection()
        return try self.nodes(nodes, inherited: inherited, path: path, upper: upper, roles: &collection)
    }

    /// Tasks in order, numbered under `path`.
    func nodes(
        _ nodes: [RecipeNode], inherited: RecipeAttributes, path: String, upper: [JinjaDict] = [],
        roles collection: inout RoleCollection
    ) throws(TaskFailure) -> [ProgramNode] {
        var result: [ProgramNode] = []
        for (index, node) in nodes.enumerated() {
            let place = "\(path).\(index)"
            switch node {
            case .task(let task):
                let program = try self.task(task, inherited: inherited, path: place, upper: upper)
                if takes(program) { result.append(.task(program)) }
            case .block(let block):
                var attributes = block.attributes.inheriting(from: inherited)
                attributes.name = nil
                let program = ProgramBlock(
                    path: place, name: block.attributes.name ?? "",
                    body: try self.nodes(
                        block.tasks, inherited: attributes, path: place + ".block", upper: upper, roles: &collection),
                    rescue: try self.nodes(
                        block.rescue, inherited: attributes, path: place + ".rescue", upper: upper, roles: &collection),
                    always: try self.nodes(
                        block.always, inherited: attributes, path: place + ".always", upper: upper, roles: &collection))
                if !program.body.isEmpty || !program.always.isEmpty { result.append(.block(program)) }
            case .include(let include) where include.kind == .role && include.isStatic:
                result += try self.imported(
                    include, inherited: inherited, path: place, upper: upper, roles: &collection)
            case .include(let include):
                let program = try self.include(include, inherited: inherited, path: place, upper: upper)
                if takes(program) { result.append(.task(program)) }
            }
        }
        return result
    }

    func takes(_ task: ProgramTask) -> Bool {
        // What only the engine does has no tags to be left out by, unless it says so.
        guard let tags else { return true }
        return tags.takes(task.tags)
    }

    /// The tasks of `import_role`.
    private func imported(
        _ include: RecipeInclude, inherited: RecipeAttributes, path: String, upper: [JinjaDict],
        roles collection: inout RoleCollection
    ) throws(TaskFailure) -> [ProgramNode] {
        var entry = RecipeRole(
            name: rendered(.string(include.target), layers: [inherited.vars]).text, recipe: include.recipe,
            position: include.task.position)
        entry.attributes = include.task.attributes
        entry.attributes.name = nil
        let parameters = include.task.arguments.parameters
        // Its handlers come after those of the play, those of the play's roles before them.
        let outer = collection.handlers
        collection.handlers = []
        let (exports, imported) = (collection.exports, collection.imported)
        let isPublic = parameters["public"]?.boolValue ?? true
        defer {
            collection.importedHandlers += collection.handlers
            collection.handlers = outer
            if isPublic {
                collection.imported = imported
                collection.imported.merge(collection.exports.added(to: exports))
            } else {
                collection.exports.variables = exports.variables
                collection.exports.defaults = exports.defaults
            }
        }
        return try role(
            entry, files: Self.files(parameters), inherited: inherited, path: path, upper: upper,
            parents: self.role.map { [$0] } ?? [], isDirect: true,
            allowsDuplicates: parameters["allow_duplicates"]?.isTrue ?? true,
            validates: parameters["rolespec_validate"]?.isTrue ?? true, namesParents: true, into: &collection)
    }

    /// `tasks_from` and its kin.
    static func files(_ parameters: JinjaDict) -> LoadedRole.Files {
        func name(_ key: String) -> String? {
            guard let text = parameters[key]?.stringValue else { return nil }
            for ending in [".yml", ".yaml"] where text.hasSuffix(ending) { return String(text.dropLast(ending.count)) }
            return text
        }
        return LoadedRole.Files(
            tasks: name("tasks_from"), variables: name("vars_from"), defaults: name("defaults_from"),
            handlers: name("handlers_from"))
    }

    private func include(
        _ include: RecipeInclude, inherited: RecipeAttributes, path: String, upper: [JinjaDict]
    ) throws(TaskFailure) -> ProgramTask {
        var files = files
        files.folders = include.folders + files.folders
        let details = ProgramTask.Include(
            parent: include.applied.inheriting(from: inherited), isStatic: include.isStatic, role: role, files: files)
        var program = programTask(
            include.task, inherited: inherited, path: path, upper: upper,
            action: include.kind == .role ? .includeRole(details) : .includeTasks(details))
        if include.kind == .role {
            if !program.isNamed { program.name += " : \(include.target)" }
            program.arguments = include.task.arguments.parameters
            program.arguments["name"] = .string(include.target)
            program.arguments["role"] = nil
            program.arguments["apply"] = nil
        } else {
            program.arguments = ["_raw_params": .string(include.target)]
        }
        if !include.task.attributes.vars.isEmpty {
            program.upperLayers.insert(include.task.attributes.vars, at: 0)
        }
        // What the role around was asked for with ranks above that.
        if include.kind == .role, let parameters = role?.key?.role.parameters, !parameters.isEmpty {
            program.upperLayers.insert(parameters, at: 0)
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
        case "add_host": action = .controller(.addHost)
        case "group_by": action = .controller(.groupBy)
        case "set_stats": action = .controller(.setStats)
        case "validate_argument_spec": action = .controller(.validateArguments(nil))
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
        var arguments = Self.defaults(of: task.module, in: attributes.moduleDefaults)
        arguments.merge(task.arguments.parameters)
        if let text = task.arguments.freeForm { arguments["_raw_params"] = .string(text) }
        var program = ProgramTask(
            path: path, name: task.title, moduleName: task.module, action: action, arguments: arguments)
        program.isNamed = task.attributes.name != nil
        program.writtenModule = task.action
        program.argumentsTemplate = task.arguments.variable
        program.conditions = Self.texts(attributes.when)
        program.isSwitchedOff = attributes.when.contains { $0.expression == false }
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
        program.becomeExe = attributes.becomeExe
        program.becomeFlags = attributes.becomeFlags
        program.environment = attributes.environment
        program.noLog = attributes.noLog
        program.checkMode = attributes.checkMode
        program.difference = attributes.diff
        program.delegate = attributes.delegateTo
        program.isRunOnce = attributes.runOnce
        program.timeout = attributes.timeout ?? task.asyncSeconds
        program.asyncSeconds = task.asyncSeconds
        program.layers = attributes.vars.isEmpty ? [] : [attributes.vars]
        program.line = task.position.line
        program.remoteUser = attributes.remoteUser
        program.connection = task.isLocalAction ? "local" : attributes.connection
        program.port = attributes.port
        if task.isLocalAction, program.delegate == nil { program.delegate = "localhost" }
        program.anyErrorsFatal = attributes.anyErrorsFatal
        program.throttle = attributes.throttle
        program.delegatesFacts = attributes.delegateFacts
        let layers = [attributes.vars]
        program.tags = TagSelection.texts(attributes.tags.map { rendered($0, layers: layers) })
        finish(&program, upper: upper)
        return program
    }

    /// What a task has from where it stands.
    func finish(_ program: inout ProgramTask, upper: [JinjaDict]) {
        program.upperLayers = upper
        program.folder = folder
        program.near = near
        guard let role else { return }
        program.role = role.name
        program.roleKey = role.key
        program.layers += role.layers
        program.upperLayers += role.parameters
        program.defaults = role.defaults
        program.magic = role.magic
    }

    /// The arguments that `module_defaults` gives to a module: the innermost counts.
    private static func defaults(of module: String, in tables: [JinjaValue]) -> JinjaDict {
        var result = JinjaDict()
        for table in tables {
            for (key, value) in table.dictValue ?? JinjaDict() where Recipe.shortModuleName(key.text) == module {
                result = value.dictValue ?? JinjaDict()
            }
        }
        return result
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
        result.hasAllItems = control.hasAllItems
        result.breakWhen = texts(control.breakWhen)
        return result
    }

    static func texts(_ conditions: [RecipeCondition]) -> [String] {
        conditions.map { condition in
            if case .bool(let flag) = condition.expression { return flag ? "true" : "false" }
            return condition.expression.text
        }
    }

    /// The tasks of lists of handlers, those in blocks too. Each block is a list of its own, and so are the tasks between
    /// blocks.
    static func handlers(of lists: [[ProgramNode]]) -> [ProgramTask] {
        var result: [ProgramTask] = []
        var number = 0
        func take(_ nodes: [ProgramNode]) {
            for node in nodes {
                switch node {
                case .task(var task):
                    task.handlerList = number
                    result.append(task)
                case .block(let block):
                    number += 1
                    take(block.body)
                    number += 1
                }
            }
        }
        for nodes in lists {
            take(nodes)
            number += 1
        }
        return result
    }
}

extension ProgramTask {
    /// What the tasks of a file that is included inherit.
    struct Include: Sendable {
        var parent: RecipeAttributes
        var isStatic: Bool
        /// The role that the include stands in.
        var role: RoleContext?
        var files = TaskFiles()
    }
}
