import ConnectorAPI
import Dummy
import Support

/// Passes calls on to a Dummy: counts them, may show fewer capabilities, and refuses those that a test wants refused.
final class WrappedConnector: Connector {
    let description: ConnectorDescription
    let inner: any Connector
    private let counts = LockedValue<[String: Int]>([:])
    private let specs = LockedValue<[MachineSpec]>([])
    private let plans = LockedValue<[PlanRequest]>([])
    private let launchTime: Duration
    private let hostKeys: [String]
    private let remark: String?
    private let makesNetworks: Bool
    private let refusal: @Sendable (_ call: String, _ count: Int) -> ConnectorError?

    /// - Parameters:
    ///   - without: Capabilities that it does not show.
    ///   - launchTime: How long a launch is without an answer.
    ///   - hostKeys: Of each machine.
    ///   - remark: On how each machine runs.
    ///   - makesNetworks: Whether it makes those that it lists.
    ///   - refusal: Why a call fails, by its name and how often it was made, from 1.
    init(
        inner: any Connector = DummyConnector(configuration: .init()), without: Set<Capability> = [],
        launchTime: Duration = .zero, hostKeys: [String] = [], remark: String? = nil,
        makesNetworks: Bool = false,
        refusal: @escaping @Sendable (_ call: String, _ count: Int) -> ConnectorError? = { _, _ in nil }
    ) {
        var description = inner.description
        for capability in without { description.capabilities[capability] = nil }
        self.description = description
        self.inner = inner
        self.launchTime = launchTime
        self.hostKeys = hostKeys
        self.remark = remark
        self.makesNetworks = makesNetworks
        self.refusal = refusal
    }

    /// How often a call was made.
    func count(_ call: String) -> Int { counts.withLock { $0[call] ?? 0 } }

    /// What launches asked for.
    var launched: [MachineSpec] { specs.withLock { $0 } }

    /// What plans were asked for.
    var planned: [PlanRequest] { plans.withLock { $0 } }

    private func note(_ call: String) throws {
        let count = counts.withLock { counts in
            counts[call, default: 0] += 1
            return counts[call] ?? 0
        }
        if let error = refusal(call, count) { throw error }
    }

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        try note("session.open")
        return try await inner.openSession(request, context: context)
    }

    func closeSession(_ session: SessionID, context: CallContext) async throws {
        try note("session.close")
        try await inner.closeSession(session, context: context)
    }

    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try note("machine.launch")
        specs.withLock { $0 += request.items }
        if launchTime > .zero { try await Task.sleep(for: launchTime) }
        let outcomes = keyed(try await inner.launch(request, context: context))
        // As if the answer was lost.
        if let error = refusal("machine.launch done", count("machine.launch")) { throw error }
        return outcomes
    }

    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try note("machine.describe")
        return keyed(try await inner.describe(request, context: context))
    }

    private func keyed(_ outcomes: [Outcome<Machine>]) -> [Outcome<Machine>] {
        outcomes.map { outcome in
            guard case .done(var machine) = outcome else { return outcome }
            machine.hostKeys = hostKeys
            machine.remark = remark
            return .done(machine)
        }
    }

    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try note("resource.list")
        return try await inner.list(request, context: context)
    }

    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try note("machine.terminate")
        return try await inner.terminate(request, context: context)
    }

    func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try note("resource.delete")
        return try await inner.delete(request, context: context)
    }

    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try note("catalog.flavors")
        return try await inner.flavors(request, context: context)
    }

    func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        plans.withLock { $0.append(request) }
        try note("machine.plan")
        return try await inner.plan(request, context: context).map { candidate in
            var candidate = candidate
            candidate.flavor.name = "made to measure"
            return candidate
        }
    }

    /// As of a machine that prints in colours and does not get far.
    func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        try note("machine.console")
        let text = "one\r\ntwo\nthree\n\nfour\n\u{1b}[0;31mKernel panic\u{1b}[0m - not syncing\r\n\u{7}\n5\n"
        return BulkLocation(
            path: try PrivateFile.write(Array(text.utf8), folder: "gantry-test-consoles", name: "\(request.id).log"))
    }

    func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        try note("continue")
        return try await inner.resume(request, context: context)
    }

    func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try note("machine.resize")
        return try await inner.resize(request, context: context)
    }

    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try note("catalog.images")
        return try await inner.images(request, context: context)
    }

    func ensureNetwork(
        _ request: EnsureRequest<NetworkSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try note("network.ensure")
        guard makesNetworks else { throw ConnectorError(code: .unsupported, message: "it makes none") }
        return try await inner.ensureNetwork(request, context: context)
    }

    func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try note("securityGroup.ensure")
        return try await inner.ensureSecurityGroup(request, context: context)
    }

    func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try note("keyPair.ensure")
        return try await inner.ensureKeyPair(request, context: context)
    }
}
