import ArgumentParser
import Foundation
import Testing

@testable import gantry

/// Lines of type `Vault` in the authorization file of a command without a server: a server that plays Vault.
@Suite(.serialized) struct UserVaultTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "gantry-vault-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("system node (disk.0.image.url = 'dummy://image')\ndeploy node 1\n".utf8).write(
            to: URL(fileURLWithPath: folder + "/a.radl"))
    }

    private func plan(_ line: String) async throws -> Int32 {
        let file = folder + "/auth"
        try Data(line.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return try await Gantry.status(["plan", folder + "/a.radl", "-a", file, "--state-dir", folder + "/state"])
    }

    private static func vault(_ request: RecordingServer.Request) -> RecordingServer.Reply {
        switch request.line {
        case "POST /v1/auth/jwt/login" where request.body.contains("good"):
            .answer(200, [:], #"{"auth":{"client_token":"inner","entity_id":"ada"}}"#)
        case "GET /v1/credentials/ada" where request.headers["x-vault-token"] == "inner":
            .answer(200, [:], #"{"data":{"mine":"{\"id\":\"mine\",\"type\":\"Dummy\"}"}}"#)
        default: .answer(400, [:], #"{"errors":["bad token"]}"#)
        }
    }

    @Test("clouds are those of the vault, whose host is that of Vault's own command")
    func cloudsOfTheVault() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try RecordingServer(Self.vault)
        setenv("VAULT_ADDR", server.url, 1)
        defer { unsetenv("VAULT_ADDR") }
        #expect(try await plan("id = v; type = Vault; token = good\n") == 0)
        #expect(server.requests.map(\.line) == ["POST /v1/auth/jwt/login", "GET /v1/credentials/ada"])
        #expect(try await plan("id = v; type = Vault; token = bad\n") == 64)
        // One that is not reached is no mistake of the file.
        setenv("VAULT_ADDR", "http://127.0.0.1:1", 1)
        #expect(try await plan("id = v; type = Vault; token = good\n") == 5)
    }

    @Test("a vault that only the file names has to have TLS") func plainVault() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try RecordingServer(Self.vault)
        #expect(try await plan("id = v; type = Vault; token = good; host = \(server.url)\n") == 64)
        #expect(try await plan("id = v; type = Vault; token = good\n") == 64)
        #expect(server.requests.isEmpty)
    }
}
