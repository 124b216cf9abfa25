import Foundation
import Glibc
import InfrastructureModel
import Orchestration
import Support

/// Files for the system's ssh: keys (0600), pinned host keys and a configuration in one private folder.
struct SSHConfiguration {
    let folder: String
    private let isTemporary: Bool

    var configPath: String { folder + "/config" }

    /// - Parameter folder: nil: a temporary one that ``remove()`` removes.
    init(accesses: [MachineAccess], folder: String? = nil) throws {
        isTemporary = folder == nil
        self.folder = folder ?? NSTemporaryDirectory() + "gantry-ssh-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: self.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        chmod(self.folder, 0o700)
        var config = ""
        var known = ""
        for access in accesses {
            let number = access.machine.id.number
            config += "Host \(access.hostname) \(access.inventoryName) gantry-\(number)\n"
            config += "  HostName \(access.host ?? "none")\n  Port \(access.port)\n  User \(access.user)\n"
            config += "  UserKnownHostsFile \(self.folder)/known_hosts\n  HostKeyAlias \(access.machine.id)\n"
            config += "  StrictHostKeyChecking \(access.machine.hostKeys.isEmpty ? "accept-new" : "yes")\n"
            if let key = access.privateKey {
                let path = "\(self.folder)/key-\(number)"
                try Self.write(key.expose().hasSuffix("\n") ? key.expose() : key.expose() + "\n", to: path)
                config += "  IdentityFile \(path)\n  IdentitiesOnly yes\n"
            }
            if let jump = access.jump { config += "  ProxyJump gantry-\(jump)\n" }
            config += "\n"
            for key in access.machine.hostKeys { known += "\(access.machine.id) \(key)\n" }
        }
        try Self.write(known, to: self.folder + "/known_hosts")
        try Self.write(config, to: configPath)
    }

    /// Runs ssh on the terminal.
    /// - Returns: Its exit status.
    func run(_ access: MachineAccess, command: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["ssh", "-F", configPath, "gantry-\(access.machine.id.number)"] + (command.isEmpty ? [] : ["--"] + command)
        // ssh gets the signals of the terminal itself.
        signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, SIG_DFL) }
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Removes a temporary folder.
    func remove() {
        if isTemporary { try? FileManager.default.removeItem(atPath: folder) }
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
