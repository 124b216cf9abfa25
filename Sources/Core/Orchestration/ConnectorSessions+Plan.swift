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
    /// The size that the document names, if it names one.
    var instanceType: String?
    /// What its launch would ask for; nil: none is to be launched.
    var item: MachineSpec?
    /// How many such machines are to be launched.
    var count: Int?
    /// Networks that would be made for it.
    var networks: [NetworkSpec] = []

    init(cpus: Int, memoryBytes: Int64, architecture: String?, image: String?) {
        self.cpus = cpus
        self.memoryBytes = memoryBytes
        self.architecture = architecture
        self.image = image
    }
}

extension ConnectorSessions {
    /// What a provider that chooses sizes itself would choose; nil: it has nothing for that.
    func plan(_ cloud: CloudReference, _ wish: PlanWish) async throws -> PlanCandidate? {
        try await call(cloud, patience: Self.planning) { connector, session, context in
            var request = PlanRequest(
                session: session, cpuCountMin: wish.cpus, memoryBytesMin: wish.memoryBytes,
                architecture: wish.architecture, images: wish.image.map { [$0] } ?? [])
            if let type = wish.instanceType { request.provider = ["radl": ["instance_type": .string(type)]] }
            request.item = wish.item
            request.count = wish.count
            request.networks = wish.networks.isEmpty ? nil : wish.networks
            return try await connector.plan(request, context: context)
        }.first
    }
}
