package import ConnectorAPI
import ConnectorWire

extension ProcessConnector {
    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await batch(WireMethods.launch, request, context, count: request.items.count)
    }

    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await batch(WireMethods.describe, request, context, count: request.ids.count)
    }

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await batch(WireMethods.terminate, request, context, count: request.ids.count)
    }

    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try await call(WireMethods.list, request, context)
    }

    package func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await call(WireMethods.delete, request, context)
    }

    package func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        try await call(WireMethods.resume, request, context)
    }

    package func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try await call(WireMethods.flavors, request, context)
    }

    package func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try await call(WireMethods.images, request, context)
    }

    package func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        try await call(WireMethods.networks, request, context)
    }

    package func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        try await call(WireMethods.quotas, request, context)
    }

    package func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        try await call(WireMethods.plan, request, context)
    }

    package func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await batch(WireMethods.start, request, context, count: request.ids.count)
    }

    package func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await batch(WireMethods.stop, request, context, count: request.ids.count)
    }

    package func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await batch(WireMethods.reboot, request, context, count: request.ids.count)
    }

    package func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try await call(WireMethods.resize, request, context)
    }

    package func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        try await call(WireMethods.snapshot, request, context)
    }

    package func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        try await call(WireMethods.console, request, context)
    }

    package func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await call(WireMethods.ensureNetwork, request, context)
    }

    package func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await call(WireMethods.ensureSecurityGroup, request, context)
    }

    package func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await call(WireMethods.ensureKeyPair, request, context)
    }

    package func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await call(WireMethods.ensureVolume, request, context)
    }

    package func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await call(WireMethods.ensurePublicAddress, request, context)
    }

    package func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image> {
        try await call(WireMethods.uploadImage, request, context)
    }

    /// A call whose answer has one outcome per item.
    private func batch<Request: SessionRequest, Value>(
        _ method: WireMethod<Request, [Outcome<Value>]>, _ request: Request, _ context: CallContext, count: Int
    ) async throws -> [Outcome<Value>] {
        let outcomes = try await call(method, request, context)
        guard outcomes.count == count else {
            throw ConnectorError(
                code: .protocolViolation,
                message: "connector '\(description.name)' answered \(method.name) with \(outcomes.count) outcomes for "
                    + "\(count) items")
        }
        return outcomes
    }
}
