import ArgumentParser
import Orchestration
import RADL

struct RADLDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Tell in what two documents differ.",
        discussion: """
            Compares what they say, not how it is written: the order of sections and features, units and comments make no \
            difference. The exit status is 0 where they ask for the same and 1 where they differ.

            EXAMPLES:
              gantry radl diff cluster.radl new.radl
              git show HEAD:cluster.radl | gantry radl diff - cluster.radl
            """)

    @Argument(help: ArgumentHelp("The document before; - for standard input.", valueName: "before")) var before: String
    @Argument(help: ArgumentHelp("The document after; - for standard input.", valueName: "after")) var after: String
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if before == "-", after == "-" { throw ValidationError("only one of the documents can be standard input") }
    }

    func run() async throws {
        try await reporting {
            var ending = RADLEnding()
            let old = try await ending.readable(before)
            let new = try await ending.readable(after)
            guard let old, let new else { return try ending.end() }
            // Both would draw anew each time they are read.
            let difference = DifferenceReport(
                RADLDifference(from: old.document.undrawn, to: new.document.undrawn))
            if json {
                Terminal.line(JSONOutput.pretty(difference))
            } else {
                for line in Self.lines(difference) { Terminal.line(line) }
            }
            if !difference.isEmpty { ending.failed() }
            try ending.end()
        }
    }

    // MARK: - Text

    /// In what documents differ, coloured for a terminal.
    static func lines(_ difference: DifferenceReport) -> [String] {
        var lines: [String] = []
        for entry in difference.entries {
            let id = entry.id.isEmpty ? "" : " \(Terminal.harmless(entry.id))"
            switch RADLDifference.Change(rawValue: entry.change) {
            case .added: lines.append(Terminal.paint("+ \(entry.kind)\(id)", "32"))
            case .removed: lines.append(Terminal.paint("- \(entry.kind)\(id)", "31"))
            default: lines.append(Terminal.paint("~ \(entry.kind)\(id)", "33"))
            }
            for detail in entry.details { lines += text(detail) }
        }
        // Of a system with one sentence, that sentence says it.
        let deploys = difference.entries.filter { $0.kind == RADLDifference.Kind.deploy.rawValue }.map(\.id)
        let machines = difference.machines.filter { machines in
            machines.before != machines.after
                && deploys.count { $0 == machines.system || $0.hasPrefix("\(machines.system) on ") } > 1
        }
        if !machines.isEmpty {
            let changes = machines.map { "\(Terminal.harmless($0.system)) \($0.before) → \($0.after)" }
            lines.append("machines: " + changes.joined(separator: ", "))
        }
        return lines
    }

    private static func text(_ detail: DifferenceReport.Detail) -> [String] {
        let name = Terminal.harmless(detail.name)
        let before = detail.before.map(block)
        let after = detail.after.map(block)
        switch (before, after) {
        case (let before?, let after?):
            if before.count == 1, after.count == 1 { return ["    \(name): \(before[0]) → \(after[0])"] }
            return ["    \(name):"] + before.map { Terminal.paint("      - \($0)", "31") }
                + after.map { Terminal.paint("      + \($0)", "32") }
        case (let before?, nil): return side(name, before, "-", "31")
        case (nil, let after?): return side(name, after, "+", "32")
        case (nil, nil): return ["    \(name)"]
        }
    }

    private static func side(_ name: String, _ lines: [String], _ sign: String, _ color: String) -> [String] {
        if lines.count == 1 { return [Terminal.paint("    \(sign) \(name): \(lines[0])", color)] }
        return [Terminal.paint("    \(sign) \(name):", color)]
            + lines.map { Terminal.paint("      \(sign) \($0)", color) }
    }

    private static func block(_ text: String) -> [String] {
        let lines = Terminal.harmless(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.last == "" && lines.count > 1 ? lines.dropLast() : lines
    }
}
