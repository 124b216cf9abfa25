import ArgumentParser
import Assembly
import InfrastructureModel
import Orchestration

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Remove an infrastructure with everything that was made for it.",
        discussion: """
            Interrupts what is under way. Machines that already ran before stay as they are; only the lines that Gantry \
            wrote to their /etc/hosts go, where they can be reached. What a provider does not let go is listed and kept \
            on record; the same command tries again.

            EXAMPLES:
              gantry destroy cluster --yes
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @OptionGroup var state: StateOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        try await reporting {
            try await state.withServices(manager: operation.configuration) { services in
                let manager = services.manager
                let id = try await manager.find(infrastructure, caller: .local)
                let snapshot = try await manager.snapshot(id, caller: .local, includingDestroyed: true)
                guard snapshot.infrastructure.phase != .destroyed else {
                    Terminal.note("'\(infrastructure)' is already destroyed")
                    return
                }
                let machines = Terminal.count(snapshot.machines.filter(\.isAlive).count, "machine")
                try operation.confirm(
                    "Remove '\(infrastructure)' with \(machines)?",
                    refusal: "'\(infrastructure)' with \(machines) would be removed")
                let since = try await manager.lastEvent(of: id, caller: .local)
                guard let submitted = try await manager.destroy(id, caller: .local) else {
                    Terminal.note("'\(infrastructure)' is already destroyed")
                    return
                }
                try await operation.see(
                    submitted, since: since, services: services, name: infrastructure,
                    resume: CommandText.text(["gantry", "destroy", infrastructure] + state.words))
            }
        }
    }
}
