import Jinja
import Modules
import Recipes

extension FileLibrary {
    /// What is wrong with template files that tasks name outright: filters, tests and lookups that there are none of;
    /// as a warning, texts that cannot be read, since with Ansible that fails the task, which may be meant to or be
    /// skipped. Files whose names are templates themselves are known when the task runs.
    func templateProblems(_ plays: [ProgramPlay]) -> [RecipeDiagnostic] {
        var seen: Set<String> = []
        return plays.flatMap { beside($0.folder).problems(of: $0, &seen) }
    }

    private func problems(of play: ProgramPlay, _ seen: inout Set<String>) -> [RecipeDiagnostic] {
        var problems: [RecipeDiagnostic] = []
        func visit(_ nodes: [ProgramNode], isSure: Bool) {
            for node in nodes {
                switch node {
                case .task(let task):
                    problems += self.problems(of: task, &seen)
                    guard isSure else { continue }
                    do throws(TaskFailure) {
                        visit(try surelyIncluded(by: task, &seen), isSure: true)
                    } catch {
                        problems += error.problems
                    }
                case .block(let block):
                    visit(block.body, isSure: isSure)
                    visit(block.rescue, isSure: false)
                    visit(block.always, isSure: isSure)
                }
            }
        }
        for section in play.sections { visit(section, isSure: true) }
        visit(play.handlers.map { .task($0) }, isSure: false)
        return problems
    }

    /// The tasks of a file that a task includes whatever happens: its name is no template, and there is no condition. A file
    /// that is not there yet may be made by a task before.
    private func surelyIncluded(
        by task: ProgramTask, _ seen: inout Set<String>
    ) throws(TaskFailure) -> [ProgramNode] {
        guard case .includeTasks = task.action, task.conditions.isEmpty, task.loop == nil,
            let name = (task.arguments["file"] ?? task.arguments["_raw_params"])?.stringValue,
            !JinjaTemplate.isTemplate(name), seen.insert("\(task.near ?? task.folder ?? ""):\(name)").inserted
        else { return [] }
        do {
            return try tasks(named: name, includedBy: task, path: task.path + ".include.0").included.tasks
        } catch let error as TaskFailure where !error.problems.isEmpty {
            throw error
        } catch {
            return []
        }
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
