public import Jinja

/// The arguments of a module as written. Templates in them are rendered at run time.
public struct RecipeArguments: Sendable, Hashable {
    /// Named parameters, those of `args:` included.
    public var parameters: JinjaDict = [:]
    /// The text of modules that take some (`command: ls -l chdir=/tmp` gives `ls -l`, and `chdir` as a parameter).
    public var freeForm: String?
    /// A template that gives a dict of parameters (`copy: "{{ arguments }}"`); the named ones win over it.
    public var variable: String?
    /// Where each named parameter stands.
    public var positions: [String: RecipePosition] = [:]

    public init() {}
}

/// What a task is repeated over.
public struct RecipeLoop: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// `loop:` with a list or a template that gives one.
        case list(JinjaValue)
        /// `with_<name>:` with the lookup's terms as written.
        case lookup(String, terms: JinjaValue)
    }

    public var source: Source
    public var position: RecipePosition
}

/// `loop_control`.
public struct RecipeLoopControl: Sendable, Hashable {
    public var loopVariable = "item"
    public var indexVariable: String?
    /// What is shown for an item, a template.
    public var label: JinjaValue?
    /// Seconds between rounds.
    public var pause: JinjaValue?
    public var isExtended = false
    /// Whether `ansible_loop` has all items, where it is extended.
    public var hasAllItems = true
    public var breakWhen: [RecipeCondition] = []

    public init() {}
}

/// `until`, `retries` and `delay`.
public struct RecipeRetry: Sendable, Hashable {
    /// Empty: until the task succeeds.
    public var until: [RecipeCondition] = []
    /// Ansible's default is 3.
    public var retries: JinjaValue?
    /// Seconds; Ansible's default is 5.
    public var delay: JinjaValue?

    public init() {}
}

/// One task: a module with arguments, and how it is to be run.
public struct RecipeTask: Sendable, Hashable {
    public var position: RecipePosition
    public var attributes = RecipeAttributes()
    /// The module's name without `ansible.builtin.` or `ansible.legacy.`.
    public var module: String
    /// As the recipe writes it, which is what the display shows.
    public var action: String
    public var modulePosition: RecipePosition
    public var arguments = RecipeArguments()
    public var loop: RecipeLoop?
    public var loopControl = RecipeLoopControl()
    public var register: String?
    /// Topics that a handler answers to beside its name.
    public var listen: [String] = []
    /// `nil`: the module decides. All must hold.
    public var changedWhen: [RecipeCondition]?
    public var failedWhen: [RecipeCondition]?
    public var retry: RecipeRetry?
    public var asyncSeconds: JinjaValue?
    public var poll: JinjaValue?
    /// Written as `local_action`: runs where the engine runs.
    public var isLocalAction = false

    public init(module: String, at position: RecipePosition) {
        self.module = module
        action = module
        self.position = position
        modulePosition = position
    }

    /// - Parameter name: The module's name as written.
    mutating func call(_ name: String) {
        action = name
        module = Keywords.shortModuleName(name)
    }

    /// What the display calls the task: its name, or else its module as written.
    public var title: String { attributes.name ?? action }
}

/// `block`, `rescue` and `always`.
public struct RecipeBlock: Sendable, Hashable {
    public var position: RecipePosition
    /// The file that its tasks stand in, where they are imported; nil: the file around.
    public var recipe: String?
    public var attributes = RecipeAttributes()
    public var tasks: [RecipeNode] = []
    public var rescue: [RecipeNode] = []
    public var always: [RecipeNode] = []

    public init(at position: RecipePosition) { self.position = position }
}

/// `include_tasks`, `import_tasks`, `include`, `include_role` and `import_role`.
public struct RecipeInclude: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case tasks, role }

    public var kind: Kind
    /// Whether it stands for its content (`import_…`: conditions and tags go to each task) or is carried out like a
    /// task (`include_…`: its condition decides whether anything is included; may be looped over).
    public var isStatic: Bool
    /// The file or role, a template.
    public var target: String
    /// The file that it stands in; empty: unknown.
    public var recipe = ""
    /// Folders in the names of the imports around it, nearest first.
    public var folders: [String] = []
    /// Attributes, loop, and arguments; other parameters of the old `include: file.yml x=1` are in its `vars`.
    public var task: RecipeTask
    /// `apply:` of a dynamic include: attributes for each included task.
    public var applied = RecipeAttributes()
}

/// A member of a list of tasks.
public indirect enum RecipeNode: Sendable, Hashable {
    case task(RecipeTask)
    case block(RecipeBlock)
    case include(RecipeInclude)

    public var position: RecipePosition {
        switch self {
        case .task(let task): task.position
        case .block(let block): block.position
        case .include(let include): include.task.position
        }
    }

    public var attributes: RecipeAttributes {
        switch self {
        case .task(let task): task.attributes
        case .block(let block): block.attributes
        case .include(let include): include.task.attributes
        }
    }
}
