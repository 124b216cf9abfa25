import ArgumentParser
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
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        try await reporting {
            try await place.withService(manager: operation.configuration) { service in
                let summary = try await service.find(infrastructure, includingDestroyed: false)
                let nothing = "'\(infrastructure)' is already destroyed"
                guard !summary.isDestroyed else { return Terminal.note(nothing) }
                let machines = Terminal.count(summary.machines.count, "machine")
                try operation.confirm(
                    "Remove '\(infrastructure)' with \(machines)?",
                    refusal: "'\(infrastructure)' with \(machines) would be removed")
                try await operation.see(
                    .destroy(summary.id), service: service, name: infrastructure,
                    resume: CommandText.text(["gantry", "destroy", infrastructure] + place.words()), nothing: nothing)
            }
        }
    }
}
