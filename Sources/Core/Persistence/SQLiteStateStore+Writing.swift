import Foundation
import GRDB
package import InfrastructureModel
package import Operations
import Support

extension SQLiteStateStore {
    @discardableResult
    package func record(_ change: InfrastructureChange, lease: Lease?) async throws -> [InfrastructureEvent] {
        if change.isEmpty {
            if let lease {
                try await read { database in try Self.checkLease(lease, in: database) }
            }
            return []
        }
        // Encoding is done before the transaction, which other writers wait for.
        let rows = try ChangeRows(change)
        let sealer = sealer
        let last = try await write { database in
            if let lease { try Self.checkLease(lease, in: database) }
            try rows.write(to: database, sealer: sealer)
            if let submission = change.submits { try Self.submit(submission, in: database) }
            let last = try self.countCommit(database, events: change.events.count)
            try Self.append(
                change.events, of: change.infrastructure, after: last - Int64(change.events.count), to: database,
                sealer: sealer)
            return last
        }
        var events = change.events
        for index in events.indices {
            events[index].infrastructure = change.infrastructure
            events[index].sequence = last - Int64(events.count - 1 - index)
        }
        return events
    }

    package func saveCredential(_ credential: CredentialRecord) async throws -> CredentialID {
        let plain = try RecordCoding.plain(credential.values)
        let sealer = sealer
        return try await write { database in
            let known = try String.fetchOne(
                database, sql: "SELECT id FROM credential WHERE owner = ? AND cloud = ? AND type = ?",
                arguments: [credential.owner, credential.cloudID, credential.type])
            var id = known.map(CredentialID.init(rawValue:)) ?? credential.id
            if known == nil {
                let isTaken = try Bool.fetchOne(
                    database, sql: "SELECT 1 FROM credential WHERE id = ?", arguments: [id.rawValue])
                if isTaken == true { id = .random() }
            }
            let sealed = try sealer.seal(
                plain, at: .credential(id, owner: credential.owner, cloud: credential.cloudID, type: credential.type))
            try database.execute(
                sql: """
                    INSERT INTO credential (id, owner, cloud, type, sealed) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (owner, cloud, type) DO UPDATE SET sealed = excluded.sealed
                    """,
                arguments: [id.rawValue, credential.owner, credential.cloudID, credential.type, sealed])
            try self.countCommit(database)
            return id
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

    private static func submit(_ submission: InfrastructureChange.Submission, in database: Database) throws {
        let operation = submission.operation
        let isKnown = try Bool.fetchOne(
            database, sql: "SELECT 1 FROM operation WHERE id = ?", arguments: [operation.id.rawValue])
        if isKnown == true { return }
        let effect = try submission.effect(on: unfinished(subject: operation.subject, in: database))
        for id in effect.ended {
            try database.execute(
                sql: """
                    UPDATE operation SET status = 'cancelled', finished_at = ?, error = ?, holder_host = NULL,
                        holder_process = NULL, holder_start = NULL, lease_expires_at = NULL
                    WHERE id = ?
                    """,
                arguments: [operation.createdAt.stored, submission.supersededMessage, id.rawValue])
        }
        for id in effect.asked {
            try database.execute(
                sql: "UPDATE operation SET cancel_requested = 1 WHERE id = ?", arguments: [id.rawValue])
        }
        try insert(operation, in: database)
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
        if !machines.isEmpty {
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO machine (infrastructure, id, record) VALUES (?, ?, ?)
                    ON CONFLICT (infrastructure, id) DO UPDATE SET record = excluded.record
                    """)
            for machine in machines {
                try statement.execute(arguments: [infrastructure, machine.id, machine.record])
            }
        }
        for resource in change.removedResources {
            try database.cachedStatement(
                sql: "DELETE FROM resource WHERE infrastructure = ? AND credential = ? AND kind = ? AND id = ?"
            ).execute(arguments: [infrastructure, resource.cloud.credential.rawValue, resource.kind, resource.id])
        }
        for (resource, record) in zip(change.resources, resources) {
            try database.cachedStatement(
                sql: """
                    INSERT INTO resource (infrastructure, credential, kind, id, record) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (infrastructure, credential, kind, id) DO UPDATE SET record = excluded.record
                    """
            ).execute(arguments: [
                infrastructure, resource.cloud.credential.rawValue, resource.kind, resource.id, record,
            ])
        }
    }

    private func writeInfrastructure(_ new: InfrastructureRecord, _ record: String, to database: Database) throws {
        let id = change.infrastructure
        let isKnown = try Bool.fetchOne(
            database, sql: "SELECT 1 FROM infrastructure WHERE id = ?", arguments: [id.rawValue])
        if isKnown == true {
            try database.execute(
                sql: "UPDATE infrastructure SET name = ?, phase = ?, created_at = ?, record = ? WHERE id = ?",
                arguments: [new.name, new.phase.rawValue, new.createdAt.stored, record, id.rawValue])
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

extension InfrastructureRecord {
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

    static func credential(_ id: CredentialID, owner: String, cloud: String, type: String) -> Self {
        Self(table: "credential", row: [id.rawValue, owner, cloud, type])
    }

    static func event(_ sequence: Int64, of infrastructure: InfrastructureID, generation: Int?) -> Self {
        Self(
            table: "event", row: [String(sequence), infrastructure.rawValue, generation.map(String.init) ?? ""])
    }
}
