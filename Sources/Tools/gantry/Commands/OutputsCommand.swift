import ArgumentParser
import Orchestration
import TOSCA

struct OutputsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "Print the outputs of the TOSCA template that an infrastructure was made of.",
        discussion: """
            What is not known yet is null. Outputs may hold passwords and keys.

            EXAMPLES:
              gantry outputs cluster
              gantry outputs cluster --json
              gantry outputs cluster node_ip
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: "Print the value of this output alone.") var output: String?
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let id = try await service.living(infrastructure).id
                guard let outputs = try await service.outputs(of: id) else {
                    throw ManagerError(
                        code: .notFound,
                        message: "'\(infrastructure)' was made of a RADL document, which has no outputs")
                }
                if let output {
                    guard let value = outputs[output] else {
                        throw ManagerError(
                            code: .notFound,
                            message: "'\(infrastructure)' has no output '\(output)'; there are: "
                                + outputs.keys.joined(separator: ", "))
                    }
                    return Terminal.line(json ? value.json : value.scalarText ?? value.json)
                }
                if json { return Terminal.line(TOSCAValue(outputs).json) }
                for entry in outputs.entries {
                    Terminal.line(Terminal.harmless("\(entry.key): \(entry.value.scalarText ?? entry.value.json)"))
                }
            }
        }
    }
}
