package import Foundation
import Support

/// Names a durable operation.
package struct OperationID: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

/// What is to be done: names who carries it out. The modules that do it declare theirs.
package struct OperationKind: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

/// What an operation is done to: the text of an id.
package struct OperationSubject: Identifier {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

/// Something to be carried out, whoever asked for it and whatever dies meanwhile: a row with a subject, a kind and a due
/// time. Knows nothing of infrastructures.
///
/// At most one operation per subject is worked on at a time, in the order in which they were submitted: others wait behind
/// it, because they interrupt it or since they were submitted to queue.
package struct DurableOperation: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Hashable, Codable {
        case pending, running, succeeded, failed, cancelled

        /// Whether it is over.
        package var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
    }

    package var id: OperationID
    package var subject: OperationSubject
    package var kind: OperationKind
    package var status: Status
    /// Not carried out before this time.
    package var dueAt: Date
    package var createdAt: Date
    package var finishedAt: Date?
    /// Why it failed.
    package var error: String?
    /// Who works on it now.
    package var lease: Lease?
    /// Somebody wants it to end early.
    package var cancelRequested: Bool
    /// Settings of the kind's own, JSON; no secrets.
    package var parameters: String

    package init(
        id: OperationID, subject: OperationSubject, kind: OperationKind, dueAt: Date, createdAt: Date,
        parameters: String = "{}", status: Status = .pending, finishedAt: Date? = nil, error: String? = nil,
        lease: Lease? = nil, cancelRequested: Bool = false
    ) {
        self.id = id
        self.subject = subject
        self.kind = kind
        self.status = status
        self.dueAt = dueAt
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.error = error
        self.lease = lease
        self.cancelRequested = cancelRequested
        self.parameters = parameters
    }
}

/// The right to work on an operation, for a time. The epoch grows with each holder, so that the writes of an old holder
/// are refused.
package struct Lease: Sendable, Hashable, Codable {
    package var operation: OperationID
    package var holder: LeaseHolder
    package var epoch: Int
    package var expiresAt: Date

    package init(operation: OperationID, holder: LeaseHolder, epoch: Int, expiresAt: Date) {
        self.operation = operation
        self.holder = holder
        self.epoch = epoch
        self.expiresAt = expiresAt
    }
}
