import InfrastructureModel
package import Operations
import Persistence

/// What requests wait for that others carry out.
extension InfrastructureManager {
    /// Waits for a while until the turn of an operation has come.
    /// - Returns: Whether it has; otherwise it waits behind others that may take long.
    /// - Throws: ``ManagerError``.
    package func waitForTurn(of submitted: SubmittedOperation) async throws -> Bool {
        let deadline = ContinuousClock.now + configuration.turnPatience
        while try await isQueued(submitted) {
            let rings = commits.rings
            guard ContinuousClock.now < deadline else { return false }
            try await commits.wait(after: rings, atMost: configuration.commandPoll)
        }
        return true
    }

    /// Whether an operation waits for its turn behind others.
    /// - Throws: ``ManagerError``.
    private func isQueued(_ submitted: SubmittedOperation) async throws -> Bool {
        try await ManagerError.convertingErrors {
            let unfinished = try await store.unfinishedOperations(
                subject: OperationSubject(submitted.infrastructure))
            return unfinished.first.map { $0.id != submitted.operation } ?? false
                && unfinished.contains { $0.id == submitted.operation }
        }
    }

    /// Waits until no machine of an operation is still to be launched, or the operation has ended. Another task or process
    /// carries it out. What waits long for its turn behind others is not waited for.
    ///
    /// Where none of the machines that it makes could be launched, they are removed again, with an infrastructure that was
    /// new: nobody has its id yet.
    /// - Throws: ``ManagerError``, `launchFailed` in that case.
    package func waitUntilLaunched(_ submitted: SubmittedOperation, caller: Caller) async throws {
        guard try await waitForTurn(of: submitted) else { return }
        let snapshot = try await self.whenLaunched(submitted, caller: caller)
        let added = Set(submitted.added)
        let failures = snapshot.machines.filter {
            guard case .failed = $0.phase else { return false }
            return added.contains($0.id)
        }
        guard !failures.isEmpty, failures.count == added.count else { return }
        if submitted.kind == .create {
            _ = try await destroy(submitted.infrastructure, caller: caller)
        } else {
            try await forget(failures, of: submitted, caller: caller)
        }
        let reasons = Set(failures.compactMap(\.detail)).sorted().joined(separator: "\n")
        throw ManagerError(code: .launchFailed, message: "Error adding VMs: \(reasons)")
    }

    /// Ends an operation and removes what is left of machines that it could not make.
    private func forget(_ machines: [MachineRecord], of submitted: SubmittedOperation, caller: Caller) async throws {
        try await ManagerError.convertingErrors { try await store.requestCancel(submitted.operation, now: now()) }
        _ = try await waitForEnd(of: submitted)
        var request = DeploymentRequest(document: "", clouds: [], caller: caller)
        request.update = InfrastructureUpdate(
            submitted.infrastructure, .remove(Set(machines.map(\.id.number))), contextualizes: false)
        _ = try await waitForEnd(of: try await deploy(request))
    }

    private func whenLaunched(
        _ submitted: SubmittedOperation, caller: Caller
    ) async throws -> InfrastructureSnapshot {
        var counter: Int64 = -1
        while true {
            let rings = commits.rings
            let launched = try await ManagerError.convertingErrors { () -> InfrastructureSnapshot? in
                let now = try await store.commitCounter()
                if now == counter { return nil }
                counter = now
                let snapshot = try await self.snapshot(
                    submitted.infrastructure, caller: caller, includingDestroyed: true)
                let own = Set(submitted.added)
                let isWaiting = snapshot.machines.contains {
                    guard own.contains($0.id) else { return false }
                    switch $0.phase {
                    case .planned, .launching: return $0.goal == .present
                    default: return false
                    }
                }
                let isOver = try await store.operation(submitted.operation)?.status.isFinal ?? true
                return isWaiting && !isOver ? nil : snapshot
            }
            if let launched { return launched }
            try await commits.wait(after: rings, atMost: configuration.commandPoll)
        }
    }

    /// Waits for the end of an operation that another task or process carries out.
    /// - Throws: ``ManagerError``.
    package func waitForEnd(of submitted: SubmittedOperation) async throws -> DurableOperation {
        while true {
            let rings = commits.rings
            let operation = try await finished(submitted)
            if operation.status.isFinal { return operation }
            try await commits.wait(after: rings, atMost: configuration.commandPoll)
        }
    }

    /// Waits until machines that an operation removes are gone, or it has ended. What waits long for its turn behind
    /// others is not waited for.
    /// - Throws: ``ManagerError`` `unavailable` with the reason when some are still there.
    package func waitUntilRemoved(_ submitted: SubmittedOperation, _ machines: Set<Int>, caller: Caller) async throws {
        guard try await waitForTurn(of: submitted) else { return }
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
