import Foundation
import InfrastructureModel
import Orchestration

/// Figures of one infrastructure in IM's shape (im.md 5.12): times in UTC, memory in units of 10^6 bytes.
struct StatisticsRow: Encodable, Sendable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case creationDate = "creation_date"
        case templateName = "tosca_name"
        case machineCount = "vm_count"
        case cpuCount = "cpu_count"
        case memorySize = "memory_size"
        case cloudType = "cloud_type"
        case cloudHost = "cloud_host"
        case isHybrid = "hybrid"
        case isDeleted = "deleted"
        case user = "im_user"
        case infrastructure = "inf_id"
        case lastDate = "last_date"
    }

    var creationDate: String
    var templateName: String
    var machineCount: Int
    var cpuCount: Int
    var memorySize: Int64
    var cloudType: String
    var cloudHost: String
    var isHybrid: Bool
    var isDeleted: Bool
    var user: String
    var infrastructure: String
    var lastDate: String

    init(_ statistics: InfrastructureStatistics) {
        creationDate = Self.text(statistics.createdAt)
        templateName = statistics.templateName
        machineCount = statistics.machineCount
        cpuCount = statistics.cpuCount
        memorySize = Int64((Double(statistics.memoryBytes) / 1_000_000).rounded())
        cloudType = statistics.cloudType
        cloudHost = statistics.cloudHost
        isHybrid = statistics.isHybrid
        isDeleted = statistics.isDestroyed
        user = statistics.owner
        infrastructure = statistics.id.rawValue
        lastDate = Self.text(statistics.lastActivityAt)
    }

    private static func text(_ date: Date) -> String {
        date.formatted(
            .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
    }

    // MARK: CSV

    /// A table with a head, as RFC 4180 has it but for line ends.
    static func table(_ rows: [StatisticsRow]) -> String {
        let head = CodingKeys.allCases.map(\.rawValue).joined(separator: ",")
        return ([head] + rows.map { $0.cells.map(quoted).joined(separator: ",") }).map { $0 + "\n" }.joined()
    }

    private var cells: [String] {
        [
            creationDate, templateName, String(machineCount), String(cpuCount), String(memorySize), cloudType,
            cloudHost, isHybrid ? "True" : "False", isDeleted ? "True" : "False", user, infrastructure, lastDate,
        ]
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
