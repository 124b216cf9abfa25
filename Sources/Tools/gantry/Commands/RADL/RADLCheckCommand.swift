import ArgumentParser
import RADL
import RADLLanguageServer

struct RADLCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check documents and show every mistake with its place.",
        discussion: """
            Checks the text, the rules of its features, and the recipes in it: their YAML, modules, keywords and \
            templates. What is right but cannot be run by this program yet is a warning. --json prints all as data; lines \
            and columns then count from 0, columns in UTF-16 code units, as editors count.

            EXAMPLES:
              gantry radl check cluster.radl
              gantry radl check --json *.radl
            """)

    @Argument(help: ArgumentHelp("Documents; - for standard input.", valueName: "file")) var files: [String]
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        var file: String
        var isGood: Bool
        var diagnostics: [DiagnosticData]
    }

    func run() async throws {
        try await reporting {
            var ending = RADLEnding()
            var results: [Result] = []
            for file in files {
                guard let examined = try await ending.examined(file, checksRecipes: true) else { continue }
                if json {
                    results.append(
                        Result(
                            file: file, isGood: examined.errors.isEmpty,
                            diagnostics: DiagnosticData.list(
                                examined.findings, in: examined.source, examined.document.source?.parts ?? [])))
                } else {
                    for finding in examined.findings { FindingText.tell(finding) }
                }
                if !examined.errors.isEmpty { ending.refused() }
                if !json { Terminal.line(Self.summary(examined)) }
            }
            if json { Terminal.line(JSONOutput.pretty(results)) }
            try ending.end()
        }
    }

    private static func summary(_ examined: ExaminedDocument) -> String {
        let warnings = examined.findings.count - examined.errors.count
        let more = warnings == 0 ? "" : ", \(Terminal.count(warnings, "warning"))"
        guard examined.errors.isEmpty else {
            let isCut = examined.findings.contains { $0.code == .tooMany }
            let told = examined.errors.count { $0.code != .tooMany }
            let count = (isCut ? "more than " : "") + Terminal.count(told, "mistake")
            return "\(examined.name): \(Terminal.paint(count, "31"))\(more)"
        }
        let document = examined.document
        let machines = document.deploys.reduce(0) { $0 + $1.count }
        let recipes = document.configures.count { $0.recipe != nil }
        return
            "\(examined.name): \(Terminal.paint("good", "32")) (\(Terminal.count(document.systems.count, "system")), "
            + "\(Terminal.count(machines, "machine")), \(Terminal.count(recipes, "recipe")))\(more)"
    }
}
