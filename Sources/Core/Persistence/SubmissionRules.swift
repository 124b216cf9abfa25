package import Foundation
import InfrastructureModel
package import Operations

/// What a submission does to the unfinished operations of its subject.
struct SubmissionEffect: Sendable, Hashable {
    /// Cancelled by it.
    var ended: [OperationID] = []
    /// Asked to end early.
    var asked: [OperationID] = []
}

extension OperationSubmission {
    /// The rules that all stores follow. The time is that of the new operation's creation.
    ///
    /// - Parameter unfinished: Those of the same subject, without the new one.
    /// - Throws: `busy`.
    func effect(on unfinished: [DurableOperation]) throws(OperationError) -> SubmissionEffect {
        var effect = SubmissionEffect()
        if precedence == .queues { return effect }
        for other in unfinished where other.id != operation.id {
            let isHeld = other.isHeld(at: operation.createdAt)
            switch precedence {
            case .exclusive:
                throw .busy(with: other)
            case .takeover where isHeld:
                throw .busy(with: other)
            case .interrupts where isHeld:
                effect.asked.append(other.id)
            case .takeover, .interrupts, .queues:
                effect.ended.append(other.id)
            }
        }
        return effect
    }

    /// Why an operation that this one supersedes was cancelled.
    var supersededMessage: String { "superseded by \(operation.kind) (\(operation.id))" }
}

extension DurableOperation {
    /// Whether somebody alive works on it: its lease has not lapsed and its holder is not known to be dead.
    package func isHeld(at now: Date) -> Bool {
        guard let lease, lease.expiresAt > now else { return false }
        return !lease.holder.isKnownDead
    }
}

extension OperationError {
    static func busy(with other: DurableOperation) -> OperationError {
        let holder = other.lease.map { " by \($0.holder.forPeople)" } ?? ""
        return OperationError(
            code: .busy,
            message: "\(other.subject) is busy with \(other.kind)\(holder) (operation \(other.id)): "
                + "wait until it ends, or destroy")
    }

    static func outdated(_ subject: OperationSubject) -> OperationError {
        OperationError(
            code: .outdated, message: "something else was asked of \(subject) at the same time: ask again")
    }

    static func nameTaken(_ name: String, by other: InfrastructureID) -> OperationError {
        OperationError(
            code: .busy,
            message: "an infrastructure named \(name) exists or is being made (\(other)): the same command again "
                + "goes on with it; or destroy it first")
    }

    static func leaseLost(_ lease: Lease) -> OperationError {
        OperationError(
            code: .leaseLost,
            message: "the lease of operation \(lease.operation) is lost: it was ended or another process took over; "
                + "nothing was written")
    }

    static func unknownOperation(_ id: OperationID) -> OperationError {
        OperationError(code: .notFound, message: "there is no operation \(id): list the unfinished ones")
    }

    static func foreignLease(_ lease: Lease, of infrastructure: InfrastructureID) -> OperationError {
        OperationError(
            code: .leaseLost,
            message: "operation \(lease.operation) is not one on infrastructure \(infrastructure); nothing was written")
    }

    static func unknownInfrastructure(_ id: InfrastructureID) -> OperationError {
        OperationError(code: .notFound, message: "there is no infrastructure \(id): list those that exist")
    }
}
