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
                var failed = false
                for file in files {
                    let text = try DocumentFile.read(file)
                    let check = await DocumentCheck(
                        text, name: file == "-" ? "standard input" : file,
                        contextualizer: ContextualizerAssembly.checker(
                            logger: StandardErrorLog.logger(label: "gantry", level: .error)))
                    for finding in check.warnings + check.errors { Terminal.note(finding.description) }
                    guard check.errors.isEmpty else {
                        failed = true
                        continue
                    }
                    let document = check.document
                    let recipes = document.configures.filter { $0.recipe != nil }.count
                    Terminal.line(
                        "\(file): good (\(Terminal.count(document.systems.count, "system")), "
                            + "\(Terminal.count(document.deploys.reduce(0) { $0 + $1.count }, "machine")), "
                            + "\(Terminal.count(recipes, "recipe")))")
                }
                if failed { throw Status.refused }
            }
        }
    }
}
