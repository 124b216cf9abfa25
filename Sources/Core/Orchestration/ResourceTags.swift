import InfrastructureModel

/// Tags that say whose a resource is. With them alone everything that was ever created can be found again.
enum ResourceTags {
    static let infrastructureKey = "gantry:infrastructure"
    static let batchKey = "gantry:batch"
    static let machine = "gantry:machine"
    /// What a resource is for within the infrastructure: tells two security groups apart.
    static let role = "gantry:role"

    /// On everything of an infrastructure.
    static func infrastructure(_ record: InfrastructureRecord) -> [String: String] {
        [infrastructureKey: record.id.rawValue]
    }

    /// On everything that one launch call makes. Connectors add the batch token themselves under this key.
    static func batch(_ record: InfrastructureRecord, _ token: BatchToken) -> [String: String] {
        [infrastructureKey: record.id.rawValue, batchKey: token.rawValue]
    }
}
