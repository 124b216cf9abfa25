import ArgumentParser
import Assembly
import Contextualization
import Foundation
import Glibc
import Support

struct RecipeVaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Encrypt and decrypt files and values as ansible-vault does.",
        subcommands: [
            CreateCommand.self, EditCommand.self, ViewCommand.self, EncryptCommand.self, DecryptCommand.self,
            EncryptStringCommand.self, RekeyCommand.self,
        ])

    // MARK: - Options

    /// Under which of several passwords.
    struct EncryptionOptions: ParsableArguments {
        @Option(
            name: .customLong("encrypt-vault-id"),
            help: ArgumentHelp("Of several passwords, that of this id encrypts.", valueName: "id"))
        var id: String?

        func choose(from vault: Vault) throws -> Vault {
            let ids = vault.passwords.map(\.id)
            guard let id else {
                guard ids.count == 1 else {
                    throw UsageError(
                        "passwords of \(ids.joined(separator: ", ")) are given: name the one that encrypts by "
                            + "--encrypt-vault-id")
                }
                return vault
            }
            guard let chosen = vault.passwords.first(where: { $0.id == id }) else {
                throw UsageError("no password is given for '\(id)': give it by --vault-id \(id)@FILE")
            }
            return Vault(passwords: [chosen])
        }
    }

    /// Files that are changed in place.
    struct Files: ParsableArguments {
        @Argument(help: ArgumentHelp("Files; none, or -: standard input to output.", valueName: "file"))
        var files: [String] = []
        @Option(help: ArgumentHelp("Write to this file, or -: standard output.", valueName: "file"))
        var output: String?

        func validate() throws {
            if output != nil, files.count > 1 { throw ValidationError("--output goes with one file") }
        }

        func change(_ change: (_ file: String, _ content: [UInt8]) throws -> [UInt8]) throws {
            for file in files.isEmpty ? ["-"] : files {
                try write(try change(file, try RecipeVaultCommand.read(file)), to: output ?? file)
            }
        }
    }

    // MARK: - Files

    fileprivate static func read(_ file: String) throws -> [UInt8] {
        if file == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: file.expandingHome) else {
            throw UsageError("'\(file)' cannot be read: look at its name and permissions")
        }
        return Array(data)
    }

    /// What is plain is its user's only.
    fileprivate static func write(_ bytes: [UInt8], to file: String) throws {
        guard file == "-" else { return try UserFile.replace(file, with: bytes, newMode: 0o600) }
        let number = StandardStream.write(bytes, to: STDOUT_FILENO)
        guard number == 0 else {
            throw UsageError("standard output cannot be written: \(String(cString: strerror(number)))")
        }
    }

    fileprivate static func decrypt(_ content: [UInt8], of file: String, _ vault: Vault) throws -> [UInt8] {
        do {
            return try vault.decrypt(String(decoding: content, as: UTF8.self))
        } catch {
            throw UsageError("'\(file)': \(error)")
        }
    }

    /// The content as the user's editor left it; nil where it is unchanged. It lies meanwhile in a folder that is the user's
    /// only, and in memory where that can be had.
    fileprivate static func edit(_ content: [UInt8], name: String) throws -> [UInt8]? {
        let memory = "/dev/shm"
        let parent = access(memory, W_OK) == 0 ? memory : NSTemporaryDirectory()
        let folder = (parent as NSString).appendingPathComponent("gantry-vault-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        // Ctrl-C is the editor's affair: what is plain has to go in any case.
        for number in [SIGINT, SIGQUIT] { signal(number, SIG_IGN) }
        defer {
            for number in [SIGINT, SIGQUIT] { signal(number, SIG_DFL) }
            try? FileManager.default.removeItem(atPath: folder)
        }
        let file = "\(folder)/\((name as NSString).lastPathComponent)"
        try UserFile.replace(file, with: content, newMode: 0o600)
        let editor = ProcessInfo.processInfo.environment["EDITOR"].flatMap { $0.isEmpty ? nil : $0 } ?? "vi"
        let ending = try ChildCommand(["/bin/sh", "-c", "exec \(editor) \"$1\"", "gantry", file]).start().wait()
        guard ending.status == 0 else {
            throw UsageError("the editor (EDITOR: '\(editor)') ended with status \(ending.status); nothing was changed")
        }
        let edited = try read(file)
        return edited == content ? nil : edited
    }

    // MARK: - Commands

    struct CreateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Write a new encrypted file in an editor (EDITOR).",
            discussion: """
                EXAMPLES:
                  gantry recipe vault create secrets.yml
                """)
        @Argument(help: ArgumentHelp("File that there is not yet.", valueName: "file")) var file: String
        @OptionGroup var vault: VaultOptions
        @OptionGroup var encryption: EncryptionOptions

        func run() async throws {
            try await reporting {
                guard !FileManager.default.fileExists(atPath: file.expandingHome) else {
                    throw UsageError("'\(file)' exists: change it with 'gantry recipe vault edit'")
                }
                let vault = try encryption.choose(from: try vault.required(isNew: true))
                let text = try RecipeVaultCommand.edit([], name: file) ?? []
                try RecipeVaultCommand.write(Array(try vault.encrypt(text).utf8), to: file)
            }
        }
    }

    struct EditCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "edit", abstract: "Change an encrypted file in an editor (EDITOR).",
            discussion: """
                EXAMPLES:
                  EDITOR=nano gantry recipe vault edit secrets.yml
                """)
        @Argument(help: ArgumentHelp("File.", valueName: "file")) var file: String
        @OptionGroup var vault: VaultOptions
        @OptionGroup var encryption: EncryptionOptions

        func run() async throws {
            try await reporting {
                let content = try RecipeVaultCommand.read(file)
                let vault = try vault.required()
                let (plain, opener) = try vault.open(content, of: file)
                let next = encryption.id == nil ? opener : try encryption.choose(from: vault)
                guard let edited = try RecipeVaultCommand.edit(plain, name: file) else { return }
                try RecipeVaultCommand.write(Array(try next.encrypt(edited).utf8), to: file)
            }
        }
    }

    struct ViewCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "view", abstract: "Print what is encrypted.",
            discussion: """
                EXAMPLES:
                  gantry recipe vault view secrets.yml
                """)
        @Argument(help: ArgumentHelp("Files.", valueName: "file")) var files: [String]
        @OptionGroup var vault: VaultOptions

        func run() async throws {
            try await reporting {
                let vault = try vault.required()
                for file in files {
                    let plain = try RecipeVaultCommand.decrypt(try RecipeVaultCommand.read(file), of: file, vault)
                    try RecipeVaultCommand.write(plain, to: "-")
                }
            }
        }
    }

    struct EncryptCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encrypt", abstract: "Encrypt files in place.",
            discussion: """
                EXAMPLES:
                  gantry recipe vault encrypt secrets.yml
                """)
        @OptionGroup var files: Files
        @OptionGroup var vault: VaultOptions
        @OptionGroup var encryption: EncryptionOptions

        func run() async throws {
            try await reporting {
                let vault = try encryption.choose(from: try vault.required(isNew: true))
                try files.change { file, plain in
                    guard !Vault.isVault(String(decoding: plain.prefix(100), as: UTF8.self)) else {
                        throw UsageError("'\(file)' is encrypted already")
                    }
                    return Array(try vault.encrypt(plain).utf8)
                }
            }
        }
    }

    struct DecryptCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "decrypt", abstract: "Decrypt files in place.",
            discussion: """
                EXAMPLES:
                  gantry recipe vault decrypt secrets.yml
                  gantry recipe vault decrypt secrets.yml --output -
                """)
        @OptionGroup var files: Files
        @OptionGroup var vault: VaultOptions

        func run() async throws {
            try await reporting {
                let vault = try vault.required()
                try files.change { try RecipeVaultCommand.decrypt($1, of: $0, vault) }
            }
        }
    }

    struct EncryptStringCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encrypt-string",
            abstract: "Encrypt values for a YAML file; without one it is read from standard input.",
            discussion: """
                A value in the arguments can be seen by others on this machine.

                EXAMPLES:
                  printf secret | gantry recipe vault encrypt-string --stdin-name password
                  gantry recipe vault encrypt-string --prompt --name password
                """,
            aliases: ["encrypt_string"])
        @Argument(help: ArgumentHelp("Values.", valueName: "value")) var values: [String] = []
        @Option(name: .shortAndLong, help: ArgumentHelp("Variables, one a value.", valueName: "name"))
        var name: [String] = []
        @Option(
            name: .customLong("stdin-name"),
            help: ArgumentHelp("Variable of what is read from standard input.", valueName: "name"))
        var standardInputName: String?
        @Flag(name: .shortAndLong, help: "Ask for the value.") var prompt = false
        @Option(help: ArgumentHelp("Write to this file.", valueName: "file")) var output: String?
        @OptionGroup var vault: VaultOptions
        @OptionGroup var encryption: EncryptionOptions

        func run() async throws {
            try await reporting {
                let vault = try encryption.choose(from: try vault.required(isNew: true))
                var names = name[...]
                var items = values.map { (name: names.popFirst(), value: Array($0.utf8)) }
                if prompt {
                    let typed = try Asking.newSecret("String to encrypt: ")
                    items.append((names.popFirst(), Array(typed.expose().utf8)))
                }
                if items.isEmpty || standardInputName != nil {
                    items.append((standardInputName ?? names.popFirst(), try RecipeVaultCommand.read("-")))
                }
                let texts = try items.map { try Self.yaml($0.value, name: $0.name, vault) }
                try RecipeVaultCommand.write(Array((texts.joined(separator: "\n") + "\n").utf8), to: output ?? "-")
            }
        }

        private static func yaml(_ value: [UInt8], name: String?, _ vault: Vault) throws -> String {
            let lines = try vault.encrypt(value).split(separator: "\n").map { String(repeating: " ", count: 10) + $0 }
            return ([(name.map { "\($0): " } ?? "") + "!vault |"] + lines).joined(separator: "\n")
        }
    }

    struct RekeyCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rekey", abstract: "Encrypt files in place under another password.",
            discussion: """
                EXAMPLES:
                  gantry recipe vault rekey secrets.yml
                """)
        @Argument(help: ArgumentHelp("Files.", valueName: "file")) var files: [String]
        @OptionGroup var vault: VaultOptions
        @Option(
            name: .customLong("new-vault-password-file"),
            help: ArgumentHelp("Holds the new password, or prints it.", valueName: "file"))
        var newPasswordFile: String?
        @Option(
            name: .customLong("new-vault-id"),
            help: ArgumentHelp("The new id with its password: ID@FILE, or ID@prompt.", valueName: "id"))
        var newID: String?

        func run() async throws {
            try await reporting {
                let old = try vault.required()
                let new: (id: String, password: Secret<String>)
                if let newID {
                    new = try VaultOptions.password(ofID: newID, Asking.newSecret)
                } else {
                    new = (
                        "default",
                        try newPasswordFile.map { try PasswordFile.read($0) }
                            ?? Asking.newSecret(VaultOptions.question(true, nil))
                    )
                }
                for file in files {
                    let plain = try RecipeVaultCommand.decrypt(try RecipeVaultCommand.read(file), of: file, old)
                    let text = try Vault(passwords: [new]).encrypt(plain)
                    try RecipeVaultCommand.write(Array(text.utf8), to: file)
                }
            }
        }
    }
}

extension Vault {
    /// What is encrypted, and the password alone that opened it.
    fileprivate func open(_ content: [UInt8], of file: String) throws -> (plain: [UInt8], by: Vault) {
        for password in passwords {
            let vault = Vault(passwords: [password])
            if let plain = try? vault.decrypt(String(decoding: content, as: UTF8.self)) { return (plain, vault) }
        }
        return (try RecipeVaultCommand.decrypt(content, of: file, self), self)
    }
}
