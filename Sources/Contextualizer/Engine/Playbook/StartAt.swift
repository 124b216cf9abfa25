import ContextualizationAPI
import Jinja
import Modules

/// `--start-at-task`: what stands before the task of that name is left out.
struct StartAt {
    private let name: String

    init(_ name: String) { self.name = name }

    func cut(_ plays: [ProgramPlay]) throws -> [ProgramPlay] {
        var hasBegun = false
        let rest = plays.map { play in
            var play = play
            play.sections = play.sections.map { cut($0, &hasBegun) }
            return play
        }
        guard hasBegun else {
            throw ContextualizationError(
                message: "No matching task \"\(name)\" found. Note: --start-at-task can only follow static includes.")
        }
        return rest
    }

    private func cut(_ nodes: [ProgramNode], _ hasBegun: inout Bool) -> [ProgramNode] {
        var kept: [ProgramNode] = []
        for node in nodes {
            switch node {
            case .task(let task):
                if !hasBegun {
                    let full = task.role.map { "\($0) : \(task.name)" } ?? task.name
                    hasBegun = [task.name, full].contains { $0 == name || Wildcard.matches($0, name) }
                }
                if hasBegun { kept.append(node) }
            case .block(var block):
                let wasInside = !hasBegun
                block.body = cut(block.body, &hasBegun)
                if wasInside, !hasBegun { continue }
                kept.append(.block(block))
            }
        }
        return kept
    }
}
