import Foundation
import InfrastructureModel
import Orchestration

/// IM's quotas: sizes in GiB.
struct RemoteQuotas: Decodable {
    struct Quota: Decodable {
        var used: Double
        var limit: Double
    }

    var quotas: [String: Quota]

    var list: [CloudQuota] {
        quotas.sorted { $0.key < $1.key }.map { name, quota in
            let plain = CloudQuota(name: name, used: Int64(quota.used), limit: Int64(quota.limit))
            guard plain.isSize else { return plain }
            func bytes(_ value: Double) -> Int64 { value < 0 ? -1 : Int64(value * 1_073_741_824) }
            return CloudQuota(name: name, used: bytes(quota.used), limit: bytes(quota.limit))
        }
    }
}

/// IM's statistics: times in UTC, memory in units of 10^6 bytes.
struct RemoteStatistics: Decodable {
    struct Row: Decodable {
        var creationDate: String?
        var templateName: String?
        var machineCount: Int?
        var cpuCount: Int?
        var memorySize: Double?
        var cloudType: String?
        var cloudHost: String?
        var isHybrid: Bool?
        var isDeleted: Bool?
        var user: String?
        var infrastructure: String
        var lastDate: String?

        private enum CodingKeys: String, CodingKey {
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

        var report: StatisticsReport {
            let created = Self.time(creationDate)
            return StatisticsReport(
                id: infrastructure, created: created, lastActivity: lastDate.map(Self.time) ?? created,
                template: templateName.flatMap { $0.isEmpty ? nil : $0 }, machines: machineCount ?? 0,
                cpus: cpuCount ?? 0, memoryBytes: Self.bytes(memorySize ?? 0), cloud: cloudType ?? "",
                host: cloudHost ?? "", isHybrid: isHybrid ?? false, isDestroyed: isDeleted ?? false,
                owner: user ?? "")
        }

        /// Sizes are whole MiB; units of 10^6 bytes are rounded.
        private static func bytes(_ megabytes: Double) -> Int64 {
            Int64((megabytes * 1_000_000 / 1_048_576).rounded()) << 20
        }

        /// A time, or a day.
        private static func time(_ text: String?) -> Date {
            let text = (text ?? "").prefix { $0 != "." }
            let whole = text.count == 10 ? text + " 00:00:00" : text
            return (try? Date(whole.replacing(" ", with: "T") + "Z", strategy: .iso8601))
                ?? Date(timeIntervalSince1970: 0)
        }
    }

    var stats: [Row]
}

/// The state of the whole and of each machine.
struct RemoteState: Decodable {
    struct State: Decodable {
        var state: String
        var machines: [String: String]

        private enum CodingKeys: String, CodingKey {
            case state
            case machines = "vm_states"
        }
    }

    var state: State
}

/// Links.
struct RemoteLinks: Decodable {
    struct Link: Decodable { var uri: String }

    var links: [Link]

    private enum CodingKeys: String, CodingKey {
        case links = "uri-list"
    }

    /// The last part of each.
    var ids: [String] { links.compactMap { $0.uri.split(separator: "/").last.map(String.init) } }
}

struct RemoteOwners: Decodable { var authorization: [String] }
struct RemoteImages: Decodable { var images: [CloudImage] }
struct RemoteExport: Decodable { var data: String }
struct RemoteSnapshot: Decodable { var snapshot: String }

/// Of what was made.
struct RemoteLink: Decodable { var uri: String }
