import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// The stores that the conformance suite runs against.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// Runs `body` with an empty store, which is gone afterwards.
func withStore(_ kind: StoreKind, _ body: (any StateStore) async throws -> Void) async throws {
    try await withStores(kind, count: 1) { try await body($0[0]) }
}

/// Runs `body` with several users of one empty store: for SQLite each with connections of its own, as processes have.
func withStores(_ kind: StoreKind, count: Int, _ body: ([any StateStore]) async throws -> Void) async throws {
    switch kind {
    case .memory:
        let store = try InMemoryStateStore()
        try await body(Array(repeating: store, count: count))
    case .sqlite:
        try await withFolder { folder in
            var stores: [SQLiteStateStore] = []
            for _ in 0..<count { stores.append(try SQLiteStateStore(folder: folder)) }
            do {
                try await body(stores)
            } catch {
                for store in stores { await store.close() }
                throw error
            }
            for store in stores { await store.close() }
        }
    }
}

/// Runs `body` with the path of a folder that does not exist yet; what is made there is removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent(
        "gantry-store-" + UUID().uuidString.lowercased()
    ).path
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: parent) }
    return try await body(parent + "/state")
}

/// Values for tests.
enum Sample {
    /// Times of tests are counted from here, with a fraction that no rounding may lose.
    static let start = Date(timeIntervalSinceReferenceDate: 801_234_567.123_456_7)
    static let lease = Duration.seconds(30)

    /// This process: alive.
    static let alive = LeaseHolder.current
    /// A process of another machine: nobody can tell whether it is alive.
    static let elsewhere = LeaseHolder(host: "elsewhere", process: 4711, startTicks: 1)
    /// A process of this machine that is gone.
    static let dead = LeaseHolder(host: LeaseHolder.current.host, process: .max, startTicks: .max)

    static func cloud(_ id: String = "ost1") -> CloudReference {
        CloudReference(id: id, type: "EC2", connector: "ec2", credential: CredentialID(rawValue: "credential-\(id)"))
    }

    static func infrastructure(
        _ id: String = "one", name: String? = nil, owner: String = "ada", createdAt: Date = start
    ) -> InfrastructureRecord {
        InfrastructureRecord(
            id: InfrastructureID(rawValue: id), name: name, owners: [Owner(username: owner, verifier: "v1:aa")],
            createdAt: createdAt, clouds: [cloud()])
    }

    static func machine(_ number: Int, of infrastructure: String = "one") -> MachineRecord {
        let placement = Placement(
            cloud: cloud(), image: "aws://us-east-1/ami-0123456789abcdef0", flavor: "t3.micro", cpuCount: 2,
            memoryBytes: 1 << 30, price: 0.0104, loginUser: "ubuntu", zone: "us-east-1a")
        var machine = MachineRecord(
            id: MachineID(infrastructure: InfrastructureID(rawValue: infrastructure), number: number),
            system: "front", placement: placement, alternatives: [placement], createdAt: start,
            specification: "sha256:9f86d081884c7d659a2feaa0c55ad015")
        machine.addresses = [
            MachineRecord.Address(interface: 0, address: "10.0.0.\(number % 250)", isPublic: false),
            MachineRecord.Address(interface: 1, address: "158.42.0.1", isPublic: true),
        ]
        machine.batch = BatchToken(rawValue: "batch")
        machine.batchIndex = number
        machine.launchedAt = start.addingTimeInterval(1.25)
        return machine
    }

    static func resource(
        _ id: String, of infrastructure: String = "one", cloud name: String = "ost1", region: String? = nil
    ) -> ResourceRecord {
        var cloud = cloud(name)
        cloud.region = region
        return ResourceRecord(
            infrastructure: InfrastructureID(rawValue: infrastructure), cloud: cloud, kind: "network", id: id)
    }

    static func credential(
        _ password: String = "secret", owner: String = "ada", cloud: String = "ost1", account: String = "project"
    ) -> CredentialRecord {
        CredentialRecord(
            key: CredentialKey(owner: owner, cloudID: cloud, type: "OpenStack", account: account),
            values: Secret(["username": owner, "password": password]))
    }

    static func event(
        _ text: String, of infrastructure: String = "one", kind: InfrastructureEvent.Kind = .message,
        generation: Int? = nil, payload: String? = nil
    ) -> InfrastructureEvent {
        InfrastructureEvent(
            infrastructure: InfrastructureID(rawValue: infrastructure),
            machine: MachineID(rawValue: "\(infrastructure).0"), time: start, kind: kind, text: text,
            generation: generation, payload: payload.map { Data($0.utf8) })
    }

    static func operation(
        _ id: String, subject: String = "one", kind: OperationKind = .converge, createdAt: Date = start,
        dueAt: Date = start
    ) -> DurableOperation {
        DurableOperation(
            id: OperationID(rawValue: id), subject: OperationSubject(rawValue: subject), kind: kind, dueAt: dueAt,
            createdAt: createdAt,
            parameters: #"{"force":true}"#)
    }
}

extension OperationKind {
    static let create = OperationKind(rawValue: "create")
    static let converge = OperationKind(rawValue: "converge")
    static let destroy = OperationKind(rawValue: "destroy")
    static let build = OperationKind(rawValue: "build")
}

extension StateStore {
    /// Stores a change together with an operation that has ended.
    @discardableResult
    func write(
        _ change: InfrastructureChange, credentials: [CredentialRecord] = []
    ) async throws -> [InfrastructureEvent] {
        var operation = Sample.operation(UUID().uuidString, subject: change.infrastructure.rawValue)
        operation.status = .succeeded
        return try await submit(
            OperationSubmission(operation, precedence: .takeover), with: change, credentials: credentials)
    }

    /// What the infrastructure refers to as its credentials, stored.
    func use(_ credential: CredentialRecord, for infrastructure: String = "one") async throws -> CredentialID {
        try await write(
            InfrastructureChange(infrastructure: InfrastructureID(rawValue: infrastructure)), credentials: [credential])
        return credentialID(of: credential.key)
    }

    /// Stores an infrastructure with nothing in it.
    func create(_ id: String = "one") async throws {
        let record = Sample.infrastructure(id)
        try await write(InfrastructureChange(infrastructure: record.id, record: record))
    }

    /// Submits an operation whose subject need not exist.
    func submit(
        _ operation: DurableOperation, _ precedence: OperationSubmission.Precedence = .exclusive
    ) async throws {
        try await submit(OperationSubmission(operation, precedence: precedence))
    }

    /// Claims what is due at `seconds` after the start.
    func claim(
        by holder: LeaseHolder = Sample.alive, kinds: Set<OperationKind> = [.create, .converge, .destroy],
        subjects: [String]? = nil, at seconds: Double = 0
    ) async throws -> DurableOperation? {
        try await claim(
            holder: holder, kinds: kinds, subjects: subjects.map { $0.map(OperationSubject.init(rawValue:)) },
            now: Sample.start.addingTimeInterval(seconds), duration: Sample.lease)
    }

    func status(_ id: String) async throws -> DurableOperation.Status? {
        try await operation(OperationID(rawValue: id))?.status
    }
}

/// The code of the operation error that `body` throws; nil when it throws none.
func operationErrorCode(_ body: () async throws -> Void) async -> OperationError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? OperationError)?.code
    }
}

/// The store error that `body` throws; nil when it throws none.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}
