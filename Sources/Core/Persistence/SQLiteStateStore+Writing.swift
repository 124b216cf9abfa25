import Foundation
import GRDB
package import InfrastructureModel
package import Operations
import Support

extension SQLiteStateStore {
    @discardableResult
    package func submit(
        _ submission: OperationSubmission, with change: InfrastructureChange, credentials: [CredentialRecord]
    ) async throws -> [InfrastructureEvent] {
        let rows = try ChangeRows(change)
        let secrets = try credentials.map { credential in
            (
                id: credentialID(of: credential.key), key: credential.key,
                plain: try RecordCoding.plain(credential.values)
            )
        }
        let sealer = sealer
        return try await write { database in
            try rows.write(to: database, sealer: sealer)
            for secret in secrets {
                try Self.save(secret.plain, secret.id, secret.key, in: database, sealer: sealer)
                try database.execute(
                    sql: "INSERT OR IGNORE INTO credential_use (infrastructure, credential) VALUES (?, ?)",
                    arguments: [change.infrastructure.rawValue, secret.id.rawValue])
            }
            _ = try Self.insert(submission, in: database)
            return try self.append(change, to: database)
        }
    }

    @discardableResult
    package func record(_ change: InfrastructureChange, lease: Lease) async throws -> [InfrastructureEvent] {
        if change.isEmpty {
            try await read { database in try Self.checkLease(lease, of: change.infrastructure, in: database) }
            return []
        }
        // Encoding is done before the transaction, which other writers wait for.
        let rows = try ChangeRows(change)
        let sealer = sealer
        let events = try await write { database in
            try Self.checkLease(lease, of: change.infrastructure, in: database)
            try rows.write(to: database, sealer: sealer)
            return try self.append(change, to: database)
        }
        if change.record?.phase == .destroyed { await emptyLog() }
        return events
    }

    package func changeOwners(
        of infrastructure: InfrastructureID, _ change: @escaping @Sendable ([Owner]) throws -> [Owner]
    ) async throws {
        try await write { database in
            guard var record = try Self.record(infrastructure, in: database) else {
                throw OperationError.unknownInfrastructure(infrastructure)
            }
            record.owners = try change(record.owners)
            try database.execute(
                sql: "UPDATE infrastructure SET record = ? WHERE id = ?",
                arguments: [try RecordCoding.text(record), infrastructure.rawValue])
            try self.countCommit(database)
        }
    }

    package func renew(_ credential: CredentialRecord) async throws {
        let id = credentialID(of: credential.key)
        let plain = try RecordCoding.plain(credential.values)
        let sealer = sealer
        try await write { database in
            try database.execute(
                sql: "UPDATE credential SET sealed = ? WHERE id = ?",
                arguments: [try sealer.seal(plain, at: .credential(id, key: credential.key)), id.rawValue])
            if database.changesCount > 0 { try self.countCommit(database) }
        }
    }

    fileprivate static func record(
        _ id: InfrastructureID, in database: Database
    ) throws -> InfrastructureRecord? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT record FROM infrastructure WHERE id = ?"), arguments: [id.rawValue]
        ).map { try RecordCoding.value(InfrastructureRecord.self, from: $0, row: "infrastructure \(id)") }
    }

    private static func save(
        _ plain: Data, _ id: CredentialID, _ key: CredentialKey, in database: Database, sealer: Sealer
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO credential (id, owner, cloud, type, account, sealed) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed
                """,
            arguments: [
                id.rawValue, key.owner, key.cloudID, key.type, key.account,
                try sealer.seal(plain, at: .credential(id, key: key)),
            ])
    }

    /// Appends the events of a change, the last of its transaction, and drops what a destroyed infrastructure leaves.
    private func append(_ change: InfrastructureChange, to database: Database) throws -> [InfrastructureEvent] {
        let last = try countCommit(database, events: change.events.count)
        try Self.append(
            change.events, of: change.infrastructure, after: last - Int64(change.events.count), to: database,
            sealer: sealer)
        let phase = try String.fetchOne(
            database.cachedStatement(sql: "SELECT phase FROM infrastructure WHERE id = ?"),
            arguments: [change.infrastructure.rawValue])
        if phase == InfrastructureRecord.Phase.destroyed.rawValue {
            try Self.dropSecrets(of: change.infrastructure, in: database)
        }
        var events = change.events
        for index in events.indices {
            events[index].infrastructure = change.infrastructure
            events[index].sequence = last - Int64(events.count - 1 - index)
        }
        return events
    }

    private static func dropSecrets(of infrastructure: InfrastructureID, in database: Database) throws {
        for sql in [
            "DELETE FROM infrastructure_secret WHERE infrastructure = ?",
            "DELETE FROM launch WHERE infrastructure = ?",
            "UPDATE event SET payload = NULL WHERE infrastructure = ? AND payload IS NOT NULL",
        ] {
            try database.execute(sql: sql, arguments: [infrastructure.rawValue])
        }
        let used = try String.fetchAll(
            database, sql: "DELETE FROM credential_use WHERE infrastructure = ? RETURNING credential",
            arguments: [infrastructure.rawValue])
        for credential in used {
            try database.execute(
                sql: """
                    DELETE FROM credential WHERE id = :id
                    AND NOT EXISTS (SELECT 1 FROM credential_use WHERE credential = :id)
                    """,
                arguments: ["id": credential])
        }
    }

    private static func append(
        _ events: [InfrastructureEvent], of infrastructure: InfrastructureID, after sequence: Int64,
        to database: Database, sealer: Sealer
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO event (sequence, infrastructure, machine, time, kind, text, generation, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        var sequence = sequence
        for event in events {
            sequence += 1
            let payload = try event.payload.map {
                try sealer.seal($0, at: .event(sequence, of: infrastructure, generation: event.generation))
            }
            try statement.execute(arguments: [
                sequence, infrastructure.rawValue, event.machine?.rawValue, event.time.stored, event.kind.rawValue,
                event.text, event.generation, payload,
            ])
        }
    }
}

/// A change as it will rest, made before the transaction.
private struct ChangeRows: Sendable {
    private let change: InfrastructureChange
    private let record: String?
    private let secrets: Data?
    private let machines: [(id: String, record: String)]
    private let resources: [String]

    init(_ change: InfrastructureChange) throws {
        self.change = change
        record = try change.record.map(RecordCoding.text)
        secrets = try change.secrets.map(RecordCoding.plain)
        machines = try change.machines.map { ($0.id.rawValue, try RecordCoding.text($0)) }
        resources = try change.resources.map(RecordCoding.text)
    }

    func write(to database: Database, sealer: Sealer) throws {
        let infrastructure = change.infrastructure.rawValue
        if let new = change.record, let record {
            try writeInfrastructure(new, record, to: database)
        } else if change.writesRows {
            let statement = try database.cachedStatement(sql: "SELECT 1 FROM infrastructure WHERE id = ?")
            guard try Bool.fetchOne(statement, arguments: [infrastructure]) == true else {
                throw OperationError.unknownInfrastructure(change.infrastructure)
            }
        }
        if let secrets {
            try database.execute(
                sql: """
                    INSERT INTO infrastructure_secret (infrastructure, sealed) VALUES (?, ?)
                    ON CONFLICT (infrastructure) DO UPDATE SET sealed = excluded.sealed
                    """,
                arguments: [infrastructure, try sealer.seal(secrets, at: .secrets(of: change.infrastructure))])
        }
        try writeLaunches(to: database, sealer: sealer)
        try writeMachines(to: database)
        for resource in change.removedResources {
            try database.cachedStatement(
                sql: """
                    DELETE FROM resource
                    WHERE infrastructure = ? AND credential = ? AND region = ? AND kind = ? AND id = ?
                    """
            ).execute(arguments: [
                infrastructure, resource.cloud.credential.rawValue, resource.cloud.region ?? "", resource.kind,
                resource.id,
            ])
        }
        for (resource, record) in zip(change.resources, resources) {
            try database.cachedStatement(
                sql: """
                    INSERT INTO resource (infrastructure, credential, region, kind, id, record) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (infrastructure, credential, region, kind, id) DO UPDATE SET record = excluded.record
                    """
            ).execute(arguments: [
                infrastructure, resource.cloud.credential.rawValue, resource.cloud.region ?? "", resource.kind,
                resource.id, record,
            ])
        }
    }

    private func writeMachines(to database: Database) throws {
        guard !machines.isEmpty else { return }
        // This transaction will be the next commit.
        let commit = try SQLiteStateStore.commits(database) + 1
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO machine (infrastructure, id, record, written) VALUES (?, ?, ?, ?)
                ON CONFLICT (infrastructure, id) DO UPDATE SET record = excluded.record, written = excluded.written
                """)
        for machine in machines {
            try statement.execute(arguments: [change.infrastructure.rawValue, machine.id, machine.record, commit])
        }
    }

    private func writeLaunches(to database: Database, sealer: Sealer) throws {
        let infrastructure = change.infrastructure
        for token in change.endedLaunches {
            try database.cachedStatement(sql: "DELETE FROM launch WHERE infrastructure = ? AND token = ?")
                .execute(arguments: [infrastructure.rawValue, token.rawValue])
        }
        for (token, items) in change.launches {
            try database.cachedStatement(
                sql: """
                    INSERT INTO launch (infrastructure, token, sealed) VALUES (?, ?, ?)
                    ON CONFLICT (infrastructure, token) DO UPDATE SET sealed = excluded.sealed
                    """
            ).execute(arguments: [
                infrastructure.rawValue, token.rawValue,
                try sealer.seal(items, at: .launch(token, of: infrastructure)),
            ])
        }
    }

    private func writeInfrastructure(_ new: InfrastructureRecord, _ record: String, to database: Database) throws {
        let id = change.infrastructure
        if let known = try SQLiteStateStore.record(id, in: database) {
            let kept = new.keepingOwners(of: known)
            let text = kept == new ? record : try RecordCoding.text(kept)
            try database.execute(
                sql: "UPDATE infrastructure SET name = ?, phase = ?, created_at = ?, record = ? WHERE id = ?",
                arguments: [new.name, new.phase.rawValue, new.createdAt.stored, text, id.rawValue])
            return
        }
        if let name = new.name {
            for other in try SQLiteStateStore.active(named: name, in: database) where new.sharesOwner(with: other) {
                throw OperationError.nameTaken(name, by: other.id)
            }
        }
        try database.execute(
            sql: "INSERT INTO infrastructure (id, name, phase, created_at, record) VALUES (?, ?, ?, ?, ?)",
            arguments: [id.rawValue, new.name, new.phase.rawValue, new.createdAt.stored, record])
    }
}

extension InfrastructureID {
    /// As operations name it.
    var subject: OperationSubject { OperationSubject(rawValue: rawValue) }
}

extension InfrastructureRecord {
    /// With the owners of the stored one: they may have changed since this record was read. One that was destroyed and is
    /// made anew has its own.
    func keepingOwners(of known: InfrastructureRecord) -> InfrastructureRecord {
        guard known.phase != .destroyed || phase == .destroyed else { return self }
        var record = self
        record.owners = known.owners
        return record
    }

    /// Whether a user owns both, so that a name cannot mean both.
    func sharesOwner(with other: InfrastructureRecord) -> Bool {
        owners.contains { owner in other.owners.contains { $0.username == owner.username } }
    }
}

extension Date {
    /// As it rests: seconds since 2001, which is what `Date` holds, so that it comes back equal.
    var stored: Double { timeIntervalSinceReferenceDate }

    init(stored: Double) { self.init(timeIntervalSinceReferenceDate: stored) }
}

extension Sealer.Place {
    static func secrets(of infrastructure: InfrastructureID) -> Self {
        Self(table: "infrastructure_secret", row: [infrastructure.rawValue])
    }

    static func launch(_ token: BatchToken, of infrastructure: InfrastructureID) -> Self {
        Self(table: "launch", row: [infrastructure.rawValue, token.rawValue])
    }

    static func credential(_ id: CredentialID, key: CredentialKey) -> Self {
        Self(table: "credential", row: [id.rawValue, key.owner, key.cloudID, key.type, key.account])
    }

    static func event(_ sequence: Int64, of infrastructure: InfrastructureID, generation: Int?) -> Self {
        Self(
            table: "event", row: [String(sequence), infrastructure.rawValue, generation.map(String.init) ?? ""])
    }
}
