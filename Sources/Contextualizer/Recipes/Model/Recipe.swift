public import Jinja

/// A playbook, or a list of tasks that another one includes.
public struct Recipe: Sendable, Hashable {
    /// Gives the text of a file that an import names, relative to the recipe; `nil` when there is none.
    public typealias Loader = @Sendable (_ path: String) throws -> String?

    /// Gives the text of a file of tasks that an import names, and what it is called; `nil` when there is none.
    ///
    /// `folders` are those in the names of the imports around, nearest first, within the playbook that imports it;
    /// `playbook` is the file of that one where it is imported itself, nil: the recipe.
    public typealias TaskFinder =
        @Sendable (_ path: String, _ folders: [String], _ playbook: String?) throws -> (name: String, text: String)?

    /// Gives the name of a playbook whose import has a template for it, with the variables of the import. `playbook` is
    /// the file with the import, as that of a ``TaskFinder``.
    public typealias NameRenderer =
        @Sendable (_ template: String, _ variables: JinjaDict, _ playbook: String?) throws -> String

    /// What the recipe is called in messages: a file, or the id of a `configure` section.
    public var name: String
    /// Empty when the text is a bare list of tasks.
    public var plays: [RecipePlay]
    /// Of a text that is a bare list of tasks.
    public var tasks: [RecipeNode]
    /// What was found while reading: unknown keywords, wrong types, old syntax. `check` gives it again with the rest.
    public var diagnostics: [RecipeDiagnostic]

    public init(
        name: String, plays: [RecipePlay] = [], tasks: [RecipeNode] = [], diagnostics: [RecipeDiagnostic] = []
    ) {
        self.name = name
        self.plays = plays
        self.tasks = tasks
        self.diagnostics = diagnostics
    }

    /// Whether the text was a list of tasks instead of plays.
    public var isTaskList: Bool { plays.isEmpty && !tasks.isEmpty }

    /// Reads a recipe. Only a text that is no YAML or no list of mappings throws; everything else that is wrong is
    /// collected in `diagnostics`, so that an author sees all of it at once. An empty text is an empty recipe.
    ///
    /// - Parameters:
    ///   - loader: resolves `import_tasks` and `import_playbook` with constant names; without one they stay in the
    ///     model for the engine.
    ///   - finder: finds files of tasks instead of `loader`.
    ///   - renderer: gives names of imported playbooks that are templates; without one these stay in the model, too.
    public static func parse(
        text: String, name: String, loader: Loader? = nil, finder: TaskFinder? = nil, renderer: NameRenderer? = nil,
        vault: RecipeYAML.Vault? = nil, limits: RecipeYAML.Limits = RecipeYAML.Limits()
    ) throws(RecipeError) -> Recipe {
        let document = try RecipeYAML.load(text, name: name, limits: limits, vault: vault)
        var reader = RecipeReader(name: name, loader: loader, vault: vault, limits: limits)
        reader.finder = finder
        reader.renderer = renderer
        reader.diagnostics = document.warnings
        guard let root = document.root, root.scalar != JinjaValue.none else {
            return Recipe(name: name, diagnostics: document.warnings)
        }
        return try reader.recipe(root)
    }

    /// The roles of a list as `dependencies` in a role's `meta/main.yml` holds it.
    public static func roles(_ value: JinjaValue, name: String) throws(RecipeError) -> [RecipeRole] {
        guard !value.isNone else { return [] }
        var reader = RecipeReader(name: name, loader: nil, vault: nil, limits: RecipeYAML.Limits())
        let place = RecipePosition(line: 1, column: 1)
        let roles = (value.listValue ?? [value]).compactMap { reader.role(PositionedValue(plain: $0, at: place)) }
        if let first = reader.diagnostics.first(where: { $0.severity == .error }) {
            throw RecipeError(.structure, first.message, recipe: name)
        }
        return roles
    }

    /// The `name=value` pairs of a text, with quotes as Ansible reads them, and what is no pair (nil if all are).
    public static func pairs(
        _ text: String
    ) throws(RecipeError) -> (pairs: [(name: String, value: String)], rest: String?) {
        do throws(FreeForm.Failure) {
            let parsed = try FreeForm.parse(text, options: nil)
            return (parsed.parameters, parsed.text)
        } catch {
            throw RecipeError(.structure, "failed at splitting arguments: quotes or braces do not match", recipe: "-e")
        }
    }

    /// A module's name without the prefix of the built-in collections.
    public static func shortModuleName(_ name: String) -> String { Keywords.shortModuleName(name) }

    /// Plays with the engine's header laid over each: see `RecipePlay.overriding`.
    public func overriding(
        hosts: JinjaValue, become: JinjaValue? = nil, gatherFacts: JinjaValue? = nil
    ) -> Recipe {
        var recipe = self
        recipe.plays = plays.map { $0.overriding(hosts: hosts, become: become, gatherFacts: gatherFacts) }
        return recipe
    }
}
