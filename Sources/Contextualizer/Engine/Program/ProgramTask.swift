import Jinja
import Modules
import Recipes

/// A task ready to run: keywords inherited from blocks and play are merged in, texts may still hold templates.
struct ProgramTask: Sendable {
    /// What it does.
    enum Action: Sendable {
        case module(any Module.Type)
        /// Tasks of another recipe, found by name when it runs.
        case includeTasks(Include)
        /// Tasks of a role, found by name when it runs.
        case includeRole(Include)
        case includeVariables
        /// What the engine does itself.
        case controller(ControllerAction)
        case meta
    }

    /// A loop in Ansible's words: `items` for `loop` and `with_items`, else the name of the lookup.
    struct Loop: Sendable {
        var lookup: String
        var items: JinjaValue
        var variable = "item"
        var indexVariable: String?
        var label: String?
        var pause: JinjaValue?
        var isExtended = false
        var hasAllItems = true
        /// The loop ends after an item for which all hold.
        var breakWhen: [String] = []
    }

    /// Stable place in the expanded recipe.
    var path: String
    var name: String
    /// Whether the recipe names it; else the name is that of its module.
    var isNamed = true
    var moduleName: String
    /// The module as the recipe names it; nil: as above.
    var writtenModule: String?
    var action: Action
    var arguments: JinjaDict
    /// A template that gives a dict of arguments; the named ones win over it.
    var argumentsTemplate: String?
    var conditions: [String] = []
    /// Whether one of them is written as a false boolean, and told as one.
    var isSwitchedOff = false
    var loop: Loop?
    var register: String?
    var until: [String]?
    var retries: JinjaValue?
    var delay: JinjaValue?
    var changedWhen: [String]?
    var failedWhen: [String]?
    var ignoresErrors: JinjaValue?
    var ignoresUnreachable: JinjaValue?
    var notify: [JinjaValue] = []
    /// Topics, for handlers.
    var listen: [String] = []
    /// The list of handlers that it stands in: of those of one name the last list's first counts.
    var handlerList = 0
    var become: JinjaValue?
    var becomeUser: JinjaValue?
    var becomeMethod: JinjaValue?
    var becomeExe: JinjaValue?
    var becomeFlags: JinjaValue?
    /// From outer to inner.
    var environment: [JinjaValue] = []
    var noLog: JinjaValue?
    var checkMode: JinjaValue?
    var difference: JinjaValue?
    var delegate: JinjaValue?
    var isRunOnce: JinjaValue?
    var timeout: JinjaValue?
    /// How long the task may take in the background, in Ansible's way to say it.
    var asyncSeconds: JinjaValue?
    /// Variables of the task, then of its blocks, role and play: highest first.
    var layers: [JinjaDict] = []
    /// Parameters of includes that led here: highest first.
    var upperLayers: [JinjaDict] = []
    /// Defaults of roles: highest first.
    var defaults: [JinjaDict] = []
    /// Folder that relative files are looked up from; nil for recipes of a document.
    var folder: String?
    /// Folder of the file that holds it, where it is another one.
    var near: String?
    /// Name of the role it comes from.
    var role: String?
    /// That role, with all that it was asked for with.
    var roleKey: RecipeCompiler.RoleKey?
    var tags: [String] = []
    var remoteUser: JinjaValue?
    var connection: JinjaValue?
    var port: JinjaValue?
    var anyErrorsFatal: JinjaValue?
    var throttle: JinjaValue?
    var delegatesFacts: JinjaValue?
    /// Fixed values that its templates see, such as `role_path`.
    var magic = JinjaDict()
    /// Line in the source.
    var line: Int?

    /// What the display calls it: with its role, unless it includes one.
    ///
    /// - Parameter name: Its own name, rendered.
    func title(_ name: String) -> String {
        if case .includeRole = action { return name }
        return role.map { "\($0) : \(name)" } ?? name
    }

    /// Whether other machines see what it does, or it sees what they did.
    var looksAtOthers: Bool {
        switch action {
        case .includeTasks, .includeRole, .controller, .meta: return true
        case .module, .includeVariables: break
        }
        if isRunOnce != nil || delegate != nil || anyErrorsFatal != nil || throttle != nil || connection != nil {
            return true
        }
        if moduleName == "pause" { return true }
        let texts = conditions + (until ?? []) + (changedWhen ?? []) + (failedWhen ?? [])
        let values = [loop?.items ?? .none, .dict(arguments), .list(environment)] + layers.map { .dict($0) }
        return texts.contains(where: Self.namesOthers) || values.contains { Self.namesOthers($0.repr) }
            || moduleName == "template"
    }

    private static func namesOthers(_ text: String) -> Bool {
        ["hostvars", "play_hosts", "play_batch", "groups"].contains { text.contains($0) }
    }

    /// What the tasks that it includes get: its own parameters without those of its role, which they have themselves.
    var includeLayers: [JinjaDict] {
        let parameters: [JinjaDict] =
            switch action {
            case .includeTasks(let include), .includeRole(let include): include.role?.parameters ?? []
            default: []
            }
        return Array(upperLayers.dropLast(parameters.count))
    }

    /// Gathers facts, with the rights of the login user.
    static let gathering = ProgramTask(
        path: "facts", name: "Gathering Facts", moduleName: "setup", action: .module(SetupModule.self),
        arguments: JinjaDict())

    /// Whether it may need a connection to the machine.
    var connects: Bool {
        switch action {
        case .includeTasks, .includeRole: return true
        case .includeVariables, .controller, .meta: return false
        case .module:
            if usesOnlyVariables { return false }
            if case .local? = connection.flatMap({ ConnectionKind($0.text) }) { return false }
            return !(delegate.map { HostBuilder.isController($0.text) } ?? false)
        }
    }

    /// Whether nothing runs for it anywhere.
    var usesOnlyVariables: Bool {
        guard case .module(let module) = action else { return false }
        return ["debug", "assert", "fail", "set_fact"].contains(module.documentation.name)
    }

    /// Whether it acts without a look at what is there, each time that it runs.
    var isCommand: Bool {
        guard case .module(let module) = action else { return false }
        return ["command", "shell", "raw", "script"].contains(module.documentation.name)
    }
}

/// What is done without a program of a module.
enum ControllerAction: Sendable {
    case addHost
    case groupBy
    case setStats
    /// nil: the task's own arguments say what is asked for.
    case validateArguments(JinjaDict?)
}

/// Tasks with a common fate.
struct ProgramBlock: Sendable {
    var path: String
    var name: String
    var body: [ProgramNode]
    var rescue: [ProgramNode]
    var always: [ProgramNode]
}

/// What a play consists of.
enum ProgramNode: Sendable {
    case task(ProgramTask)
    case block(ProgramBlock)
}

/// A play ready to run.
struct ProgramPlay: Sendable {
    var name: String
    /// Pattern of machines; runs of infrastructures name their machines themselves.
    var hosts: JinjaValue
    /// nil: the default of the caller.
    var gathersFacts: JinjaValue?
    /// How facts are gathered: as the user that the play becomes.
    var gathering: ProgramTask
    /// Pre-tasks, roles and tasks, post-tasks: handlers run after each.
    var sections: [[ProgramNode]]
    /// In order of definition.
    var handlers: [ProgramTask]
    /// Variables for what the play itself evaluates.
    var layers: [JinjaDict]
    /// Files with variables, each a template or a list of alternatives.
    var variableFiles: [JinjaValue]
    var tags: [String] = []
    /// What its roles give to all tasks.
    var exports = RoleExports()
    var settings = Settings()
    /// Folder of its playbook, which may be an imported one; nil: the run's.
    var folder: String?

    /// How machines proceed.
    struct Settings: Sendable {
        var serial: JinjaValue?
        var maximumFailures: JinjaValue?
        var anyErrorsFatal: JinjaValue?
        var forcesHandlers: JinjaValue?
        var strategy: JinjaValue?
        var order: JinjaValue?
        var prompts: [RecipePrompt] = []

        init() {}

        init(_ play: RecipePlay) {
            serial = play.serial
            maximumFailures = play.maxFailPercentage
            anyErrorsFatal = play.attributes.anyErrorsFatal
            forcesHandlers = play.forceHandlers
            strategy = play.strategy
            order = play.order
            prompts = play.prompts
        }
    }

    /// Whether what a machine does may depend on what others did before: then they go task by task.
    var keepsTogether: Bool {
        settings.anyErrorsFatal != nil || settings.maximumFailures != nil
            || handlers.contains(where: \.looksAtOthers) || hasTask(where: \.looksAtOthers)
    }

    /// Whether it works on its machines over connections to them.
    var connects: Bool { (gathersFacts != .bool(false) && gathering.connects) || hasTask(where: \.connects) }

    /// Whether one of its tasks is such, also in a rescue or always.
    private func hasTask(where matches: (ProgramTask) -> Bool) -> Bool {
        func has(_ nodes: [ProgramNode]) -> Bool {
            nodes.contains { node in
                switch node {
                case .task(let task): matches(task)
                case .block(let block): has(block.body) || has(block.rescue) || has(block.always)
                }
            }
        }
        return sections.contains { has($0) }
    }

    /// How many tasks are known before anything runs.
    var taskCount: Int {
        func count(_ nodes: [ProgramNode]) -> Int {
            nodes.reduce(0) { sum, node in
                switch node {
                case .task: sum + 1
                case .block(let block): sum + count(block.body)
                }
            }
        }
        return sections.reduce(0) { $0 + count($1) }
    }
}
