import Assembly
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import TOSCA

/// Infrastructures in a state folder of this machine: this process carries out what it asks for.
struct LocalService: InfrastructureService {
    let services: GantryServices

    private var manager: InfrastructureManager { services.manager }
    var pace: Duration { .milliseconds(100) }

    // MARK: Reading

    func summaries(includingDestroyed: Bool) async throws -> [InfrastructureSummary] {
        try await manager.summaries(caller: .local, includingDestroyed: includingDestroyed)
    }

    func find(_ word: String, includingDestroyed: Bool) async throws -> InfrastructureSummary {
        let id = try await manager.find(word, caller: .local, includingDestroyed: includingDestroyed)
        return try await summary(of: id)
    }

    func summary(of id: InfrastructureID) async throws -> InfrastructureSummary {
        try await manager.summary(of: id, caller: .local)
    }

    func events(of id: InfrastructureID, after sequence: Int64) async throws -> [InfrastructureEvent] {
        try await manager.events(of: id, after: sequence, caller: .local)
    }

    func outputs(of id: InfrastructureID) async throws -> TOSCAMap? {
        try await manager.outputs(of: id, caller: .local)
    }

    func owners(of id: InfrastructureID) async throws -> [String] {
        try await manager.snapshot(id, caller: .local).infrastructure.owners.map(\.username)
    }

    func statistics(from start: Date?, through end: Date?) async throws -> [StatisticsReport] {
        try await manager.statistics(from: start, before: end?.addingTimeInterval(86_400), caller: .local)
            .map(StatisticsReport.init)
    }

    func images(
        of cloud: String, among clouds: [CloudCredential], filters: [String: String]
    ) async throws -> [CloudImage] {
        try await tellingSilence(services) {
            try await manager.images(of: cloud, among: clouds, filters: filters)
        }
    }

    func quotas(of cloud: String, among clouds: [CloudCredential]) async throws -> [CloudQuota] {
        try await tellingSilence(services) { try await manager.quotas(of: cloud, among: clouds) }
    }

    func deleteImage(_ uri: String, of cloud: String, among clouds: [CloudCredential]) async throws {
        try await tellingSilence(services) { try await manager.deleteImage(uri, of: cloud, among: clouds) }
    }

    func plan(_ request: DeploymentRequest) async throws -> PlanReport {
        try await tellingSilence(services) { PlanReport(try await manager.plan(request)) }
    }

    func taskCounts(of id: InfrastructureID, seen: TaskCounts) async throws -> TaskCounts {
        TaskCounts(try await manager.contextualizationEvents(of: id, caller: .local))
    }

    // MARK: Changing

    func submit(_ change: InfrastructureRequest) async throws -> SubmittedChange? {
        let since = try await change.infrastructure.asyncMap { try await manager.lastEvent(of: $0, caller: .local) }
        guard let submitted = try await record(change) else { return nil }
        return SubmittedChange(
            infrastructure: submitted.infrastructure, kind: submitted.kind, operation: submitted.operation,
            since: since ?? 0)
    }

    private func record(_ change: InfrastructureRequest) async throws -> SubmittedOperation? {
        switch change {
        case .deploy(let request, _):
            return try await tellingSilence(services) { try await manager.deploy(request) }
        case .update(var request, let update):
            request.update = update
            return try await manager.deploy(request)
        case .power(let call, let id, let machines):
            return try await manager.change(call, id, machines: machines, caller: .local, queues: true)
        case .alter(let id, let number, let document):
            if let submitted = try await manager.alter(
                number, of: id, document: document, caller: .local, queues: true)
            {
                return submitted
            }
            // After a crash the machine may be so already, with nobody at work on what is left to be recorded.
            return try await manager.unfinishedOperations(of: id, caller: .local).last.map {
                SubmittedOperation(infrastructure: id, operation: $0.id, kind: $0.kind)
            }
        case .destroy(let id):
            return try await manager.destroy(id, caller: .local)
        }
    }

    func finish(_ change: SubmittedChange) async throws -> ChangeEnding {
        guard let operation = change.operation else { return ChangeEnding(status: .succeeded) }
        let ended = try await manager.follow(
            SubmittedOperation(infrastructure: change.infrastructure, operation: operation, kind: change.kind))
        switch ended.status {
        case .succeeded: return ChangeEnding(status: .succeeded)
        case .cancelled: return ChangeEnding(status: .cancelled, error: ended.error)
        default: return ChangeEnding(status: .failed, error: ended.error)
        }
    }

    func waiting(for change: SubmittedChange) async -> [String] { await manager.waiting }

    func leaving(_ change: SubmittedChange, command: String) -> String {
        "stopping; everything is on record, and `\(command)` goes on"
    }

    func share(
        _ id: InfrastructureID, with user: String, password: Secret<String>, overwrites: Bool
    ) async throws {
        try await manager.share(id, with: [.user(user, .password(password))], replacing: overwrites, caller: .local)
    }

    func export(_ id: InfrastructureID) async throws -> String {
        try await manager.export(id, caller: .local)
    }

    func forget(_ id: InfrastructureID, ifStill text: String) async throws {
        _ = try await manager.export(id, handsOver: true, ifStill: text, caller: .local)
    }

    func importInfrastructure(
        _ text: String, clouds: [CloudCredential], name: String?
    ) async throws -> InfrastructureID {
        try await manager.importInfrastructure(text, clouds: clouds, name: name, caller: .local)
    }

    func console(ofMachine machine: Int, in id: InfrastructureID) async throws -> MachineConsole {
        try await manager.console(ofMachine: machine, in: id, caller: .local)
    }

    func makeImage(
        named name: String, ofDisk disk: Int, ofMachine machine: Int, in id: InfrastructureID, isDeleted: Bool
    ) async throws -> CloudImage {
        try await manager.makeImage(
            named: name, ofDisk: disk, ofMachine: machine, in: id, deletesWithInfrastructure: isDeleted,
            caller: .local)
    }
}

extension InfrastructureRequest {
    /// Which infrastructure it changes; nil: a new one.
    var infrastructure: InfrastructureID? {
        switch self {
        case .deploy(_, let existing): existing
        case .update(_, let update): update.infrastructure
        case .power(_, let id, _), .alter(let id, _, _), .destroy(let id): id
        }
    }

    /// What it is called as an operation.
    var kind: OperationKind {
        switch self {
        case .deploy(_, let existing): existing == nil ? .create : .converge
        case .update: .converge
        case .power(let call, _, _): OperationKind(call)
        case .alter: .alter
        case .destroy: .destroy
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await body(self)
    }
}

extension StatisticsReport {
    init(_ statistics: InfrastructureStatistics) {
        id = statistics.id.rawValue
        created = statistics.createdAt
        lastActivity = statistics.lastActivityAt
        template = statistics.templateName.isEmpty ? nil : statistics.templateName
        machines = statistics.machineCount
        cpus = statistics.cpuCount
        memoryBytes = statistics.memoryBytes
        cloud = statistics.cloudType
        host = statistics.cloudHost
        isHybrid = statistics.isHybrid
        isDestroyed = statistics.isDestroyed
        owner = statistics.owner
    }
}
