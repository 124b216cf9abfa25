package import Foundation
import GRDB
import InfrastructureModel
package import Operations
import Support

extension SQLiteStateStore {
    package func operation(_ id: OperationID) async throws -> DurableOperation? {
        try await read { database in
            // Asked several times a second by everybody who waits for the end of an operation.
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM operation WHERE id = ?"), arguments: [id.rawValue]
            ).map(Self.operation(from:))
        }
    }

    package func submit(_ submission: OperationSubmission) async throws {
        try await write { database in
            guard try Self.insert(submission, in: database) else { return }
            try self.countCommit(database)
        }
    }

    package func newestOperation(subject: OperationSubject) async throws -> OperationID? {
        try await read { database in try Self.newest(subject, in: database) }
    }

    package func unfinishedOperations(subject: OperationSubject?) async throws -> [DurableOperation] {
        try await read { database in try Self.unfinished(subject: subject, in: database) }
    }

    package func claim(
        holder: LeaseHolder, kinds: Set<OperationKind>, subjects: [OperationSubject]?, now: Date, duration: Duration
    ) async throws -> DurableOperation? {
        if subjects?.isEmpty == true || kinds.isEmpty { return nil }
        // Looking first keeps the many calls that find nothing from taking the write lock.
        let isThereAny = try await read { database in
            try String.fetchOne(
                database.cachedStatement(sql: Self.candidate(filtered: subjects != nil)),
                arguments: Self.candidateArguments(kinds, subjects, now)) != nil
        }
        guard isThereAny else { return nil }
        return try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE operation SET status = 'running', epoch = epoch + 1, holder_host = :host,
                        holder_process = :process, holder_start = :start, lease_expires_at = :expires
                    WHERE id = (\(Self.candidate(filtered: subjects != nil)))
                    RETURNING *
                    """)
            let arguments: StatementArguments = [
                "host": holder.host, "process": holder.process, "start": Int64(bitPattern: holder.startTicks),
                "expires": now.adding(duration).stored,
            ]
            let row = try Row.fetchOne(
                statement, arguments: arguments + Self.candidateArguments(kinds, subjects, now))
            guard let row else { return nil }
            try self.countCommit(database)
            return Self.operation(from: row)
        }
    }

    package func renew(_ lease: Lease, now: Date, duration: Duration) async throws -> Lease {
        var renewed = lease
        renewed.expiresAt = now.adding(duration)
        let expiry = renewed.expiresAt.stored
        try await update(lease, "lease_expires_at = ?", [expiry])
        return renewed
    }

    package func finish(
        _ lease: Lease, status: DurableOperation.Status, error: String?, now: Date
    ) async throws {
        try await update(
            lease,
            """
            status = ?, error = ?, finished_at = ?, holder_host = NULL, holder_process = NULL, holder_start = NULL,
            lease_expires_at = NULL
            """,
            [status.rawValue, error, now.stored])
    }

    package func release(_ lease: Lease, dueAt: Date) async throws {
        try await update(
            lease,
            """
            status = 'pending', due_at = ?, holder_host = NULL, holder_process = NULL, holder_start = NULL,
            lease_expires_at = NULL
            """,
            [dueAt.stored])
    }

    package func requestCancel(_ id: OperationID, now: Date) async throws {
        try await write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM operation WHERE id = ?", arguments: [id.rawValue])
            guard let operation = row.map(Self.operation(from:)) else { throw OperationError.unknownOperation(id) }
            if operation.status.isFinal { return }
            if operation.isHeld(at: now) {
                if operation.cancelRequested { return }
                try database.execute(
                    sql: "UPDATE operation SET cancel_requested = 1 WHERE id = ?", arguments: [id.rawValue])
            } else {
                try database.execute(
                    sql: """
                        UPDATE operation SET status = 'cancelled', finished_at = ?, cancel_requested = 1,
                            holder_host = NULL, holder_process = NULL, holder_start = NULL, lease_expires_at = NULL
                        WHERE id = ?
                        """,
                    arguments: [now.stored, id.rawValue])
            }
            try self.countCommit(database)
        }
    }

    // MARK: Leases

    private static let fence = """
        id = ? AND epoch = ? AND status = 'running' AND holder_host = ? AND holder_process = ? AND holder_start = ?
        """

    private static func fenceArguments(_ lease: Lease) -> StatementArguments {
        [
            lease.operation.rawValue, lease.epoch, lease.holder.host, lease.holder.process,
            Int64(bitPattern: lease.holder.startTicks),
        ]
    }

    /// - Throws: `leaseLost` unless the lease is the operation's present one. One that lapsed still is, as long as
    ///   nobody took over.
    static func checkLease(_ lease: Lease, of infrastructure: InfrastructureID, in database: Database) throws {
        let statement = try database.cachedStatement(sql: "SELECT subject FROM operation WHERE \(fence)")
        guard let subject = try String.fetchOne(statement, arguments: fenceArguments(lease)) else {
            throw OperationError.leaseLost(lease)
        }
        guard subject == infrastructure.subject.rawValue else {
            throw OperationError.foreignLease(lease, of: infrastructure)
        }
    }

    private func update(_ lease: Lease, _ assignments: String, _ arguments: StatementArguments) async throws {
        try await write { database in
            try database.cachedStatement(sql: "UPDATE operation SET \(assignments) WHERE \(Self.fence)")
                .execute(arguments: arguments + Self.fenceArguments(lease))
            guard database.changesCount == 1 else { throw OperationError.leaseLost(lease) }
            try self.countCommit(database)
        }
    }

    // MARK: Rows

    /// Whether somebody alive holds the operation with this alias: ``Operations/Operation/isHeld(at:)``.
    private static func isHeld(_ alias: String) -> String {
        """
        (\(alias).lease_expires_at IS NOT NULL AND \(alias).lease_expires_at > :now
        AND NOT holder_is_known_dead(\(alias).holder_host, \(alias).holder_process, \(alias).holder_start))
        """
    }

    /// Selects the id of the operation to be claimed. None of a subject that another operation works on.
    private static func candidate(filtered: Bool) -> String {
        """
        SELECT o.id FROM operation AS o
        WHERE o.\(SQLiteSchema.unfinished) AND o.due_at <= :now
        AND o.kind IN (SELECT value FROM json_each(:kinds))
        \(filtered ? "AND o.subject IN (SELECT value FROM json_each(:subjects))" : "")
        AND NOT EXISTS (
            SELECT 1 FROM operation AS x
            WHERE x.subject = o.subject AND x.\(SQLiteSchema.unfinished) AND \(isHeld("x")))
        ORDER BY o.position LIMIT 1
        """
    }

    private static func candidateArguments(
        _ kinds: Set<OperationKind>, _ subjects: [OperationSubject]?, _ now: Date
    ) throws -> StatementArguments {
        var arguments: StatementArguments = ["now": now.stored, "kinds": try RecordCoding.text(kinds.sorted())]
        if let subjects { arguments += ["subjects": try RecordCoding.text(subjects)] }
        return arguments
    }

    private static func newest(_ subject: OperationSubject, in database: Database) throws -> OperationID? {
        try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM operation WHERE subject = ? ORDER BY position DESC LIMIT 1"),
            arguments: [subject.rawValue]
        ).map(OperationID.init(rawValue:))
    }

    static func unfinished(subject: OperationSubject?, in database: Database) throws -> [DurableOperation] {
        var sql = "SELECT * FROM operation WHERE \(SQLiteSchema.unfinished)"
        var arguments = StatementArguments()
        if let subject {
            sql += " AND subject = ?"
            arguments = [subject.rawValue]
        }
        return try Row.fetchAll(database, sql: sql + " ORDER BY position", arguments: arguments)
            .map(operation(from:))
    }

    /// - Returns: Whether it is new.
    static func insert(_ submission: OperationSubmission, in database: Database) throws -> Bool {
        let operation = submission.operation
        let isKnown = try Bool.fetchOne(
            database, sql: "SELECT 1 FROM operation WHERE id = ?", arguments: [operation.id.rawValue])
        if isKnown == true { return false }
        if submission.follows != nil || submission.isFirst,
            try newest(operation.subject, in: database) != submission.follows
        {
            throw OperationError.outdated(operation.subject)
        }
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
        return true
    }

    private static func insert(_ operation: DurableOperation, in database: Database) throws {
        let lease = operation.lease
        try database.execute(
            sql: """
                INSERT INTO operation (id, subject, kind, status, due_at, created_at, finished_at, error, epoch,
                    holder_host, holder_process, holder_start, lease_expires_at, cancel_requested, parameters)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                operation.id.rawValue, operation.subject.rawValue, operation.kind.rawValue, operation.status.rawValue,
                operation.dueAt.stored, operation.createdAt.stored, operation.finishedAt?.stored, operation.error,
                lease?.epoch ?? 0, lease?.holder.host, lease?.holder.process,
                lease.map { Int64(bitPattern: $0.holder.startTicks) }, lease?.expiresAt.stored,
                operation.cancelRequested, operation.parameters,
            ])
    }

    private static func operation(from row: Row) -> DurableOperation {
        let id = OperationID(rawValue: row["id"])
        var lease: Lease?
        if let host = row["holder_host"] as String?, let process = row["holder_process"] as Int32?,
            let start = row["holder_start"] as Int64?, let expiry = row["lease_expires_at"] as Double?
        {
            lease = Lease(
                operation: id,
                holder: LeaseHolder(host: host, process: process, startTicks: UInt64(bitPattern: start)),
                epoch: row["epoch"], expiresAt: Date(stored: expiry))
        }
        return DurableOperation(
            id: id, subject: OperationSubject(rawValue: row["subject"]), kind: OperationKind(rawValue: row["kind"]),
            dueAt: Date(stored: row["due_at"]),
            createdAt: Date(stored: row["created_at"]), parameters: row["parameters"],
            status: DurableOperation.Status(rawValue: row["status"]) ?? .pending,
            finishedAt: (row["finished_at"] as Double?).map(Date.init(stored:)), error: row["error"], lease: lease,
            cancelRequested: row["cancel_requested"])
    }
}
