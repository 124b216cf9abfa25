package import ContextualizationAPI
import Foundation
import Jinja
import Modules
package import Recipes
import Support

/// What a play would do, as far as that is known before it runs.
package struct PlayOutline: Sendable, Hashable, Encodable {
    package struct Task: Sendable, Hashable, Encodable {
        package var name: String
        package var tags: [String]
    }

    package var name: String
    /// As the play names its hosts.
    package var pattern: String
    package var tags: [String]
    package var hosts: [String]
    package var tasks: [Task]
}

extension RecipeRunner {
    /// The plays of a playbook with their hosts and tasks.
    package func outline(playbook file: String, inventory: Inventory) throws -> [PlayOutline] {
        let prepared = try loaded(file, inventory)
        let machines = RunInventory(
            prepared.inventory, builder: HostBuilder(options: options), limit: options.limit,
            extra: options.extraVariables, magic: JinjaDict(), makeLink: { _, _ in nil })
        return try prepared.plays.map { play in
            let hosts = prepared.library.beside(play.folder).rendered(play.hosts, layers: play.layers)
            let pattern = hosts.listValue?.map(\.text).joined(separator: ",") ?? hosts.text
            return PlayOutline(
                name: play.name, pattern: pattern, tags: play.tags.sorted(), hosts: try machines.names(pattern),
                tasks: play.sections.flatMap { Self.tasks($0, of: play) })
        }
    }

    /// As Ansible lists them: of blocks what is done unless something fails, and tasks without a name as their modules.
    private static func tasks(_ nodes: [ProgramNode], of play: ProgramPlay) -> [PlayOutline.Task] {
        nodes.flatMap { node -> [PlayOutline.Task] in
            switch node {
            case .block(let block): return tasks(block.body, of: play)
            case .task(let task):
                let tags = Set(task.tags).union(play.tags)
                return [
                    PlayOutline.Task(
                        name: task.isNamed ? task.title(task.name) : task.writtenModule ?? task.moduleName,
                        tags: tags.sorted())
                ]
            }
        }
    }

    /// Gathers the facts of machines.
    ///
    /// - Parameter found: Told a machine's facts as JSON.
    package func facts(
        pattern: String, filter: [String], inventory: Inventory,
        found: @escaping @Sendable (_ host: String, _ json: String) -> Void
    ) async throws -> ContextualizationReport {
        let folder = FileManager.default.currentDirectoryPath
        var gathering = ProgramTask.gathering
        if !filter.isEmpty { gathering.arguments["filter"] = .list(filter.map { .string($0) }) }
        let play = ProgramPlay(
            name: "facts", hosts: .string(pattern), gathersFacts: false, gathering: gathering,
            sections: [[], [.task(gathering)], []], handlers: [], layers: [], variableFiles: [])
        let prepared = Prepared(
            folder: folder, library: library(folder), plays: [play], prompts: [[]], inventory: inventory)
        return try await run(prepared) { event in
            guard case .taskFinished(let record) = event.body, let host = event.machine, record.status == .ok,
                let facts = JSONText.parse(record.result)?["ansible_facts"]
            else { return }
            found(host, JSONText.indented(facts))
        }
    }
}
