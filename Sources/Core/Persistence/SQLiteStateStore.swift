import Foundation
import GRDB
package import InfrastructureModel
import Operations
package import Support

/// The embedded store: one SQLite database (WAL, `synchronous=FULL`) in a folder that several processes may share.
///
/// Calls are not cancellable: each is short, and the result of a step must be stored although the step's task was
/// cancelled meanwhile. No call blocks a thread of Swift's pool: SQLite works on queues of its own.
package final class SQLiteStateStore: StateStore {
    /// The folder that the store lives in.
    package var folder: String { storeFolder.path }

    let storeFolder: StoreFolder
    let sealer: Sealer
    private let pool: DatabasePool
    private let identity: FileIdentity

    /// How long a call waits for writers of other processes.
    private static let busyTimeout: TimeInterval = 10
    /// Readers at the same time. Each costs a connection with its cache.
    private static let readers = 2

    /// Opens the store, making folder, key and tables where there are none. Blocks for some milliseconds (longer while
    /// another process opens the same store), so it is called at the start of a process.
    ///
    /// - Parameters:
    ///   - folder: Made with mode 0700 when it is missing.
    ///   - masterKey: 32 bytes; nil: those in the file `key` of the folder, which is made together with the database.
    /// - Throws: ``StoreError``.
    package init(folder: String, masterKey: Secret<[UInt8]>? = nil) throws {
        let storeFolder = StoreFolder(path: folder)
        try storeFolder.prepare()
        (pool, sealer, identity) = try storeFolder.locked {
            try storeFolder.refuseLostDatabase()
            let key = try Self.masterKey(given: masterKey, in: storeFolder)
            let sealer = try Sealer(masterKey: key)
            try storeFolder.createDatabase()
            do {
                let pool = try DatabasePool(path: storeFolder.database, configuration: Self.configuration())
                do {
                    try Self.prepare(pool, sealer: sealer, folder: storeFolder)
                    storeFolder.noteUse()
                } catch {
                    try pool.close()
                    throw error
                }
                return (pool, sealer, try FileIdentity(of: storeFolder.database))
            } catch {
                throw StoreError.boundary(error, in: storeFolder)
            }
        }
        self.storeFolder = storeFolder
    }

    package func close() async {
        let pool = pool
        await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                // Brings the log into the database, so that this file alone is the whole store, as a backup expects.
                // Another process that reads or writes now may prevent it; the last one to close does it then.
                _ = try? database.execute(sql: "PRAGMA busy_timeout = 0")
                _ = try? database.checkpoint(.truncate)
                continuation.resume()
            }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                // A reader that is still at work keeps its connection; it goes with the process.
                try? pool.close()
                continuation.resume()
            }
        }
    }

    package func verifier(for password: Secret<String>) -> String {
        sealer.verifier(for: password)
    }

    package func credentialID(of key: CredentialKey) -> CredentialID { sealer.credentialID(of: key) }

    // MARK: Opening

    private static func masterKey(
        given: Secret<[UInt8]>?, in folder: StoreFolder
    ) throws(StoreError) -> Secret<[UInt8]> {
        if let given { return given }
        if let key = try MasterKey.read(at: folder.key) { return key }
        // The key is made before the database, so a database without key was sealed under one that was given.
        guard !folder.hasDatabase else {
            throw StoreError(
                code: .wrongKey,
                message: "\(folder.database) exists but its key file \(folder.key) does not: restore the file, or give "
                    + "the key in \(MasterKey.environmentVariable)")
        }
        try MasterKey.create(at: folder.key)
        guard let key = try MasterKey.read(at: folder.key) else {
            throw .unavailable("the key file \(folder.key) is gone", "look who removes files there")
        }
        return key
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.maximumReaderCount = readers
        configuration.label = "gantry.store"
        configuration.prepareDatabase { database in
            let kibibytes = database.configuration.readonly ? 256 : 2000
            // Deleted secrets are overwritten, not only forgotten.
            try database.execute(sql: "PRAGMA cache_size = -\(kibibytes); PRAGMA secure_delete = ON")
            database.add(function: holderIsKnownDead)
        }
        return configuration
    }

    private static func prepare(_ pool: DatabasePool, sealer: Sealer, folder: StoreFolder) throws {
        let migrator = SQLiteSchema.migrator
        try pool.writeWithoutTransaction { database in
            // The pool itself sets NORMAL, with which a power cut may lose the last commits.
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216")
            if try migrator.hasBeenSuperseded(database) {
                throw StoreError(
                    code: .newerSchema,
                    message: "\(folder.database) was written by a newer Gantry: use that one, or another state folder")
            }
        }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { database in
            try checkKey(database, sealer: sealer, folder: folder)
        }
    }

    /// Tells a wrong key at once, not at the first secret.
    private static func checkKey(_ database: Database, sealer: Sealer, folder: StoreFolder) throws {
        let place = Sealer.Place(table: "meta", row: ["key check"])
        let marker = Data("gantry".utf8)
        if let sealed = try Data.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'key check'") {
            guard sealer.open(sealed, at: place) == marker else {
                throw StoreError(
                    code: .wrongKey,
                    message: "the key does not open \(folder.database): give the key that it was made with (file "
                        + "\(folder.key), or \(MasterKey.environmentVariable))")
            }
        } else {
            try database.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('key check', ?)",
                arguments: [try sealer.seal(marker, at: place)])
        }
    }

    /// `holder_is_known_dead(host, process, start)`: ``LeaseHolder/isKnownDead``.
    private static let holderIsKnownDead = DatabaseFunction("holder_is_known_dead", argumentCount: 3) { values in
        guard let host = String.fromDatabaseValue(values[0]), let process = Int32.fromDatabaseValue(values[1]),
            let start = Int64.fromDatabaseValue(values[2])
        else { return false }
        return LeaseHolder(host: host, process: process, startTicks: UInt64(bitPattern: start)).isKnownDead
    }

    // MARK: Transactions

    /// Runs `body` in one transaction, durable when this returns.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            // SQLite would go on in a file that nobody can open again.
            guard try FileIdentity(of: storeFolder.database) == identity else { throw storeFolder.replaced }
            let value = try await withCheckedThrowingContinuation { continuation in
                pool.asyncWriteWithoutTransaction { database in
                    continuation.resume(
                        with: Result {
                            var value: Value?
                            try database.inTransaction(.immediate) {
                                value = try body(database)
                                Failpoint.reached("store.written")
                                return .commit
                            }
                            guard let value else { throw CancellationError() }
                            return value
                        })
                }
            }
            Failpoint.reached("store.committed")
            return value
        } catch {
            throw StoreError.boundary(error, in: storeFolder)
        }
    }

    /// Runs `body` on the state of one moment.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncRead { database in
                    continuation.resume(with: Result { try body(database.get()) })
                }
            }
        } catch {
            throw StoreError.boundary(error, in: storeFolder)
        }
    }

    /// Empties the log, in which old versions of pages stand. A reader that is at work for longer prevents it; the log is
    /// begun anew by a later commit then.
    func emptyLog() async {
        await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                _ = try? database.execute(sql: "PRAGMA busy_timeout = 200")
                _ = try? database.checkpoint(.truncate)
                _ = try? database.execute(sql: "PRAGMA busy_timeout = \(Int(Self.busyTimeout * 1000))")
                continuation.resume()
            }
        }
    }

    /// Counts a commit. The last thing of every transaction that wrote something.
    ///
    /// - Parameter events: How many events it appends.
    /// - Returns: The sequence number of the last event.
    @discardableResult
    func countCommit(_ database: Database, events: Int = 0) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "UPDATE counter SET commits = commits + 1, events = events + ? WHERE id = 1 RETURNING events")
        guard let last = try Int64.fetchOne(statement, arguments: [events]) else {
            throw StoreError(
                code: .corrupt,
                message: "\(storeFolder.database) has lost its counter: restore the state folder from a backup")
        }
        return last
    }
}

extension StoreError {
    /// What the store throws for an error of any part of it.
    static func boundary(_ error: any Error, in folder: StoreFolder) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let file = folder.database
        let reason = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            return StoreError(code: .full, message: "no room to write \(file): make room on its disk, then try again")
        case .SQLITE_IOERR where folder.isFull:
            return StoreError(code: .full, message: "no room to write \(file): make room on its disk, then try again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return StoreError(
                code: .corrupt,
                message: "\(file) is damaged (\(reason)): restore the state folder from a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return StoreError(
                code: .unavailable,
                message: "\(file) is locked for too long: look with `fuser \(file)` which process holds it")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return StoreError(
                code: .unavailable,
                message: "\(file) cannot be opened for writing (\(reason)): make it and its folder writable for this "
                    + "user")
        case .SQLITE_IOERR:
            return StoreError(
                code: .unavailable,
                // The words are the same for some 30 codes.
                message: "\(file) cannot be read or written (\(reason), SQLite code "
                    + "\(error.extendedResultCode.rawValue)): check its disk")
        default:
            return StoreError(
                code: .unavailable,
                message: "\(file) refused a statement (\(reason)): check the file with `gantry` of the version that "
                    + "wrote it")
        }
    }
}
