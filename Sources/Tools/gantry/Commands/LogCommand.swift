import ArgumentParser
import Assembly
import InfrastructureModel
import Orchestration

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show what happened, with the results of tasks.",
        discussion: """
            Also of an infrastructure that was destroyed: the last one of that name.

            EXAMPLES:
              gantry log cluster --machine 0
              gantry log cluster --follow
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Only of this machine.", valueName: "number")) var machine: Int?
    @Flag(name: .shortAndLong, help: "Go on until interrupted.") var follow = false
    @Flag(help: "Print JSON, one event a line.") var json = false
    @OptionGroup var state: StateOptions

    func run() async throws {
        try await reporting {
            try await state.withServices { services in
                let id = try await services.manager.find(
                    infrastructure, caller: .local, includingDestroyed: true)
                let snapshot = try await services.manager.snapshot(id, caller: .local, includingDestroyed: true)
                if let machine, !snapshot.machines.contains(where: { $0.id.number == machine }) {
                    throw ManagerError(
                        code: .notFound,
                        message: "'\(infrastructure)' has no machine \(machine); it has: "
                            + MachineChoice.list(snapshot.machines))
                }
                if snapshot.infrastructure.phase == .destroyed, !json {
                    Terminal.note("'\(infrastructure)' (\(id)) was destroyed; results of tasks are no longer kept")
                }
                let machine = machine
                let follow = follow
                let json = json
                let manager = services.manager
                try await interruptible("") {
                    var sequence: Int64 = 0
                    while true {
                        let events = try await manager.events(of: id, after: sequence, caller: .local)
                        sequence = events.last?.sequence ?? sequence
                        for event in events where machine == nil || event.machine?.number == machine {
                            Terminal.line(json ? EventJSON.line(event) : ProgressDisplay.plainLine(event))
                        }
                        if events.isEmpty {
                            guard follow else { return }
                            try await Task.sleep(for: .milliseconds(250))
                        }
                    }
                }
            }
        }
    }
}
