import ConnectorAPI
import ConnectorWire
import Dummy
import Foundation
import Synchronization

/// One call of a broken connector: what is asked, and how the Dummy would answer.
typealias Hook<Request, Response> =
    @Sendable (Request, BrokenConnector.Memory, @Sendable (Request) async throws -> Response) async throws -> Response

/// What a broken connector does otherwise than the Dummy: a fault sets one of these.
struct Hooks: Sendable {
    var description: @Sendable (inout ConnectorDescription) -> Void = { _ in }
    var open: Hook<OpenSessionRequest, OpenSessionResponse>?
    var close: Hook<SessionID, Void>?
    var launch: Hook<LaunchRequest, [Outcome<Machine>]>?
    var describe: Hook<MachinesRequest, [Outcome<Machine>]>?
    var list: Hook<ListRequest, Page<Resource>>?
    var terminate: Hook<MachinesRequest, [Outcome<Empty>]>?
    var delete: Hook<DeleteResourceRequest, Outcome<Empty>>?
    var resume: Hook<ContinueRequest, Outcome<StepResult>>?
    var flavors: Hook<CatalogRequest, Page<Flavor>>?
    var images: Hook<CatalogRequest, Page<Image>>?
    var networks: Hook<CatalogRequest, Page<Network>>?
    var quotas: Hook<CatalogRequest, Page<Quota>>?
    var plan: Hook<PlanRequest, [PlanCandidate]>?
    var start: Hook<MachinesRequest, [Outcome<Machine>]>?
    var stop: Hook<MachinesRequest, [Outcome<Machine>]>?
    var reboot: Hook<MachinesRequest, [Outcome<Machine>]>?
    var resize: Hook<ResizeRequest, Outcome<Machine>>?
    var snapshot: Hook<SnapshotRequest, Outcome<Image>>?
    var console: Hook<MachineRequest, BulkLocation>?
    var ensureNetwork: Hook<EnsureRequest<NetworkSpec>, Outcome<Resource>>?
    var ensureSecurityGroup: Hook<EnsureRequest<SecurityGroupSpec>, Outcome<Resource>>?
    var ensureKeyPair: Hook<EnsureRequest<KeyPairSpec>, Outcome<Resource>>?
    var ensureVolume: Hook<EnsureRequest<VolumeSpec>, Outcome<Resource>>?
    var ensurePublicAddress: Hook<EnsureRequest<PublicAddressSpec>, Outcome<Resource>>?
    var uploadImage: Hook<UploadImageRequest, Outcome<Image>>?
    /// Of requests as JSON: the method and its parameters.
    var raw: Hook<(String, JSONValue), JSONValue>?
    /// Whether the end of the process loses the cloud.
    var forgets = false
}

/// A Dummy with one fault.
final class BrokenConnector: Connector {
    /// What a fault remembers, and the Dummy behind it.
    final class Memory: Sendable {
        private let values = Mutex<[String: String]>([:])
        private let numbers = Mutex<[String: Int]>([:])
        private let kept = Mutex<[Outcome<Machine>]>([])
        let dummy: Mutex<DummyConnector>

        init() {
            dummy = Mutex(DummyConnector(configuration: .init()))
        }

        subscript(key: String) -> String? {
            get { values.withLock { $0[key] } }
            set { values.withLock { $0[key] = newValue } }
        }

        /// Counts up from 1.
        func count(_ key: String) -> Int {
            numbers.withLock { numbers in
                numbers[key, default: 0] += 1
                return numbers[key, default: 0]
            }
        }

        /// Keeps these and gives those of the call before.
        func exchange(_ outcomes: [Outcome<Machine>]) -> [Outcome<Machine>] {
            kept.withLock { kept in
                defer { kept = outcomes }
                return kept
            }
        }
    }

    private let hooks: Hooks
    private let memory = Memory()
    private let sessions = Mutex<[SessionID: (request: OpenSessionRequest, real: SessionID)]>([:])

    init(_ change: (inout Hooks) -> Void) {
        var hooks = Hooks()
        change(&hooks)
        self.hooks = hooks
    }

    private var dummy: DummyConnector { memory.dummy.withLock { $0 } }

    /// As after kill -9: what is in memory is gone.
    func restart() async throws {
        if hooks.forgets {
            // The Dummy makes ids of the time: other ones than before, however fast this is.
            let later = DummyConnector(configuration: .init(now: { Date().addingTimeInterval(60) }))
            memory.dummy.withLock { $0 = later }
        }
        for (session, (request, _)) in sessions.withLock({ $0 }) {
            // What it refuses now was refused before.
            guard let new = try? await dummy.openSession(request, context: noContext).session else { continue }
            sessions.withLock { $0[session]?.real = new }
        }
    }

    var description: ConnectorDescription {
        var description = dummy.description
        hooks.description(&description)
        return description
    }

    /// Requests as JSON, as the SDK takes them.
    func rawCall(_ method: String, _ params: JSONValue) async throws -> JSONValue {
        do {
            return try await run(hooks.raw, (method, params)) { method, params in
                guard let call = WireMethods.all[method] else {
                    throw ConnectorError(code: .unsupported, message: "the method '\(method)' is not known")
                }
                let bytes = try await call.invoke(self, try WireCodec.encode(params), noContext)
                return try WireCodec.decode(JSONValue.self, from: bytes)
            }
        } catch let error as WireError {
            throw error.connectorError
        }
    }

    private func real(_ session: SessionID) -> SessionID {
        sessions.withLock { $0[session]?.real } ?? session
    }

    private func run<Request, Response>(
        _ hook: Hook<Request, Response>?, _ request: Request, _ next: @Sendable (Request) async throws -> Response
    ) async throws -> Response {
        guard let hook else { return try await next(request) }
        return try await hook(request, memory, next)
    }

    // MARK: Mandatory

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let response = try await run(hooks.open, request) { try await self.dummy.openSession($0, context: context) }
        sessions.withLock { $0[response.session] = (request, response.session) }
        return response
    }

    func closeSession(_ session: SessionID, context: CallContext) async throws {
        try await run(hooks.close, session) { session in
            try await self.dummy.closeSession(self.real(session), context: context)
            _ = self.sessions.withLock { $0.removeValue(forKey: session) }
        }
    }

    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await run(hooks.launch, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.launch(request, context: context)
        }
    }

    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await run(hooks.describe, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.describe(request, context: context)
        }
    }

    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try await run(hooks.list, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.list(request, context: context)
        }
    }

    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await run(hooks.terminate, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.terminate(request, context: context)
        }
    }

    // MARK: Optional

    func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await run(hooks.delete, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.delete(request, context: context)
        }
    }

    func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        try await run(hooks.resume, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.resume(request, context: context)
        }
    }

    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try await run(hooks.flavors, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.flavors(request, context: context)
        }
    }

    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try await run(hooks.images, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.images(request, context: context)
        }
    }

    func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        try await run(hooks.networks, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.networks(request, context: context)
        }
    }

    func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        try await run(hooks.quotas, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.quotas(request, context: context)
        }
    }

    func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        try await run(hooks.plan, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.plan(request, context: context)
        }
    }

    func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await run(hooks.start, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.start(request, context: context)
        }
    }

    func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await run(hooks.stop, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.stop(request, context: context)
        }
    }

    func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await run(hooks.reboot, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.reboot(request, context: context)
        }
    }

    func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try await run(hooks.resize, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.resize(request, context: context)
        }
    }

    func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        try await run(hooks.snapshot, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.snapshot(request, context: context)
        }
    }

    func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        try await run(hooks.console, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.console(request, context: context)
        }
    }

    func ensureNetwork(_ request: EnsureRequest<NetworkSpec>, context: CallContext) async throws -> Outcome<Resource> {
        try await run(hooks.ensureNetwork, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.ensureNetwork(request, context: context)
        }
    }

    func ensureSecurityGroup(_ request: EnsureRequest<SecurityGroupSpec>, context: CallContext) async throws -> Outcome<
        Resource
    > {
        try await run(hooks.ensureSecurityGroup, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.ensureSecurityGroup(request, context: context)
        }
    }

    func ensureKeyPair(_ request: EnsureRequest<KeyPairSpec>, context: CallContext) async throws -> Outcome<Resource> {
        try await run(hooks.ensureKeyPair, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.ensureKeyPair(request, context: context)
        }
    }

    func ensureVolume(_ request: EnsureRequest<VolumeSpec>, context: CallContext) async throws -> Outcome<Resource> {
        try await run(hooks.ensureVolume, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.ensureVolume(request, context: context)
        }
    }

    func ensurePublicAddress(_ request: EnsureRequest<PublicAddressSpec>, context: CallContext) async throws -> Outcome<
        Resource
    > {
        try await run(hooks.ensurePublicAddress, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.ensurePublicAddress(request, context: context)
        }
    }

    func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image> {
        try await run(hooks.uploadImage, request) { request in
            var request = request
            request.session = self.real(request.session)
            return try await self.dummy.uploadImage(request, context: context)
        }
    }
}
