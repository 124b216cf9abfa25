import ArgumentParser
import Assembly
import Foundation
import Glibc

struct ConnectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector", abstract: "List connectors, write one, and check that one keeps the contract.",
        subcommands: [ListCommand.self, NewCommand.self, CheckCommand.self])

    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Run the conformance kit against a connector.",
            discussion: """
                The same as connector-check, with its options. The result is kept for 'gantry connector list'.

                EXAMPLES:
                  gantry connector check -- ./connector-mycloud
                """)

        @Argument(parsing: .captureForPassthrough, help: "Options of connector-check, and the connector's command.")
        var arguments: [String] = []

        func run() async throws {
            try await reporting {
                let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
                let kit = own.deletingLastPathComponent().appending(path: "connector-check").path
                let record = BuiltInConnectors.checkRecords(stateFolder: try StateOptions.parse([]).folder)
                let kept = arguments.contains("--record") ? [] : ["--record", record]
                let words = [kit] + kept + arguments.filter { $0 != "--" }
                var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
                pointers.append(nil)
                // Takes the place of this process; returns only when it cannot be started.
                execv(kit, pointers)
                throw UsageError("the conformance kit '\(kit)' cannot be started: \(String(cString: strerror(errno)))")
            }
        }
    }
}
