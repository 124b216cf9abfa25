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
        private var configurations: [String: SSHConfigFile] = [:]

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

        /// A key that need not be there.
        mutating func keyIfAny(_ file: String) throws -> Secret<String>? {
            FileManager.default.fileExists(atPath: file.expandingHome) ? try key(file) : nil
        }

        /// A file that an argument of `ssh` names.
        mutating func configuration(_ file: String) throws -> SSHConfigFile {
            if let configuration = configurations[file] { return configuration }
            guard file == "none" || FileManager.default.isReadableFile(atPath: file.expandingHome) else {
                throw ContextualizationError(message: "the file '\(file)' of the argument '-F' for ssh cannot be read")
            }
            let configuration = try SSHConfigFile(files: file == "none" ? [] : [file])
            configurations[file] = configuration
            return configuration
        }

        mutating func hosts(_ files: [String]) -> KnownHosts {
            if let store = known[files] { return store }
            let store = KnownHosts(files: files)
            known[files] = store
            return store
        }
    }

    /// A variable names what the inventory does not know, and a task may.
    struct Unknown: Error {
        let message: String
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
                let message = "\(name): \(error)"
                guard error.code != .undefined else { throw Unknown(message: message) }
                throw ContextualizationError(message: message)
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
        var arguments = try self.arguments()
        let named = try text("ansible_host", "ansible_ssh_host") ?? name
        let givenUser = try text("ansible_user", "ansible_ssh_user") ?? options.user
        let configuration =
            try arguments.configurationFile.map { try files.configuration($0) } ?? options.sshConfiguration
        try arguments.follow(configuration, host: named, user: givenUser)
        let address = arguments.address(of: named)
        let port =
            try number("ansible_port", "ansible_ssh_port", in: 1...65535, "port") ?? arguments.port ?? options.port
        let user = givenUser ?? arguments.user ?? NSUserName()
        let checks = try checksHostKeys(arguments)
        let keys = try self.keys(arguments, address, user, &files)
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
            // Not as for the host: `ssh` says nothing of its user to the machine in between.
            let (port, login) = (jump.port ?? 22, jump.user ?? NSUserName())
            for file in jump.keyFilesOfFiles {
                let key = try files.keyIfAny(SSHArguments.expand(file, host: jump.host, user: login))
                if let key { theirs.append(.privateKey(key)) }
            }
            let store = jump.knownHostsFiles.map { files.hosts($0 + Self.globalFiles(options)) } ?? known
            jumps.append(
                JumpHost(
                    endpoint: Endpoint(host: jump.host, port: port), user: login,
                    authentications: theirs + keys.filter { !theirs.contains($0) } + passwords,
                    hostKey: policy(store, jump.host, port, jump.checksHostKeys ?? checks)))
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

    /// Keys to try, in their order: those that are named, and those of an agent behind them. Where none is named the agent
    /// comes first, as for `ssh`.
    private func keys(
        _ arguments: SSHArguments, _ address: String, _ user: String, _ files: inout Files
    ) throws -> [Authentication] {
        guard arguments.takesKeys else { return [] }
        var keys: [Authentication] = []
        if let text = try text("ansible_private_key", "ansible_ssh_private_key"), !text.isEmpty {
            keys.append(.privateKey(Secret(text)))
        }
        let file = try text("ansible_ssh_private_key_file", "ansible_private_key_file").flatMap {
            $0.isEmpty ? nil : $0
        }
        var seen: Set<String> = []
        let named = (file.map { [$0] } ?? []) + arguments.keyFiles
        for file in named where seen.insert(file).inserted { keys.append(.privateKey(try files.key(file))) }
        for file in arguments.keyFilesOfFiles where seen.insert(file).inserted {
            let key = try files.keyIfAny(SSHArguments.expand(file, host: address, user: user))
            if let key { keys.append(.privateKey(key)) }
        }
        let agent = agent(arguments).map { [Authentication.agent(socket: $0)] } ?? []
        guard seen.isEmpty else { return keys + agent }
        let own = try ownKeys.map { Authentication.privateKey(try files.key($0)) }
        return options.privateKeyFiles == nil ? keys + agent + own : keys + own + agent
    }

    private func agent(_ arguments: SSHArguments) -> String? {
        switch arguments.agent {
        case nil, "SSH_AUTH_SOCK": options.agentSocket
        case "none": nil
        case let named?:
            named.hasPrefix("$")
                ? ProcessInfo.processInfo.environment[named.filter { !"${}".contains($0) }]
                : SSHArguments.expand(named, host: "", user: nil).expandingHome
        }
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
