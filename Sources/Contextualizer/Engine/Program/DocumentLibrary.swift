import Jinja
import Modules
import Recipes

/// What recipes of a document may include: the document's other recipes by name (`<configure>.yml`), and nothing of the
/// controller's files.
final class DocumentLibrary: TaskLibrary, SourceProvider {
    private let recipes: [String: Recipe]

    /// - Parameter recipes: By the name of the `configure` section.
    init(recipes: [String: Recipe]) {
        self.recipes = recipes
    }

    /// The section that a file name means: `web.yml`, `./web.yml`, `web`.
    static func section(of file: String) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        for ending in [".yml", ".yaml"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }

    func tasks(
        named name: String, includedBy task: ProgramTask, path: String
    ) throws -> (included: IncludedTasks, place: String) {
        guard let recipe = recipes[Self.section(of: name)] else {
            throw TaskFailure(
                message: "Could not find '\(name)': recipes may include other configure sections of the document ("
                    + recipes.keys.sorted().map { "\($0).yml" }.joined(separator: ", ") + ")")
        }
        return (try RecipeCompiler().included(recipe, by: task, path: path), name)
    }

    func variables(named name: String, includedBy task: ProgramTask) throws -> JinjaDict {
        throw TaskFailure(
            message: "include_vars: '\(name)' is a file of the controller, which a recipe of a document does not have: "
                + "put the variables under 'vars'")
    }

    func isEncrypted(_ name: String, for task: ProgramTask) -> Bool { false }

    func variableFiles(in folder: String, depth: Int, for task: ProgramTask) throws -> [String] {
        throw TaskFailure(
            message: "include_vars: '\(folder)' is a folder of the controller, which a recipe of a document does not "
                + "have: put the variables under 'vars'")
    }

    func role(
        includedBy task: ProgramTask, path: String, after ran: Set<RecipeCompiler.RoleKey>
    ) throws -> IncludedTasks {
        throw TaskFailure(message: "a recipe of a document has no roles of its own: include another configure section")
    }

    func source(
        _ request: SourceRequest, for task: ProgramTask, render: (_ text: String, _ file: String) throws -> String
    ) throws -> ModuleSource {
        let advice =
            request.kind == .template
            ? "use copy with 'content', in which templates work too" : "use 'content' or get_url"
        throw TaskFailure(
            message:
                "Could not find or access '\(request.path)' on the controller: a recipe of a document has no files "
                + "of its own; \(advice)")
    }

    func save(_ file: ControllerFile, from host: String) throws -> ModuleResult {
        throw TaskFailure(
            message: "'\(file.destination)' cannot be written on the controller: a recipe of a document has no files "
                + "there; use slurp, whose result is a variable, or send the file from the machine to where it is wanted"
        )
    }
}

extension RecipeCompiler {
    /// The tasks of a recipe that a task includes.
    func included(_ recipe: Recipe, by task: ProgramTask, path: String) throws -> IncludedTasks {
        guard case .includeTasks(let include) = task.action else { return IncludedTasks([]) }
        guard recipe.plays.isEmpty else {
            throw TaskFailure(message: "'\(recipe.name)' is a playbook: only lists of tasks can be included")
        }
        if let error = recipe.diagnostics.first(where: { $0.severity == .error }) {
            throw TaskFailure(message: "'\(recipe.name)' cannot be included: \(error)")
        }
        guard path.count < 2000 else {
            throw TaskFailure(message: "'\(recipe.name)' includes itself without end")
        }
        var inner = self
        inner.role = include.role
        if let role = include.role { inner.folder = role.folder }
        var roles = RoleCollection()
        let tasks = try inner.nodes(
            recipe.tasks, inherited: include.parent, path: path, upper: task.includeLayers, roles: &roles)
        return IncludedTasks(tasks, roles)
    }
}
