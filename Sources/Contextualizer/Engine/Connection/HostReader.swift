import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support

/// Reads the connection variables of one host.
struct HostReader {
    /// What is read once for all hosts.
    struct Files {
        private var keys: [String: Secret<String>] = [:]
        private var known: [[String]: KnownHosts] = [:]

        mutating func key(_ file: String) throws -> Secret<String> {
            if let key = keys[file] { return key }
            let path = file.expandingHome
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ContextualizationError(
                    message: "the private key '\(file)' cannot be read: look at its name and permissions")
            }
            let key = Secret(String(decoding: data, as: UTF8.self))
            keys[file] = key
            return key
        }

        mutating func hosts(_ files: [String]) -> KnownHosts {
            if let store = known[files] { return store }
            let store = KnownHosts(files: files)
            known[files] = store
            return store
        }
    }

    let name: String
    let options: RecipeRunner.Options
    let ownKeys: [String]
    let scope: TaskScope

    /// The first of these variables that has a value.
    func text(_ names: String...) throws -> String? {
        for name in names {
            do {
                if let value = try scope.defined(name), !value.isNone { return value.text }
            } catch let error as JinjaError {
                throw ContextualizationError(message: "\(name): \(error)")
            }
        }
        return nil
    }

    private func number(_ names: String..., in range: ClosedRange<Int>, _ what: String) throws -> Int? {
        for name in names {
            guard let text = try text(name), !text.isEmpty else { continue }
            guard let number = Int(text), range.contains(number) else {
                throw ContextualizationError(message: "\(name) is '\(text)', which is no \(what)")
            }
            return number
        }
        return nil
    }

    private func flag(_ names: String...) throws -> Bool? {
        for name in names {
            guard let text = try text(name)?.lowercased(), !text.isEmpty else { continue }
            if ["true", "yes", "on", "1"].contains(text) { return true }
            if ["false", "no", "off", "0"].contains(text) { return false }
            throw ContextualizationError(message: "\(name) is '\(text)', which is neither true nor false")
        }
        return nil
    }

    /// Whether programs for the host run here.
    func isLocal() throws -> Bool {
        guard let kind = try text("ansible_connection") ?? options.connection else { return false }
        if case .local = ConnectionKind(kind) { return true }
        return false
    }

    /// The way to the host, and how much patience there is on it.
    func way(_ variables: [String], _ files: inout Files) throws -> (ConnectionTarget, PlaybookRun.Patience) {
        if let problem = try ConnectionVariables.problem(variables, { try text($0) }) {
            throw ContextualizationError(message: problem)
        }
        if let given = options.connection, let problem = ConnectionKind.problem(given) {
            throw ContextualizationError(message: problem)
        }
        let arguments = try self.arguments()
        let address = try text("ansible_host", "ansible_ssh_host") ?? name
        let port =
            try number("ansible_port", "ansible_ssh_port", in: 1...65535, "port") ?? arguments.port ?? options.port
        let user = try text("ansible_user", "ansible_ssh_user") ?? options.user ?? arguments.user ?? NSUserName()
        let checks = try checksHostKeys(arguments)
        let keyFiles = try self.keyFiles(arguments)
        var keys: [Authentication] = []
        if let text = try text("ansible_private_key", "ansible_ssh_private_key"), !text.isEmpty {
            keys.append(.privateKey(Secret(text)))
        }
        for file in keyFiles where arguments.takesKeys { keys.append(.privateKey(try files.key(file))) }
        let password =
            try text("ansible_password", "ansible_ssh_pass", "ansible_ssh_password").map { Secret($0) }
            ?? options.password
        let passwords = arguments.takesPasswords ? password.map { [Authentication.password($0)] } ?? [] : []
        let knownFiles = Self.knownFiles(arguments, options)
        let known = files.hosts(knownFiles)
        func policy(_ store: KnownHosts, _ name: String, _ port: Int, _ checks: Bool?) -> HostKeyPolicy {
            let pins = checks == false ? [] : store.keys(host: name, port: port)
            return pins.isEmpty && checks != true ? .trustOnFirstUse : .pinned(pins)
        }
        var jumps: [JumpHost] = []
        for jump in arguments.jumps {
            var theirs: [Authentication] = []
            for file in jump.keyFiles { theirs.append(.privateKey(try files.key(file))) }
            let store = jump.knownHostsFiles.map { files.hosts($0 + Self.globalFiles(options)) } ?? known
            jumps.append(
                JumpHost(
                    endpoint: Endpoint(host: jump.host, port: jump.port), user: jump.user ?? user,
                    authentications: theirs + keys + passwords,
                    hostKey: policy(store, jump.host, jump.port, jump.checksHostKeys ?? checks)))
        }
        let target = ConnectionTarget(
            endpoints: [Endpoint(host: address, port: port)], user: user, authentications: keys + passwords,
            hostKey: policy(
                known, arguments.hostKeyAlias ?? address, arguments.hostKeyAlias == nil ? port : 22, checks),
            jumps: jumps)
        return (target, try patience(arguments))
    }

    /// All that is said to `ssh`, in the order in which Ansible does: of most options the first one counts.
    private func arguments() throws -> SSHArguments {
        let checks = try flag("ansible_host_key_checking", "ansible_ssh_host_key_checking") ?? options.checksHostKeys
        return try SSHArguments(
            [
                try text("ansible_ssh_args") ?? options.sshArguments,
                checks == false ? "-o StrictHostKeyChecking=no" : nil,
                try text("ansible_ssh_common_args") ?? options.sshCommonArguments,
                try text("ansible_ssh_extra_args") ?? options.sshExtraArguments,
            ].compactMap(\.self).joined(separator: " "))
    }

    private func checksHostKeys(_ arguments: SSHArguments) throws -> Bool? {
        let given = try flag("ansible_host_key_checking", "ansible_ssh_host_key_checking") ?? options.checksHostKeys
        return arguments.checksHostKeys ?? given
    }

    private func keyFiles(_ arguments: SSHArguments) throws -> [String] {
        let named = try text("ansible_ssh_private_key_file", "ansible_private_key_file").flatMap {
            $0.isEmpty ? nil : $0
        }
        let all = (named.map { [$0] } ?? []) + arguments.keyFiles.filter { $0 != named }
        return all.isEmpty ? ownKeys : all
    }

    private static func globalFiles(_ options: RecipeRunner.Options) -> [String] {
        options.knownHostsFiles.filter { $0.hasPrefix("/etc/") }
    }

    private static func knownFiles(_ arguments: SSHArguments, _ options: RecipeRunner.Options) -> [String] {
        guard arguments.userKnownHosts != nil || arguments.globalKnownHosts != nil else {
            return options.knownHostsFiles
        }
        let global = globalFiles(options)
        return (arguments.userKnownHosts ?? options.knownHostsFiles.filter { !global.contains($0) })
            + (arguments.globalKnownHosts ?? global)
    }

    private func patience(_ arguments: SSHArguments) throws -> PlaybookRun.Patience {
        var patience = PlaybookRun.Patience(timeout: options.connectTimeout, retries: options.retries)
        if let seconds = try number("ansible_ssh_timeout", "ansible_timeout", in: 1...86400, "number of seconds") {
            patience.timeout = .seconds(seconds)
        } else if let seconds = arguments.connectTimeout {
            patience.timeout = .seconds(seconds)
        }
        patience.retries =
            try number("ansible_ssh_retries", in: 0...1000, "number of tries") ?? arguments.attempts.map { $0 - 1 }
            ?? patience.retries
        return patience
    }
}
