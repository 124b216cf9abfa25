import Orchestration

/// What a document would use at one cloud, in IM's shape (im.md 5.11): sizes in units of 10^6 and 10^9 bytes.
struct EstimateBody: Encodable, Sendable {
    struct Machine: Encodable, Sendable {
        var cpuCores: Int
        var memoryInMegabytes: Int64
        var diskSizeInGigabytes: Int64?
        /// 1 where it has one.
        var publicIP: Int?
        var gpuCount: Int?

        private enum CodingKeys: String, CodingKey {
            case cpuCores, memoryInMegabytes, diskSizeInGigabytes, publicIP
            case gpuCount = "GPU"
        }
    }

    struct Volume: Encodable, Sendable {
        var sizeInGigabytes: Int64
        var type: String?
    }

    var cloudType: String
    var cloudEndpoint: String
    var compute: [Machine]
    var storage: [Volume]

    init(_ estimate: CloudEstimate) {
        cloudType = estimate.cloudType
        cloudEndpoint = estimate.endpoint
        compute = estimate.machines.map { machine in
            Machine(
                cpuCores: machine.cpuCount, memoryInMegabytes: Self.rounded(machine.memoryBytes, 1_000_000),
                diskSizeInGigabytes: machine.diskBytes.map { Self.rounded($0, 1_000_000_000) },
                publicIP: machine.hasPublicAddress ? 1 : nil, gpuCount: machine.gpuCount > 0 ? machine.gpuCount : nil)
        }
        storage = estimate.volumes.map {
            Volume(sizeInGigabytes: Self.rounded($0.sizeBytes, 1_000_000_000), type: $0.type)
        }
    }

    private static func rounded(_ bytes: Int64, _ unit: Int64) -> Int64 {
        Int64((Double(bytes) / Double(unit)).rounded())
    }
}
