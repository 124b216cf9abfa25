import ArgumentParser
import Foundation
import Testing

@testable import gantry

/// `docs/cli.md` is what the commands say of themselves. After a change: `GANTRY_WRITE_DOCS=1 make test`.
@Suite struct CommandReferenceTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/cli.md")

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }

    private static func sections(_ command: any ParsableCommand.Type, path: [String]) -> [String] {
        let help = Gantry.helpMessage(for: command, columns: 96)
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.isEmpty ? "" : "    \(line)"
        }
        let text = lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
        return ["## \(path.joined(separator: " "))\n\n\(text)\n"]
            + command.configuration.subcommands.flatMap { sections($0, path: path + [name($0)]) }
    }

    @Test func thePageIsWhatTheCommandsSay() throws {
        let head = """
            # The command line

            Made from the commands' own help (`Tests/GantryCommandTests/CommandReferenceTests.swift`); do not edit.

            """
        let text = ([head] + Self.sections(Gantry.self, path: ["gantry"])).joined(separator: "\n")
        if ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] != nil {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
    }

    @Test func everyCommandHasExamplesOrSubcommands() {
        func check(_ command: any ParsableCommand.Type) {
            let configuration = command.configuration
            #expect(!configuration.abstract.isEmpty, "\(command)")
            #expect(
                configuration.discussion.contains("EXAMPLES:") || !configuration.subcommands.isEmpty, "\(command)")
            configuration.subcommands.forEach(check)
        }
        check(Gantry.self)
    }

    /// A table that breaks at 80 columns cannot be read.
    @Test func examplesAreNotBrokenByWrapping() {
        func check(_ command: any ParsableCommand.Type) {
            for line in command.configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count <= 80, "\(command): \(line)")
            }
            command.configuration.subcommands.forEach(check)
        }
        check(Gantry.self)
    }
}
