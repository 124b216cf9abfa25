import Jinja
import Modules
import Recipes

extension FileLibrary {
    /// What is wrong with template files that tasks name outright: filters, tests and lookups that there are none of;
    /// as a warning, texts that cannot be read, since with Ansible that fails the task, which may be meant to or be
    /// skipped. Files whose names are templates themselves are known when the task runs.
    func templateProblems(_ plays: [ProgramPlay]) -> [RecipeDiagnostic] {
        var seen: Set<String> = []
        var problems: [RecipeDiagnostic] = []
        func visit(_ nodes: [ProgramNode]) {
            for node in nodes {
                switch node {
                case .task(let task): problems += self.problems(of: task, &seen)
                case .block(let block):
                    for part in [block.body, block.rescue, block.always] { visit(part) }
                }
            }
        }
        for play in plays {
            for section in play.sections { visit(section) }
            visit(play.handlers.map { .task($0) })
        }
        return problems
    }

    private static let reading = RecipeEnvironment.make()

    private func problems(of task: ProgramTask, _ seen: inout Set<String>) -> [RecipeDiagnostic] {
        guard task.moduleName == "template", let name = task.arguments["src"]?.stringValue,
            !JinjaTemplate.isTemplate(name), !task.arguments.keys.contains(where: { $0.text.hasSuffix("_string") }),
            let file = path(of: name, in: ["templates"], for: task), seen.insert(file).inserted,
            let text = try? text(of: file), !text.hasPrefix("#jinja2:")
        else { return [] }
        do throws(JinjaError) {
            _ = try Self.reading.template(text, isFile: true)
        } catch {
            return [
                RecipeDiagnostic(
                    .warning, "a template cannot be read, so that its task will fail: \(error)", recipe: file,
                    position: error.line.map { RecipePosition(line: $0, column: 1) })
            ]
        }
        return UnknownCallees.problems(in: text, recipe: file, position: nil)
    }
}
