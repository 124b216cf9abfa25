import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support

/// Turns the connection variables of an inventory (`ansible_host`, `ansible_user`, …) into ways to reach machines.
struct HostBuilder {
    private let options: RecipeRunner.Options
    private let ownKeys: [String]
    private let environment = RecipeEnvironment.make()

    init(options: RecipeRunner.Options) {
        self.options = options
        ownKeys =
            options.privateKeyFiles
            ?? ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"].filter {
                FileManager.default.fileExists(atPath: ($0 as NSString).expandingTildeInPath)
            }
    }

    /// All machines of an inventory.
    /// - Throws: ``ContextualizationError`` that names the host whose variables make no sense.
    func hosts(of inventory: Inventory) throws -> [PlaybookRun.Host] {
        var keys: [String: Secret<String>] = [:]
        var known: [[String]: KnownHosts] = [:]
        return try inventory.hosts.map { host in
            let variables = inventory.variables(ofHost: host.name)
            let table = HostTable(hosts: [], groups: [], extra: options.extraVariables, magic: JinjaDict())
            let scope = TaskScope(
                host: HostVariables(name: host.name, groups: [], inventory: variables, inventoryIsTemplate: true),
                table: table, environment: environment)
            func text(_ names: String...) throws -> String? {
                for name in names {
                    if let value = try scope.defined(name), !value.isNone { return value.text }
                }
                return nil
            }
            let address = try text("ansible_host", "ansible_ssh_host") ?? host.name
            let portText = try text("ansible_port", "ansible_ssh_port") ?? "22"
            guard let port = Int(portText), (1...65535).contains(port) else {
                throw ContextualizationError(
                    message: "the host '\(host.name)' of the inventory has the port '\(portText)', which is none")
            }
            let arguments = SSHArguments(
                [
                    try text("ansible_ssh_common_args") ?? options.sshCommonArguments,
                    try text("ansible_ssh_extra_args") ?? options.sshExtraArguments, try text("ansible_ssh_args"),
                ].compactMap(\.self).joined(separator: " "))
            let user = try text("ansible_user", "ansible_ssh_user") ?? options.user ?? NSUserName()
            var authentications: [Authentication] = []
            let keyFiles =
                try text("ansible_ssh_private_key_file", "ansible_private_key_file").map { [$0] }
                ?? (arguments.keyFiles.isEmpty ? ownKeys : arguments.keyFiles)
            for file in keyFiles {
                if keys[file] == nil { keys[file] = try Self.key(file, host: host.name) }
                if let key = keys[file] { authentications.append(.privateKey(key)) }
            }
            if let password = try text("ansible_password", "ansible_ssh_pass", "ansible_ssh_password") {
                authentications.append(.password(Secret(password)))
            } else if let password = options.password {
                authentications.append(.password(password))
            }
            let files = arguments.knownHostsFiles.isEmpty ? options.knownHostsFiles : arguments.knownHostsFiles
            let store = known[files] ?? KnownHosts(files: files)
            known[files] = store
            let pinned = arguments.ignoresHostKeys ? [] : store.keys(host: address, port: port)
            let password = try text("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass").map {
                Secret($0)
            }
            let machine = ContextualizationMachine(
                id: host.name, inventoryName: host.name,
                target: ConnectionTarget(
                    endpoints: [Endpoint(host: address, port: port)], user: user, authentications: authentications,
                    hostKey: pinned.isEmpty ? .trustOnFirstUse : .pinned(pinned),
                    jumps: arguments.jumps(authentications: authentications, user: user, known: store)),
                groups: inventory.groupNames(ofHost: host.name), variables: [:],
                escalationPassword: password ?? options.becomePassword, isNew: false)
            let connection = try text("ansible_connection") ?? options.connection
            return PlaybookRun.Host(machine: machine, variables: variables, isLocal: connection == "local")
        }
    }

    static func isController(_ name: String) -> Bool { ["localhost", "127.0.0.1", "::1"].contains(name) }

    /// The controller under a name that the inventory does not list.
    static func controller(_ name: String) -> PlaybookRun.Host {
        PlaybookRun.Host(
            machine: ContextualizationMachine(
                id: name, inventoryName: name,
                target: ConnectionTarget(
                    endpoints: [Endpoint(host: name)], user: NSUserName(), authentications: [],
                    hostKey: .trustOnFirstUse), groups: [], variables: [:], isNew: false),
            variables: ["ansible_connection": "local"], isLocal: true)
    }

    private static func key(_ file: String, host: String) throws -> Secret<String> {
        let path = (file as NSString).expandingTildeInPath
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ContextualizationError(
                message: "the private key '\(file)' of host '\(host)' cannot be read: look at its name and permissions")
        }
        return Secret(String(decoding: data, as: UTF8.self))
    }
}

/// What we understand of arguments for `ssh` in an inventory.
struct SSHArguments {
    private(set) var knownHostsFiles: [String] = []
    private(set) var keyFiles: [String] = []
    private(set) var ignoresHostKeys = false
    private var jump: String?

    init(_ text: String) {
        var words = text.split(separator: " ").map { $0.filter { $0 != "'" && $0 != "\"" } }[...]
        while let word = words.popFirst() {
            if word.hasPrefix("-o") {
                let option = word == "-o" ? words.popFirst() ?? "" : String(word.dropFirst(2))
                read(option)
            } else if word == "-i" {
                if let file = words.popFirst() { keyFiles.append(file) }
            } else if word == "-J" {
                jump = words.popFirst()
            }
        }
    }

    private mutating func read(_ option: String) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        switch parts[0].lowercased() {
        case "userknownhostsfile": knownHostsFiles = parts[1] == "/dev/null" ? [] : [parts[1]]
        case "identityfile": keyFiles.append(parts[1])
        case "stricthostkeychecking": ignoresHostKeys = ["no", "off"].contains(parts[1].lowercased())
        case "proxyjump": jump = parts[1]
        default: break
        }
    }

    /// `[user@]host[:port]`, several with commas, nearest first.
    func jumps(authentications: [Authentication], user: String, known: KnownHosts) -> [JumpHost] {
        (jump ?? "").split(separator: ",").map { text in
            let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
            let place = (parts.last ?? "").split(separator: ":").map(String.init)
            let host = place.first ?? ""
            let port = place.count > 1 ? Int(place[1]) ?? 22 : 22
            let keys = ignoresHostKeys ? [] : known.keys(host: host, port: port)
            return JumpHost(
                endpoint: Endpoint(host: host, port: port), user: parts.count > 1 ? parts[0] : user,
                authentications: authentications, hostKey: keys.isEmpty ? .trustOnFirstUse : .pinned(keys))
        }
    }
}
