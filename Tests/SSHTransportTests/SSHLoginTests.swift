import ContextualizationAPI
import Foundation
import Support
import TestSupport
import Testing

@testable import SSHTransport

/// Logging in, host keys and becoming somebody else, against real sshds on loopback.
@Suite(
    "SSH log in", .timeLimit(.minutes(3)),
    .enabled(if: TestServer.obstacle == nil, "needs /usr/sbin/sshd, root and mount namespaces"))
struct SSHLoginTests {
    static let server = Result { try TestServer() }
    let factory = SSHCommunicatorFactory(hostKeyAdvice: "run the forget command")

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    func failure(
        _ target: ConnectionTarget, timeout: Duration = .seconds(20)
    ) async -> CommunicatorError? {
        await #expect(throws: CommunicatorError.self) {
            let connection = try await factory.connect(to: target, timeout: timeout)
            await connection.communicator.close()
        }
    }

    func whoami(_ target: ConnectionTarget, _ escalation: Escalation? = nil) async throws -> String {
        try await run("id -un", target, escalation)
    }

    func run(_ script: String, _ target: ConnectionTarget, _ escalation: Escalation?) async throws -> String {
        let connection = try await factory.connect(to: target, timeout: .seconds(20))
        let result: ProgramOutput
        do {
            result = try await connection.communicator.run(ShellProgram(script: script, escalation: escalation))
        } catch {
            await connection.communicator.close()
            throw error
        }
        await connection.communicator.close()
        return Self.text(result.standardOutput)
    }

    // MARK: Credentials

    @Test("With a key, as the user and as root")
    func keyAndSudo() async throws {
        let server = try Self.server.get()
        try await server.withConnection(.admin) { communicator in
            let own = try await communicator.run(ShellProgram(script: "id -un; pwd; cat"))
            #expect(Self.text(own.standardOutput) == "admin\n\(server.folder)/home/admin\n")
            let root = try await communicator.run(
                ShellProgram(
                    script: "id -un; pwd; cat \"$GANTRY_FILES/f\"; cat", files: ["f": [0, 1, 2]],
                    standardInput: [3, 4], escalation: Escalation()))
            #expect(root.standardOutput == Array("root\n\(server.folder)/home/admin\n".utf8) + [0, 1, 2, 3, 4])
            #expect(root.status == 0)
            let other = try await communicator.run(
                ShellProgram(script: "id -un", escalation: Escalation(user: "plain")))
            #expect(Self.text(other.standardOutput) == "plain\n")
        }
    }

    @Test("With a password")
    func password() async throws {
        var target = try Self.server.get().target(.plain)
        target.authentications = [.password("plain-pw")]
        #expect(try await whoami(target) == "plain\n")
    }

    @Test("With a password that the server asks for as a question")
    func keyboardInteractive() async throws {
        var options = TestServer.Options()
        options.passwords = false
        options.interactive = true
        let server = try TestServer(options)
        var target = server.target(.plain)
        target.authentications = [.password("plain-pw")]
        #expect(try await whoami(target) == "plain\n")
        target.authentications = [.password("wrong")]
        #expect(await failure(target)?.code == .authenticationFailed)
        server.stop()
    }

    @Test("The second credential is tried when the first is refused")
    func secondCredential() async throws {
        var target = try Self.server.get().target(.plain)
        let other = try SSHKeyPair.generate()
        target.authentications = [.privateKey(other.privateKey), .password("plain-pw")]
        #expect(try await whoami(target) == "plain\n")
    }

    @Test("A refusal tells what was tried and what the server allows, and no secret")
    func refusedCredentials() async throws {
        var target = try Self.server.get().target(.plain)
        let other = try SSHKeyPair.generate()
        target.authentications = [.privateKey(other.privateKey), .password("marker-4711"), .privateKey("no key")]
        let error = try #require(await failure(target))
        #expect(error.code == .authenticationFailed)
        let fingerprint = try #require(SSHKeyPair.fingerprint(other.publicKey))
        for part in ["\"plain\"", fingerprint, "password", "publickey", "cannot be read"] {
            #expect(error.message.contains(part), "\(part) in \(error.message)")
        }
        #expect(!error.message.contains("4711"))
    }

    @Test("RSA and ECDSA keys and host keys", arguments: ["rsa", "ecdsa"])
    func otherKeyTypes(type: String) async throws {
        var options = TestServer.Options()
        options.hostKeyType = type
        let server = try TestServer(options)
        let path = "\(server.folder)/user-\(type)"
        try TestServer.command(["ssh-keygen", "-q", "-t", type, "-N", "", "-m", "PEM", "-f", path])
        try FileManager.default.removeItem(atPath: "\(server.folder)/keys/plain")
        try FileManager.default.copyItem(atPath: path + ".pub", toPath: "\(server.folder)/keys/plain")
        var target = server.target(.plain)
        let text = Secret(try String(contentsOfFile: path, encoding: .utf8))
        target.authentications = [.privateKey(text)]
        #expect(try await whoami(target) == "plain\n")
        let line = try SSHKeyPair.publicKeyLine(fromPrivate: text)
        let expected = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        #expect(expected.hasPrefix(line + " "))
        server.stop()
    }

    // MARK: Host keys

    @Test("Trust on first use reports the key, which is then a pin")
    func trustOnFirstUse() async throws {
        let server = try Self.server.get()
        var target = server.target()
        target.hostKey = .trustOnFirstUse
        let connection = try await factory.connect(to: target, timeout: .seconds(20))
        await connection.communicator.close()
        #expect(connection.hostKey == server.hostKey)
        #expect(connection.endpoint == server.endpoint)
        target.hostKey = .pinned(["ssh-rsa AAAA other", connection.hostKey + " comment"])
        #expect(try await whoami(target) == "admin\n")
    }

    @Test("Another host key is an error with both fingerprints, and no credential is sent")
    func changedHostKey() async throws {
        let server = try Self.server.get()
        var target = server.target(.plain)
        let pin = try SSHKeyPair.generate().publicKey
        target.hostKey = .pinned([pin])
        let error = try #require(await failure(target))
        #expect(error.code == .hostKeyChanged)
        for part in [
            SSHKeyPair.fingerprint(pin), SSHKeyPair.fingerprint(server.hostKey), "\(server.endpoint)",
            "run the forget command",
        ] {
            #expect(error.message.contains(try #require(part)), "\(part ?? "") in \(error.message)")
        }
    }

    @Test("A pinned type that the server no longer has is a changed host key")
    func lostHostKeyType() async throws {
        let server = try Self.server.get()
        let path = "\(server.folder)/other-\(UUID().uuidString)"
        try TestServer.command(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", path])
        var target = server.target(.plain)
        target.hostKey = .pinned([try String(contentsOfFile: path + ".pub", encoding: .utf8)])
        let error = await failure(target)
        #expect(error?.code == .hostKeyChanged, "\(error?.message ?? "")")
        let shown = try #require(SSHKeyPair.fingerprint(server.hostKey))
        #expect(error?.message.contains(shown) == true, "\(error?.message ?? "")")
    }

    // MARK: Addresses

    @Test("The first endpoint that answers is taken")
    func endpoints() async throws {
        let server = try Self.server.get()
        var target = server.target()
        let closed = Endpoint(host: "127.0.0.1", port: try LoopbackPort.unusedNumber())
        target.endpoints = [closed, Endpoint(host: "localhost", port: server.port)]
        let connection = try await factory.connect(to: target, timeout: .seconds(20))
        await connection.communicator.close()
        #expect(connection.endpoint.host == "localhost")
    }

    @Test("IPv6")
    func version6() async throws {
        var options = TestServer.Options()
        options.address = "::1"
        let server = try TestServer(options)
        #expect(try await whoami(server.target()) == "admin\n")
        server.stop()
    }

    @Test("Refused, silent, unknown and wrong peers are told apart")
    func unreachable() async throws {
        var target = try Self.server.get().target()
        target.endpoints = [Endpoint(host: "127.0.0.1", port: try LoopbackPort.unusedNumber())]
        #expect(await failure(target)?.code == .refused)
        target.endpoints = [Endpoint(host: "no-such-host.invalid")]
        #expect(await failure(target)?.code == .unreachable)
        target.endpoints = []
        #expect(await failure(target)?.code == .unreachable)
        let silent = try LoopbackPeer(says: [])
        target.endpoints = [Endpoint(host: "127.0.0.1", port: silent.port)]
        #expect(await failure(target, timeout: .seconds(5))?.code == .timeout)
    }

    @Test(
        "What is no SSH server is told as that, soon",
        arguments: [
            Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array("SSH-1.5-old\r\n".utf8),
            Array("SSH-2.0-x\r\n".utf8) + (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }, [0, 255, 10, 13],
        ], [true, false])
    func noServer(bytes: [UInt8], hangsUp: Bool) async throws {
        let peer = try LoopbackPeer(says: bytes, hangsUp: hangsUp)
        var target = try Self.server.get().target()
        target.endpoints = [Endpoint(host: "127.0.0.1", port: peer.port)]
        let began = ContinuousClock.now
        let error = await failure(target, timeout: .seconds(10))
        // What says nothing wrong and stays may still be a server.
        #expect(error?.code == .unreachable || (error?.code == .timeout && !hangsUp), "\(error?.message ?? "")")
        #expect(error?.message.contains("127.0.0.1:\(peer.port)") == true, "\(error?.message ?? "")")
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("Endless noise before and behind the greeting ends with the time")
    func noise() async throws {
        let bytes = (0..<1024).map { _ in UInt8.random(in: 0...255) }
        for head in ["", "SSH-2.0-x\r\n"] {
            let isFirst = LockedValue(true)
            let peer = try LoopbackPeer(repeats: {
                let begins = isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
                return begins ? Array(head.utf8) : bytes
            })
            var target = try Self.server.get().target()
            target.endpoints = [Endpoint(host: "127.0.0.1", port: peer.port)]
            let began = ContinuousClock.now
            #expect(await failure(target, timeout: .seconds(5)) != nil)
            #expect(ContinuousClock.now - began < .seconds(20))
        }
    }

    @Test("Cancelling a log in ends it")
    func cancelledLogin() async throws {
        let silent = try LoopbackPeer(says: [])
        var target = try Self.server.get().target()
        target.endpoints = [Endpoint(host: "127.0.0.1", port: silent.port)]
        let task = Task { [factory, target] in try await factory.connect(to: target, timeout: .seconds(60)) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let error = await #expect(throws: CommunicatorError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }

    // MARK: Through another machine

    @Test("Through one and two machines, each with its pinned key")
    func jumps() async throws {
        let server = try Self.server.get()
        let first = try TestServer()
        let second = try TestServer()
        #expect(try await whoami(server.target(jumps: [first.jump()])) == "admin\n")
        #expect(try await whoami(server.target(jumps: [first.jump(), second.jump(.ash)])) == "admin\n")
        // Whoever trusts them at first sight is told what they showed.
        let told = try await factory.connect(
            to: server.target(jumps: [first.jump(), second.jump(.ash)]), timeout: .seconds(20))
        #expect(told.jumpKeys == [first.hostKey, second.hostKey])
        await told.communicator.close()
        // One log in a machine in between, however many are behind it.
        let targets = [server.target(.plain), server.target(.admin), server.target(.ash)].map {
            var target = $0
            target.jumps = [first.jump()]
            return target
        }
        let connections = try await withThrowingTaskGroup(of: Connection.self) { group in
            for target in targets {
                group.addTask { [factory] in try await factory.connect(to: target, timeout: .seconds(20)) }
            }
            var all: [Connection] = []
            for try await connection in group { all.append(connection) }
            return all
        }
        // Those of the first two connections may still be leaving.
        for _ in 0..<50 where first.sessions.count != 1 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(first.sessions.count == 1)
        let flood = try await connections[0].communicator.run(
            ShellProgram(
                script: "head -c 10000000 /dev/zero; cat >&2", standardInput: .init(repeating: 7, count: 3_000_000)))
        #expect(flood.standardOutput.count == 10_000_000)
        #expect(flood.standardError.count == 3_000_000)
        for connection in connections { await connection.communicator.close() }
        for _ in 0..<50 where !first.sessions.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        #expect(first.sessions.isEmpty)
        first.stop()
        second.stop()
    }

    @Test("A wrong key in between, and a machine that is not there behind it")
    func jumpFailures() async throws {
        let server = try Self.server.get()
        let between = try TestServer()
        var jump = between.jump()
        jump.hostKey = .pinned([server.hostKey])
        #expect(await failure(server.target(jumps: [jump]))?.code == .hostKeyChanged)
        var target = server.target(jumps: [between.jump()])
        target.endpoints = [Endpoint(host: "127.0.0.1", port: try LoopbackPort.unusedNumber())]
        let error = await failure(target)
        #expect(error?.code == .refused)
        #expect(error?.message.contains("plain@\(between.endpoint)") == true)
        target = server.target(jumps: [between.jump()])
        target.hostKey = .pinned([between.hostKey])
        #expect(await failure(target)?.code == .hostKeyChanged)
        between.stop()
    }

    // MARK: Login shells

    @Test("A login shell that refuses")
    func noLoginShell() async throws {
        let target = try Self.server.get().target(.nolog)
        let error = await #expect(throws: CommunicatorError.self) { try await whoami(target) }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message.contains("not available") == true, "\(error?.message ?? "")")
    }

    @Test("A login shell whose status comes after the end of its words")
    func lateStatus() async throws {
        var options = TestServer.Options()
        options.lines = ["ForceCommand echo closed today >&2; exec >&- 2>&-; sleep 0.3; exit 3"]
        let server = try TestServer(options)
        let error = await #expect(throws: CommunicatorError.self) { try await whoami(server.target()) }
        #expect(error?.message.contains("(status 3: closed today)") == true, "\(error?.message ?? "")")
        server.stop()
    }

    @Test("A login shell that never begins")
    func silentLoginShell() async throws {
        var options = TestServer.Options()
        options.lines = ["ForceCommand echo wait; exec sleep 1000"]
        let server = try TestServer(options)
        var target = server.target()
        target.shellTimeout = .milliseconds(1500)
        for escalation in [nil, Escalation()] {
            let began = ContinuousClock.now
            let connection = try await factory.connect(to: target, timeout: .seconds(20))
            let error = await #expect(throws: CommunicatorError.self) {
                _ = try await connection.communicator.run(ShellProgram(script: "true", escalation: escalation))
            }
            #expect(error?.code == .unreachable)
            let message = error?.message ?? ""
            #expect(message.contains("login shell did not start our program within 1.5 seconds"), "\(message)")
            #expect(message.contains("(it said: wait)"), "\(message)")
            #expect(ContinuousClock.now - began < .seconds(28))
            await connection.communicator.close()
        }
        server.stop()
    }

    @Test("Only known host keys")
    func unknownHostKey() async throws {
        var target = try Self.server.get().target()
        target.hostKey = .pinned([])
        let error = await failure(target)
        #expect(error?.code == .hostKeyChanged)
        #expect(error?.message.contains("is not known, and only known ones are to be accepted") == true)
    }

    @Test("A login shell of busybox")
    func busyboxLogin() async throws {
        #expect(try await whoami(try Self.server.get().target(.ash)) == "ash\n")
    }
}
