import ArgumentParser
import Contextualization
import ContextualizationAPI
import Foundation
import Recipes
import SSHTransport
import Synchronization

struct RecipeFactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "facts", abstract: "Print the facts of machines as JSON, by Ansible's names.",
        discussion: """
            EXAMPLES:
              gantry recipe facts -i hosts.ini
              gantry recipe facts web -i hosts.ini --filter 'ansible_default_ipv4'
            """)

    @Argument(help: ArgumentHelp("Which hosts.", valueName: "pattern")) var pattern = "all"
    @OptionGroup var source: RecipeSourceOptions
    @OptionGroup var connection: RecipeConnectionOptions
    @Option(help: ArgumentHelp("Only facts of these names; * and ? are wildcards.", valueName: "pattern"))
    var filter: [String] = []

    func run() async throws {
        try await reporting {
            let vault = try source.vault()
            let hosts = try source.read(vault)
            var options = RecipeRunner.Options()
            try connection.apply(to: &options)
            options.limit = try source.hostLimit()
            options.extraVariables = try source.variables(vault)
            options.vault = vault
            let runner = RecipeRunner(
                factory: SSHCommunicatorFactory(), local: LocalCommunicatorFactory(), options: options)
            let found = Mutex<[String: String]>([:])
            let pattern = pattern
            let filter = filter
            let report = try await interruptible("stopping") {
                try await runner.facts(pattern: pattern, filter: filter, inventory: hosts) { host, json in
                    found.withLock { $0[host] = json }
                }
            }
            let facts = found.withLock { $0 }
            let lines = facts.keys.sorted().map { "\(JSONOutput.line($0)): \(facts[$0] ?? "{}")" }
            // One level deeper than each stands by itself.
            let text = lines.joined(separator: ",\n").replacing("\n", with: "\n    ")
            Terminal.line(lines.isEmpty ? "{}" : "{\n    \(text)\n}")
            for (host, result) in report.results.sorted(by: { $0.key < $1.key }) {
                if case .failed(_, let message) = result { Terminal.error("\(host): \(message)") }
            }
            if report.results.values.contains(where: { $0 != .configured }) { throw Status.failed }
        }
    }
}
