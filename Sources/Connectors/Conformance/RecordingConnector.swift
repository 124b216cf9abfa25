import ConnectorAPI
import Foundation
import Synchronization

/// Passes calls on, writes them into a transcript, and remembers what was created, so that it can be removed.
final class RecordingConnector: Connector {
    struct Created: Sendable {
        var machines: [String] = []
        var resources: [Resource] = []
        /// A call was made that creates something, whatever came of it.
        var isAttempted = false
    }

    private let inner: any Connector
    private let transcript: Transcript
    private let created = Mutex(Created())

    init(_ inner: any Connector, transcript: Transcript) {
        self.inner = inner
        self.transcript = transcript
    }

    var description: ConnectorDescription { inner.description }

    var everything: Created { created.withLock { $0 } }

    private func pass<Request: Encodable, Response: Encodable>(
        _ call: String, _ request: Request, _ body: () async throws -> Response
    ) async throws -> Response {
        let sent = Transcript.json(request)
        do {
            let response = try await body()
            transcript.record(call, sent: sent, received: Transcript.json(response))
            return response
        } catch {
            transcript.record(call, sent: sent, received: "error \(error)", failed: true)
            throw error
        }
    }

    private func note(_ outcome: Outcome<Resource>) {
        if case .done(let resource) = outcome { created.withLock { $0.resources.append(resource) } }
    }

    private func note(_ outcome: Outcome<Image>, tags: [String: String]) {
        guard case .done(let image) = outcome else { return }
        created.withLock { $0.resources.append(Resource(kind: .image, id: image.id, tags: tags)) }
    }

    // MARK: Mandatory

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        // Without its credentials.
        let shown: JSONValue = [
            "endpoint": request.endpoint.map { .string($0) } ?? .null, "config": .object(request.config),
        ]
        return try await pass("session.open", shown) { try await inner.openSession(request, context: context) }
    }

    func closeSession(_ session: SessionID, context: CallContext) async throws {
        _ = try await pass("session.close", session) {
            try await inner.closeSession(session, context: context)
            return Empty()
        }
    }

    /// Something is about to be made past this connector: what is left is looked for by tags.
    func noteAttempt() {
        created.withLock { $0.isAttempted = true }
    }

    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        created.withLock { $0.isAttempted = true }
        let outcomes = try await pass("machine.launch", request) { try await inner.launch(request, context: context) }
        created.withLock { created in
            for case .done(let machine) in outcomes where !created.machines.contains(machine.id) {
                created.machines.append(machine.id)
            }
        }
        return outcomes
    }

    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await pass("machine.describe", request) { try await inner.describe(request, context: context) }
    }

    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try await pass("resource.list", request) { try await inner.list(request, context: context) }
    }

    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await pass("machine.terminate", request) { try await inner.terminate(request, context: context) }
    }

    // MARK: Optional

    func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await pass("resource.delete", request) { try await inner.delete(request, context: context) }
    }

    func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        let outcome = try await pass("continue", request) { try await inner.resume(request, context: context) }
        if case .done(let result) = outcome {
            if let resource = result.resource { note(.done(resource)) }
            if let image = result.image { note(.done(image), tags: [:]) }
        }
        return outcome
    }

    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try await pass("catalog.flavors", request) { try await inner.flavors(request, context: context) }
    }

    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try await pass("catalog.images", request) { try await inner.images(request, context: context) }
    }

    func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        try await pass("catalog.networks", request) { try await inner.networks(request, context: context) }
    }

    func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        try await pass("catalog.quotas", request) { try await inner.quotas(request, context: context) }
    }

    func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        try await pass("machine.plan", request) { try await inner.plan(request, context: context) }
    }

    func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await pass("machine.start", request) { try await inner.start(request, context: context) }
    }

    func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await pass("machine.stop", request) { try await inner.stop(request, context: context) }
    }

    func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await pass("machine.reboot", request) { try await inner.reboot(request, context: context) }
    }

    func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try await pass("machine.resize", request) { try await inner.resize(request, context: context) }
    }

    func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        created.withLock { $0.isAttempted = true }
        let outcome = try await pass("machine.snapshot", request) {
            try await inner.snapshot(request, context: context)
        }
        note(outcome, tags: request.tags)
        return outcome
    }

    func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        try await pass("machine.console", request) { try await inner.console(request, context: context) }
    }

    func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await noted("network.ensure", request) { try await inner.ensureNetwork(request, context: context) }
    }

    func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await noted("securityGroup.ensure", request) {
            try await inner.ensureSecurityGroup(request, context: context)
        }
    }

    func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await noted("keyPair.ensure", request) { try await inner.ensureKeyPair(request, context: context) }
    }

    func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await noted("volume.ensure", request) { try await inner.ensureVolume(request, context: context) }
    }

    func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try await noted("publicAddress.ensure", request) {
            try await inner.ensurePublicAddress(request, context: context)
        }
    }

    func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image> {
        created.withLock { $0.isAttempted = true }
        let outcome = try await pass("image.upload", request) {
            try await inner.uploadImage(request, context: context)
        }
        note(outcome, tags: request.tags)
        return outcome
    }

    private func noted(
        _ call: String, _ request: some Encodable, _ body: () async throws -> Outcome<Resource>
    ) async throws -> Outcome<Resource> {
        created.withLock { $0.isAttempted = true }
        let outcome = try await pass(call, request, body)
        note(outcome)
        return outcome
    }
}
