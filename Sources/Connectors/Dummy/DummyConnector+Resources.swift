package import ConnectorAPI
import Foundation

extension DummyConnector {
    private struct Pending: Codable {
        var step: DummyStep
        var remaining: Int
    }

    /// Carries a long operation out, at once or over as many calls of `continue` as the settings say.
    func begin<Value: Sendable & Hashable & Codable>(
        _ step: DummyStep, _ session: Session, _ pick: @Sendable (StepResult) -> Value?
    ) async throws -> Outcome<Value> {
        let result: StepResult?
        if session.settings.steps == 0 {
            result = try await session.cloud.change { try step.run(&$0) }
        } else {
            result = try await session.cloud.read { state, _ in
                try step.check(state)
                return step.present(state)
            }
        }
        guard let result else {
            return .inProgress(try Self.state(Pending(step: step, remaining: session.settings.steps)))
        }
        guard let value = pick(result) else {
            throw ConnectorError(code: .internal, message: "an operation of the Dummy gave no result")
        }
        return .done(value)
    }

    package func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        try await perform("continue", request.session) { session, _ in
            guard var pending = try? JSONDecoder().decode(Pending.self, from: Data(request.state.utf8)) else {
                throw ConnectorError(
                    code: .invalidArgument, message: "the state is none that the Dummy gave out", field: "state")
            }
            if pending.remaining > 1 {
                pending.remaining -= 1
                return .inProgress(try Self.state(pending))
            }
            let step = pending.step
            return .done(try await session.cloud.change { try step.run(&$0) })
        }
    }

    private static func state(_ pending: Pending) throws -> InProgress {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return InProgress(state: String(decoding: try encoder.encode(pending), as: UTF8.self), pollAfterMs: 10)
    }

    // MARK: Catalogs

    package func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try await perform("catalog.flavors", request.session) { session, _ in
            let found = DummyCatalog.flavors.filter { request.ids?.contains($0.id) ?? true }
            return try Self.page(found, request.page, session.settings, maxAgeMs: 3_600_000)
        }
    }

    package func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try await perform("catalog.images", request.session) { session, _ in
            let made = try await session.cloud.read { state, _ in
                state.resources.values.filter { $0.kind == .image }
                    .sorted { Self.precedes($0.id, $1.id) }.map(DummyStep.image)
            }
            var found = DummyCatalog.images + made
            if let ids = request.ids {
                found = found.filter { ids.contains($0.id) || ids.contains($0.uri) }
                // Any image is accepted, so any image that is asked for by its URL is there.
                let others = ids.filter { id in
                    id.contains("://") && !found.contains { $0.uri == id }
                        && !session.settings.missingImages.contains(id)
                }
                found += others.map { Image(id: $0, uri: $0, name: $0, loginUser: "username") }
            }
            return try Self.page(found, request.page, session.settings, maxAgeMs: request.ids == nil ? 60_000 : nil)
        }
    }

    package func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        try await perform("catalog.networks", request.session) { session, _ in
            let made = try await session.cloud.read { state, _ in
                state.resources.values.filter { $0.kind == .network }.sorted { Self.precedes($0.id, $1.id) }
            }
            var found = [
                Network(id: "network-private", name: "private", cidr: "10.0.0.0/8", public: false, isDefault: true),
                Network(id: "network-public", name: "public", cidr: "198.18.0.0/15", public: true),
            ]
            found += made.map { resource in
                let spec = resource.provider?["dummy"]?["spec"]
                return Network(
                    id: resource.id, name: resource.name ?? resource.id, cidr: spec?["cidr"]?.stringValue,
                    public: spec?["public"] == .bool(true))
            }
            if let ids = request.ids { found = found.filter { ids.contains($0.id) || ids.contains($0.name) } }
            return try Self.page(found, request.page, session.settings)
        }
    }

    package func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        try await perform("catalog.quotas", request.session) { session, _ in
            var found = DummyCatalog.quotas
            if let most = session.settings.maxMachines {
                let used = try await session.cloud.read { state, _ in state.liveCount }
                found = found.map { quota in
                    quota.name == "instances"
                        ? Quota(name: quota.name, used: Int64(used), limit: Int64(most)) : quota
                }
            }
            return try Self.page(found, request.page, session.settings)
        }
    }

    package func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        try await perform("machine.plan", request.session) { session, _ in
            let cpus = max(1, request.cpuCountMin ?? 1)
            let memory = max(1, request.memoryBytesMin ?? 1 << 30)
            let price = Flavor.Price(amount: 0.01 * Double(cpus), currency: "USD")
            let id = DummyCatalog.customFlavorID(cpus: cpus, memoryBytes: memory)
            let flavor = Flavor(
                id: id, name: id, cpuCount: cpus, memoryBytes: memory, architecture: request.architecture ?? "x86_64",
                pricePerHour: price)
            let wanted = request.images.isEmpty ? DummyCatalog.images.map(\.uri) : request.images
            return wanted.filter { !session.settings.missingImages.contains($0) }.map { uri in
                let known = DummyCatalog.images.first { $0.uri == uri || $0.id == uri }
                let image = known ?? Image(id: uri, uri: uri, name: uri, loginUser: "username")
                return PlanCandidate(flavor: flavor, image: image, pricePerHour: price)
            }
        }
    }

    // MARK: Resources

    package func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await ensure("network.ensure", .network, request.spec.name, request)
    }

    package func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let network = request.spec.network.map { Resource.Reference(kind: .network, id: $0) }
        return try await ensure(
            "securityGroup.ensure", .securityGroup, request.spec.name, request,
            dependsOn: network.map { [$0] } ?? [])
    }

    package func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await ensure("keyPair.ensure", .keyPair, request.spec.name, request)
    }

    package func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await ensure("volume.ensure", .volume, request.spec.name, request)
    }

    package func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await ensure("publicAddress.ensure", .publicAddress, nil, request)
    }

    private func ensure<Spec>(
        _ call: String, _ kind: Resource.Kind, _ name: String?, _ request: EnsureRequest<Spec>,
        dependsOn: [Resource.Reference] = []
    ) async throws -> Outcome<Resource> {
        try await perform(call, request.session) { session, _ in
            let spec = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(request.spec))
            let step = DummyStep.ensure(
                kind: kind, name: name, spec: spec, dependsOn: dependsOn, tags: request.tags)
            // Only what is really created may take several steps.
            let slow = kind == .network || kind == .volume
            var session = session
            if !slow { session.settings.steps = 0 }
            return try await self.begin(step, session) { $0.resource }
        }
    }

    package func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await perform("resource.delete", request.session) { session, _ in
            if request.kind == .machine {
                throw ConnectorError(
                    code: .invalidArgument, message: "machine '\(request.id)' is ended by machine.terminate",
                    field: "kind")
            }
            let reference = Resource.Reference(kind: request.kind, id: request.id)
            return try await session.cloud.change { transaction in
                guard transaction.state.resources[reference] != nil else { return .done(Empty()) }
                let users =
                    transaction.state.users(of: reference)
                    + transaction.state.resources.values.filter { $0.dependsOn.contains(reference) }.map(\.id).sorted()
                guard users.isEmpty else {
                    throw ConnectorError(
                        code: .aborted,
                        message: "\(request.kind.rawValue) '\(request.id)' is used by "
                            + "\(users.joined(separator: ", ")): remove that first",
                        provider: .init(code: "DependencyViolation"))
                }
                transaction.record(DummyEntry(deleted: reference))
                return .done(Empty())
            }
        }
    }

    // MARK: Images

    package func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        try await perform("machine.snapshot", request.session) { session, _ in
            let step = DummyStep.snapshot(id: request.id, name: request.name, tags: request.tags)
            return try await self.begin(step, session) { $0.image }
        }
    }

    package func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image> {
        try await perform("image.upload", request.session) { session, _ in
            guard request.source.path != nil || request.source.url != nil else {
                throw ConnectorError(
                    code: .invalidArgument, message: "image '\(request.name)' has neither path nor URL",
                    field: "source")
            }
            CallContext.reportProgress(fraction: 0.5, message: "uploading \(request.name)")
            let step = DummyStep.upload(name: request.name, sha256: request.sha256, tags: request.tags)
            return try await self.begin(step, session) { $0.image }
        }
    }
}
