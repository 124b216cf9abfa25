import ContextualizationAPI
import Foundation
import Glibc
import Support
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
        /// Paths that are hidden, such as sudo.
        var hidden: [String] = []
        var hostKeyType = "ed25519"
    }

    let folder: String
    let port: Int
    let process: Process
    let address: String
    /// Of the users.
    let key: SSHKeyPair

    init(_ options: Options = Options()) throws {
        let folder = "/tmp/gantry-sshd-\(UUID().uuidString.prefix(8))"
        self.folder = folder
        address = options.address
        key = try SSHKeyPair.generate()
        port = try Self.freePort()
        for path in ["", "/keys", "/home", "/sudoers.d"] {
            try FileManager.default.createDirectory(atPath: folder + path, withIntermediateDirectories: true)
        }
        try Self.command(["ssh-keygen", "-q", "-t", options.hostKeyType, "-N", "", "-f", "\(folder)/host"])
        try Self.writeAccounts(folder, key.publicKey)
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
            \(options.lines.joined(separator: "\n"))

            """
        try configuration.write(toFile: "\(folder)/sshd_config", atomically: true, encoding: .utf8)
        var script = "set -e; mkdir -p /run/sshd; mount --make-rprivate /;"
        for name in ["passwd", "shadow", "group", "sudoers.d"] {
            script += " mount --bind \(folder)/\(name) /etc/\(name);"
        }
        if let small = options.smallFolder {
            script += " mkdir -p \(small); mount -t tmpfs -o size=1m,mode=1777 none \(small);"
        }
        for path in options.hidden { script += " mount --bind \(folder)/none \(path);" }
        script += " exec /usr/sbin/sshd -D -e -f \(folder)/sshd_config"
        try "".write(toFile: "\(folder)/none", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-m", "sh", "-c", script]
        _ = FileManager.default.createFile(atPath: "\(folder)/log", contents: nil)
        process.standardError = FileHandle(forWritingAtPath: "\(folder)/log")
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
        try waitUntilListening()
    }

    deinit { stop() }

    /// Ends the server and what it serves.
    func stop() {
        guard process.isRunning else { return }
        for session in sessions { kill(session, SIGKILL) }
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The processes of its connections.
    var sessions: [pid_t] {
        let text = (try? Self.command(["pgrep", "-P", "\(process.processIdentifier)"])) ?? ""
        return text.split(separator: "\n").compactMap { pid_t($0) }
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
        for _ in 0..<200 {
            let descriptor = socket(address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
            if log.contains("Server listening on") { return }
            guard process.isRunning else { throw TestServerError(message: "sshd ended: \(log)") }
            usleep(20_000)
        }
        throw TestServerError(message: "sshd does not listen")
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw TestServerError(message: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    @discardableResult static func command(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestServerError(message: "\(words) failed") }
        return String(decoding: data, as: UTF8.self)
    }
}

struct TestServerError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
