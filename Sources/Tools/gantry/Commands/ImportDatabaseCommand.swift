import ArgumentParser
import Assembly
import InfrastructureModel
import Orchestration

struct ImportDatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-database", abstract: "Take over what an IM has in its database.",
        discussion: """
            Reads the database of IM 1.19 or 2.0 (SQLite, MySQL, MariaDB) and changes nothing in it. Each infrastructure \
            belongs here to those who own it there, with the same names and passwords, and its machines stay as they are. \
            The authorization file has to name the clouds that machines are at, since IM stores no credentials of clouds: \
            where users have clouds of their own, run it once for each with --owner. What is here already is passed over, \
            so it may run again. End IM before, or let nobody change anything with it any more.

            Run it as the user of the service with the service's --state-dir; the service may run meanwhile.

            EXAMPLES:
              gantry import-database sqlite:///etc/im/inf.dat --dry-run
              gantry import-database /etc/im/inf.dat -a ada.auth --owner ada
              gantry import-database mysql://im:PASSWORD@db.example.org/im -a clouds.auth
            """)

    @Argument(help: ArgumentHelp("DATA_DB of IM's im.cfg, or a file of SQLite.", valueName: "database")) var database:
        String
    @Option(help: "Only infrastructures of this user.") var owner: String?
    @Option(help: ArgumentHelp("Only this infrastructure; may be repeated.", valueName: "id")) var only: [String] = []
    @Flag(help: "Say what would be taken over, and do nothing.") var dryRun = false
    @OptionGroup var local: LocalOptions
    @OptionGroup var authorization: AuthorizationOptions

    func run() async throws {
        try await reporting {
            let entries = try IMDatabase(database).entries
            let clouds = try await authorization.clouds()
            var found = 0
            var failures = 0
            func tell(_ entry: IMDatabase.Entry, _ summary: ExportSummary?, _ outcome: String) {
                guard let summary else { return Terminal.line("\(entry.id)  \(outcome)") }
                let machines = summary.machines == 1 ? "1 machine" : "\(summary.machines) machines"
                let place = summary.clouds.isEmpty ? "" : " at " + summary.clouds.joined(separator: ", ")
                let owners = summary.owners.isEmpty ? "nobody" : summary.owners.joined(separator: ", ")
                Terminal.line("\(entry.id)  \(machines)\(place), of \(owners): \(outcome)")
            }
            try await local.withServices(
                "whole databases are taken over at the service's own machine, with its --state-dir; `gantry import` "
                    + "takes one infrastructure over at a server"
            ) { services in
                for entry in entries where only.isEmpty || only.contains(entry.id) {
                    let summary: ExportSummary
                    do {
                        summary = try ExportSummary(entry.data)
                    } catch {
                        guard owner == nil else { continue }
                        failures += 1
                        tell(entry, nil, "not taken over: \(error)")
                        continue
                    }
                    if let owner, !summary.owners.contains(owner) { continue }
                    found += 1
                    if (try? await services.manager.snapshot(InfrastructureID(rawValue: entry.id), caller: .local))
                        != nil
                    {
                        tell(entry, summary, "is here already")
                    } else if dryRun {
                        tell(entry, summary, "would be taken over")
                    } else {
                        do {
                            _ = try await services.manager.importInfrastructure(
                                entry.data, clouds: clouds, caller: .local, keepsOwners: true)
                            tell(entry, summary, "taken over")
                        } catch {
                            failures += 1
                            tell(entry, summary, "not taken over: \(error)")
                        }
                    }
                }
            }
            if found + failures == 0 { Terminal.note("the database has nothing that was asked for") }
            if failures > 0 { throw Status.failed }
        }
    }
}
