import ContextualizationAPI
import Jinja
import Recipes
import Support

/// The recipes of a document, read once.
struct DocumentRecipes {
    private(set) var parsed: [String: Recipe] = [:]
    private var failures: [RecipeProblem] = []
    private let sections: Set<String>
    /// What was decrypted.
    let secrets = LockedValue<[String]>([])

    /// - Parameter recipes: By the name of the `configure` section.
    init(_ recipes: [String: ContextualizationRecipe]) {
        sections = Set(recipes.keys)
        let loader: Recipe.Loader = { path in recipes[DocumentLibrary.section(of: path)]?.text }
        for (name, recipe) in recipes.sorted(by: { $0.key < $1.key }) {
            let passwords = recipe.vaultPasswords.map { (id: "default", password: $0) }
            let vault = passwords.isEmpty ? nil : Vault(passwords: passwords).reader(keeping: secrets)
            do throws(RecipeError) {
                parsed[name] = try Recipe.parse(text: recipe.text, name: name, loader: loader, vault: vault)
            } catch {
                failures.append(RecipeProblem(error.diagnostic))
            }
        }
    }

    /// All that is wrong with the recipes, each told once.
    var problems: [RecipeProblem] {
        var seen: Set<RecipeProblem> = []
        var problems = failures
        for (_, recipe) in parsed.sorted(by: { $0.key < $1.key }) {
            problems += RecipeCheck.problems(recipe).map { RecipeProblem($0) }
            problems += recipe.plays.compactMap { Self.ignoredHosts($0, of: recipe) }
            let lists = recipe.plays.flatMap { [$0.preTasks, $0.tasks, $0.postTasks, $0.handlers] } + [recipe.tasks]
            for nodes in lists { problems += absentFiles(nodes, of: recipe) }
        }
        return problems.filter { seen.insert($0).inserted }
    }

    /// Files of tasks that are included, and no section of the document: a condition may keep them from being read.
    private func absentFiles(_ nodes: [RecipeNode], of recipe: Recipe) -> [RecipeProblem] {
        nodes.flatMap { node -> [RecipeProblem] in
            switch node {
            case .task: return []
            case .block(let block): return absentFiles(block.tasks + block.rescue + block.always, of: recipe)
            case .include(let include):
                guard include.kind == .tasks, !JinjaTemplate.isTemplate(include.target),
                    !sections.contains(DocumentLibrary.section(of: include.target))
                else { return [] }
                return [
                    RecipeProblem(
                        recipe: recipe.name, line: include.task.position.line, column: include.task.position.column,
                        message: "'\(include.target)' is included, and the document has no configure section '"
                            + DocumentLibrary.section(of: include.target) + "'", isWarning: true)
                ]
            }
        }
    }

    /// The engine's header says where a play runs. IM adds its machine to the recipe's own `hosts`, so that the play runs
    /// on those as often as there are machines: who relies on that has to be told.
    private static func ignoredHosts(_ play: RecipePlay, of recipe: Recipe) -> RecipeProblem? {
        guard let hosts = play.hosts else { return nil }
        let patterns: [String]
        if case .list(let items) = hosts { patterns = items.map(\.text) } else { patterns = [hosts.text] }
        guard patterns.contains(where: { $0.filter { !$0.isWhitespace } != "{{IM_HOST}}" }) else { return nil }
        return RecipeProblem(
            recipe: recipe.name, line: play.position.line, column: play.position.column,
            message: "'hosts: \(patterns.joined(separator: ","))' is not followed: the recipe runs on the machines of "
                + "the systems that it is the configure section of; take 'hosts' away, and name the systems in "
                + "'contextualize'", isWarning: true)
    }

    /// The plays of each recipe that a step names, with the engine's header: this machine, as root, facts gathered
    /// before.
    /// - Throws: ``ContextualizationError`` with all errors: nothing is run then.
    func programs(of request: ContextualizationRequest) throws -> [String: [ProgramPlay]] {
        var programs: [String: [ProgramPlay]] = [:]
        var problems: [RecipeProblem] = []
        let known = self.problems.filter { !$0.isWarning }
        for step in request.steps {
            guard case .recipe(let name) = step.work, programs[name] == nil else { continue }
            let own = known.filter { $0.recipe == name || (parsed[$0.recipe] == nil && $0.kind != .variables) }
            guard own.isEmpty else {
                problems += own
                continue
            }
            guard let recipe = parsed[name] else {
                problems.append(
                    RecipeProblem(
                        recipe: name, line: nil, column: nil,
                        message:
                            "the step '\(step.name)' needs the configure section '\(name)', which is not in the document"
                    ))
                continue
            }
            do throws(TaskFailure) {
                programs[name] = try RecipeCompiler().plays(
                    recipe.overriding(hosts: "{{ IM_HOST }}", become: true, gatherFacts: false))
            } catch {
                problems.append(RecipeProblem(recipe: name, line: nil, column: nil, message: error.message))
            }
        }
        guard problems.isEmpty else {
            var seen: Set<RecipeProblem> = []
            problems = problems.filter { seen.insert($0).inserted }
            throw ContextualizationError(
                message: "The recipes cannot be run; nothing was done. Mend these and try again:", problems: problems)
        }
        return programs
    }
}

extension RecipeProblem {
    init(_ diagnostic: RecipeDiagnostic) {
        self.init(
            recipe: diagnostic.recipe, line: diagnostic.position?.line, column: diagnostic.position?.column,
            message: diagnostic.message, isWarning: diagnostic.severity == .warning, kind: Kind(diagnostic.kind))
    }
}

extension RecipeProblem.Kind {
    init(_ kind: RecipeDiagnostic.Kind) {
        self =
            switch kind {
            case .mistake: .mistake
            case .unsupported: .unsupported
            case .variables: .variables
            }
    }
}
