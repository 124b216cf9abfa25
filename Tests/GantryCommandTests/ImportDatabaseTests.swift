import Assembly
import Foundation
import GRDB
import InfrastructureModel
import Logging
import Orchestration
import Support
import Testing

@testable import gantry

/// `gantry import-database` on a database that a running IM 1.19.1 wrote (`Recorded/im-1.19.1.sql`): two infrastructures of
/// two users at its Dummy, and one that was destroyed.
@Suite struct ImportDatabaseTests {
    private static let ada = "7c56e362-e9f0-11f1-9cef-02fc00000001"
    private static let bob = "c6905a8a-e9f0-11f1-bf6b-02fc00000001"

    /// A folder with `inf.dat` and an authorization file.
    private static func makeFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "gantry-database-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Recorded/im-1.19.1.sql")
        let queue = try DatabaseQueue(path: folder + "/inf.dat")
        // As it stands, but for the transaction, which GRDB makes itself.
        let statements = try String(contentsOf: recorded, encoding: .utf8)
            .replacing("BEGIN TRANSACTION;", with: "").replacing("COMMIT;", with: "")
        try queue.write { try $0.execute(sql: statements) }
        try queue.close()
        try "id = dummy; type = Dummy; stateFile = \(folder)/cloud\n".write(
            toFile: folder + "/auth", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/auth")
        return folder
    }

    private func run(_ folder: String, _ words: String...) async throws -> Int32 {
        try await Gantry.status(
            ["import-database", "sqlite://\(folder)/inf.dat", "--state-dir", folder + "/state", "-a", folder + "/auth"]
                + words)
    }

    /// What a user of the service sees.
    private func owned(_ folder: String, by user: String, _ password: String) async throws -> [String] {
        let services = try await GantryServices.make(
            GantryServices.Options(
                stateFolder: folder + "/state", connectorFolders: [], logger: Logger(label: "test"),
                manager: ManagerConfiguration()))
        var ids: [String] = []
        for id in [Self.ada, Self.bob] {
            let caller = Caller.user(user, .password(Secret(password)))
            let snapshot = try? await services.manager.snapshot(InfrastructureID(rawValue: id), caller: caller)
            if let snapshot {
                #expect(snapshot.machines.count == 2)
                #expect(snapshot.machines.allSatisfy { $0.state == .configured && $0.providerID != nil })
                ids.append(id)
            }
        }
        await services.stop()
        return ids
    }

    @Test func eachIsTakenOverOnceByItsOwner() async throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = try Data(contentsOf: URL(fileURLWithPath: folder + "/inf.dat"))
        #expect(try await run(folder, "--dry-run") == 0)
        #expect(try await owned(folder, by: "ada", "one") == [])
        #expect(try await run(folder, "--owner", "bob") == 0)
        #expect(try await owned(folder, by: "bob", "two") == [Self.bob])
        #expect(try await owned(folder, by: "ada", "one") == [])
        #expect(try await run(folder) == 0)
        #expect(try await run(folder) == 0)
        #expect(try await owned(folder, by: "ada", "one") == [Self.ada])
        #expect(try await owned(folder, by: "ada", "two") == [])
        #expect(try await owned(folder, by: "bob", "two") == [Self.bob])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/inf.dat")) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("inf") } == ["inf.dat"])
    }

    @Test func cloudsThatAreNotNamedAreAskedFor() async throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(fileURLWithPath: folder + "/auth"))
        #expect(try await run(folder) == 1)
        #expect(try await owned(folder, by: "ada", "one") == [])
    }

    @Test(arguments: [
        ("/nowhere/inf.dat", "there is no file '/nowhere/inf.dat'"), ("mongodb://u:secret@h/im", "MongoDB is not read"),
        ("postgres://u:secret@h/im", "'postgres' are not known"), ("mysql://", "mysql://USER:PASSWORD@HOST:PORT/NAME"),
        (#filePath, "is no database of IM"),
    ])
    func whatIsNoDatabaseIsRefused(_ location: String, message: String) throws {
        let error = #expect(throws: UsageError.self) { try IMDatabase(location) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error.map { "\($0)" }?.contains("secret") == false)
    }
}
