import Foundation
import GRDB
import Glibc
import InfrastructureModel
import Operations
import Support
import Testing

@testable import Persistence

/// What is special about the store on SQLite: its files, its secrets, and how it refuses what it cannot use.
@Suite struct SQLiteStoreTests {
    private let one = InfrastructureID(rawValue: "one")

    // MARK: Files

    @Test func filesAreForTheirOwnerOnly() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder + "/deep/er")
            try await store.create()
            #expect(mode(of: folder) == 0o700)
            #expect(mode(of: folder + "/deep/er") == 0o700)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/deep/er").sorted()
            #expect(files == ["gantry.sqlite", "gantry.sqlite-shm", "gantry.sqlite-wal", "key", "lock"])
            for file in files { #expect(mode(of: folder + "/deep/er/" + file) == 0o600, "\(file)") }
            await store.close()
        }
    }

    @Test("a database that is gone or replaced while it is open is told", arguments: [false, true])
    func theFileIsAnother(isReplaced: Bool) async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            let file = folder + "/gantry.sqlite"
            try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
            if isReplaced { try FileManager.default.copyItem(atPath: file + ".away", toPath: file) }
            let error = await storeError { try await store.submit(Sample.operation("o")) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains(file) == true)
            await store.close()
        }
    }

    @Test func commitsAreDurableAndForeignKeysHold() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            let pragmas = try await store.write { database in
                [
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    try String.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA foreign_keys"),
                ]
            }
            #expect(pragmas == ["wal", "2", "1"])
            let strict = try await store.read { database in
                try Bool.fetchAll(
                    database,
                    sql: "SELECT strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'")
            }
            #expect(strict.count == 11)
            #expect(strict.allSatisfy { $0 })
            await store.close()
        }
    }

    @Test func whatWasStoredIsThereAfterClosing() async throws {
        try await withFolder { folder in
            var store = try SQLiteStateStore(folder: folder)
            let verifier = store.verifier(for: "secret")
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: Sample.infrastructure(),
                    secrets: InfrastructureSecrets(document: "system a ()"), machines: [Sample.machine(0)],
                    events: [Sample.event("e", payload: "p")]))
            let snapshot = try await store.snapshot(one)
            let counter = try await store.commitCounter()
            await store.close()
            store = try SQLiteStateStore(folder: folder)
            #expect(try await store.snapshot(one) == snapshot)
            #expect(try await store.events(of: one, after: 0, limit: 9).map(\.payload) == [Data("p".utf8)])
            #expect(try await store.commitCounter() == counter)
            #expect(store.verifier(for: "secret") == verifier)
            await store.close()
        }
    }

    @Test func manyMayOpenANewFolderAtOnce() async throws {
        try await withFolder { folder in
            let verifiers = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let store = try SQLiteStateStore(folder: folder)
                        try await store.create("i\(number)")
                        let verifier = store.verifier(for: "x")
                        await store.close()
                        return verifier
                    }
                }
                var verifiers: Set<String> = []
                for try await verifier in group { verifiers.insert(verifier) }
                return verifiers
            }
            #expect(verifiers.count == 1)
            let store = try SQLiteStateStore(folder: folder)
            #expect(try await store.infrastructures(includingDestroyed: true).count == 8)
            await store.close()
        }
    }

    // MARK: Secrets

    @Test func noSecretIsInAnyFile() async throws {
        try await withFolder { folder in
            let marker = "MARKER-4f1c-password"
            let store = try SQLiteStateStore(folder: folder)
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: Sample.infrastructure(),
                    secrets: InfrastructureSecrets(
                        document: Secret("system a (password = '\(marker)')"), privateKey: Secret(marker)),
                    launches: [BatchToken(rawValue: "b"): Data(marker.utf8)],
                    events: [
                        Sample.event("e", kind: .contextualization, generation: 1, payload: #"{"p":"\#(marker)"}"#)
                    ]))
            let id = try await store.use(Sample.credential(marker))
            #expect(try await store.credential(id)?.values.expose()["password"] == marker)
            #expect(!store.verifier(for: Secret(marker)).contains(marker))

            // First with the log, then after the checkpoint of closing. The search finds what is not secret.
            #expect(try filesContaining("one", in: folder).contains("gantry.sqlite-wal"))
            #expect(try filesContaining(marker, in: folder) == [])
            await store.close()
            #expect(try filesContaining("one", in: folder) == ["gantry.sqlite"])
            #expect(try filesContaining(marker, in: folder) == [])
        }
    }

    /// Sealed as they were: not even somebody who has the key learns them from what is left in the files.
    @Test func destroyedSecretsAreInNoFile() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            _ = try await store.use(Sample.credential())
            try await store.write(
                InfrastructureChange(
                    infrastructure: one,
                    secrets: InfrastructureSecrets(document: "system a (password = 'x')", privateKey: "key"),
                    launches: [BatchToken(rawValue: "b"): Data("items".utf8)],
                    events: [Sample.event("e", kind: .contextualization, generation: 1, payload: "result")]))
            let sealed = try await store.read { database in
                try [
                    "SELECT sealed FROM infrastructure_secret", "SELECT sealed FROM credential",
                    "SELECT payload FROM event WHERE payload IS NOT NULL", "SELECT sealed FROM launch",
                ].flatMap { try Data.fetchAll(database, sql: $0) }
            }
            #expect(sealed.count == 4)
            for secret in sealed { #expect(try !filesContaining(secret, in: folder).isEmpty) }
            try await store.submit(Sample.operation("o", kind: .destroy))
            let lease = try #require(try await store.claim()?.lease)
            var destroyed = Sample.infrastructure()
            destroyed.phase = .destroyed
            try await store.record(InfrastructureChange(infrastructure: one, record: destroyed), lease: lease)
            for secret in sealed { #expect(try filesContaining(secret, in: folder) == []) }
            await store.close()
            for secret in sealed { #expect(try filesContaining(secret, in: folder) == []) }
        }
    }

    @Test func swappedRowsAreDetected() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            for id in ["one", "two"] {
                try await store.write(
                    InfrastructureChange(
                        infrastructure: InfrastructureID(rawValue: id), record: Sample.infrastructure(id),
                        secrets: InfrastructureSecrets(document: Secret(id)),
                        launches: [BatchToken(rawValue: id): Data(id.utf8)],
                        events: [Sample.event("e", of: id, kind: .contextualization, generation: 1, payload: id)]))
            }
            let c1 = try await store.use(Sample.credential("a"))
            let c2 = try await store.use(Sample.credential("b", owner: "bob"))
            try await store.write { database in
                for sql in [
                    "UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE id = '\(c2)') WHERE id = '\(c1)'",
                    """
                    UPDATE infrastructure_secret SET sealed =
                        (SELECT sealed FROM infrastructure_secret WHERE infrastructure = 'two')
                    WHERE infrastructure = 'one'
                    """,
                    "UPDATE event SET payload = (SELECT payload FROM event WHERE sequence = 2) WHERE sequence = 1",
                    // A row that is given to somebody else is one that was moved.
                    "UPDATE credential SET owner = 'eve' WHERE id = '\(c2)'",
                ] {
                    try database.execute(sql: sql)
                }
            }
            let errors = [
                await storeError { _ = try await store.credential(c1) },
                await storeError { _ = try await store.credential(c2) },
                await storeError { _ = try await store.snapshot(one) },
                await storeError { _ = try await store.events(of: nil, after: 0, limit: 9) },
                await storeError { _ = try await store.contextualizationHistory(of: one, generation: 1) },
            ]
            for error in errors {
                #expect(error?.code == .corrupt)
                #expect(error?.message.contains(folder) == true)
            }
            #expect(try await store.snapshot(InfrastructureID(rawValue: "two"))?.secrets.document == "two")
            // Nor can what a launch asks for be that of another.
            try await store.write { database in
                try database.execute(sql: "UPDATE launch SET token = 'one' WHERE token = 'two'")
            }
            let moved = await storeError { _ = try await store.snapshot(InfrastructureID(rawValue: "two")) }
            #expect(moved?.code == .corrupt)
            await store.close()
        }
    }

    // MARK: Keys

    @Test func aWrongKeyIsToldAtOnce() async throws {
        try await withFolder { folder in
            try await SQLiteStateStore(folder: folder).close()
            let right = try String(contentsOfFile: folder + "/key", encoding: .utf8)

            let other = Secret([UInt8](repeating: 7, count: 32))
            await expectStoreError(.wrongKey, naming: folder) { try SQLiteStateStore(folder: folder, masterKey: other) }
            await expectStoreError(.wrongKey, naming: nil) {
                try SQLiteStateStore(folder: folder, masterKey: Secret([1, 2, 3]))
            }
            try write(String(repeating: "ab", count: 32), to: folder + "/key")
            await expectStoreError(.wrongKey, naming: folder + "/key") { try SQLiteStateStore(folder: folder) }
            try write("rubbish", to: folder + "/key")
            await expectStoreError(.wrongKey, naming: folder + "/key") { try SQLiteStateStore(folder: folder) }
            try FileManager.default.removeItem(atPath: folder + "/key")
            await expectStoreError(.wrongKey, naming: folder + "/key") { try SQLiteStateStore(folder: folder) }
            // No new key may have been made beside a database that it cannot open.
            #expect(!FileManager.default.fileExists(atPath: folder + "/key"))

            try write(right, to: folder + "/key")
            chmod(folder + "/key", 0o640)
            await expectStoreError(.unavailable, naming: folder + "/key") { try SQLiteStateStore(folder: folder) }
            chmod(folder + "/key", 0o600)
            try await SQLiteStateStore(folder: folder).close()
        }
    }

    @Test func aGivenKeyNeedsNoFile() async throws {
        try await withFolder { folder in
            let text = String(repeating: "0F", count: 32)
            let key = try #require(try MasterKey.fromEnvironment([MasterKey.environmentVariable: text + "\n"]))
            #expect(key.expose() == [UInt8](repeating: 15, count: 32))
            let store = try SQLiteStateStore(folder: folder, masterKey: key)
            try await store.create()
            await store.close()
            #expect(!FileManager.default.fileExists(atPath: folder + "/key"))
            await expectStoreError(.wrongKey, naming: folder) { try SQLiteStateStore(folder: folder) }
            let again = try SQLiteStateStore(folder: folder, masterKey: key)
            #expect(try await again.snapshot(one) != nil)
            await again.close()
        }
    }

    @Test(arguments: ["", "0f", String(repeating: "0g", count: 32), String(repeating: "0f", count: 33)])
    func aVariableThatIsNoKeyIsRefused(_ text: String) throws {
        #expect(try MasterKey.fromEnvironment([:]) == nil)
        let error = #expect(throws: StoreError.self) {
            try MasterKey.fromEnvironment([MasterKey.environmentVariable: text])
        }
        #expect(error?.code == .wrongKey)
        #expect(text.isEmpty || error?.message.contains(text) == false)
    }

    // MARK: Unusable stores

    @Test func aNewerSchemaIsRefusedAndLeftAlone() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9 of the future')")
            }
            await store.close()
            await expectStoreError(.newerSchema, naming: folder) { try SQLiteStateStore(folder: folder) }
        }
    }

    @Test func aFileThatIsNoDatabaseIsCorrupt() async throws {
        try await withFolder { folder in
            try await SQLiteStateStore(folder: folder).close()
            let rubbish = String(repeating: "rubbish ", count: 1000)
            try write(rubbish, to: folder + "/gantry.sqlite")
            await expectStoreError(.corrupt, naming: folder) { try SQLiteStateStore(folder: folder) }
            #expect(try String(contentsOfFile: folder + "/gantry.sqlite", encoding: .utf8) == rubbish)
        }
    }

    @Test("a database that is lost is told, not replaced", arguments: ["empty", "gone"])
    func aLostDatabaseIsTold(how: String) async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            await store.close()
            if how == "empty" {
                try write("", to: folder + "/gantry.sqlite")
            } else {
                try FileManager.default.removeItem(atPath: folder + "/gantry.sqlite")
            }
            await expectStoreError(.corrupt, naming: folder + "/gantry.sqlite is \(how)") {
                try SQLiteStateStore(folder: folder)
            }
            #expect(FileManager.default.fileExists(atPath: folder + "/gantry.sqlite") == (how == "empty"))
        }
    }

    @Test("who was killed before the first table left an empty file, which is none to miss")
    func anUnusedEmptyDatabaseIsFilled() async throws {
        try await withFolder { folder in
            let store = StoreFolder(path: folder)
            try store.prepare()
            try store.locked {
                try MasterKey.create(at: store.key)
                try store.createDatabase()
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: store.database)).isEmpty)
            try await SQLiteStateStore(folder: folder).close()
            #expect(try !Data(contentsOf: URL(fileURLWithPath: store.database)).isEmpty)
        }
    }

    @Test(arguments: [(0o777, true), (0o770, true), (0o1777, true), (0o755, false), (0o700, false)])
    func aFolderThatOthersMayWriteIsRefused(mode: Int, isRefused: Bool) async throws {
        try await withFolder { folder in
            try await SQLiteStateStore(folder: folder).close()
            chmod(folder, mode_t(mode))
            if isRefused {
                await expectStoreError(.unavailable, naming: "chmod 700 \(folder)") {
                    try SQLiteStateStore(folder: folder)
                }
            } else {
                try await SQLiteStateStore(folder: folder).close()
            }
        }
    }

    @Test func aDamagedPageIsToldWithItsFile() async throws {
        try await withFolder { folder in
            var store = try SQLiteStateStore(folder: folder)
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: Sample.infrastructure(), machines: (0..<200).map { Sample.machine($0) }
                ))
            await store.close()
            let handle = try #require(FileHandle(forUpdatingAtPath: folder + "/gantry.sqlite"))
            let size = try handle.seekToEnd()
            for page in stride(from: UInt64(30 * 4096), to: size, by: 4096) {
                try handle.seek(toOffset: page)
                try handle.write(contentsOf: Data(repeating: 0xff, count: 100))
            }
            try handle.close()
            store = try SQLiteStateStore(folder: folder)
            let error = await storeError { _ = try await store.snapshot(one) }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains(folder) == true)
            await store.close()
        }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        try await withFolder { folder in
            try write("a file", to: folder)
            await expectStoreError(.unavailable, naming: folder) { try SQLiteStateStore(folder: folder) }
            await expectStoreError(.unavailable, naming: folder) { try SQLiteStateStore(folder: folder + "/below") }
        }
        // Nobody may make a folder there, not even root.
        await expectStoreError(.unavailable, naming: "/proc/gantry") { try SQLiteStateStore(folder: "/proc/gantry") }
    }

    @Test func aCancelledTaskStillStoresItsResult() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await store.write(
                    InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]))
                return try await store.snapshot(one)?.machines.count
            }
            #expect(try await task.value == 1)
            await store.close()
        }
    }
}

/// Expects that opening a store fails with this code and a message that names a path.
func expectStoreError(
    _ code: StoreError.Code, naming path: String?, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> SQLiteStateStore
) async {
    do {
        await (try body()).close()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
        let error = error as? StoreError
        #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
        if let path {
            #expect(error?.message.contains(path) == true, sourceLocation: sourceLocation)
        }
    }
}

private func mode(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

private func write(_ text: String, to path: String) throws {
    let isNew = !FileManager.default.fileExists(atPath: path)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    if isNew { chmod(path, 0o600) }
}

private func filesContaining(_ text: String, in folder: String) throws -> [String] {
    try filesContaining(Data(text.utf8), in: folder)
}

private func filesContaining(_ data: Data, in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { file in
        try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)).range(of: data) != nil
    }
}
