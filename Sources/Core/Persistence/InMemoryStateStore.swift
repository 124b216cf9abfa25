import Foundation
package import InfrastructureModel
package import Operations
package import Support

/// A store that lives and ends with its process: for tests and for `--state-dir :memory:`. Same semantics as the others.
package final class InMemoryStateStore: StateStore {
    /// Everything, behind one lock that is held for as long as a transaction takes; no call waits otherwise.
    let contents = LockedValue(Contents())
    private let sealer: Sealer

    /// - Throws: ``StoreError`` when the system gives no random bytes for the key of ``verifier(for:)``.
    package init() throws {
        sealer = try Sealer(masterKey: MasterKey.random())
    }

    struct Contents: Sendable {
        var commits: Int64 = 0
        /// In order of their creation.
        var order: [InfrastructureID] = []
        var infrastructures: [InfrastructureID: Entry] = [:]
        var credentials: [CredentialID: CredentialRecord] = [:]
        /// Infrastructures that are not destroyed and use them.
        var uses: [CredentialID: Set<InfrastructureID>] = [:]
        /// In order of their sequence numbers, which are the indices plus one.
        var events: [InfrastructureEvent] = []
        /// In order of their submission.
        var operations: [StoredOperation] = []
    }

    struct Entry: Sendable {
        var record: InfrastructureRecord
        var secrets = InfrastructureSecrets(document: "")
        var machines: [MachineID: MachineRecord] = [:]
        var resources: [ResourceRecord] = []
        var launches: [BatchToken: Data] = [:]
    }

    /// An operation with the epoch of its last lease.
    struct StoredOperation: Sendable {
        var operation: DurableOperation
        var epoch: Int
    }

    // MARK: Writing

    @discardableResult
    package func submit(
        _ submission: OperationSubmission, with change: InfrastructureChange, credentials: [CredentialRecord]
    ) async throws -> [InfrastructureEvent] {
        let credentials = credentials.map { (id: credentialID(of: $0.key), record: $0) }
        return try contents.withLock { contents in
            // All that can be refused is looked at before the first change.
            let entry = try contents.entry(for: change)
            if let effect = try contents.effect(of: submission) { contents.submit(submission, effect) }
            for credential in credentials {
                contents.credentials[credential.id] = credential.record
                contents.uses[credential.id, default: []].insert(change.infrastructure)
            }
            return contents.apply(change, to: entry)
        }
    }

    @discardableResult
    package func record(_ change: InfrastructureChange, lease: Lease) async throws -> [InfrastructureEvent] {
        try contents.withLock { contents in
            let index = try contents.index(of: lease)
            guard contents.operations[index].operation.subject == change.infrastructure.subject else {
                throw OperationError.foreignLease(lease, of: change.infrastructure)
            }
            if change.isEmpty { return [] }
            return contents.apply(change, to: try contents.entry(for: change))
        }
    }

    package func changeOwners(
        of infrastructure: InfrastructureID, _ change: @escaping @Sendable ([Owner]) throws -> [Owner]
    ) async throws {
        try contents.withLock { contents in
            guard let owners = contents.infrastructures[infrastructure]?.record.owners else {
                throw OperationError.unknownInfrastructure(infrastructure)
            }
            contents.infrastructures[infrastructure]?.record.owners = try change(owners)
            contents.commits += 1
        }
    }

    package func renew(_ credential: CredentialRecord) async throws {
        let id = credentialID(of: credential.key)
        contents.withLock { contents in
            guard contents.credentials[id] != nil else { return }
            contents.credentials[id] = credential
            contents.commits += 1
        }
    }

    // MARK: Reading

    package func snapshot(_ id: InfrastructureID, since known: StoredOverview?) async throws -> InfrastructureSnapshot?
    {
        contents.withLock { $0.infrastructures[id] }.map { entry in
            InfrastructureSnapshot(
                infrastructure: entry.record, secrets: entry.secrets,
                machines: entry.machines.values.inOrderOfNumbers(), resources: entry.resources,
                launches: entry.launches)
        }
    }

    package func overview(_ id: InfrastructureID, since known: StoredOverview?) async throws -> StoredOverview? {
        contents.withLock { contents in
            if let known, known.commits == contents.commits { return known }
            guard let entry = contents.infrastructures[id] else { return nil }
            return StoredOverview(
                overview: InfrastructureOverview(
                    infrastructure: entry.record, machines: entry.machines.values.inOrderOfNumbers()),
                unfinished: contents.unfinished(subject: id.subject), commits: contents.commits)
        }
    }

    package func infrastructure(_ id: InfrastructureID) async throws -> InfrastructureRecord? {
        contents.withLock { $0.infrastructures[id]?.record }
    }

    package func machines(of infrastructure: InfrastructureID) async throws -> [MachineRecord] {
        contents.withLock { $0.infrastructures[infrastructure]?.machines }?.values.inOrderOfNumbers() ?? []
    }

    package func infrastructures(includingDestroyed: Bool) async throws -> [InfrastructureRecord] {
        contents.withLock { contents in
            contents.order.compactMap { contents.infrastructures[$0]?.record }
                .filter { includingDestroyed || $0.phase != .destroyed }
                .enumerated()
                .sorted { ($0.element.createdAt, $0.offset) < ($1.element.createdAt, $1.offset) }
                .map(\.element)
        }
    }

    package func infrastructure(named name: String, owner: String) async throws -> InfrastructureID? {
        contents.withLock { contents in
            contents.active(named: name).last { record in record.owners.contains { $0.username == owner } }?.id
        }
    }

    package func credential(_ id: CredentialID) async throws -> CredentialRecord? {
        contents.withLock { $0.credentials[id] }
    }

    package func events(
        of infrastructure: InfrastructureID?, after sequence: Int64, limit: Int
    ) async throws -> [InfrastructureEvent] {
        contents.withLock { contents in
            let first = min(max(Int(sequence), 0), contents.events.count)
            return Array(
                contents.events[first...].lazy
                    .filter { infrastructure == nil || $0.infrastructure == infrastructure }
                    .prefix(max(limit, 0)))
        }
    }

    package func lastEvent(of infrastructure: InfrastructureID) async throws -> Int64 {
        contents.withLock { $0.events.last { $0.infrastructure == infrastructure }?.sequence ?? 0 }
    }

    package func contextualizationHistory(
        of infrastructure: InfrastructureID, generation: Int
    ) async throws -> [InfrastructureEvent] {
        contents.withLock { contents in
            contents.events.filter {
                $0.infrastructure == infrastructure && $0.generation == generation && $0.payload != nil
                    && $0.kind == .contextualization
            }
        }
    }

    package func commitCounter() async throws -> Int64 {
        contents.withLock(\.commits)
    }

    package func verifier(for password: Secret<String>) -> String {
        sealer.verifier(for: password)
    }

    package func credentialID(of key: CredentialKey) -> CredentialID { sealer.credentialID(of: key) }

    package func close() async {}
}

extension InMemoryStateStore.Entry {
    mutating func apply(_ change: InfrastructureChange) {
        if let secrets = change.secrets { self.secrets = secrets }
        for machine in change.machines { machines[machine.id] = machine }
        for token in change.endedLaunches { launches[token] = nil }
        launches.merge(change.launches) { $1 }
        for resource in change.removedResources { resources.removeAll { $0.hasSameKey(as: resource) } }
        for resource in change.resources {
            if let index = resources.firstIndex(where: { $0.hasSameKey(as: resource) }) {
                resources[index] = resource
            } else {
                resources.append(resource)
            }
        }
    }
}

extension InMemoryStateStore.Contents {
    /// The infrastructure with the change's record in it; nil where the change neither needs nor makes one.
    fileprivate func entry(for change: InfrastructureChange) throws(OperationError) -> InMemoryStateStore.Entry? {
        var entry = infrastructures[change.infrastructure]
        if let record = change.record {
            if entry == nil, let name = record.name {
                for other in active(named: name) where record.sharesOwner(with: other) {
                    throw .nameTaken(name, by: other.id)
                }
            }
            let known = entry?.record
            entry?.record = known.map(record.keepingOwners) ?? record
            return entry ?? InMemoryStateStore.Entry(record: record)
        }
        if entry == nil, change.writesRows { throw .unknownInfrastructure(change.infrastructure) }
        return entry
    }

    /// Makes a change that was found to be in order.
    fileprivate mutating func apply(
        _ change: InfrastructureChange, to entry: InMemoryStateStore.Entry?
    ) -> [InfrastructureEvent] {
        let id = change.infrastructure
        var entry = entry
        if entry != nil, infrastructures[id] == nil { order.append(id) }
        entry?.apply(change)
        infrastructures[id] = entry
        commits += 1
        let stored = append(change.events, of: id)
        if entry?.record.phase == .destroyed { dropSecrets(of: id) }
        return stored
    }

    private mutating func dropSecrets(of id: InfrastructureID) {
        infrastructures[id]?.secrets = InfrastructureSecrets(document: "")
        infrastructures[id]?.launches = [:]
        for index in events.indices where events[index].infrastructure == id { events[index].payload = nil }
        for credential in uses.filter({ $0.value.contains(id) }).keys {
            uses[credential]?.remove(id)
            if uses[credential]?.isEmpty == true {
                uses[credential] = nil
                credentials[credential] = nil
            }
        }
    }

    fileprivate mutating func append(
        _ events: [InfrastructureEvent], of infrastructure: InfrastructureID
    ) -> [InfrastructureEvent] {
        let first = self.events.count
        for event in events {
            var event = event
            event.infrastructure = infrastructure
            event.sequence = Int64(self.events.count + 1)
            self.events.append(event)
        }
        return Array(self.events[first...])
    }

    /// Those that are not destroyed and have the name, newest last.
    fileprivate func active(named name: String) -> [InfrastructureRecord] {
        order.compactMap { infrastructures[$0]?.record }
            .filter { $0.name == name && $0.phase != .destroyed }
            .enumerated()
            .sorted { ($0.element.createdAt, $0.offset) < ($1.element.createdAt, $1.offset) }
            .map(\.element)
    }
}

extension InfrastructureChange {
    /// Whether it writes rows that belong to an infrastructure, beside its record.
    var writesRows: Bool {
        secrets != nil || !machines.isEmpty || !resources.isEmpty || !launches.isEmpty || !events.isEmpty
    }
}

extension ResourceRecord {
    fileprivate func hasSameKey(as other: ResourceRecord) -> Bool {
        kind == other.kind && id == other.id && cloud.site == other.cloud.site
    }
}
