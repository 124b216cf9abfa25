package import Foundation
package import InfrastructureModel
package import Operations
package import Support

/// The truth: infrastructures, machines, resources, credentials, events and operations.
///
/// Speaks of domain things, not of tables. Every call is one transaction, durable when it returns, safe from several
/// tasks and processes. Secrets go in and come out in clear and rest encrypted.
package protocol StateStore: OperationStore {
    // MARK: Writing

    /// Stores a new operation on an infrastructure with all that it needs, or nothing of it.
    ///
    /// - Parameters:
    ///   - change: What is new; may create the infrastructure. The operation's subject is the same infrastructure.
    ///   - credentials: Stored under ``credentialID(of:)``: those of a known key are renewed. The infrastructure uses them
    ///     until it is destroyed.
    /// - Returns: The events with their sequence numbers.
    /// - Throws: ``OperationError`` `busy`; nothing is written then.
    @discardableResult
    func submit(
        _ submission: OperationSubmission, with change: InfrastructureChange, credentials: [CredentialRecord]
    ) async throws -> [InfrastructureEvent]

    /// Records changes of one infrastructure together, or nothing of them.
    ///
    /// With the change to `destroyed` goes what nobody needs any more: document, keys, what launches asked for, payloads of
    /// events, and credentials that no other infrastructure uses. Nothing of that can be written to it afterwards.
    ///
    /// - Parameters:
    ///   - change: What is new; see ``InfrastructureChange``.
    ///   - lease: The writer's lease of an operation on that infrastructure.
    /// - Returns: The events with their sequence numbers.
    /// - Throws: ``OperationError`` `leaseLost` when the lease's epoch is no longer the operation's or the operation is one
    ///   on something else; nothing is written then.
    @discardableResult
    func record(_ change: InfrastructureChange, lease: Lease) async throws -> [InfrastructureEvent]

    /// Changes the owners of an infrastructure, whatever is carried out on it meanwhile: other calls leave the owners of one
    /// that is not destroyed as they are.
    ///
    /// - Parameter change: Gets those that there are; what it throws is thrown, and nothing is written.
    /// - Throws: ``OperationError`` `notFound`.
    func changeOwners(
        of infrastructure: InfrastructureID, _ change: @escaping @Sendable ([Owner]) throws -> [Owner]
    ) async throws

    /// Replaces the values of credentials of a known key. Those of an unknown one are not stored.
    func renew(_ credential: CredentialRecord) async throws

    // MARK: Reading

    /// Everything about an infrastructure at one moment; nil when there is none of that id.
    ///
    /// - Parameter known: What an earlier reading of it gave: only machines that were written since are read. nil reads all.
    func snapshot(_ id: InfrastructureID, since known: StoredOverview?) async throws -> InfrastructureSnapshot?

    /// An infrastructure with its machines and unfinished operations at one moment; nil when there is none of that id.
    ///
    /// - Parameter known: An earlier answer about it: only what was written since is read. It may be any answer of any time
    ///   from this store.
    func overview(_ id: InfrastructureID, since known: StoredOverview?) async throws -> StoredOverview?

    /// An infrastructure without what belongs to it; nil when there is none of that id.
    func infrastructure(_ id: InfrastructureID) async throws -> InfrastructureRecord?

    /// Machines of an infrastructure in order of their numbers, with those that ended; empty where there is none of that id.
    func machines(of infrastructure: InfrastructureID) async throws -> [MachineRecord]

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

    /// Sequence number of the newest event of an infrastructure; 0: there is none.
    func lastEvent(of infrastructure: InfrastructureID) async throws -> Int64

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

    /// The id under which credentials of this key rest: the same in every process, and none of anybody else.
    func credentialID(of key: CredentialKey) -> CredentialID

    /// Closes files. No call may follow.
    func close() async
}

extension StateStore {
    /// Everything about an infrastructure at one moment, all of it read; nil when there is none of that id.
    package func snapshot(_ id: InfrastructureID) async throws -> InfrastructureSnapshot? {
        try await snapshot(id, since: nil)
    }
}

/// An infrastructure as it was at one commit.
package struct StoredOverview: Sendable {
    package var overview: InfrastructureOverview
    /// Unfinished operations on it, oldest first.
    package var unfinished: [DurableOperation]
    /// ``StateStore/commitCounter()`` of that moment.
    package var commits: Int64

    package init(overview: InfrastructureOverview, unfinished: [DurableOperation], commits: Int64) {
        self.overview = overview
        self.unfinished = unfinished
        self.commits = commits
    }
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
    /// Inserted or replaced, by infrastructure, credential, region, kind and id.
    package var resources: [ResourceRecord]
    package var removedResources: [ResourceRecord]
    /// Inserted or replaced, sealed as secrets are. See ``InfrastructureSnapshot/launches``.
    package var launches: [BatchToken: Data]
    /// Launches whose results are known: what they asked for is dropped.
    package var endedLaunches: [BatchToken]
    /// Appended.
    package var events: [InfrastructureEvent]

    package init(
        infrastructure: InfrastructureID, record: InfrastructureRecord? = nil, secrets: InfrastructureSecrets? = nil,
        machines: [MachineRecord] = [], resources: [ResourceRecord] = [], removedResources: [ResourceRecord] = [],
        launches: [BatchToken: Data] = [:], endedLaunches: [BatchToken] = [], events: [InfrastructureEvent] = []
    ) {
        self.infrastructure = infrastructure
        self.record = record
        self.secrets = secrets
        self.machines = machines
        self.resources = resources
        self.removedResources = removedResources
        self.launches = launches
        self.endedLaunches = endedLaunches
        self.events = events
    }

    /// Whether there is nothing to write.
    package var isEmpty: Bool {
        record == nil && secrets == nil && machines.isEmpty && resources.isEmpty && removedResources.isEmpty
            && launches.isEmpty && endedLaunches.isEmpty && events.isEmpty
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
