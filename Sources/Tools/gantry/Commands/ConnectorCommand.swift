import ArgumentParser
import Assembly
import ConnectorAPI
import ConnectorHost

struct ConnectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector", abstract: "List connectors and check that one keeps the contract.",
        subcommands: [ListCommand.self])

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List connectors with the types of auth lines that they serve.")

        @Option(
            name: .customLong("connector-dir"),
            help: ArgumentHelp("A folder with connector-* executables; may be repeated.", valueName: "dir"))
        var connectorFolders: [String] = []
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await reporting {
                let (registry, problems) = await BuiltInConnectors.registry(folders: connectorFolders)
                for problem in problems { Terminal.warn(problem) }
                let descriptions = registry.all.map(\.description)
                if json {
                    Terminal.line(JSONOutput.pretty(descriptions))
                } else {
                    Terminal.write(
                        Table.text(
                            ["NAME", "VERSION", "TYPES", "IMAGES", "TITLE"],
                            descriptions.map {
                                [
                                    $0.name, $0.version, $0.providerTypes.joined(separator: ","),
                                    $0.imageSchemes.joined(separator: ","), $0.title,
                                ]
                            }))
                }
                await registry.stop()
            }
        }
    }
}
