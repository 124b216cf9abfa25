package import InfrastructureModel
package import Operations
package import Support

/// The truth: infrastructures, machines, resources, credentials, events and operations.
///
/// Speaks of domain things, not of tables. Every call is one transaction, durable when it returns, safe from several
/// tasks and processes. Secrets go in and come out in clear and rest encrypted.
package protocol StateStore: OperationStore {
    // MARK: Writing

    /// Records changes of one infrastructure together, or nothing of them.
    ///
    /// - Parameters:
    ///   - change: What is new; see ``InfrastructureChange``.
    ///   - lease: The writer's lease; nil only for the transaction that creates an infrastructure or submits an operation.
    /// - Returns: The events with their sequence numbers.
    /// - Throws: ``OperationError`` `leaseLost` when the lease's epoch is no longer the operation's, `busy` when
    ///   ``InfrastructureChange/submits`` meets an unfinished operation of the subject that it does not supersede;
    ///   nothing is written then.
    @discardableResult
    func record(_ change: InfrastructureChange, lease: Lease?) async throws -> [InfrastructureEvent]

    /// Stores credentials under a new id, or renews those of the same owner, cloud id and type.
    /// - Returns: The id that machines refer to.
    func saveCredential(_ credential: CredentialRecord) async throws -> CredentialID

    // MARK: Reading

    /// Everything about an infrastructure at one moment; nil when there is none of that id.
    func snapshot(_ id: InfrastructureID) async throws -> InfrastructureSnapshot?

    /// Infrastructures, newest last.
    func infrastructures(includingDestroyed: Bool) async throws -> [InfrastructureRecord]

    /// The one that is not destroyed and has this name and an owner of this user name; nil: none.
    func infrastructure(named name: String, owner: String) async throws -> InfrastructureID?

    /// Credentials in clear.
    func credential(_ id: CredentialID) async throws -> CredentialRecord?

    /// Events after `sequence`, in order, at most `limit`; of all infrastructures for nil.
    func events(
        of infrastructure: InfrastructureID?, after sequence: Int64, limit: Int
    ) async throws -> [InfrastructureEvent]

    /// Events of one contextualization with payload, in order: what a resumed run is given.
    func contextualizationHistory(
        of infrastructure: InfrastructureID, generation: Int
    ) async throws -> [InfrastructureEvent]

    /// Grows with every commit of any process: a reader whose number is the same has seen everything.
    func commitCounter() async throws -> Int64

    // MARK: Secrets

    /// A keyed digest of a password for ``Owner/verifier``: equal passwords give equal texts, and without the key of the
    /// store it says nothing.
    func verifier(for password: Secret<String>) -> String

    /// Closes files. No call may follow.
    func close() async
}

/// What one transaction writes. Only rows that are named are touched.
package struct InfrastructureChange: Sendable {
    package var infrastructure: InfrastructureID
    /// Inserted or replaced.
    package var record: InfrastructureRecord?
    /// Inserted or replaced.
    package var secrets: InfrastructureSecrets?
    /// Inserted or replaced.
    package var machines: [MachineRecord]
    /// Inserted or replaced, by infrastructure, credential, kind and id.
    package var resources: [ResourceRecord]
    package var removedResources: [ResourceRecord]
    /// Appended.
    package var events: [InfrastructureEvent]
    /// A new operation on this infrastructure.
    package var submits: Submission?

    /// A new operation and what becomes of unfinished ones of the same subject.
    package struct Submission: Sendable {
        package enum Precedence: Sendable, Hashable {
            /// Refused (`busy`) while another is unfinished.
            case exclusive
            /// Ends unfinished ones that nobody alive holds; refused while somebody does.
            case takeover
            /// Like `takeover`, and asks a living holder to end early; waits behind it.
            case interrupts
        }

        package var operation: DurableOperation
        package var precedence: Precedence

        package init(operation: DurableOperation, precedence: Precedence) {
            self.operation = operation
            self.precedence = precedence
        }
    }

    package init(
        infrastructure: InfrastructureID, record: InfrastructureRecord? = nil, secrets: InfrastructureSecrets? = nil,
        machines: [MachineRecord] = [], resources: [ResourceRecord] = [], removedResources: [ResourceRecord] = [],
        events: [InfrastructureEvent] = [], submits: Submission? = nil
    ) {
        self.infrastructure = infrastructure
        self.record = record
        self.secrets = secrets
        self.machines = machines
        self.resources = resources
        self.removedResources = removedResources
        self.events = events
        self.submits = submits
    }

    /// Whether there is nothing to write.
    package var isEmpty: Bool {
        record == nil && secrets == nil && machines.isEmpty && resources.isEmpty && removedResources.isEmpty
            && events.isEmpty && submits == nil
    }
}

/// Why the store cannot be used.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        private enum Value: String { case unavailable, corrupt, wrongKey, newerSchema, full }
        private let value: Value

        /// The folder or file cannot be opened, or is locked for too long.
        package static let unavailable = Code(value: .unavailable)
        package static let corrupt = Code(value: .corrupt)
        /// The key does not open what is stored.
        package static let wrongKey = Code(value: .wrongKey)
        /// Written by a newer Gantry.
        package static let newerSchema = Code(value: .newerSchema)
        package static let full = Code(value: .full)
    }

    package var code: Code
    /// Names the file and the next step.
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
