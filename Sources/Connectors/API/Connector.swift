/// A driver for one kind of cloud: it translates calls of the host into requests of the provider and back.
///
/// The protocol consists of values only, so that the same connector runs compiled in or as a child process
/// (`ConnectorSDK.serve(_:)`) with the same meaning. The wire protocol is its projection.
///
/// Rules for every call:
/// - **Sessions.** Every call but ``openSession(_:context:)`` names an open session; an unknown one is answered
///   with ``ConnectorError/Code/unauthenticated``. Credentials travel in ``openSession(_:context:)`` alone.
/// - **No waiting.** A connector neither polls nor sleeps. What needs several steps at the provider answers
///   ``Outcome/inProgress(_:)`` with an opaque state, and the host calls ``resume(_:context:)`` with it. After a crash
///   of the host the call itself is made again.
/// - **No memory.** Nothing that a restart would lose decides an answer: identity lives in tags at the provider.
/// - **Concurrency.** Any number of calls may run at the same time, up to
///   ``ConnectorDescription/Requirements/maxConcurrentCalls``.
/// - **Cancellation.** A cancelled call still answers, with ``ConnectorError/Code/cancelled`` or its result.
/// - **Errors.** Throw ``ConnectorError`` for a failed call; batch calls answer one ``Outcome`` per item instead.
///   Any other error reaches the host as ``ConnectorError/Code/internal``.
///
/// Mandatory are sessions, launch, describe, list and terminate; everything else is a ``Capability`` whose default
/// implementation throws ``ConnectorError/Code/unsupported``. The host never calls what was not announced.
public protocol Connector: Sendable {
    /// What this connector is and can do. Constant for the life of the process; needs no network.
    var description: ConnectorDescription { get }

    // MARK: Mandatory

    /// Opens a session for one account. Cheap checks only. May be called again with the same credentials.
    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse

    /// Forgets a session. Idempotent: an unknown session is no error.
    func closeSession(_ session: SessionID, context: CallContext) async throws

    /// Starts machines and returns at once, one outcome per item and in their order.
    ///
    /// Idempotent by ``LaunchRequest/batchToken``: the same token and items give the same machines, also after a crash
    /// of anybody; the same token with other items is ``ConnectorError/Code/alreadyExists``. Items that failed are
    /// tried again.
    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>]

    /// The present state of machines, with as few requests to the provider as it allows. Unknown id: `notFound` for
    /// that item.
    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>]

    /// Everything at the provider that carries all of the given tags, machines first.
    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource>

    /// Ends machines and what belongs to them alone. Succeeds for machines that are already gone or never were.
    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>]

    // MARK: Optional

    /// Deletes a resource that is no machine. Succeeds when it is already gone (any capability that creates resources).
    func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty>

    /// The next step of a call that answered `inProgress`. May be called again with the same state after a crash.
    func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult>

    /// Machine sizes (``Capability/flavors``).
    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor>
    /// Images (``Capability/images``).
    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image>
    /// Networks of the account (``Capability/networks``).
    func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network>
    /// Limits and use of the account (``Capability/quotas``).
    func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota>
    /// Candidates chosen by the provider itself, for clouds without catalogs (``Capability/plan``). No side effect.
    func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate]

    /// Starts stopped machines; success when already running (``Capability/start``).
    func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>]
    /// Stops machines; success when already stopped (``Capability/stop``).
    func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>]
    /// Reboots running machines (``Capability/reboot``).
    func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>]
    /// Changes the flavor of a machine; success when it already has it (``Capability/resize``).
    func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine>
    /// Makes an image of a machine's disk; idempotent by name (``Capability/snapshot``).
    func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image>
    /// Where the console of a machine can be read or reached (``Capability/console``).
    func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation

    /// Finds by its tags or creates a network (``Capability/networks``).
    func ensureNetwork(_ request: EnsureRequest<NetworkSpec>, context: CallContext) async throws -> Outcome<Resource>
    /// Finds by its tags or creates a security group and makes its rules equal to the specification
    /// (``Capability/securityGroups``).
    func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource>
    /// Finds by its tags or imports a public key (``Capability/keyPairs``).
    func ensureKeyPair(_ request: EnsureRequest<KeyPairSpec>, context: CallContext) async throws -> Outcome<Resource>
    /// Finds by its tags or creates a volume and attaches it where the specification says (``Capability/volumes``).
    func ensureVolume(_ request: EnsureRequest<VolumeSpec>, context: CallContext) async throws -> Outcome<Resource>
    /// Finds by its tags or allocates a public address and attaches it (``Capability/publicAddresses``).
    func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource>

    /// Registers an image from a path or URL; idempotent by digest (``Capability/imageUpload``).
    func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image>
}

extension Connector {
    private func unsupported(_ call: String) -> ConnectorError {
        ConnectorError(
            code: .unsupported,
            message: "connector '\(description.name)' does not support \(call); it announces: "
                + description.capabilities.keys.map(\.rawValue).sorted().joined(separator: ", "))
    }

    public func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        throw unsupported("resource.delete of a \(request.kind.rawValue)")
    }
    public func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        throw unsupported("continue")
    }
    public func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        throw unsupported("catalog.flavors")
    }
    public func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        throw unsupported("catalog.images")
    }
    public func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        throw unsupported("catalog.networks")
    }
    public func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        throw unsupported("catalog.quotas")
    }
    public func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        throw unsupported("machine.plan")
    }
    public func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        throw unsupported("machine.start")
    }
    public func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        throw unsupported("machine.stop")
    }
    public func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        throw unsupported("machine.reboot")
    }
    public func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        throw unsupported("machine.resize")
    }
    public func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        throw unsupported("machine.snapshot")
    }
    public func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        throw unsupported("machine.console")
    }
    public func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        throw unsupported("network.ensure")
    }
    public func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        throw unsupported("securityGroup.ensure")
    }
    public func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        throw unsupported("keyPair.ensure")
    }
    public func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        throw unsupported("volume.ensure")
    }
    public func ensurePublicAddress(
        _ request: EnsureRequest<PublicAddressSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        throw unsupported("publicAddress.ensure")
    }
    public func uploadImage(_ request: UploadImageRequest, context: CallContext) async throws -> Outcome<Image> {
        throw unsupported("image.upload")
    }
}
