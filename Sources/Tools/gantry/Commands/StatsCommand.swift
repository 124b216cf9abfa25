import ArgumentParser
import Assembly
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

    @OptionGroup var state: StateOptions
    @Option(help: ArgumentHelp("Only those that were made on this day or later, in UTC.", valueName: "YYYY-MM-DD"))
    var from: String?
    @Option(help: ArgumentHelp("Only those that were made on this day or before, in UTC.", valueName: "YYYY-MM-DD"))
    var through: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            let start = try Self.day(from, "--from")
            let end = try Self.day(through, "--through")?.addingTimeInterval(86_400)
            try await state.withServices { services in
                let rows = try await services.manager.statistics(from: start, before: end, caller: .local)
                    .map(Row.init)
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

    private struct Row: Encodable {
        var id: String
        var created: Date
        var lastActivity: Date
        var template: String?
        var machines: Int
        var cpus: Int
        var memoryBytes: Int64
        var cloud: String
        var host: String
        var isHybrid: Bool
        var isDestroyed: Bool
        var owner: String

        init(_ statistics: InfrastructureStatistics) {
            id = statistics.id.rawValue
            created = statistics.createdAt
            lastActivity = statistics.lastActivityAt
            template = statistics.templateName.isEmpty ? nil : statistics.templateName
            machines = statistics.machineCount
            cpus = statistics.cpuCount
            memoryBytes = statistics.memoryBytes
            cloud = statistics.cloudType
            host = statistics.cloudHost
            isHybrid = statistics.isHybrid
            isDestroyed = statistics.isDestroyed
            owner = statistics.owner
        }
    }
}
