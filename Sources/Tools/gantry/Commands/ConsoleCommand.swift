import ArgumentParser
import Glibc
import InfrastructureModel
import Orchestration

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Show what a machine has written to its console.",
        discussion: """
            For a machine that boots and is not reached. Where a cloud shows the screen on a page instead, its address is \
            printed; it is good for a short while. On a terminal, control characters come as \\u{1B}; into a file or pipe \
            all comes as the machine wrote it.

            EXAMPLES:
              gantry console cluster 0
              gantry console cluster 0 --lines 20
              gantry console cluster 0 > boot.log
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: "Number of the machine, or the name of a system with one machine.") var machine: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Only the last lines.", valueName: "number")) var lines: Int?
    @OptionGroup var place: PlaceOptions

    func validate() throws {
        if let lines, lines < 1 { throw ValidationError("--lines is a number of lines from 1, not \(lines)") }
    }

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let summary = try await service.living(infrastructure)
                let number = try MachineChoice.number(
                    machine, of: summary.machines.filter(\.isPresent), option: "machine")
                switch try await service.console(ofMachine: number, in: summary.id) {
                case .page(let address): Terminal.line(Terminal.harmless(address))
                case .text(let text) where text.isEmpty:
                    Terminal.note("machine \(number) has written nothing to its console")
                case .text(let text):
                    let shown = Self.end(text, lines: lines)
                    let isTerminal = isatty(STDOUT_FILENO) == 1
                    Terminal.write(
                        (isTerminal ? Terminal.harmless(shown) : shown) + (shown.hasSuffix("\n") ? "" : "\n"))
                }
            }
        }
    }

    /// The last lines.
    static func end(_ text: String, lines: Int?) -> String {
        guard let lines else { return text }
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        let isEnded = text.hasSuffix("\n")
        return all.suffix(lines + (isEnded ? 1 : 0)).joined(separator: "\n")
    }
}
