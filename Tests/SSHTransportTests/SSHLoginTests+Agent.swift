import ContextualizationAPI
import Foundation
import Glibc
import Support
import Testing

@testable import SSHTransport

/// OpenSSH's agent, which ends when it is let go.
private final class Agent {
    let socket: String
    private let process: LocalProcess

    init(besides folder: String) throws {
        socket = "\(folder)/agent-\(UUID().uuidString.prefix(8))"
        process = try LocalProcess.spawn(["/usr/bin/ssh-agent", "-D", "-a", socket], environment: nil)
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
    }

    deinit {
        process.process.signal(SIGTERM)
        process.process.wait()
        for descriptor in [process.input, process.output, process.error] { close(descriptor) }
    }

    /// Adds a key; one with a passphrase as well, which is typed by a program as a user would type it.
    func add(_ file: String, passphrase: String = "") throws {
        let asker = "\(file).ask"
        try "#!/bin/sh\necho '\(passphrase)'\n".write(toFile: asker, atomically: true, encoding: .utf8)
        _ = chmod(asker, 0o700)
        try TestServer.command(
            [
                "env", "SSH_AUTH_SOCK=\(socket)", "SSH_ASKPASS=\(asker)", "SSH_ASKPASS_REQUIRE=force", "ssh-add", "-q",
                file,
            ])
    }
}

extension SSHLoginTests {
    @Test("The shell of another user than root ends before somebody else's program")
    func shellsOfOthersEnd() async throws {
        let server = try Self.server.get()
        try await server.withConnection(.admin) { communicator in
            func run(_ script: String, as user: String?) async throws -> String {
                let escalation = user.map { Escalation(user: $0) }
                let output = try await communicator.run(ShellProgram(script: script, escalation: escalation))
                return Self.text(output.standardOutput).trimmingCharacters(in: .newlines)
            }
            let first = try await run("echo $$", as: "plain")
            #expect(try await run("echo $$", as: "plain") == first)
            let root = try await run("echo $$; [ -e /proc/\(first) ] && echo there || echo gone", as: "root")
            #expect(root.hasSuffix("\ngone"), "\(root)")
            #expect(try await run("echo $$", as: "plain") != first)
            // Root's stays.
            #expect(try await run("echo $$", as: "root") == root.prefix { $0.isNumber })
        }
    }

    /// A new pair in a file, whose private part has a passphrase, and which `user` is let in with.
    private func makeKey(_ type: String, on server: TestServer, user: TestServer.User?) throws -> String {
        let file = "\(server.folder)/key-\(UUID().uuidString.prefix(8))"
        try TestServer.command(["ssh-keygen", "-q", "-t", type, "-N", "opensesame", "-f", file])
        if let user {
            let line = try String(contentsOfFile: file + ".pub", encoding: .utf8)
            try line.write(toFile: "\(server.folder)/keys/\(user.rawValue)", atomically: true, encoding: .utf8)
        }
        return file
    }

    @Test("With the keys of an agent, though the file has a passphrase", arguments: ["ed25519", "rsa", "ecdsa"])
    func agentKeys(type: String) async throws {
        let server = try TestServer()
        defer { server.stop() }
        let agent = try Agent(besides: server.folder)
        // One that the server does not know comes first.
        for user in [nil, TestServer.User.plain] {
            try agent.add(makeKey(type, on: server, user: user), passphrase: "opensesame")
        }
        var target = server.target(.plain)
        target.authentications = [.agent(socket: agent.socket)]
        #expect(try await whoami(target) == "plain\n")
        // The agent knows none for another user; the next credential counts.
        target = server.target(.admin)
        target.authentications = [.agent(socket: agent.socket), .password("admin-pw")]
        #expect(try await whoami(target) == "admin\n")
    }

    @Test("A key with a passphrase, an agent without keys and one that is gone are told")
    func agentThatHelpsNobody() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let file = try makeKey("ed25519", on: server, user: .plain)
        let agent = try Agent(besides: server.folder)
        var target = server.target(.plain)
        let gone = "\(server.folder)/gone"
        target.authentications = [
            .privateKey(Secret(try String(contentsOfFile: file, encoding: .utf8))), .agent(socket: agent.socket),
            .agent(socket: gone),
        ]
        let error = try #require(await failure(target))
        #expect(error.code == .authenticationFailed)
        for part in [
            "one with a passphrase can be in an agent", "the agent at \(agent.socket)", "the agent at \(gone)",
        ] {
            #expect(error.message.contains(part), "\(part) in \(error.message)")
        }
        target.authentications.append(.password("plain-pw"))
        #expect(try await whoami(target) == "plain\n")
    }
}
