import ArgumentParser
import Assembly
import Foundation
import Glibc
import InfrastructureModel
import Orchestration
import Support

struct SSHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh", abstract: "Log in to a machine, or run a command on it.",
        discussion: """
            Uses the system's ssh with the keys and pinned host keys of the infrastructure.

            EXAMPLES:
              gantry ssh cluster            the first machine
              gantry ssh cluster 2
              gantry ssh cluster 2 -- uptime
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Argument(help: "Number of the machine, or a system's name for its first one.") var machine: String?
    @OptionGroup var local: LocalOptions
    @Argument(parsing: .postTerminator, help: "A command to run.") var command: [String] = []

    static let reason =
        "keys and pinned host keys of machines are in the state folder of who made them, and no server hands out all of "
        + "them: `gantry export` at the server and `gantry import` here bring an infrastructure here"

    /// What ssh ends with when it is its own failure, not the command's.
    private static let sshFailed: Int32 = 255

    func run() async throws {
        try await reporting {
            let status = try await local.withServices(Self.reason) { services -> Int32 in
                let id = try await services.manager.find(infrastructure, caller: .local)
                let accesses = try await services.manager.access(of: id, caller: .local)
                let wanted = machine ?? accesses.first.map { String($0.machine.id.number) } ?? "0"
                guard
                    let access = accesses.first(where: {
                        String($0.machine.id.number) == wanted || $0.machine.system == wanted
                    })
                else {
                    let all = accesses.map { "\($0.machine.id.number) (\($0.machine.system))" }
                    throw ManagerError(
                        code: .notFound,
                        message: "'\(infrastructure)' has no running machine '\(wanted)'; it has: "
                            + (all.isEmpty ? "none" : all.joined(separator: ", ")))
                }
                if let stopped = SSHHint.stopped(access.machine, infrastructure) {
                    throw ManagerError(code: .invalidDocument, message: stopped)
                }
                let session = try SSHConfiguration(accesses: accesses)
                defer { session.remove() }
                let (status, notice) = try session.run(access, command: command)
                if notice.isFound {
                    Terminal.error(notice.text(access))
                } else if status == Self.sshFailed {
                    for hint in [SSHHint.text(access), SSHHint.proxy(access)] { hint.map { Terminal.note($0) } }
                }
                return status
            }
            if status != 0 { throw ExitCode(status) }
        }
    }
}

/// What to do when ssh was not let in.
enum SSHHint {
    /// Nil where Gantry gave ssh a key: then ssh's own message says all.
    static func text(_ access: MachineAccess) -> String? {
        guard access.privateKey == nil, access.password != nil else { return nil }
        let machine = "machine \(access.machine.id.number) (\(access.machine.system))"
        return """
            \(machine) lets '\(access.user)' in by password, which Gantry does not hand to ssh. It stands in the document, \
            at system \(access.machine.system), disk.0.os.credentials.password: ssh asks for it on a terminal. To log in \
            with a key, put its public half into ~\(access.user)/.ssh/authorized_keys there with a recipe, and its \
            private half into the document as disk.0.os.credentials.private_key.
            """
    }
}

extension SSHHint {
    /// That nothing answers there; nil: it is not stopped.
    static func stopped(_ machine: MachineRecord, _ infrastructure: String) -> String? {
        guard case .stopped = machine.phase else { return nil }
        let number = String(machine.id.number)
        let command = CommandText.text(["gantry", "start", infrastructure, "--machine", number])
        return "machine \(number) (\(machine.system)) is stopped; `\(command)` starts it"
    }

    /// Of what is in between. Nil where Gantry gave ssh a key for it.
    static func proxy(_ access: MachineAccess) -> String? {
        guard let proxy = access.proxy, proxy.privateKey == nil else { return nil }
        return """
            machine \(access.machine.id.number) (\(access.machine.system)) is reached through the proxy \
            \(proxy.user)@\(proxy.endpoint.place), which lets in by password; Gantry does not hand that to ssh. It stands in \
            the document, at proxy_host of the network: ssh asks for it on a terminal. To go through with a key, give \
            proxy_key there.
            """
    }
}

struct SSHConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-config", abstract: "Write keys and a configuration for the system's ssh.",
        discussion: """
            EXAMPLES:
              gantry ssh-config cluster --into ~/.ssh/cluster
              ssh -F ~/.ssh/cluster/config vnode-0
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(help: ArgumentHelp("Folder to write to; it gets mode 0700.", valueName: "dir")) var into: String
    @OptionGroup var local: LocalOptions

    func run() async throws {
        try await reporting {
            try await local.withServices(SSHCommand.reason) { services in
                let id = try await services.manager.find(infrastructure, caller: .local)
                let accesses = try await services.manager.access(of: id, caller: .local)
                let session = try SSHConfiguration(
                    accesses: accesses, folder: Self.absolute(into))
                Terminal.line(session.configPath)
            }
        }
    }

    /// The files name each other: they must do so from every folder.
    private static func absolute(_ folder: String) -> String {
        let folder = folder.expandingHome
        return folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
    }
}

struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Print the machines as an Ansible inventory.",
        discussion: """
            EXAMPLES:
              gantry inventory cluster > hosts.ini
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case ini, json
    }

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @Option(help: "ini or json.") var format = Format.ini
    @OptionGroup var local: LocalOptions

    func run() async throws {
        try await reporting {
            try await local.withServices(SSHCommand.reason) { services in
                let id = try await services.manager.find(infrastructure, caller: .local)
                let accesses = try await services.manager.access(of: id, caller: .local)
                Terminal.write(format == .ini ? InventoryText.ini(accesses) : InventoryText.json(accesses) + "\n")
            }
        }
    }
}

/// Machines as Ansible reads them. Passwords and keys are left out: `ssh-config` writes those.
enum InventoryText {
    static func variables(_ access: MachineAccess) -> [String: String] {
        var variables = access.variables
        variables["ansible_host"] = access.host
        variables["ansible_port"] = String(access.port)
        variables["ansible_user"] = access.user
        if let proxy = access.proxy {
            let place = proxy.endpoint
            let host = place.host.contains(":") ? "[\(place.host)]" : place.host
            variables["ansible_ssh_common_args"] = "-o ProxyJump=\(proxy.user)@\(host):\(place.port)"
        }
        return variables
    }

    static func ini(_ accesses: [MachineAccess]) -> String {
        var lines = ["[all]"]
        for access in accesses {
            let pairs = variables(access).sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }
            lines.append(([access.inventoryName] + pairs).joined(separator: " "))
        }
        for group in Set(accesses.flatMap(\.groups)).sorted() {
            lines += ["", "[\(group)]"]
            lines += accesses.filter { $0.groups.contains(group) }.map(\.inventoryName)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ value: String) -> String {
        let plain = value.allSatisfy { $0.isLetter || $0.isNumber || "._-:/".contains($0) }
        return plain && !value.isEmpty ? value : "'\(value.replacing("'", with: "'\\''"))'"
    }

    private struct Group: Encodable {
        var hosts: [String]
    }

    private struct Meta: Encodable {
        var hostvars: [String: [String: String]]
    }

    private struct Inventory: Encodable {
        var groups: [String: Group]
        var meta: Meta

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for (name, group) in groups { try container.encode(group, forKey: Key(stringValue: name)) }
            try container.encode(meta, forKey: Key(stringValue: "_meta"))
        }

        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    static func json(_ accesses: [MachineAccess]) -> String {
        var groups: [String: Group] = ["all": Group(hosts: accesses.map(\.inventoryName))]
        for group in Set(accesses.flatMap(\.groups)) {
            groups[group] = Group(hosts: accesses.filter { $0.groups.contains(group) }.map(\.inventoryName))
        }
        let hostvars = Dictionary(accesses.map { ($0.inventoryName, variables($0)) }) { $1 }
        return JSONOutput.pretty(Inventory(groups: groups, meta: Meta(hostvars: hostvars)))
    }
}
