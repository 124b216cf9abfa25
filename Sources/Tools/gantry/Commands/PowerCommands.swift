import ArgumentParser
import Assembly
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
            A machine that is stopped is started.

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
    @OptionGroup var state: StateOptions
    @OptionGroup var operation: OperationOptions

    func run(_ call: PowerCall) async throws {
        try await reporting {
            try await state.withServices(manager: operation.configuration) { services in
                let manager = services.manager
                let id = try await manager.find(infrastructure, caller: .local)
                let present = try await manager.snapshot(id, caller: .local).machines.filter {
                    $0.goal == .present && $0.isAlive
                }
                let numbers = Set(try machine.map { try MachineChoice.number($0, of: present, option: "--machine") })
                if call != .start {
                    let machines = Terminal.count(numbers.isEmpty ? present.count : numbers.count, "machine")
                    let word = call == .stop ? "Stop" : "Reboot"
                    try operation.confirm(
                        "\(word) \(machines) of '\(infrastructure)'?",
                        refusal: "\(machines) of '\(infrastructure)' would \(call.rawValue)")
                }
                let since = try await manager.lastEvent(of: id, caller: .local)
                let submitted = try await manager.change(
                    call, id, machines: numbers.isEmpty ? nil : numbers, caller: .local)
                try await operation.see(
                    submitted, since: since, services: services, name: infrastructure,
                    resume: CommandText.text(
                        ["gantry", call.rawValue, infrastructure] + machine.flatMap { ["--machine", $0] } + state.words)
                )
            }
        }
    }
}
