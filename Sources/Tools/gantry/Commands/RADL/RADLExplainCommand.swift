import ArgumentParser
import RADL

struct RADLExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell in words what a document asks for.",
        discussion: """
            Machines with what they have to be, networks with their ports, and which recipes run where, in which order. \
            Asks no cloud: 'gantry plan' tells what would be chosen.

            EXAMPLES:
              gantry radl explain cluster.radl
            """)

    @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        var file: String
        var explanation: RADLExplanation
    }

    func run() async throws {
        try await reporting {
            var ending = RADLEnding()
            var results: [Result] = []
            for (number, file) in files.enumerated() {
                guard let examined = try await ending.readable(file) else { continue }
                // What its check refuses is explained as far as it goes.
                for error in examined.errors { FindingText.tell(error) }
                if !examined.errors.isEmpty { ending.refused() }
                let explanation = RADLExplanation(examined.document)
                if json {
                    results.append(Result(file: file, explanation: explanation))
                } else {
                    if files.count > 1 { Terminal.line("\(number > 0 ? "\n" : "")== \(examined.name)") }
                    Terminal.line(Terminal.harmless(explanation.text))
                }
            }
            if json { Terminal.line(JSONOutput.pretty(results)) }
            try ending.end()
        }
    }
}
