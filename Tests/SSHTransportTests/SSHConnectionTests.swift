import ContextualizationAPI
import Support
import Testing

@testable import SSHTransport

/// Everything against real sshds on loopback.
@Suite(
    "SSH against real sshds", .timeLimit(.minutes(3)),
    .enabled(if: TestServer.obstacle == nil, "needs /usr/sbin/sshd, root and mount namespaces"))
struct SSHConnectionTests {
    static let server = Result { try TestServer() }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("Log in with a key, run as the user and as root")
    func keyAndSudo() async throws {
        let server = try Self.server.get()
        try await server.withConnection(.admin) { communicator in
            let own = try await communicator.run(ShellProgram(script: "id -un; pwd; cat"))
            #expect(Self.text(own.standardOutput) == "admin\n\(server.folder)/home/admin\n")
            let root = try await communicator.run(
                ShellProgram(
                    script: "id -un; pwd; cat \"$GANTRY_FILES/f\"; cat", files: ["f": [0, 1, 2]],
                    standardInput: [3, 4],
                    escalation: Escalation()))
            #expect(root.standardOutput == Array("root\n/root\n".utf8) + [0, 1, 2, 3, 4])
            #expect(root.status == 0)
        }
    }
}
