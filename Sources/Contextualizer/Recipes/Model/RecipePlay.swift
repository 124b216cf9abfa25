public import Jinja

/// A role that a play names.
public struct RecipeRole: Sendable, Hashable {
    public var name: String
    /// The file that names it; empty: unknown.
    public var recipe: String
    public var position: RecipePosition
    public var attributes = RecipeAttributes()
    /// Parameters given beside the keywords, which rank above `vars`.
    public var parameters: JinjaDict = [:]

    public init(name: String, recipe: String = "", position: RecipePosition) {
        self.name = name
        self.recipe = recipe
        self.position = position
    }
}

/// A variable that somebody at a terminal is asked for.
public struct RecipePrompt: Sendable, Hashable {
    public var name: String
    public var text: String?
    public var standard: JinjaValue?
    /// Whether the answer is not shown.
    public var isPrivate = true
    /// Whether it is asked for twice.
    public var isConfirmed = false
    /// The scheme by which the answer is encrypted, such as `sha512_crypt`.
    public var encryption: String?
    public var salt: String?
    public var saltSize: Int?

    public init(name: String) { self.name = name }
}

/// One play.
public struct RecipePlay: Sendable, Hashable {
    public var position: RecipePosition
    /// The file that it stands in, where it is imported; nil: the recipe itself.
    public var recipe: String?
    /// Name, variables, become, environment, tags and the other keywords that tasks inherit.
    public var attributes = RecipeAttributes()
    /// A pattern, a list of patterns, or a template; `nil` in IM's recipes, where the engine fills it in.
    public var hosts: JinjaValue?
    /// `nil`: the engine's setting decides.
    public var gatherFacts: JinjaValue?
    public var gatherSubset: JinjaValue?
    public var gatherTimeout: JinjaValue?
    /// Folder of the machine's own facts.
    public var factPath: JinjaValue?
    /// Files, each a template or a list of alternatives.
    public var varsFiles: [JinjaValue] = []
    public var roles: [RecipeRole] = []
    public var preTasks: [RecipeNode] = []
    public var tasks: [RecipeNode] = []
    public var postTasks: [RecipeNode] = []
    public var handlers: [RecipeNode] = []
    /// A number, a percentage or a list of both.
    public var serial: JinjaValue?
    public var maxFailPercentage: JinjaValue?
    public var forceHandlers: JinjaValue?
    public var strategy: JinjaValue?
    public var order: JinjaValue?
    public var prompts: [RecipePrompt] = []
    /// Set when this is no play but `import_playbook: file` that no loader has resolved.
    public var importedPlaybook: String?

    public init(at position: RecipePosition) { self.position = position }

    /// The play with a header laid over it, as IM merges its own into every play: who runs where and as whom is the
    /// header's, not the recipe's.
    public func overriding(
        hosts: JinjaValue, become: JinjaValue? = nil, gatherFacts: JinjaValue? = nil
    ) -> RecipePlay {
        var play = self
        play.hosts = hosts
        play.attributes.connection = nil
        if let become { play.attributes.become = become }
        if let gatherFacts { play.gatherFacts = gatherFacts }
        return play
    }
}
