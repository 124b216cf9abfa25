import ArgumentParser
import InfrastructureModel
import Orchestration

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop machines; what is on their disks stays.",
        discussion: """
            `gantry start` or the next `gantry up` starts them again. Addresses may change meanwhile, and a cloud may \
            go on charging for disks and addresses.

            EXAMPLES:
              gantry stop cluster
              gantry stop cluster --machine 2 --machine 3
            """)

    @OptionGroup var choice: PowerOptions

    func run() async throws { try await choice.run(.stop) }
}

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start machines that were stopped.",
        discussion: """
            It ends when their cloud says that they run with an address. They boot then: it is not waited until they \
            let SSH in, nor until what they serve is there.

            EXAMPLES:
              gantry start cluster
              gantry start cluster --machine web
            """)

    @OptionGroup var choice: PowerOptions

    func run() async throws { try await choice.run(.start) }
}

struct RebootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reboot", abstract: "Reboot machines.",
        discussion: """
            A machine that is stopped is started. It ends when their cloud has taken the order and says that they run: \
            it is not waited until they have shut down and let SSH in again.

            EXAMPLES:
              gantry reboot cluster --machine 2
            """)

    @OptionGroup var choice: PowerOptions

    func run() async throws { try await choice.run(.reboot) }
}

/// What start, stop and reboot share.
struct PowerOptions: ParsableArguments {
    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(
        help: ArgumentHelp(
            "Only this machine: its number, or the name of a system with one machine; may be repeated.",
            valueName: "machine"))
    var machine: [String] = []
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run(_ call: PowerCall) async throws {
        try await reporting {
            try await place.withService(manager: operation.configuration) { service in
                let summary = try await service.living(infrastructure)
                let present = summary.machines.filter(\.isPresent)
                let numbers = Set(try machine.map { try MachineChoice.number($0, of: present, option: "--machine") })
                if call != .start {
                    let machines = Terminal.count(numbers.isEmpty ? present.count : numbers.count, "machine")
                    let word = call == .stop ? "Stop" : "Reboot"
                    try operation.confirm(
                        "\(word) \(machines) of '\(infrastructure)'?",
                        refusal: "\(machines) of '\(infrastructure)' would \(call.rawValue)")
                }
                try await operation.see(
                    .power(call, summary.id, numbers.isEmpty ? nil : numbers), service: service,
                    name: infrastructure,
                    resume: CommandText.text(
                        ["gantry", call.rawValue, infrastructure] + machine.flatMap { ["--machine", $0] }
                            + place.words()))
            }
        }
    }
}
