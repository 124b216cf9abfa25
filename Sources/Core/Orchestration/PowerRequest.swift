import ConnectorAPI
import Foundation
package import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import Support

/// Which machines start, stop or reboot: the parameters of such an operation.
struct PowerRequest: Codable {
    /// Numbers; nil: all.
    var machines: Set<Int>?

    /// What an operation asks for; nil: it is none about power.
    static func wish(of operation: DurableOperation) throws -> PowerWish? {
        guard let call = PowerCall(rawValue: operation.kind.rawValue) else { return nil }
        let request = try JSONText.decode(PowerRequest.self, from: operation.parameters)
        return PowerWish(operation: operation.id.rawValue, call: call, machines: request.machines)
    }
}

extension InfrastructureManager {
    /// Records that machines start, stop or reboot. Idempotent but for `reboot`, which is done once for each request.
    ///
    /// - Parameter machines: Their numbers; nil: all of the infrastructure.
    /// - Throws: ``ManagerError``; nothing is stored then. `notFound` for a machine that there is not, `busy` while
    ///   another operation is under way, `invalidDocument` where a connector cannot do it.
    package func change(
        _ call: PowerCall, _ id: InfrastructureID, machines: Set<Int>? = nil, caller: Caller
    ) async throws -> SubmittedOperation {
        let snapshot = try await self.snapshot(id, caller: caller)
        let present = snapshot.machines.filter { $0.goal == .present && $0.isAlive }
        for number in (machines ?? []).sorted() where !present.contains(where: { $0.id.number == number }) {
            throw ManagerError(
                code: .notFound,
                message: "there is no machine \(number); there are: "
                    + present.map { String($0.id.number) }.joined(separator: ", "))
        }
        let chosen = present.filter { machines?.contains($0.id.number) ?? true }
        return try await ManagerError.convertingErrors {
            for (cloud, members) in Dictionary(grouping: chosen, by: \.placement.cloud) {
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
            try await store.submit(OperationSubmission(operation, precedence: .exclusive))
            bell.ring()
            return SubmittedOperation(infrastructure: id, operation: operation.id, kind: operation.kind)
        }
    }
}

extension InfrastructureManager {
    /// Waits until machines that an operation removes are gone, or it has ended.
    /// - Throws: ``ManagerError`` `unavailable` with the reason when some are still there.
    package func waitUntilRemoved(_ submitted: SubmittedOperation, _ machines: Set<Int>, caller: Caller) async throws {
        while true {
            let rings = commits.rings
            let isOver = try await finished(submitted).status.isFinal
            let snapshot = try await snapshot(submitted.infrastructure, caller: caller, includingDestroyed: true)
            let left = snapshot.machines.filter { machines.contains($0.id.number) && $0.isAlive }
            if left.isEmpty { return }
            if isOver {
                let reason = try await finished(submitted).error ?? ""
                throw ManagerError(code: .unavailable, message: "Error removing resources: \(reason)")
            }
            try await commits.wait(after: rings, atMost: configuration.commandPoll)
        }
    }
}

extension PowerCall {
    var capability: Capability {
        switch self {
        case .start: .start
        case .stop: .stop
        case .reboot: .reboot
        }
    }
}

extension ActionRunner {
    func power(
        _ call: PowerCall, _ cloud: CloudReference, _ machines: [MachineID]
    ) async throws -> InfrastructureInput {
        let known = providerIDs(machines)
        var answers: [MachineID: ProviderMachine] = [:]
        var problems: [MachineID: String] = [:]
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            guard connector.description.capabilities[call.capability] != nil else {
                throw ConnectorError(
                    code: .unsupported,
                    message: "connector '\(connector.description.name)' cannot \(call.rawValue) machines")
            }
            let outcomes = try await self.call(cloud) { connector, session, context in
                let request = MachinesRequest(session: session, ids: known.map(\.1))
                return switch call {
                case .start: try await connector.start(request, context: context)
                case .stop: try await connector.stop(request, context: context)
                case .reboot: try await connector.reboot(request, context: context)
                }
            }
            for ((id, provider), outcome) in zip(known, outcomes) {
                do {
                    switch outcome {
                    case .done(let machine): answers[id] = ProviderMachine(machine)
                    case .failed(let error): throw error
                    case .inProgress(let progress):
                        let machine = try await continued(progress, cloud).machine
                        answers[id] =
                            machine.map { ProviderMachine($0) } ?? ProviderMachine(id: provider, state: .unknown)
                    }
                } catch let error as ConnectorError {
                    problems[id] = error.description
                }
            }
            for (id, _) in known.dropFirst(outcomes.count) { problems[id] = "the connector gave no result" }
        } catch let error as ConnectorError {
            for (id, _) in known where answers[id] == nil { problems[id] = error.description }
        }
        return .powered(call, cloud, answers, problems: problems)
    }
}
