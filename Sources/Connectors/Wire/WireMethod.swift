package import ConnectorAPI

/// A call of the contract on the wire: its name, the types of request and response, and what it does with a connector.
/// The one place that says so: the host sends by it and the SDK answers by it.
package struct WireMethod<Request: Codable & Sendable, Response: Codable & Sendable>: Sendable {
    package let name: String
    /// The ability that a connector must announce; nil: mandatory, or needs any that creates resources.
    package let capability: Capability?
    package let call: @Sendable (any Connector, Request, CallContext) async throws -> Response

    fileprivate init(
        _ name: String, _ capability: Capability? = nil,
        _ call: @escaping @Sendable (any Connector, Request, CallContext) async throws -> Response
    ) {
        self.name = name
        self.capability = capability
        self.call = call
    }

    fileprivate var erased: AnyWireMethod {
        AnyWireMethod(name: name, capability: capability) { connector, params, context in
            let request: Request
            do {
                request = try WireCodec.decode(Request.self, from: params)
            } catch {
                throw WireError(
                    code: WireError.invalidParams,
                    message: "the parameters of \(name) are wrong: \(WireCodec.explain(error))")
            }
            return try WireCodec.encode(try await call(connector, request, context))
        }
    }
}

/// A call by its name, from bytes to bytes.
package struct AnyWireMethod: Sendable {
    package let name: String
    package let capability: Capability?
    package let invoke: @Sendable (any Connector, _ params: [UInt8], CallContext) async throws -> [UInt8]
}

/// `session.close`.
package struct CloseSessionRequest: Codable, Sendable, Hashable {
    package var session: SessionID

    package init(session: SessionID) {
        self.session = session
    }
}

/// All calls.
package enum WireMethods {
    // Mandatory
    package static let openSession = WireMethod("session.open") { try await $0.openSession($1, context: $2) }
    package static let closeSession = WireMethod<CloseSessionRequest, Empty>("session.close") {
        try await $0.closeSession($1.session, context: $2)
        return Empty()
    }
    package static let launch = WireMethod("machine.launch") { try await $0.launch($1, context: $2) }
    package static let describe = WireMethod("machine.describe") { try await $0.describe($1, context: $2) }
    package static let list = WireMethod("resource.list") { try await $0.list($1, context: $2) }
    package static let terminate = WireMethod("machine.terminate") { try await $0.terminate($1, context: $2) }

    // Optional
    package static let delete = WireMethod("resource.delete") { try await $0.delete($1, context: $2) }
    package static let resume = WireMethod("continue", .resume) { try await $0.resume($1, context: $2) }
    package static let flavors = WireMethod("catalog.flavors", .flavors) { try await $0.flavors($1, context: $2) }
    package static let images = WireMethod("catalog.images", .images) { try await $0.images($1, context: $2) }
    package static let networks = WireMethod("catalog.networks", .networks) { try await $0.networks($1, context: $2) }
    package static let quotas = WireMethod("catalog.quotas", .quotas) { try await $0.quotas($1, context: $2) }
    package static let plan = WireMethod("machine.plan", .plan) { try await $0.plan($1, context: $2) }
    package static let start = WireMethod("machine.start", .start) { try await $0.start($1, context: $2) }
    package static let stop = WireMethod("machine.stop", .stop) { try await $0.stop($1, context: $2) }
    package static let reboot = WireMethod("machine.reboot", .reboot) { try await $0.reboot($1, context: $2) }
    package static let resize = WireMethod("machine.resize", .resize) { try await $0.resize($1, context: $2) }
    package static let snapshot = WireMethod("machine.snapshot", .snapshot) { try await $0.snapshot($1, context: $2) }
    package static let console = WireMethod("machine.console", .console) { try await $0.console($1, context: $2) }
    package static let ensureNetwork = WireMethod("network.ensure", .networks) {
        try await $0.ensureNetwork($1, context: $2)
    }
    package static let ensureSecurityGroup = WireMethod("securityGroup.ensure", .securityGroups) {
        try await $0.ensureSecurityGroup($1, context: $2)
    }
    package static let ensureKeyPair = WireMethod("keyPair.ensure", .keyPairs) {
        try await $0.ensureKeyPair($1, context: $2)
    }
    package static let ensureVolume = WireMethod("volume.ensure", .volumes) {
        try await $0.ensureVolume($1, context: $2)
    }
    package static let ensurePublicAddress = WireMethod("publicAddress.ensure", .publicAddresses) {
        try await $0.ensurePublicAddress($1, context: $2)
    }
    package static let uploadImage = WireMethod("image.upload", .imageUpload) {
        try await $0.uploadImage($1, context: $2)
    }

    package static let all: [String: AnyWireMethod] = {
        let methods = [
            openSession.erased, closeSession.erased, launch.erased, describe.erased, list.erased, terminate.erased,
            delete.erased, resume.erased, flavors.erased, images.erased, networks.erased, quotas.erased, plan.erased,
            start.erased, stop.erased, reboot.erased, resize.erased, snapshot.erased, console.erased,
            ensureNetwork.erased, ensureSecurityGroup.erased, ensureKeyPair.erased, ensureVolume.erased,
            ensurePublicAddress.erased, uploadImage.erased,
        ]
        return Dictionary(uniqueKeysWithValues: methods.map { ($0.name, $0) })
    }()

    // Of the connection itself
    package static let initialize = "initialize"
    package static let shutdown = "shutdown"
    package static let exit = "exit"
    package static let ping = "ping"
    package static let cancel = "$/cancel"
    package static let progress = "$/progress"
    package static let log = "$/log"
}

/// A request that names its session.
package protocol SessionRequest: Codable, Sendable {
    var session: SessionID { get set }
}

extension CloseSessionRequest: SessionRequest {}
extension LaunchRequest: SessionRequest {}
extension MachinesRequest: SessionRequest {}
extension MachineRequest: SessionRequest {}
extension ListRequest: SessionRequest {}
extension DeleteResourceRequest: SessionRequest {}
extension ContinueRequest: SessionRequest {}
extension CatalogRequest: SessionRequest {}
extension PlanRequest: SessionRequest {}
extension ResizeRequest: SessionRequest {}
extension SnapshotRequest: SessionRequest {}
extension EnsureRequest: SessionRequest {}
extension UploadImageRequest: SessionRequest {}
