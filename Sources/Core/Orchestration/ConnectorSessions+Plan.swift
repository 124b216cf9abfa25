import ConnectorAPI
import InfrastructureModel

/// What a machine needs at least, for a provider that chooses sizes itself.
struct PlanWish: Sendable, Hashable {
    var cpus: Int
    var memoryBytes: Int64
    /// nil: the provider's own.
    var architecture: String?
    /// nil: any of its images.
    var image: String?
}

extension ConnectorSessions {
    /// What a provider that chooses sizes itself would choose; nil: it has nothing for that.
    func plan(_ cloud: CloudReference, _ wish: PlanWish) async throws -> PlanCandidate? {
        try await call(cloud, patience: Self.planning) { connector, session, context in
            try await connector.plan(
                PlanRequest(
                    session: session, cpuCountMin: wish.cpus, memoryBytesMin: wish.memoryBytes,
                    architecture: wish.architecture, images: wish.image.map { [$0] } ?? []), context: context)
        }.first
    }
}
