import ArgumentParser
import Foundation
import InfrastructureModel
import Orchestration

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show figures of all infrastructures, also of those that were destroyed.",
        discussion: """
            Machines are all that an infrastructure ever had, memory is theirs together.

            EXAMPLES:
              gantry stats
              gantry stats --from 2026-01-01 --through 2026-12-31 --json
            """)

    @OptionGroup var place: PlaceOptions
    @Option(help: ArgumentHelp("Only those that were made on this day or later, in UTC.", valueName: "YYYY-MM-DD"))
    var from: String?
    @Option(help: ArgumentHelp("Only those that were made on this day or before, in UTC.", valueName: "YYYY-MM-DD"))
    var through: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            let start = try Self.day(from, "--from")
            let end = try Self.day(through, "--through")
            try await place.withService { service in
                let rows = try await service.statistics(from: start, through: end)
                if json { return Terminal.line(JSONOutput.pretty(rows)) }
                Terminal.write(
                    Table.text(
                        ["ID", "CREATED", "LAST ACTIVITY", "MACHINES", "CPUS", "MEMORY", "CLOUD", "OWNER", ""],
                        rows.map { row in
                            [
                                row.id, row.created.formatted(.iso8601), row.lastActivity.formatted(.iso8601),
                                String(row.machines), String(row.cpus), "\(row.memoryBytes >> 20) MiB",
                                row.cloud + (row.host.isEmpty ? "" : " \(row.host)"), row.owner,
                                row.isDestroyed ? "destroyed" : "",
                            ]
                        }))
            }
        }
    }

    private static func day(_ text: String?, _ option: String) throws -> Date? {
        guard let text else { return nil }
        guard let date = try? Date(text, strategy: .iso8601.year().month().day()) else {
            throw UsageError("\(option) is a day such as 2026-01-31, not '\(text)'")
        }
        return date
    }
}
