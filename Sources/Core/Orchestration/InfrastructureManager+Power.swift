import ConnectorAPI
import Foundation
package import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import Support

extension InfrastructureManager {
    /// Records that machines start, stop or reboot. Idempotent but for `reboot`, which is done once for each request.
    ///
    /// - Parameters:
    ///   - machines: Their numbers; nil: all of the infrastructure.
    ///   - queues: Whether it waits for its turn behind other operations.
    /// - Throws: ``ManagerError``; nothing is stored then. `notFound` for a machine that there is not, `busy` while
    ///   somebody carries another operation out and it shall not wait for its turn, `invalidDocument` where a connector cannot do it.
    package func change(
        _ call: PowerCall, _ id: InfrastructureID, machines: Set<Int>? = nil, caller: Caller, queues: Bool = false
    ) async throws -> SubmittedOperation {
        let present = try await overview(id, caller: caller).overview.present(machines)
        return try await ManagerError.convertingErrors {
            for (cloud, members) in Dictionary(grouping: present, by: \.placement.cloud) {
                let description = try await sessions.connector(of: cloud).description
                guard description.capabilities[call.capability] == nil else { continue }
                let numbers = members.map { String($0.id.number) }.joined(separator: ", ")
                throw ManagerError(
                    code: .invalidDocument,
                    message: "connector '\(description.name)' cannot \(call.rawValue) machines (machine \(numbers) at "
                        + "\(cloud.id)); nothing was done")
            }
            let operation = DurableOperation(
                id: .random(), subject: OperationSubject(id), kind: OperationKind(call), dueAt: now(), createdAt: now(),
                parameters: String(decoding: try JSONText.encode(PowerRequest(machines: machines)), as: UTF8.self))
            try await submit(operation, waitingForOthers: queues)
            bell.ring()
            return SubmittedOperation(infrastructure: id, operation: operation.id, kind: operation.kind)
        }
    }
}

extension InfrastructureManager {
    /// Stores an operation behind others. Those that nobody carries out are gone on with first, by whoever carries this one
    /// out: so the same command again goes on after a crash.
    ///
    /// - Parameter waitsForOthers: Whether it also waits for those that somebody carries out.
    func submit(_ operation: DurableOperation, waitingForOthers waitsForOthers: Bool) async throws {
        let unfinished = try await store.unfinishedOperations(subject: operation.subject)
        if !waitsForOthers, let other = unfinished.first(where: { $0.isHeld(at: now()) }) {
            let holder = other.lease.map { " by \($0.holder.forPeople)" } ?? ""
            throw ManagerError(
                code: .busy, message: "\(other.kind) is under way\(holder); wait until it ends. Nothing was done")
        }
        guard !unfinished.contains(where: { $0.kind == .destroy }) else {
            throw ManagerError(code: .busy, message: "the infrastructure is being destroyed; nothing was done")
        }
        try await store.submit(OperationSubmission(operation, precedence: .queues))
    }
}

extension InfrastructureSnapshot {
    /// See ``InfrastructureOverview/present(_:orVanished:)``.
    func present(_ numbers: Set<Int>?, orVanished: Bool = false) throws(ManagerError) -> [MachineRecord] {
        try overview.present(numbers, orVanished: orVanished)
    }

    /// A machine that there is, and its provider's id.
    ///
    /// - Throws: ``ManagerError`` `notFound` for one that there is not, or not yet.
    func launched(_ number: Int) throws(ManagerError) -> (machine: MachineRecord, provider: String) {
        guard let machine = try present([number]).first, let provider = machine.providerID else {
            throw ManagerError(code: .notFound, message: "machine \(number) has not been launched yet")
        }
        return (machine, provider)
    }
}

extension InfrastructureOverview {
    /// The machines of these numbers, or all, among those that are there and wanted.
    ///
    /// - Parameter orVanished: A number may also be of one that somebody else has removed.
    /// - Throws: ``ManagerError`` `notFound` for a number that is none of them.
    func present(_ numbers: Set<Int>?, orVanished: Bool = false) throws(ManagerError) -> [MachineRecord] {
        let known = machines.filter { $0.goal == .present && ($0.isAlive || orVanished && $0.phase == .vanished) }
        guard let numbers else { return known }
        guard let unknown = numbers.subtracting(known.map(\.id.number)).min() else {
            return known.filter { numbers.contains($0.id.number) }
        }
        throw ManagerError(
            code: .notFound,
            message: "there is no machine \(unknown); there are: "
                + known.map { String($0.id.number) }.joined(separator: ", "))
    }
}
