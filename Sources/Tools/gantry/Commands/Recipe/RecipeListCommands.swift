import ArgumentParser
import Contextualization
import ContextualizationAPI
import Foundation
import SSHTransport

/// What commands that only look at playbooks share.
struct RecipeOutlineOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Playbooks.", valueName: "file")) var playbooks: [String]
    @OptionGroup var source: RecipeSourceOptions
    @OptionGroup var tags: RecipeTagOptions
    @Flag(help: "Print JSON.") var json = false

    func outlines() throws -> [(file: String, plays: [PlayOutline])] {
        try Self.outlines(of: playbooks, source, tags.selection)
    }

    static func outlines(
        of playbooks: [String], _ source: RecipeSourceOptions, _ tags: TagSelection
    ) throws -> [(file: String, plays: [PlayOutline])] {
        for playbook in playbooks { try UserFile.check(playbook, "playbook") }
        let vault = try source.vault()
        let hosts = try source.read(vault)
        var options = RecipeRunner.Options()
        options.limit = try source.hostLimit()
        options.extraVariables = try source.variables(vault)
        options.vault = vault
        options.tags = tags
        options.privateKeyFiles = []
        options.rolePaths = try AnsibleEnvironment.shared.rolePaths
        let runner = RecipeRunner(
            factory: SSHCommunicatorFactory(), local: LocalCommunicatorFactory(), options: options)
        return try playbooks.map { ($0, try runner.outline(playbook: $0, inventory: hosts)) }
    }

    func printJSON(_ outlines: [(file: String, plays: [PlayOutline])]) {
        struct Book: Encodable {
            var playbook: String
            var plays: [PlayOutline]
        }
        Terminal.line(JSONOutput.pretty(outlines.map { Book(playbook: $0.file, plays: $0.plays) }))
    }
}

struct RecipeListTasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-tasks", abstract: "List the tasks of playbooks, with their tags.",
        discussion: """
            Tasks of files and roles that are included while a playbook runs are not known before.

            EXAMPLES:
              gantry recipe list-tasks site.yml --tags nginx
            """)

    @OptionGroup var options: RecipeOutlineOptions

    func run() async throws {
        try await reporting {
            let outlines = try options.outlines()
            if options.json { return options.printJSON(outlines) }
            OutlineText.print(outlines, .tasks)
        }
    }
}

struct RecipeListHostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-hosts", abstract: "List the hosts that each play would run on.",
        discussion: """
            EXAMPLES:
              gantry recipe list-hosts site.yml -i hosts.ini --limit 'web:!web3'
            """)

    @OptionGroup var options: RecipeOutlineOptions

    func run() async throws {
        try await reporting {
            let outlines = try options.outlines()
            if options.json { return options.printJSON(outlines) }
            OutlineText.print(outlines, .hosts)
        }
    }
}

struct RecipeListTagsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-tags", abstract: "List the tags of playbooks.",
        discussion: """
            EXAMPLES:
              gantry recipe list-tags site.yml
            """)

    @OptionGroup var options: RecipeOutlineOptions

    func run() async throws {
        try await reporting {
            let outlines = try RecipeOutlineOptions.outlines(
                of: options.playbooks, options.source, options.tags.selectionOfTags)
            if options.json { return options.printJSON(outlines) }
            OutlineText.print(outlines, .tags)
        }
    }
}

/// Outlines in ansible-playbook's look.
enum OutlineText {
    enum Part { case hosts, tasks, tags }

    static func print(_ outlines: [(file: String, plays: [PlayOutline])], _ parts: Part...) {
        print(outlines, parts)
    }

    static func print(_ outlines: [(file: String, plays: [PlayOutline])], _ parts: [Part]) {
        for (file, plays) in outlines {
            Terminal.line("\nplaybook: \(file)")
            for (index, play) in plays.enumerated() {
                let tags = play.tags.joined(separator: ", ")
                Terminal.line("\n  play #\(index + 1) (\(play.pattern)): \(play.name)\tTAGS: [\(tags)]")
                for part in parts { for line in lines(play, part) { Terminal.line(Terminal.harmless(line)) } }
            }
        }
    }

    private static func lines(_ play: PlayOutline, _ part: Part) -> [String] {
        switch part {
        case .hosts:
            ["    pattern: ['\(play.pattern)']", "    hosts (\(play.hosts.count)):"] + play.hosts.map { "      \($0)" }
        case .tasks:
            ["    tasks:"]
                + play.tasks.map { "      \($0.name)\tTAGS: [\($0.tags.joined(separator: ", "))]" }
        case .tags:
            ["      TASK TAGS: [\(Set(play.tasks.flatMap(\.tags) + play.tags).sorted().joined(separator: ", "))]"]
        }
    }
}

struct RecipeCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find what is wrong with playbooks, or not to be run here.",
        discussion: """
            Opens no connection. Looks at keywords, modules and their parameters, templates, roles, imports and handlers.

            EXAMPLES:
              gantry recipe check site.yml
              gantry recipe check *.yml --json
            """)

    @Argument(help: ArgumentHelp("Playbooks.", valueName: "file")) var playbooks: [String]
    @OptionGroup var source: RecipeSourceOptions
    @Flag(help: "Print JSON.") var json = false

    private struct Finding: Encodable {
        var severity: String
        var kind: String
        var file: String
        var line: Int?
        var column: Int?
        var message: String
    }

    func run() async throws {
        try await reporting { try Self.check(playbooks, source, json: json) }
    }

    static func check(_ playbooks: [String], _ source: RecipeSourceOptions, json: Bool) throws {
        let vault = try source.vault()
        var options = RecipeRunner.Options()
        options.extraVariables = try source.variables(vault)
        options.vault = vault
        options.rolePaths = try AnsibleEnvironment.shared.rolePaths
        let runner = RecipeRunner(
            factory: SSHCommunicatorFactory(), local: LocalCommunicatorFactory(), options: options)
        var findings: [Finding] = []
        for playbook in playbooks {
            try UserFile.check(playbook, "playbook")
            findings += runner.check(playbook: playbook).map { problem in
                Finding(
                    severity: problem.isWarning ? "warning" : "error",
                    kind: problem.kind == .unsupported ? "unsupported" : "mistake", file: problem.recipe,
                    line: problem.line, column: problem.column, message: problem.message)
            }
        }
        if json {
            Terminal.line(JSONOutput.pretty(findings))
        } else {
            for finding in findings {
                let place = [finding.line, finding.column].compactMap { $0.map(String.init) }
                Terminal.line(
                    Terminal.harmless(
                        ([finding.file] + place).joined(separator: ":")
                            + ": \(finding.severity): \(finding.message)"))
            }
        }
        let errors = findings.count { $0.severity == "error" }
        if errors > 0 { throw Status.refused }
        if !json { Terminal.line("\(Terminal.count(playbooks.count, "playbook")): nothing stands against a run") }
    }
}
