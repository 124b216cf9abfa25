import ContextualizationAPI
import Foundation
import Glibc
import Support
import Synchronization
import TestSupport
import Testing

@testable import SSHTransport

/// A real sshd on a loopback port, in a mount namespace with users, passwords and sudo rules of its own.
final class TestServer: Sendable {
    /// Why no server can be run here; nil when it can.
    static let obstacle: String? = {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") else {
            return "there is no /usr/sbin/sshd"
        }
        guard geteuid() == 0 else { return "only root can give test users their identity" }
        guard (try? TestServer.command(["unshare", "-m", "true"])) != nil else {
            return "mount namespaces are not allowed"
        }
        return nil
    }()

    /// Who can log in; each has the password `NAME-pw` and accepts ``key``.
    enum User: String, CaseIterable {
        /// Not mentioned in sudoers.
        case plain
        /// Everything without a password.
        case admin
        /// Everything with the password.
        case asker
        /// The login shell is busybox.
        case ash
        /// The login shell refuses.
        case nolog
        case root
    }

    struct Options {
        var passwords = true
        var interactive = false
        var address = "127.0.0.1"
        /// Further lines of sshd_config.
        var lines: [String] = []
        /// A folder that is made a tmpfs of 1 MiB.
        var smallFolder: String?
        /// The only programs in PATH; nil: all.
        var path: [String]?
        var hostKeyType = "ed25519"
    }

    let folder: String
    let port: Int
    /// Holds the server: it ends when our end of its standard input is closed.
    private let leash: LocalProcess
    private let hasStopped = Atomic(false)
    let address: String
    /// Of the users.
    let key: SSHKeyPair

    init(_ options: Options = Options()) throws {
        let folder = "/tmp/gantry-sshd-\(UUID().uuidString.prefix(8))"
        self.folder = folder
        address = options.address
        key = try SSHKeyPair.generate()
        port = try LoopbackPort.unusedNumber()
        for path in ["", "/keys", "/home", "/sudoers.d"] {
            try FileManager.default.createDirectory(atPath: folder + path, withIntermediateDirectories: true)
        }
        try Self.command(["ssh-keygen", "-q", "-t", options.hostKeyType, "-N", "", "-f", "\(folder)/host"])
        try Self.writeAccounts(folder, key.publicKey)
        var lines = options.lines
        if let names = options.path {
            lines.append("SetEnv PATH=\(folder)/bin")
            try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
            for name in names {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/bin/\(name)", withDestinationPath: "/bin/\(name)")
            }
        }
        let configuration = """
            ListenAddress \(address.contains(":") ? "[\(address)]" : address):\(port)
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/keys/%u
            StrictModes no
            PidFile none
            UsePAM \(options.interactive ? "yes" : "no")
            PermitRootLogin yes
            PasswordAuthentication \(options.passwords ? "yes" : "no")
            KbdInteractiveAuthentication \(options.interactive ? "yes" : "no")
            MaxStartups 500
            UseDNS no
            \(lines.joined(separator: "\n"))

            """
        try configuration.write(toFile: "\(folder)/sshd_config", atomically: true, encoding: .utf8)
        var script = "set -e; mkdir -p /run/sshd; mount --make-rprivate /;"
        for name in ["passwd", "shadow", "group", "sudoers.d"] {
            script += " mount --bind \(folder)/\(name) /etc/\(name);"
        }
        if let small = options.smallFolder {
            script += " mkdir -p \(small); mount -t tmpfs -o size=1m,mode=1777 none \(small);"
        }
        // Ends with us however we end: then its standard input is at its end.
        script += " /usr/sbin/sshd -D -e -f \(folder)/sshd_config >\(folder)/log 2>&1 </dev/null &"
        script += " echo $! >\(folder)/pid; cat >/dev/null; kill -9 $!"
        _ = FileManager.default.createFile(atPath: "\(folder)/log", contents: nil)
        leash = try LocalProcess.spawn(["/usr/bin/unshare", "-m", "sh", "-c", script], environment: nil)
        try waitUntilListening()
    }

    deinit { stop() }

    /// Ends the server and what it serves.
    func stop() {
        guard hasStopped.exchange(true, ordering: .relaxed) == false else { return }
        cutConnections()
        for descriptor in [leash.input, leash.output, leash.error] { close(descriptor) }
        leash.process.wait()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The processes of its connections: for each the one with privileges, which is a child of the listener.
    var sessions: [pid_t] {
        let pid = (try? String(contentsOfFile: "\(folder)/pid", encoding: .utf8).filter(\.isNumber)) ?? ""
        return Self.children(of: pid_t(pid) ?? 0)
    }

    /// Kills all that serves connections, as a crash of the machine would.
    func cutConnections() {
        for session in sessions {
            // First those that speak with us: they outlive their parents otherwise.
            for worker in Self.children(of: session) { kill(worker, SIGKILL) }
            kill(session, SIGKILL)
        }
    }

    private static func children(of pid: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// `TYPE BASE64`.
    var hostKey: String {
        let line = (try? String(contentsOfFile: "\(folder)/host.pub", encoding: .utf8)) ?? ""
        return line.split(separator: " ").prefix(2).joined(separator: " ")
    }

    var endpoint: Endpoint { Endpoint(host: address, port: port) }

    /// A target with the right key and pin, to be changed by the test.
    func target(_ user: User = .admin, jumps: [JumpHost] = []) -> ConnectionTarget {
        ConnectionTarget(
            endpoints: [endpoint], user: user.rawValue, authentications: [.privateKey(key.privateKey)],
            hostKey: .pinned([hostKey]), jumps: jumps)
    }

    /// The server as a machine in between.
    func jump(_ user: User = .plain) -> JumpHost {
        JumpHost(
            endpoint: endpoint, user: user.rawValue, authentications: [.privateKey(key.privateKey)],
            hostKey: .pinned([hostKey]))
    }

    /// Connects, runs, closes in any case.
    func withConnection<Value: Sendable>(
        _ user: User = .admin, _ body: (any Communicator) async throws -> Value
    ) async throws -> Value {
        let connection = try await SSHCommunicatorFactory().connect(to: target(user), timeout: .seconds(20))
        do {
            let value = try await body(connection.communicator)
            await connection.communicator.close()
            return value
        } catch {
            await connection.communicator.close()
            throw error
        }
    }

    // MARK: Making

    private static func writeAccounts(_ folder: String, _ publicKey: String) throws {
        var passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        var shadow = try String(contentsOfFile: "/etc/shadow", encoding: .utf8)
        let group = try String(contentsOfFile: "/etc/group", encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/ash", withDestinationPath: "/bin/busybox")
        for (index, user) in User.allCases.enumerated() {
            try (publicKey + "\n").write(toFile: "\(folder)/keys/\(user)", atomically: true, encoding: .utf8)
            guard user != .root else { continue }
            let home = "\(folder)/home/\(user)"
            let shell = user == .nolog ? "/usr/sbin/nologin" : user == .ash ? "\(folder)/ash" : "/bin/bash"
            let hash = try command(["openssl", "passwd", "-6", "\(user)-pw"])
            passwd += "\(user):x:\(56001 + index):65534::\(home):\(shell)\n"
            shadow += "\(user):\(hash.trimmingCharacters(in: .newlines)):19000:0:99999:7:::\n"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            chown(home, uid_t(56001 + index), 65534)
        }
        try passwd.write(toFile: "\(folder)/passwd", atomically: true, encoding: .utf8)
        try group.write(toFile: "\(folder)/group", atomically: true, encoding: .utf8)
        try shadow.write(toFile: "\(folder)/shadow", atomically: true, encoding: .utf8)
        chmod("\(folder)/shadow", 0o600)
        try "admin ALL=(ALL:ALL) NOPASSWD: ALL\nasker ALL=(ALL:ALL) ALL\n".write(
            toFile: "\(folder)/sudoers.d/test", atomically: true, encoding: .utf8)
        chmod("\(folder)/sudoers.d/test", 0o440)
        chmod(folder, 0o755)
    }

    private func waitUntilListening() throws {
        var log = ""
        for _ in 0..<1_500 {
            log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
            if log.contains("Server listening on") { return }
            guard !log.contains("error:"), leash.process.isRunning else {
                throw TestServerError(message: "sshd ended: \(log)")
            }
            usleep(20_000)
        }
        throw TestServerError(message: "sshd does not listen after half a minute: \(log)")
    }

    /// Runs a program to its end and answers what it printed.
    @discardableResult static func command(_ words: [String]) throws -> String {
        let completed = try ChildCommand(words).run()
        guard completed.ending == .exited(0) else {
            throw TestServerError(
                message: "\(words) \(completed.ending): \(String(decoding: completed.errors, as: UTF8.self))")
        }
        return String(decoding: completed.output, as: UTF8.self)
    }
}

struct TestServerError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
