import ArgumentParser
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
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let summary = try await service.find(infrastructure, includingDestroyed: true)
                let known = summary.machines + (summary.vanished ?? [])
                if summary.isDestroyed, !json {
                    Terminal.note(
                        "'\(infrastructure)' (\(summary.id)) was destroyed; results of tasks are no longer kept")
                }
                let machine = machine
                let follow = follow
                let json = json
                let infrastructure = infrastructure
                let id = summary.id
                try await interruptible("") {
                    var sequence: Int64 = 0
                    var isKnown = machine == nil || known.contains { $0.number == machine }
                    while true {
                        let events = try await service.events(of: id, after: sequence)
                        sequence = events.last?.sequence ?? sequence
                        for event in events where machine == nil || event.machine?.number == machine {
                            isKnown = true
                            Terminal.line(json ? EventJSON.line(event) : ProgressDisplay.plainLine(event))
                        }
                        if events.isEmpty {
                            guard isKnown else {
                                throw ManagerError(
                                    code: .notFound,
                                    message: "'\(infrastructure)' has no machine \(machine ?? 0); it has: "
                                        + MachineChoice.list(known))
                            }
                            guard follow else { return }
                            try await Task.sleep(for: max(service.pace, .milliseconds(250)))
                        }
                    }
                }
            }
        }
    }
}
