package import ContextualizationAPI
package import Foundation
package import InfrastructureModel
package import Logging
package import Operations
package import Persistence
package import Support

/// The one way to do something with infrastructures: the command line, XML-RPC and REST are thin readers and writers
/// around it.
///
/// Commands store an operation and return; ``run()`` (a service) or ``follow(_:)`` (the command line) carries operations
/// out. Safe from several tasks, and several processes may use one store.
package final class InfrastructureManager: Sendable {
    let store: any StateStore
    let connectors: any ConnectorDirectory
    let contextualizer: any Contextualizer
    let configuration: ManagerConfiguration
    let logger: Logger
    let sessions: ConnectorSessions
    let now: @Sendable () -> Date
    let makeKeyPair: @Sendable () throws -> KeyPair
    /// Rung when something may be due or ended in this process.
    let bell: Bell
    /// Rung when something was stored by this process.
    let commits: Bell
    private let overviews: OverviewCache

    /// An SSH key in OpenSSH's forms.
    package struct KeyPair: Sendable {
        package var privateKey: Secret<String>
        package var publicKey: String

        package init(privateKey: Secret<String>, publicKey: String) {
            self.privateKey = privateKey
            self.publicKey = publicKey
        }
    }

    package init(
        store: any StateStore, connectors: any ConnectorDirectory, contextualizer: any Contextualizer,
        configuration: ManagerConfiguration = ManagerConfiguration(), logger: Logger,
        makeKeyPair: @escaping @Sendable () throws -> KeyPair, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.connectors = connectors
        self.contextualizer = contextualizer
        self.configuration = configuration
        self.logger = logger
        self.now = now
        self.makeKeyPair = makeKeyPair
        sessions = ConnectorSessions(store: store, connectors: connectors, configuration: configuration, logger: logger)
        let (bell, commits) = (Bell(), Bell())
        (self.bell, self.commits) = (bell, commits)
        overviews = OverviewCache(store: store) { bell.rings + commits.rings }
    }

    /// Where plans are made: a large document takes a while.
    private static let planning = ComputingThreads(name: "plan", limit: 4)

    // MARK: Commands

    /// What a request would do. No side effect at any provider nor in the store.
    /// - Throws: ``ManagerError``.
    package func plan(_ request: DeploymentRequest) async throws -> DeploymentPlan {
        try await withTaskExecutorPreference(Self.planning) {
            try await ManagerError.convertingErrors { try await Planner(manager: self).plan(request).summary }
        }
    }

    /// Records a new infrastructure and the operation that makes it. Nothing outside has happened when it returns.
    ///
    /// With a name that is in use, the existing one converges instead: machines are added, removed or replaced until it
    /// is as the document says, and recipes run again.
    /// - Throws: ``ManagerError``; nothing is stored then.
    package func deploy(_ request: DeploymentRequest) async throws -> SubmittedOperation {
        let submitted = try await withTaskExecutorPreference(Self.planning) {
            try await ManagerError.convertingErrors { try await Planner(manager: self).submit(request) }
        }
        bell.ring()
        return submitted
    }

    /// Records that an infrastructure shall go. Interrupts what is under way. Idempotent: for one that is already
    /// destroyed or being destroyed it answers that operation, or nil when there is nothing to do any more.
    /// - Throws: ``ManagerError``; nothing is stored then.
    package func destroy(_ id: InfrastructureID, caller: Caller) async throws -> SubmittedOperation? {
        try await ManagerError.convertingErrors {
            if try await access(id, caller).phase == .destroyed { return nil }
            let unfinished = try await store.unfinishedOperations(subject: OperationSubject(id))
            if let running = unfinished.first(where: { $0.kind == .destroy }) {
                return SubmittedOperation(infrastructure: id, operation: running.id, kind: .destroy)
            }
            let operation = DurableOperation(
                id: .random(), subject: OperationSubject(id), kind: .destroy, dueAt: now(), createdAt: now())
            try await store.submit(OperationSubmission(operation, precedence: .interrupts))
            Failpoint.reached("destroy.submitted")
            bell.ring()
            return SubmittedOperation(infrastructure: id, operation: operation.id, kind: .destroy)
        }
    }

    // MARK: Reading

    /// Which connectors this process waits for, and why, for people; empty: none.
    package var waiting: [String] {
        get async { await waiting(over: .zero) }
    }

    /// Which connectors are waited for as long as this, and why, for people; empty: none.
    package func waiting(over limit: Duration) async -> [String] {
        await sessions.waiting(over: limit)
    }

    /// Infrastructures of the caller, oldest first; all of them for the local user.
    /// - Throws: ``ManagerError``.
    package func infrastructures(
        caller: Caller, includingDestroyed: Bool = false
    ) async throws -> [InfrastructureRecord] {
        let all = try await ManagerError.convertingErrors {
            try await store.infrastructures(includingDestroyed: includingDestroyed)
        }
        return all.filter { caller.mayAccess($0, store) }
    }

    /// Everything about an infrastructure.
    /// - Throws: ``ManagerError`` `notFound`, `accessDenied`, or `destroyed` unless those are asked for too.
    package func snapshot(
        _ id: InfrastructureID, caller: Caller, includingDestroyed: Bool = false
    ) async throws -> InfrastructureSnapshot {
        try await ManagerError.convertingErrors {
            guard let snapshot = try await stored(id) else { throw unknown }
            try check(snapshot.infrastructure, caller)
            if snapshot.infrastructure.phase == .destroyed, !includingDestroyed {
                // IM tells no difference to one that never was.
                throw ManagerError(code: .destroyed, message: unknown.message)
            }
            return try await foreseen(snapshot)
        }
    }

    /// Everything about an infrastructure as it stands in the store; machines that are known already are not read again.
    func stored(_ id: InfrastructureID) async throws -> InfrastructureSnapshot? {
        try await store.snapshot(id, since: overviews.known(id))
    }

    /// An infrastructure and its machines, with everything that this process stored before, and what others did 50 ms ago. For
    /// those who ask often: nothing is read that was read before.
    /// - Throws: ``ManagerError`` as ``snapshot(_:caller:includingDestroyed:)``.
    package func overview(_ id: InfrastructureID, caller: Caller) async throws -> SharedOverview {
        try await ManagerError.convertingErrors {
            guard let shared = try await overviews.overview(id) else { throw unknown }
            try check(shared.overview.infrastructure, caller)
            guard shared.overview.infrastructure.phase != .destroyed else {
                throw ManagerError(code: .destroyed, message: unknown.message)
            }
            return shared
        }
    }

    /// An infrastructure as it will be when the changes have begun that wait for their turn.
    private func foreseen(_ snapshot: InfrastructureSnapshot) async throws -> InfrastructureSnapshot {
        var snapshot = snapshot
        let waiting = try await store.unfinishedOperations(subject: OperationSubject(snapshot.infrastructure.id))
        try snapshot.changeOverview { overview in
            for operation in waiting { try overview.foresee(operation) }
        }
        return snapshot
    }

    /// The infrastructure of a name or id.
    ///
    /// - Parameter includingDestroyed: Whether a name may mean the one that was destroyed last; an id always may.
    /// - Throws: ``ManagerError`` `notFound`, with the names there are.
    package func find(
        _ nameOrID: String, caller: Caller, includingDestroyed: Bool = false
    ) async throws -> InfrastructureID {
        let all = try await infrastructures(caller: caller, includingDestroyed: true)
        let living = all.filter { $0.phase != .destroyed }
        if let found = living.first(where: { $0.name == nameOrID || $0.id.rawValue == nameOrID }) { return found.id }
        if let found = all.last(where: { $0.id.rawValue == nameOrID }) { return found.id }
        let byPrefix = nameOrID.count >= 4 ? living.filter { $0.id.rawValue.hasPrefix(nameOrID) } : []
        if byPrefix.count == 1 { return byPrefix[0].id }
        let names = living.compactMap { $0.name ?? $0.id.rawValue }
        let destroyed = all.last { $0.name == nameOrID && $0.phase == .destroyed }
        if let destroyed {
            if includingDestroyed { return destroyed.id }
            throw ManagerError(
                code: .notFound,
                message: "the infrastructure '\(nameOrID)' was destroyed; `gantry log \(nameOrID)` shows what happened")
        }
        throw ManagerError(
            code: .notFound,
            message: "there is no infrastructure '\(nameOrID)'; "
                + (names.isEmpty ? "there is none at all" : "there are: \(names.joined(separator: ", "))"))
    }

    /// Events of an infrastructure after a sequence number, in order; destroyed ones have them too.
    /// - Throws: ``ManagerError``.
    package func events(
        of id: InfrastructureID, after sequence: Int64 = 0, limit: Int = 10_000, caller: Caller
    ) async throws -> [InfrastructureEvent] {
        try await ManagerError.convertingErrors {
            try await access(id, caller)
            return try await store.events(of: id, after: sequence, limit: limit)
        }
    }

    /// Sequence number of the newest event of an infrastructure: what comes after it is new.
    /// - Throws: ``ManagerError``.
    package func lastEvent(of id: InfrastructureID, caller: Caller) async throws -> Int64 {
        try await ManagerError.convertingErrors {
            try await access(id, caller)
            return try await store.lastEvent(of: id)
        }
    }

    /// Unfinished operations of an infrastructure, oldest first.
    /// - Throws: ``ManagerError``.
    package func unfinishedOperations(of id: InfrastructureID, caller: Caller) async throws -> [DurableOperation] {
        try await ManagerError.convertingErrors {
            try await access(id, caller)
            return try await store.unfinishedOperations(subject: OperationSubject(id))
        }
    }

    /// How to get into the machines of an infrastructure.
    /// - Throws: ``ManagerError``.
    package func access(of id: InfrastructureID, caller: Caller) async throws -> [MachineAccess] {
        let snapshot = try await self.snapshot(id, caller: caller)
        return try await ManagerError.convertingErrors {
            try ContextualizationPlan(snapshot: snapshot, configuration: configuration).accesses
        }
    }

    /// How many infrastructures and unfinished operations there are, by phase and status: for metrics.
    /// - Throws: ``ManagerError``.
    package func counts() async throws -> (infrastructures: [String: Int], operations: [String: Int]) {
        try await ManagerError.convertingErrors {
            var infrastructures: [String: Int] = [:]
            for record in try await store.infrastructures(includingDestroyed: true) {
                infrastructures[record.phase.rawValue, default: 0] += 1
            }
            var operations: [String: Int] = [:]
            for operation in try await store.unfinishedOperations(subject: nil) {
                operations[operation.status.rawValue, default: 0] += 1
            }
            return (infrastructures, operations)
        }
    }

    // MARK: Carrying out

    /// Carries out the operations on infrastructures, and leaves other kinds to others.
    private var worker: OperationWorker {
        let handler: OperationWorker.Handler = { operation, lease, logger in
            InfrastructureActor(manager: self, operation: operation, lease: lease, logger: logger)
        }
        return OperationWorker(
            store: store,
            handlers: Dictionary(uniqueKeysWithValues: OperationKind.ofInfrastructures.map { ($0, handler) }),
            configuration: configuration, bell: bell, logger: logger, now: now)
    }

    /// Carries out operations of all infrastructures until the task is cancelled: the service's life.
    ///
    /// What is under way at cancellation is left as it is recorded and due again at once, for this or another process.
    package func run() async throws {
        try await ManagerError.convertingErrors { try await worker.run(subjects: nil, until: nil) }
    }

    /// Sees an operation to its end: carries it out, or watches another process that does.
    /// - Returns: The finished operation.
    /// - Throws: ``ManagerError``.
    package func follow(_ submitted: SubmittedOperation) async throws -> DurableOperation {
        try await ManagerError.convertingErrors {
            try await worker.run(subjects: [OperationSubject(submitted.infrastructure)], until: submitted.operation)
        }
        return try await finished(submitted)
    }

    func finished(_ submitted: SubmittedOperation) async throws -> DurableOperation {
        try await ManagerError.convertingErrors {
            guard let operation = try await store.operation(submitted.operation) else {
                throw ManagerError(
                    code: .notFound, message: "operation \(submitted.operation) is no longer on record")
            }
            return operation
        }
    }

    // MARK: Access

    private var unknown: ManagerError {
        ManagerError(code: .notFound, message: "Invalid infrastructure ID or access not granted.")
    }

    private func check(_ record: InfrastructureRecord, _ caller: Caller) throws {
        guard caller.mayAccess(record, store) else {
            throw ManagerError(code: .accessDenied, message: "Access to this infrastructure not granted.")
        }
    }

    @discardableResult
    private func access(_ id: InfrastructureID, _ caller: Caller) async throws -> InfrastructureRecord {
        guard let record = try await store.infrastructure(id) else { throw unknown }
        try check(record, caller)
        return record
    }
}
