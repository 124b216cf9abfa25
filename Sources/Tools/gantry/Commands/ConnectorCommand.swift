import ArgumentParser
import Assembly
import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc
import Logging

struct ConnectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector", abstract: "List connectors and check that one keeps the contract.",
        subcommands: [ListCommand.self, CheckCommand.self])

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List connectors with the types of auth lines that they serve.",
            discussion: """
                A connector that does not say what it is in time is told of and left out.

                EXAMPLES:
                  gantry connector list
                  gantry connector list --connector-dir ./connectors
                """)

        @Option(
            name: .customLong("connector-dir"),
            help: ArgumentHelp("A folder with connector-* executables; may be repeated.", valueName: "dir"))
        var connectorFolders: [String] = []
        @Option(help: ArgumentHelp("How long a connector may take to answer.", valueName: "seconds"))
        var timeout: Int = 3
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            guard timeout >= 1 else {
                throw ValidationError("--timeout is a number of seconds from 1, not \(timeout)")
            }
        }

        func run() async throws {
            try await reporting {
                let (registry, problems) = await BuiltInConnectors.registry(
                    folders: connectorFolders, logger: StandardErrorLog.logger(label: "gantry", level: .error),
                    patience: .seconds(timeout))
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

    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Run the conformance kit against a connector.",
            discussion: """
                The same as connector-check, with its options.

                EXAMPLES:
                  gantry connector check -- ./connector-mycloud
                """)

        @Argument(parsing: .captureForPassthrough, help: "Options of connector-check, and the connector's command.")
        var arguments: [String] = []

        func run() async throws {
            try await reporting {
                let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
                let kit = own.deletingLastPathComponent().appending(path: "connector-check").path
                let words = [kit] + arguments.filter { $0 != "--" }
                var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
                pointers.append(nil)
                // Takes the place of this process; returns only when it cannot be started.
                execv(kit, pointers)
                throw UsageError("the conformance kit '\(kit)' cannot be started: \(String(cString: strerror(errno)))")
            }
        }
    }
}
