import ArgumentParser
import RADL

struct RADLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "radl", abstract: "Work with RADL documents.", subcommands: [CheckCommand.self])

    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check documents and show every mistake with its place.",
            discussion: """
                EXAMPLES:
                  gantry radl check cluster.radl
                """)

        @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]

        func run() async throws {
            try await reporting {
                var failed = false
                for file in files {
                    let text = try DocumentFile.read(file)
                    do {
                        let document = try RADLDocument(parsing: text, file: file)
                        try document.validate()
                        for warning in document.misspellings() { Terminal.note(warning.description) }
                        Terminal.line(
                            "\(file): good (\(document.systems.count) systems, "
                                + "\(document.deploys.reduce(0) { $0 + $1.count }) machines)")
                    } catch let errors as RADLErrors {
                        failed = true
                        Terminal.note(errors.description)
                    }
                }
                if failed { throw Status.refused }
            }
        }
    }
}
