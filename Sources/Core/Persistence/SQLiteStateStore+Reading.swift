import Foundation
import GRDB
package import InfrastructureModel
import Support

extension SQLiteStateStore {
    package func snapshot(_ id: InfrastructureID, since known: StoredOverview?) async throws -> InfrastructureSnapshot?
    {
        let seen = known?.commits ?? -1
        let rows = try await read { database -> SnapshotRows? in
            let record = try String.fetchOne(
                database, sql: "SELECT record FROM infrastructure WHERE id = ?", arguments: [id.rawValue])
            guard let record else { return nil }
            return SnapshotRows(
                record: record,
                secrets: try Data.fetchOne(
                    database, sql: "SELECT sealed FROM infrastructure_secret WHERE infrastructure = ?",
                    arguments: [id.rawValue]),
                machines: try String.fetchAll(
                    database, sql: "SELECT record FROM machine WHERE infrastructure = ? AND written > ?",
                    arguments: [id.rawValue, seen]),
                resources: try String.fetchAll(
                    database, sql: "SELECT record FROM resource WHERE infrastructure = ? ORDER BY rowid",
                    arguments: [id.rawValue]),
                launches: try Row.fetchAll(
                    database, sql: "SELECT token, sealed FROM launch WHERE infrastructure = ?",
                    arguments: [id.rawValue]
                ).map { (BatchToken(rawValue: $0[0]), $0[1]) })
        }
        // Decoding is done after the transaction, for which a reader is held.
        guard let rows else { return nil }
        var secrets = InfrastructureSecrets(document: "")
        if let sealed = rows.secrets {
            let plain = try open(sealed, at: .secrets(of: id), row: "secrets of infrastructure \(id)")
            secrets = try RecordCoding.secrets(from: plain)
        }
        let launches = try rows.launches.map { token, sealed in
            (token, try open(sealed, at: .launch(token, of: id), row: "launch \(token) of infrastructure \(id)"))
        }
        var machines = known?.overview.machines ?? []
        machines.take(try RecordCoding.machines(rows.machines, of: id))
        return InfrastructureSnapshot(
            infrastructure: try RecordCoding.value(
                InfrastructureRecord.self, from: rows.record, row: "infrastructure \(id)"),
            secrets: secrets,
            machines: machines,
            resources: try rows.resources.map {
                try RecordCoding.value(ResourceRecord.self, from: $0, row: "resource of infrastructure \(id)")
            },
            launches: Dictionary(uniqueKeysWithValues: launches))
    }

    package func infrastructure(_ id: InfrastructureID) async throws -> InfrastructureRecord? {
        let record = try await read { database in
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT record FROM infrastructure WHERE id = ?"),
                arguments: [id.rawValue])
        }
        return try record.map {
            try RecordCoding.value(InfrastructureRecord.self, from: $0, row: "infrastructure \(id)")
        }
    }

    package func machines(of infrastructure: InfrastructureID) async throws -> [MachineRecord] {
        let records = try await read { database in
            try String.fetchAll(
                database.cachedStatement(sql: "SELECT record FROM machine WHERE infrastructure = ?"),
                arguments: [infrastructure.rawValue])
        }
        return try RecordCoding.machines(records, of: infrastructure).inOrderOfNumbers()
    }

    package func infrastructures(includingDestroyed: Bool) async throws -> [InfrastructureRecord] {
        let records = try await read { database in
            try String.fetchAll(
                database,
                sql: "SELECT record FROM infrastructure WHERE ? OR phase <> 'destroyed' ORDER BY created_at, position",
                arguments: [includingDestroyed])
        }
        return try records.map { try RecordCoding.value(InfrastructureRecord.self, from: $0, row: "infrastructure") }
    }

    package func infrastructure(named name: String, owner: String) async throws -> InfrastructureID? {
        try await read { database in
            try Self.active(named: name, in: database)
                .last { record in record.owners.contains { $0.username == owner } }?.id
        }
    }

    /// Those that are not destroyed and have the name, newest last.
    static func active(named name: String, in database: Database) throws -> [InfrastructureRecord] {
        let records = try String.fetchAll(
            database,
            sql: """
                SELECT record FROM infrastructure WHERE name = ? AND name IS NOT NULL AND phase <> 'destroyed'
                ORDER BY created_at, position
                """,
            arguments: [name])
        return try records.map {
            try RecordCoding.value(InfrastructureRecord.self, from: $0, row: "infrastructure named \(name)")
        }
    }

    package func credential(_ id: CredentialID) async throws -> CredentialRecord? {
        let row = try await read { database in
            try Row.fetchOne(
                database, sql: "SELECT owner, cloud, type, account, sealed FROM credential WHERE id = ?",
                arguments: [id.rawValue]
            ).map {
                (
                    key: CredentialKey(
                        owner: $0["owner"], cloudID: $0["cloud"], type: $0["type"], account: $0["account"]),
                    sealed: $0["sealed"] as Data
                )
            }
        }
        guard let row else { return nil }
        let plain = try open(row.sealed, at: .credential(id, key: row.key), row: "credential \(id)")
        return CredentialRecord(key: row.key, values: try RecordCoding.values(from: plain))
    }

    package func events(
        of infrastructure: InfrastructureID?, after sequence: Int64, limit: Int
    ) async throws -> [InfrastructureEvent] {
        let events = try await read { database in
            let condition = infrastructure == nil ? "" : "AND infrastructure = ?"
            var arguments: StatementArguments = [sequence]
            if let infrastructure { arguments += [infrastructure.rawValue] }
            arguments += [limit]
            return try Self.fetchEvents(
                database, "WHERE sequence > ? \(condition) ORDER BY sequence LIMIT ?", arguments)
        }
        return try events.map(opened)
    }

    package func lastEvent(of infrastructure: InfrastructureID) async throws -> Int64 {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT max(sequence) FROM event WHERE infrastructure = ?")
            return try Int64.fetchOne(statement, arguments: [infrastructure.rawValue]) ?? 0
        }
    }

    package func contextualizationHistory(
        of infrastructure: InfrastructureID, generation: Int
    ) async throws -> [InfrastructureEvent] {
        let events = try await read { database in
            try Self.fetchEvents(
                database,
                """
                WHERE infrastructure = ? AND generation = ? AND payload IS NOT NULL AND kind = ? ORDER BY sequence
                """,
                [infrastructure.rawValue, generation, InfrastructureEvent.Kind.contextualization.rawValue])
        }
        return try events.map(opened)
    }

    package func commitCounter() async throws -> Int64 {
        try await read { database in
            try Self.commits(database)
        }
    }

    static func commits(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "SELECT commits FROM counter WHERE id = 1")) ?? 0
    }

    /// Events whose payload is still sealed.
    private static func fetchEvents(
        _ database: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [InfrastructureEvent] {
        let statement = try database.cachedStatement(
            sql: "SELECT sequence, infrastructure, machine, time, kind, text, generation, payload FROM event "
                + condition)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            InfrastructureEvent(
                infrastructure: InfrastructureID(rawValue: row[1]),
                machine: (row[2] as String?).map(MachineID.init(rawValue:)), time: Date(stored: row[3]),
                kind: InfrastructureEvent.Kind(rawValue: row[4]), text: row[5], generation: row[6], payload: row[7],
                sequence: row[0])
        }
    }

    private func opened(_ event: InfrastructureEvent) throws -> InfrastructureEvent {
        guard let sealed = event.payload else { return event }
        var event = event
        event.payload = try open(
            sealed,
            at: .event(event.sequence, of: event.infrastructure, generation: event.generation),
            row: "event \(event.sequence)")
        return event
    }

    private func open(_ sealed: Data, at place: Sealer.Place, row: String) throws -> Data {
        guard let plain = sealer.open(sealed, at: place) else {
            throw StoreError(
                code: .corrupt,
                message: "the \(row) in \(storeFolder.database) was changed or moved: restore the state folder from a "
                    + "backup")
        }
        return plain
    }
}

private struct SnapshotRows: Sendable {
    var record: String
    var secrets: Data?
    var machines: [String]
    var resources: [String]
    var launches: [(BatchToken, Data)]
}

extension Sequence<MachineRecord> {
    /// In order of their numbers, which are read from the ids once each.
    func inOrderOfNumbers() -> [MachineRecord] {
        map { (number: $0.id.number, machine: $0) }
            .sorted { ($0.number, $0.machine.id) < ($1.number, $1.machine.id) }
            .map(\.machine)
    }
}
