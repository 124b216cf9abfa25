import ArgumentParser
import Contextualization
import Foundation
import Glibc
import Jinja
import Recipes
import SSHTransport
import Support

/// Where machines and variables come from.
struct RecipeSourceOptions: ParsableArguments {
    @Option(
        name: [.customShort("i"), .customLong("inventory"), .customLong("inventory-file")],
        help: ArgumentHelp(
            "Inventory (INI, YAML, a program that prints JSON, a folder, or a list with commas); may be repeated.",
            valueName: "file"))
    var inventory: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Only these hosts; @FILE: those that stand in it.", valueName: "pattern"))
    var limit: String?

    @Option(
        name: [.customShort("e"), .customLong("extra-vars")],
        help: ArgumentHelp(
            "Extra variables: name=value pairs, YAML or JSON, or @FILE; may be repeated.", valueName: "variables"))
    var extra: [String] = []

    @OptionGroup var vaultOptions: VaultOptions

    /// `--limit`, with the hosts of files that are named as `@FILE`: a line each, as Ansible's files for another try have
    /// them.
    func hostLimit() throws -> String? {
        try limit?.split(separator: ",").map { part in
            let word = part.trimmingCharacters(in: .whitespaces)
            guard word.hasPrefix("@") else { return word }
            let file = String(word.dropFirst())
            try UserFile.check(file, "file of hosts for --limit")
            let data = FileManager.default.contents(atPath: file.expandingHome) ?? Data()
            let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
            guard !lines.isEmpty else { throw UsageError("the file '\(file)' of --limit names no host") }
            return lines.joined(separator: ",")
        }.joined(separator: ",")
    }

    func vault() throws -> Vault? { try vaultOptions.vault() }

    /// `-e`: later ones win.
    func variables(_ vault: Vault?) throws -> JinjaDict {
        var variables = JinjaDict()
        for entry in extra {
            let text = entry.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("@") {
                let file = String(text.dropFirst())
                try UserFile.check(file, "file of variables")
                let path = file.expandingHome
                let content = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
                variables.merge(try Self.mapping(content, file, vault))
            } else if text.hasPrefix("{") || text.hasPrefix("[") {
                variables.merge(try Self.mapping(text, "-e", vault))
            } else {
                let (pairs, rest) = try Recipe.pairs(text)
                let wrong = rest ?? pairs.first { $0.name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil }?.name
                guard wrong == nil else {
                    // The value may be a secret.
                    throw UsageError(
                        "-e takes name=value, with a name of letters, digits and underscores, not '\(wrong ?? "")'")
                }
                for pair in pairs { variables[pair.name] = .string(pair.value) }
            }
        }
        return variables
    }

    private static func mapping(_ text: String, _ name: String, _ vault: Vault?) throws -> JinjaDict {
        let value = try RecipeYAML.value(
            text, name: name, vault: vault?.reader)
        guard case .dict(let dict) = value else {
            if value.isNone { return JinjaDict() }
            throw UsageError("\(name) must hold a mapping of variables")
        }
        return dict
    }

    /// The inventory; without one only the controller.
    func read(_ vault: Vault?) throws -> Inventory {
        var sources = inventory
        if sources.isEmpty, let given = try AnsibleEnvironment.shared.text("ANSIBLE_INVENTORY")?.value {
            sources = given.split(separator: ",").map(String.init)
        }
        for source in sources where !source.contains(",") || FileManager.default.fileExists(atPath: source) {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: source, isDirectory: &isFolder), isFolder.boolValue { continue }
            if RecipeRunner.isProgram(source) { continue }
            try UserFile.check(source, "inventory")
        }
        return try RecipeRunner.inventory(files: sources, vault: vault, run: Self.output)
    }

    /// What an inventory program prints.
    private static func output(of file: String, _ arguments: [String]) throws -> String {
        let program = file.contains("/") ? file : "./" + file
        let ended: ChildCommand.Completed
        do throws(StartProblem) {
            ended = try ChildCommand([program] + arguments).run()
        } catch {
            throw UsageError("the inventory \(error)")
        }
        let call = ([file] + arguments).joined(separator: " ")
        let errors = String(decoding: ended.errors, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard ended.ending.status == 0 else {
            throw UsageError(
                "the inventory '\(call)' ended with status \(ended.ending.status)"
                    + (errors.isEmpty ? "" : ": \(errors)"))
        }
        if !errors.isEmpty { Terminal.note(errors) }
        return String(decoding: ended.output, as: UTF8.self)
    }
}

/// How machines are reached and as whom.
struct RecipeConnectionOptions: ParsableArguments {
    @Option(
        name: [.short, .long, .customLong("remote-user")], help: "Login user where the inventory names none.")
    var user: String?
    @Option(
        name: [.customLong("private-key"), .customLong("key-file")],
        help: ArgumentHelp("Private key.", valueName: "file"))
    var privateKey: String?
    @Option(name: .shortAndLong, help: "ssh or local, where the inventory says nothing.") var connection: String?
    @Option(
        name: [.customShort("T"), .customLong("timeout")],
        help: ArgumentHelp(
            "Most time of one try to connect, where the inventory says nothing (default: $ANSIBLE_TIMEOUT, else 15). A "
                + "host that is down is tried once, or as often again as ansible_ssh_retries or $ANSIBLE_SSH_RETRIES say.",
            valueName: "seconds"))
    var timeout: Int?
    @Flag(name: [.customShort("k"), .customLong("ask-pass")], help: "Ask for the login password.")
    var asksPassword = false
    @Option(
        name: [.customLong("connection-password-file"), .customLong("conn-pass-file")],
        help: ArgumentHelp("Holds the login password.", valueName: "file"))
    var passwordFile: String?
    @Option(
        name: [.customShort("f"), .customLong("forks"), .customLong("parallel")],
        help: ArgumentHelp("Machines at the same time (default: $ANSIBLE_FORKS, else 64).", valueName: "number"))
    var parallel: Int?

    @Option(
        name: .customLong("ssh-common-args"),
        help: ArgumentHelp(
            "Arguments as for ssh, where the inventory has none: -o, -i, -J and others; what cannot be followed is refused.",
            valueName: "arguments"))
    var sshCommonArguments: String?
    @Option(name: .customLong("ssh-extra-args"), help: ArgumentHelp("The same.", valueName: "arguments"))
    var sshExtraArguments: String?

    @Flag(name: .shortAndLong, help: "Become root.") var become = false
    @Option(name: .customLong("become-user"), help: ArgumentHelp("Become this user.", valueName: "name"))
    var becomeUser: String?
    @Option(name: .customLong("become-method"), help: ArgumentHelp("sudo, su or doas.", valueName: "method"))
    var becomeMethod: String?
    @Flag(name: [.customShort("K"), .customLong("ask-become-pass")], help: "Ask for the password of sudo.")
    var asksBecomePassword = false
    @Option(
        name: [.customLong("become-password-file"), .customLong("become-pass-file")],
        help: ArgumentHelp("Holds the password of sudo.", valueName: "file"))
    var becomePasswordFile: String?

    func validate() throws {
        if let parallel, parallel < 1 {
            throw ValidationError("--forks is a number of machines from 1, not \(parallel)")
        }
        if let timeout, !(1...86400).contains(timeout) {
            throw ValidationError("--timeout is a number of seconds from 1, not \(timeout)")
        }
        if let becomeMethod { _ = try AnsibleEnvironment.becomeMethod(becomeMethod, "--become-method") }
        if let connection, !["ssh", "smart", "local"].contains(connection) {
            throw ValidationError("--connection is ssh or local, not '\(connection)'")
        }
    }

    func apply(to options: inout RecipeRunner.Options) throws {
        let environment = try AnsibleEnvironment.shared
        try environment.apply(to: &options)
        options.sshConfiguration = try SSHConfigFile.ofThisUser()
        options.agentSocket = environment.text("SSH_AUTH_SOCK")?.value
        if let user { options.user = user }
        if let privateKey { try UserFile.check(privateKey, "private key") }
        if let privateKey { options.privateKeyFiles = [privateKey] }
        options.connection = connection
        if let timeout { options.connectTimeout = .seconds(timeout) }
        if let parallel { options.parallelism = parallel }
        if let sshCommonArguments { options.sshCommonArguments = sshCommonArguments }
        if let sshExtraArguments { options.sshExtraArguments = sshExtraArguments }
        if become { options.becomes = true }
        if let becomeUser { options.becomeUser = becomeUser }
        if let becomeMethod {
            options.becomeMethod = try AnsibleEnvironment.becomeMethod(becomeMethod, "--become-method")
        }
        options.password = try Self.password(
            "SSH password: ", isAsked: try asksPassword || environment.asksPassword,
            file: passwordFile ?? environment.text("ANSIBLE_CONNECTION_PASSWORD_FILE")?.value)
        options.becomePassword = try Self.password(
            "BECOME password: ", isAsked: try asksBecomePassword || environment.asksBecomePassword,
            file: becomePasswordFile ?? environment.text("ANSIBLE_BECOME_PASSWORD_FILE")?.value)
    }

    /// What the file holds, else what is typed.
    private static func password(_ prompt: String, isAsked: Bool, file: String?) throws -> Secret<String>? {
        if let file { return try PasswordFile.read(file) }
        return isAsked ? try Asking.secret(prompt) : nil
    }
}

/// Which tasks.
struct RecipeTagOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Only tasks with these tags.", valueName: "tags"))
    var tags: [String] = []
    @Option(name: .customLong("skip-tags"), help: ArgumentHelp("Not tasks with these tags.", valueName: "tags"))
    var skipTags: [String] = []

    var selection: TagSelection { selection(default: []) }

    /// For a list of all tags: those of tasks that run only when asked for, too, unless the options say which.
    var selectionOfTags: TagSelection { selection(default: ["all", "never"]) }

    private func selection(default all: [String]) -> TagSelection {
        func list(_ texts: [String]) -> [String] {
            texts.flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        }
        return TagSelection(only: tags.isEmpty && skipTags.isEmpty ? all : list(tags), skipped: list(skipTags))
    }
}
