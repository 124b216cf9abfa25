import Jinja
import Modules

/// A task ready to run: keywords inherited from blocks and play are merged in, texts may still hold templates.
struct ProgramTask: Sendable {
    /// What it does.
    enum Action: Sendable {
        case module(any Module.Type)
        /// Tasks of another recipe, found by name when it runs.
        case includeTasks(Include)
        case includeVariables
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
        /// The loop ends after an item for which all hold.
        var breakWhen: [String] = []
    }

    /// Stable place in the expanded recipe.
    var path: String
    var name: String
    var moduleName: String
    var action: Action
    var arguments: JinjaDict
    /// A template that gives a dict of arguments; the named ones win over it.
    var argumentsTemplate: String?
    var conditions: [String] = []
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
    var become: JinjaValue?
    var becomeUser: JinjaValue?
    var becomeMethod: JinjaValue?
    /// From outer to inner.
    var environment: [JinjaValue] = []
    var noLog: JinjaValue?
    var checkMode: JinjaValue?
    var difference: JinjaValue?
    var delegate: JinjaValue?
    var isRunOnce: JinjaValue?
    var timeout: JinjaValue?
    /// Variables of the task, then of its blocks, role and play: highest first.
    var layers: [JinjaDict] = []
    /// Parameters of includes that led here: highest first.
    var upperLayers: [JinjaDict] = []
    /// Defaults of roles: highest first.
    var defaults: [JinjaDict] = []
    /// Folder that relative files are looked up from; nil for recipes of a document.
    var folder: String?
    /// Name of the role it comes from.
    var role: String?
    /// Line in the source.
    var line: Int?

    /// Gathers facts, with the rights of the login user.
    static let gathering = ProgramTask(
        path: "facts", name: "Gathering Facts", moduleName: "setup", action: .module(SetupModule.self),
        arguments: JinjaDict())

    /// Whether it acts without a look at what is there, each time that it runs.
    var isCommand: Bool {
        guard case .module(let module) = action else { return false }
        return ["command", "shell", "raw", "script"].contains(module.documentation.name)
    }
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
