import Foundation
import Glibc
import InfrastructureModel
import Orchestration
import Support
import Synchronization

/// Files for the system's ssh: keys (0600), pinned host keys and a configuration in one private folder.
struct SSHConfiguration {
    let folder: String
    private let session: SessionFolder?

    var configPath: String { folder + "/config" }

    /// - Parameter folder: nil: a temporary one that ``remove()`` removes.
    init(accesses: [MachineAccess], folder: String? = nil) throws {
        let session = folder == nil ? try SessionFolder() : nil
        self.session = session
        self.folder = folder ?? session?.path ?? ""
        do {
            if session == nil { try Self.makeFolder(self.folder) }
            try Self.write(accesses, to: self.folder)
        } catch {
            session?.remove()
            throw error
        }
    }

    /// With those above it where they are missing.
    private static func makeFolder(_ folder: String) throws {
        func fail() -> UsageError {
            UsageError(
                "the folder '\(folder)' cannot be written: \(String(cString: strerror(errno))); choose another with --into"
            )
        }
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
            guard mkdir(path, 0o700) == 0 || errno == EEXIST || errno == EISDIR else { throw fail() }
        }
        guard chmod(folder, 0o700) == 0 else { throw fail() }
        guard FileStatus(path: folder)?.kind == .folder else {
            errno = ENOTDIR
            throw fail()
        }
    }

    private static func write(_ accesses: [MachineAccess], to folder: String) throws {
        var config = ""
        var known = ""
        var proxies: [ProxyHost] = []
        for access in accesses {
            let number = access.machine.id.number
            config += "Host \(access.hostname) \(access.inventoryName) gantry-\(number)\n"
            config += "  HostName \(access.host ?? "none")\n  Port \(access.port)\n  User \(access.user)\n"
            // Also for a server that takes the connection and says nothing.
            config += "  ConnectTimeout 20\n"
            config += "  UserKnownHostsFile \(folder)/known_hosts\n  HostKeyAlias \(access.machine.id)\n"
            config += "  StrictHostKeyChecking \(access.machine.hostKeys.isEmpty ? "accept-new" : "yes")\n"
            if let key = access.privateKey {
                let path = "\(folder)/key-\(number)"
                try write(key.expose().hasSuffix("\n") ? key.expose() : key.expose() + "\n", to: path)
                config += "  IdentityFile \(path)\n  IdentitiesOnly yes\n"
            }
            if let jump = access.jump { config += "  ProxyJump gantry-\(jump)\n" }
            if let proxy = access.proxy {
                if !proxies.contains(proxy) { proxies.append(proxy) }
                config += "  ProxyJump gantry-proxy-\(proxies.firstIndex(of: proxy) ?? 0)\n"
            }
            config += "\n"
            for key in access.machine.hostKeys { known += "\(access.machine.id) \(key)\n" }
        }
        for (number, proxy) in proxies.enumerated() {
            let name = "gantry-proxy-\(number)"
            config += "Host \(name)\n  HostName \(proxy.endpoint.host)\n  Port \(proxy.endpoint.port)\n"
            config += "  User \(proxy.user)\n  ConnectTimeout 20\n"
            config += "  UserKnownHostsFile \(folder)/known_hosts\n  HostKeyAlias \(name)\n"
            config += "  StrictHostKeyChecking \(proxy.hostKeys.isEmpty ? "accept-new" : "yes")\n"
            if let key = proxy.privateKey {
                try write(key.expose().hasSuffix("\n") ? key.expose() : key.expose() + "\n", to: "\(folder)/\(name)")
                config += "  IdentityFile \(folder)/\(name)\n  IdentitiesOnly yes\n"
            }
            config += "\n"
            for key in proxy.hostKeys { known += "\(name) \(key)\n" }
        }
        try write(known, to: folder + "/known_hosts")
        try write(config, to: folder + "/config")
    }

    /// Runs ssh on the terminal.
    /// - Returns: Its exit status, 128 and the signal where one ended it; and what it said of the machine's host key.
    func run(_ access: MachineAccess, command: [String]) throws -> (status: Int32, notice: HostKeyNotice) {
        // Where no key is on record none can be another one.
        let log = access.machine.hostKeys.isEmpty ? nil : SSHLog(folder: folder)
        var notice = HostKeyNotice()
        let status = try run(
            ["ssh", "-F", configPath] + (log.map { ["-E", $0.path] } ?? []) + ["gantry-\(access.machine.id.number)"]
                + (command.isEmpty ? [] : ["--"] + command)
        ) { if let log { notice = log.finish() } }
        return (status, notice)
    }

    /// - Parameter ended: Called in any case when it has ended.
    private func run(_ words: [String], ended: () -> Void) throws -> Int32 {
        defer { ended() }
        // ssh gets SIGINT of the terminal itself. What else would end us ends ssh, and we clean up behind it.
        let session = SSHSession()
        Signals.shared.use([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { number in
            if number != SIGINT { session.signal(number) }
        }
        defer { Signals.shared.leave() }
        do {
            return try session.run(ChildCommand(words))
        } catch {
            throw UsageError("\(error); install OpenSSH's client")
        }
    }

    /// Removes a temporary folder.
    func remove() {
        session?.remove()
    }

    /// Written with its final mode from the start.
    private static func write(_ text: String, to path: String) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("'\(path)' cannot be written: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
    }
}

/// One ssh, and the signals that come while it is started or works.
private final class SSHSession: Sendable {
    private struct State {
        var process: ChildProcess?
        /// Came before there was a process.
        var early: Int32?
    }

    private let state = Mutex(State())

    func signal(_ number: Int32) {
        state.withLock { state in
            guard let process = state.process else { return state.early = number }
            process.signal(number)
        }
    }

    func run(_ command: ChildCommand) throws -> Int32 {
        let process = try command.start()
        state.withLock { state in
            state.process = process
            if let early = state.early { process.signal(early) }
        }
        return process.wait().status
    }
}
