import ArgumentParser

struct RADLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "radl", abstract: "Check, convert, format, compare and explain RADL documents.",
        discussion: """
            The language: docs/radl.md. Documents may be in RADL's text form or in its JSON form, which is told by their \
            content. What a document includes is looked for in its folder and nowhere else.
            """,
        subcommands: [
            RADLCheckCommand.self, RADLExplainCommand.self, RADLFormatCommand.self, RADLConvertCommand.self,
            RADLDiffCommand.self, RADLLanguageServerCommand.self,
        ])
}
