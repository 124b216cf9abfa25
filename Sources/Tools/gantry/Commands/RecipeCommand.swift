import ArgumentParser
import Assembly
import Contextualization
import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import SSHTransport
import Synchronization

struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Run recipes on machines of any inventory.", subcommands: [RunCommand.self])

    struct RunCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Run a playbook over SSH.",
            discussion: """
                EXAMPLES:
                  gantry recipe run site.yml -i hosts.ini
                  gantry recipe run site.yml -i hosts.ini --limit web --check --diff
                """)

        @Argument(help: ArgumentHelp("The playbook.", valueName: "file")) var playbook: String

        @Option(
            name: .shortAndLong, help: ArgumentHelp("Inventory (INI, YAML, or a list with commas).", valueName: "file"))
        var inventory: String

        @Option(name: .shortAndLong, help: ArgumentHelp("Only these hosts.", valueName: "pattern")) var limit: String?

        @Option(
            name: .customShort("e"), help: ArgumentHelp("Extra variable; may be repeated.", valueName: "name=value"))
        var extra: [String] = []

        @Option(name: .shortAndLong, help: "Login user where the inventory names none.") var user: String?
        @Option(name: .customLong("private-key"), help: ArgumentHelp("Private key.", valueName: "file"))
        var privateKey: String?
        @Flag(name: .shortAndLong, help: "Become root.") var become = false
        @Flag(help: "Change nothing; say what would change.") var check = false
        @Flag(help: "Show differences of files.") var diff = false
        @Option(help: "Machines at the same time.") var parallel: Int = 64

        func validate() throws {
            guard parallel >= 1 else {
                throw ValidationError("--parallel is a number of machines from 1, not \(parallel)")
            }
        }

        func run() async throws {
            try await reporting {
                try checkFiles()
                let hosts = try RecipeRunner.inventory(file: inventory)
                let runner = RecipeRunner(factory: SSHCommunicatorFactory(), options: try options())
                let names = hosts.hosts.map(\.name)
                let printer = LogPrinter(hosts: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }), diff: diff)
                let playbook = playbook
                let report = try await interruptible("stopping") {
                    try await runner.run(playbook: playbook, inventory: hosts) { event in printer.print(event) }
                }
                for line in RecipeLog.recap(
                    report.counts, hosts: Dictionary(uniqueKeysWithValues: names.map { ($0, $0) }))
                {
                    Terminal.line(line)
                }
                let isGood = report.results.values.allSatisfy { $0 == .configured }
                if !isGood { throw Status.failed }
            }
        }

        private func checkFiles() throws {
            try UserFile.check(playbook, "playbook")
            let isList = inventory.contains(",") && !FileManager.default.fileExists(atPath: inventory)
            if !isList { try UserFile.check(inventory, "inventory") }
            if let privateKey { try UserFile.check(privateKey, "private key") }
        }

        private func options() throws -> RecipeRunner.Options {
            var options = RecipeRunner.Options()
            options.isCheckMode = check
            options.showsDifference = diff
            options.becomes = become
            options.limit = limit
            options.parallelism = parallel
            options.user = user
            options.privateKeyFiles = privateKey.map { [$0] }
            for pair in extra {
                let name = pair.prefix { $0 != "=" }
                guard let equals = pair.firstIndex(of: "="), name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil
                else {
                    // The value may be a secret.
                    throw UsageError(
                        "-e takes name=value, with a name of letters, digits and underscores, not '\(name)'")
                }
                options.extraVariables[String(name)] = .string(String(pair[pair.index(after: equals)...]))
            }
            return options
        }
    }
}

/// Prints events as they come, in Ansible's look.
private final class LogPrinter: Sendable {
    private let log: Mutex<RecipeLog>

    init(hosts: [String: String], diff: Bool) {
        log = Mutex(RecipeLog(hosts: hosts, showsDifference: diff))
    }

    func print(_ event: ContextualizationEvent) {
        log.withLock { log in
            for line in log.lines(for: event) { Terminal.line(line) }
        }
    }
}
