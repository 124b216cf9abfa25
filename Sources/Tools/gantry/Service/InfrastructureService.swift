import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import TOSCA

/// Where infrastructures are: in a state folder of this machine, or at a server. Commands are written against it once.
///
/// All calls throw ``ManagerError``, or ``UsageError`` for what cannot be asked for there.
protocol InfrastructureService: Sendable {
    // MARK: Reading

    /// Oldest first.
    func summaries(includingDestroyed: Bool) async throws -> [InfrastructureSummary]

    /// The infrastructure of a name or id; an id may be that of a destroyed one.
    /// - Parameter includingDestroyed: Whether a name may mean the one that was destroyed last.
    func find(_ word: String, includingDestroyed: Bool) async throws -> InfrastructureSummary

    /// As it is now, also destroyed.
    func summary(of id: InfrastructureID) async throws -> InfrastructureSummary

    /// What happened after an event, in order; a part of it, none where there is no more.
    func events(of id: InfrastructureID, after sequence: Int64) async throws -> [InfrastructureEvent]

    /// How often news are looked for.
    var pace: Duration { get }

    /// Nil where it was not made of a template.
    func outputs(of id: InfrastructureID) async throws -> TOSCAMap?

    /// Names.
    func owners(of id: InfrastructureID) async throws -> [String]

    /// - Parameters:
    ///   - start: First day of creation.
    ///   - end: Last day of creation.
    func statistics(from start: Date?, through end: Date?) async throws -> [StatisticsReport]
    func images(of cloud: String, among clouds: [CloudCredential], filters: [String: String]) async throws
        -> [CloudImage]
    func quotas(of cloud: String, among clouds: [CloudCredential]) async throws -> [CloudQuota]
    /// - Parameter uri: As ``images(of:among:filters:)`` tells it.
    func deleteImage(_ uri: String, of cloud: String, among clouds: [CloudCredential]) async throws
    func plan(_ request: DeploymentRequest) async throws -> PlanReport

    // MARK: Changing

    /// Has a change on record, or ready to be asked for by ``finish(_:)``. Nil where there is nothing to do.
    func submit(_ change: InfrastructureRequest) async throws -> SubmittedChange?

    /// Sees a change to its end.
    func finish(_ change: SubmittedChange) async throws -> ChangeEnding

    /// What a change waits for, in words.
    func waiting(for change: SubmittedChange) async -> [String]

    /// How tasks ended in the newest contextualization.
    /// - Parameter seen: What events told while the change was followed.
    func taskCounts(of id: InfrastructureID, seen: TaskCounts) async throws -> TaskCounts

    /// What is told when somebody stops looking, and what goes on then.
    /// - Parameter command: What goes on with it.
    func leaving(_ change: SubmittedChange, command: String) -> String

    func share(_ id: InfrastructureID, with user: String, password: Secret<String>, overwrites: Bool) async throws
    func export(_ id: InfrastructureID) async throws -> String

    /// Forgets an infrastructure that was exported.
    /// - Parameter text: The export, which has been written down.
    func forget(_ id: InfrastructureID, ifStill text: String) async throws
    func importInfrastructure(
        _ text: String, clouds: [CloudCredential], name: String?
    ) async throws -> InfrastructureID
    /// What a machine has written to its console.
    func console(ofMachine machine: Int, in id: InfrastructureID) async throws -> MachineConsole
    func makeImage(
        named name: String, ofDisk disk: Int, ofMachine machine: Int, in id: InfrastructureID, isDeleted: Bool
    ) async throws -> CloudImage
}

extension InfrastructureService {
    /// The infrastructure of a name or id that is still there.
    func living(_ word: String) async throws -> InfrastructureSummary {
        let found = try await find(word, includingDestroyed: false)
        guard !found.isDestroyed else {
            throw ManagerError(
                code: .notFound,
                message: "the infrastructure '\(word)' was destroyed; `gantry log \(word)` shows what happened")
        }
        return found
    }
}

/// A change that a command asks for.
enum InfrastructureRequest: Sendable {
    /// A document with a name. `existing` is what the plan found.
    case deploy(DeploymentRequest, existing: InfrastructureID?)
    /// A change by parts, as the request's update says.
    case update(DeploymentRequest, InfrastructureUpdate)
    /// Of all machines, or of these.
    case power(PowerCall, InfrastructureID, Set<Int>?)
    /// RADL with the machine's system.
    case alter(InfrastructureID, Int, document: String)
    case destroy(InfrastructureID)

    /// Numbers of the machines that it is about; nil: all.
    var chosen: Set<Int>? {
        switch self {
        case .power(_, _, let numbers): numbers
        case .alter(_, let number, _): [number]
        case .deploy, .update, .destroy: nil
        }
    }

    /// What is not waited for, and what to do about it; nil: nothing.
    ///
    /// - Parameters:
    ///   - name: As the user calls the infrastructure.
    ///   - resized: Whether a machine has another size now, and runs.
    func hint(_ name: String, resized: Bool = false) -> String? {
        let command = CommandText.text(["gantry", "ssh", name])
        let end = "it is not waited until they let SSH in, so `\(command)` may fail at first"
        switch self {
        case .power(.start, _, _), .power(.reboot, _, _): return "machines that boot take a while: \(end)"
        case .alter where resized: return "machines that are restarted for their new size take a while to boot: \(end)"
        default: return nil
        }
    }
}

/// A change that was asked for.
struct SubmittedChange: Sendable {
    var infrastructure: InfrastructureID
    var kind: OperationKind
    /// Where the service names it.
    var operation: OperationID?
    /// Machines of before.
    var machines: Set<Int> = []
    /// The newest event of before.
    var since: Int64 = 0
    /// A request that is answered when it is done; nil: it was sent.
    var call: (@Sendable () async throws -> Void)?
}

/// How a change ended.
struct ChangeEnding: Sendable, Hashable {
    enum Status: Sendable, Hashable {
        case succeeded, failed
        /// Another one came before it.
        case cancelled
    }

    var status: Status
    var error: String?
}

/// Figures of one infrastructure.
struct StatisticsReport: Encodable, Sendable {
    var id: String
    var created: Date
    var lastActivity: Date
    var template: String?
    var machines: Int
    var cpus: Int
    var memoryBytes: Int64
    var cloud: String
    var host: String
    var isHybrid: Bool
    var isDestroyed: Bool
    var owner: String
}
