import Foundation
import Glibc
import InfrastructureModel
import Orchestration
import Support
import Synchronization

/// For the signal handlers of ``SSHConfiguration/run(_:command:)``: those can reach globals only.
private let sshProcess = Atomic<Int32>(0)
/// The last signal that came: ssh may be started at this moment, and be nobody yet.
private let sshSignal = Atomic<Int32>(0)

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
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            errno = ENOTDIR
            throw fail()
        }
    }

    private static func write(_ accesses: [MachineAccess], to folder: String) throws {
        var config = ""
        var known = ""
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
            config += "\n"
            for key in access.machine.hostKeys { known += "\(access.machine.id) \(key)\n" }
        }
        try write(known, to: folder + "/known_hosts")
        try write(config, to: folder + "/config")
    }

    /// Runs ssh on the terminal.
    /// - Returns: Its exit status; 128 and the signal where one ended it.
    func run(_ access: MachineAccess, command: [String]) throws -> Int32 {
        let words =
            ["ssh", "-F", configPath, "gantry-\(access.machine.id.number)"] + (command.isEmpty ? [] : ["--"] + command)
        // ssh gets SIGINT of the terminal itself. What else would end us ends ssh, and we clean up behind it.
        let ends = [SIGTERM, SIGHUP, SIGQUIT]
        sshProcess.store(0, ordering: .sequentiallyConsistent)
        sshSignal.store(0, ordering: .sequentiallyConsistent)
        signal(SIGINT) { _ in }
        for number in ends {
            signal(number) { number in
                sshSignal.store(number, ordering: .sequentiallyConsistent)
                let process = sshProcess.load(ordering: .sequentiallyConsistent)
                if process > 0 { kill(process, number) }
            }
        }
        defer { for number in ends + [SIGINT] { signal(number, SIG_DFL) } }
        let process: ChildProcess
        do {
            process = try ChildCommand(words).start()
        } catch {
            throw UsageError("\(error); install OpenSSH's client")
        }
        sshProcess.store(process.id, ordering: .sequentiallyConsistent)
        let early = sshSignal.load(ordering: .sequentiallyConsistent)
        if early != 0 { process.signal(early) }
        let ending = process.wait()
        sshProcess.store(0, ordering: .sequentiallyConsistent)
        return ending.status
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
