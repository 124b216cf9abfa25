import Jinja
import Recipes

extension RecipeCompiler {
    /// What was found while the roles of a play were compiled.
    struct RoleCollection {
        var exports = RoleExports()
        /// What those of them give that tasks import.
        var imported = RoleExports()
        /// Lists of handlers, of each role one.
        var handlers: [[ProgramNode]] = []
        /// The same of roles that tasks import.
        var importedHandlers: [[ProgramNode]] = []
        /// Roles that run already, with the same parameters: they do not run again.
        var seen: Set<RoleKey> = []
        /// Those of them that ran on the machine before the include that is compiled.
        var ran: Set<RoleKey> = []

        init(ran: Set<RoleKey> = []) {
            seen = ran
            self.ran = ran
        }
    }

    /// A role with all that it was asked for with.
    struct RoleKey: Hashable, Sendable {
        var name: String
        var files: LoadedRole.Files
        var role: RecipeRole
        /// Whether a task asks for it: one that the play lists is another one.
        var isIncluded: Bool
    }

    /// The tasks of a role with those of its dependencies before, and its handlers.
    func role(
        _ entry: RecipeRole, files: LoadedRole.Files = LoadedRole.Files(), inherited: RecipeAttributes, path: String,
        upper: [JinjaDict], parents: [RoleContext], isDirect: Bool, allowsDuplicates: Bool = false,
        validates: Bool = true, namesParents: Bool = false, into collection: inout RoleCollection
    ) throws(TaskFailure) -> [ProgramNode] {
        guard let roles else {
            throw TaskFailure(message: "the role '\(entry.name)' is not at hand: a recipe of a document has no roles")
        }
        guard parents.count < 50 else {
            throw TaskFailure(message: "the role '\(entry.name)' depends on itself without end")
        }
        let role: LoadedRole
        do throws(TaskFailure) {
            role = try roles.role(named: entry.name, files: files, nextTo: parents.first?.folder)
        } catch {
            // What is wrong inside of the role has its own place.
            guard error.problems.isEmpty, !entry.recipe.isEmpty else { throw error }
            throw TaskFailure(
                message: error.message,
                problems: [RecipeDiagnostic(.error, error.message, recipe: entry.recipe, position: entry.position)])
        }
        var context = RoleContext(name: role.name, folder: role.folder)
        // Dependencies do not know who needs them.
        if namesParents { context.parents = parents.map(\.name) }
        context.parameters = [entry.parameters].filter { !$0.isEmpty } + (parents.first?.parameters ?? [])
        context.defaults = [role.defaults].filter { !$0.isEmpty } + (parents.first?.defaults ?? [])

        var attributes = entry.attributes.inheriting(from: inherited)
        attributes.name = nil
        attributes.vars = inherited.vars
        var key = entry
        key.position = RecipePosition(line: 0, column: 0)
        key.recipe = ""
        if isDirect {
            collection.exports.names.append(role.name)
        } else if !namesParents, !collection.exports.dependencies.contains(role.name) {
            collection.exports.dependencies.append(role.name)
        }
        let roleKey = RoleKey(name: role.folder, files: files, role: key, isIncluded: namesParents)
        let isNew = collection.seen.insert(roleKey).inserted
        context.key = roleKey
        var result: [ProgramNode] = []
        var exported: [JinjaDict] = []
        for (index, dependency) in role.dependencies.enumerated() {
            let before = collection.exports.variables.count
            var passed = context
            passed.layers =
                [entry.attributes.vars, role.variables].filter { !$0.isEmpty } + (parents.first?.layers ?? [])
            result += try self.role(
                dependency, inherited: attributes, path: "\(path).dependency.\(index)", upper: upper,
                parents: [passed] + parents, isDirect: false, into: &collection)
            exported = collection.exports.variables.prefix(collection.exports.variables.count - before) + exported
        }
        context.layers =
            [entry.attributes.vars, role.variables].filter { !$0.isEmpty } + exported + (parents.first?.layers ?? [])
        guard isNew || role.allowsDuplicates || allowsDuplicates else {
            // What ran before the include still gives its variables to the role that needs it.
            if collection.ran.contains(roleKey) { collection.exports.add(role) }
            return result
        }
        collection.exports.add(role)
        var inner = self
        inner.role = context
        inner.folder = role.folder
        inner.files = TaskFiles(role: role.folder)
        if validates,
            let validation = inner.validation(
                of: role, files: files, inherited: attributes, path: path, upper: upper)
        {
            result.append(.task(validation))
        }
        result += try inner.nodes(
            role.tasks, inherited: attributes, path: "\(path).role", upper: upper, roles: &collection)
        // Conditions of the role are those of its handlers, too.
        var handling = attributes
        handling.tags = []
        var untagged = inner
        untagged.tags = nil
        untagged.files.part = "handlers"
        collection.handlers.append(
            try untagged.nodes(role.handlers, inherited: handling, path: "\(path).handlers", upper: upper))
        return result
    }

    /// The task that looks at the arguments of a role which says what it takes.
    private func validation(
        of role: LoadedRole, files: LoadedRole.Files, inherited: RecipeAttributes, path: String,
        upper: [JinjaDict]
    ) -> ProgramTask? {
        let entry = files.tasks ?? "main"
        guard let spec = role.argumentSpecs[entry]?.dictValue, let options = spec["options"]?.dictValue else {
            return nil
        }
        let summary = spec["short_description"]?.text
        var task = ProgramTask(
            path: "\(path).validation",
            name: "Validating arguments against arg spec '\(entry)'" + (summary.map { " - \($0)" } ?? ""),
            moduleName: "validate_argument_spec", action: .controller(.validateArguments(options)),
            arguments: [
                "validate_args_context": [
                    "type": "role", "name": .string(role.name), "argument_spec_name": .string(entry),
                    "path": .string(role.folder),
                ]
            ])
        let layers = [inherited.vars]
        task.tags = ["always"] + TagSelection.texts(inherited.tags.map { rendered($0, layers: layers) })
        task.ignoresErrors = inherited.ignoreErrors
        task.layers = inherited.vars.isEmpty ? [] : [inherited.vars]
        task.conditions = Self.texts(inherited.when)
        finish(&task, upper: upper)
        return takes(task) ? task : nil
    }
}
