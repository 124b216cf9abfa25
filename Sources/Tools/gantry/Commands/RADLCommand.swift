import ArgumentParser
import Assembly
import Logging
import Orchestration
import RADL

struct RADLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "radl", abstract: "Work with RADL documents.", subcommands: [CheckCommand.self])

    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check documents and show every mistake with its place.",
            discussion: """
                Checks the text, the rules of its features, and the recipes in it: their YAML, modules, keywords and \
                templates.

                EXAMPLES:
                  gantry radl check cluster.radl
                """)

        @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]

        func run() async throws {
            try await reporting {
                var failure: ExitCode?
                for file in files {
                    let text: String
                    do {
                        text = try DocumentFile.read(file)
                    } catch let error as UsageError {
                        Terminal.error(error.description)
                        failure = Status.usage
                        continue
                    }
                    let check = await DocumentCheck(
                        text, name: file == "-" ? "standard input" : file,
                        contextualizer: ContextualizerAssembly.checker(
                            logger: StandardErrorLog.logger(label: "gantry", level: .error)))
                    for finding in check.warnings + check.errors { Terminal.note(finding.description) }
                    guard check.errors.isEmpty else {
                        failure = failure ?? Status.refused
                        continue
                    }
                    let document = check.document
                    let recipes = document.configures.filter { $0.recipe != nil }.count
                    Terminal.line(
                        "\(file): good (\(Terminal.count(document.systems.count, "system")), "
                            + "\(Terminal.count(document.deploys.reduce(0) { $0 + $1.count }, "machine")), "
                            + "\(Terminal.count(recipes, "recipe")))")
                }
                if let failure { throw failure }
            }
        }
    }
}
