package import Foundation
package import Operations
import Support

extension InMemoryStateStore {
    package func operation(_ id: OperationID) async throws -> DurableOperation? {
        contents.withLock { contents in contents.operations.first { $0.operation.id == id }?.operation }
    }

    package func submit(_ submission: OperationSubmission) async throws {
        try contents.withLock { contents in
            guard let effect = try contents.effect(of: submission) else { return }
            contents.submit(submission, effect)
            contents.commits += 1
        }
    }

    package func newestOperation(subject: OperationSubject) async throws -> OperationID? {
        contents.withLock { $0.newest(subject) }
    }

    package func unfinishedOperations(subject: OperationSubject?) async throws -> [DurableOperation] {
        contents.withLock { $0.unfinished(subject: subject) }
    }

    package func claim(
        holder: LeaseHolder, kinds: Set<OperationKind>, subjects: [OperationSubject]?, now: Date, duration: Duration
    ) async throws -> DurableOperation? {
        contents.withLock { contents in
            let index = contents.operations.firstIndex { stored in
                let operation = stored.operation
                guard !operation.status.isFinal, operation.dueAt <= now else { return false }
                guard kinds.contains(operation.kind) else { return false }
                guard subjects?.contains(operation.subject) ?? true else { return false }
                return !contents.unfinished(subject: operation.subject).contains { $0.isHeld(at: now) }
            }
            guard let index else { return nil }
            contents.operations[index].epoch += 1
            contents.operations[index].operation.status = .running
            contents.operations[index].operation.lease = Lease(
                operation: contents.operations[index].operation.id, holder: holder,
                epoch: contents.operations[index].epoch, expiresAt: now.adding(duration))
            contents.commits += 1
            return contents.operations[index].operation
        }
    }

    package func renew(_ lease: Lease, now: Date, duration: Duration) async throws -> Lease {
        var renewed = lease
        renewed.expiresAt = now.adding(duration)
        try update(lease) { [renewed] in $0.lease = renewed }
        return renewed
    }

    package func finish(
        _ lease: Lease, status: DurableOperation.Status, error: String?, now: Date
    ) async throws {
        try update(lease) { operation in
            operation.status = status
            operation.error = error
            operation.finishedAt = now
            operation.lease = nil
        }
    }

    package func release(_ lease: Lease, dueAt: Date) async throws {
        try update(lease) { operation in
            operation.status = .pending
            operation.dueAt = dueAt
            operation.lease = nil
        }
    }

    package func requestCancel(_ id: OperationID, now: Date) async throws {
        try contents.withLock { contents throws(OperationError) in
            guard let index = contents.operations.firstIndex(where: { $0.operation.id == id }) else {
                throw OperationError.unknownOperation(id)
            }
            let operation = contents.operations[index].operation
            if operation.status.isFinal { return }
            let isHeld = operation.isHeld(at: now)
            if isHeld, operation.cancelRequested { return }
            contents.operations[index].operation.cancelRequested = true
            if !isHeld { contents.cancel(at: index, now: now, error: operation.error) }
            contents.commits += 1
        }
    }

    private func update(_ lease: Lease, _ change: (inout DurableOperation) -> Void) throws {
        try contents.withLock { contents throws(OperationError) in
            let index = try contents.index(of: lease)
            change(&contents.operations[index].operation)
            contents.commits += 1
        }
    }
}

extension InMemoryStateStore.Contents {
    /// Where the operation is that a lease still holds.
    /// - Throws: `leaseLost` unless the lease is the operation's present one.
    func index(of lease: Lease) throws(OperationError) -> Int {
        let index = operations.firstIndex { stored in
            stored.operation.id == lease.operation && stored.epoch == lease.epoch
                && stored.operation.status == .running && stored.operation.lease?.holder == lease.holder
        }
        guard let index else { throw .leaseLost(lease) }
        return index
    }

    func newest(_ subject: OperationSubject) -> OperationID? {
        operations.last { $0.operation.subject == subject }?.operation.id
    }

    func unfinished(subject: OperationSubject?) -> [DurableOperation] {
        operations.map(\.operation).filter { operation in
            !operation.status.isFinal && (subject == nil || operation.subject == subject)
        }
    }

    /// What a submission will do; nil when its operation is already there.
    func effect(of submission: OperationSubmission) throws(OperationError) -> SubmissionEffect? {
        guard !operations.contains(where: { $0.operation.id == submission.operation.id }) else {
            return nil
        }
        let subject = submission.operation.subject
        if submission.follows != nil || submission.isFirst, newest(subject) != submission.follows {
            throw .outdated(subject)
        }
        return try submission.effect(on: unfinished(subject: submission.operation.subject))
    }

    mutating func submit(_ submission: OperationSubmission, _ effect: SubmissionEffect) {
        for index in operations.indices {
            let id = operations[index].operation.id
            if effect.ended.contains(id) {
                cancel(at: index, now: submission.operation.createdAt, error: submission.supersededMessage)
            } else if effect.asked.contains(id) {
                operations[index].operation.cancelRequested = true
            }
        }
        operations.append(
            InMemoryStateStore.StoredOperation(
                operation: submission.operation, epoch: submission.operation.lease?.epoch ?? 0))
    }

    mutating func cancel(at index: Int, now: Date, error: String?) {
        operations[index].operation.status = .cancelled
        operations[index].operation.finishedAt = now
        operations[index].operation.error = error
        operations[index].operation.lease = nil
    }
}
