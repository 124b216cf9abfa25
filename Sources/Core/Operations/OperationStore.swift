package import Foundation

/// Where operations are kept. Every call is one transaction; safe from several tasks and processes.
package protocol OperationStore: Sendable {
    /// Stores a new operation. Submitting one that is there already changes nothing.
    /// - Throws: ``OperationError`` `busy` when it meets an unfinished one of its subject that it does not supersede,
    ///   `outdated` when another one came before it than it names.
    func submit(_ submission: OperationSubmission) async throws

    /// The operation, or nil.
    func operation(_ id: OperationID) async throws -> DurableOperation?

    /// The operation of a subject that was submitted last, be it over; nil: there was none.
    func newestOperation(subject: OperationSubject) async throws -> OperationID?

    /// Unfinished operations of a subject, oldest first; all subjects for nil.
    func unfinishedOperations(subject: OperationSubject?) async throws -> [DurableOperation]

    /// Takes the oldest due operation of these kinds and any of the subjects (all for nil) that nobody holds: without lease, with a
    /// lapsed one, or with one whose holder ``LeaseHolder/isKnownDead``. An operation is not given out while an older
    /// unfinished one of its subject, of whatever kind, is held by somebody alive.
    ///
    /// - Returns: The operation with its new lease (epoch one higher, status `running`), or nil.
    func claim(
        holder: LeaseHolder, kinds: Set<OperationKind>, subjects: [OperationSubject]?, now: Date, duration: Duration
    ) async throws -> DurableOperation?

    /// Prolongs a lease.
    /// - Throws: ``OperationError`` `leaseLost` when somebody else holds it or it was released.
    func renew(_ lease: Lease, now: Date, duration: Duration) async throws -> Lease

    /// Ends an operation and its lease.
    /// - Throws: ``OperationError`` `leaseLost`.
    func finish(_ lease: Lease, status: DurableOperation.Status, error: String?, now: Date) async throws

    /// Gives a lease back without an end: the operation is due again at `dueAt`, for anybody.
    func release(_ lease: Lease, dueAt: Date) async throws

    /// Asks the holder to end early; idempotent. An operation that nobody holds is cancelled at once.
    func requestCancel(_ id: OperationID, now: Date) async throws
}

/// A new operation and what becomes of unfinished ones of the same subject.
package struct OperationSubmission: Sendable {
    package enum Precedence: Sendable, Hashable {
        /// Refused (`busy`) while another is unfinished.
        case exclusive
        /// Ends unfinished ones that nobody alive holds; refused while somebody does.
        case takeover
        /// Like `takeover`, and asks a living holder to end early; waits behind it.
        case interrupts
        /// Waits until all that were submitted before have ended; ends none of them.
        case queues
    }

    package var operation: DurableOperation
    package var precedence: Precedence
    /// The newest operation of the subject that this one was made for: should there be a newer one, it is refused as
    /// `outdated`. Nil: any.
    package var follows: OperationID?
    /// Whether the subject may have had no operation before: else it is refused as `outdated`.
    package var isFirst = false

    package init(_ operation: DurableOperation, precedence: Precedence, follows: OperationID? = nil) {
        self.operation = operation
        self.precedence = precedence
        self.follows = follows
    }
}

/// Why a call of a store was refused.
package struct OperationError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        private enum Value: String { case leaseLost, busy, notFound, outdated }
        private let value: Value

        /// Another process took over; the caller stops and writes nothing more.
        package static let leaseLost = Code(value: .leaseLost)
        /// Another operation of the subject is unfinished.
        package static let busy = Code(value: .busy)
        package static let notFound = Code(value: .notFound)
        /// Another operation was submitted meanwhile: what was to be submitted is to be made anew.
        package static let outdated = Code(value: .outdated)
    }

    package var code: Code
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
