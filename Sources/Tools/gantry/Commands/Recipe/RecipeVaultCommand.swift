import ArgumentParser
import Contextualization
import Foundation
import Glibc
import Support

struct RecipeVaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Encrypt and decrypt files and values as ansible-vault does.",
        subcommands: [
            EncryptCommand.self, DecryptCommand.self, ViewCommand.self, EncryptStringCommand.self, RekeyCommand.self,
        ])

    /// Whose password.
    struct Options: ParsableArguments {
        @Option(
            name: .customLong("vault-password-file"),
            help: ArgumentHelp("Holds the password, or prints it when it is a program.", valueName: "file"))
        var passwordFile: String?
        @Option(name: .customLong("vault-id"), help: ArgumentHelp("An id with its password: ID@FILE.", valueName: "id"))
        var vaultID: String?

        func vault() throws -> Vault {
            if let vaultID {
                guard let at = vaultID.firstIndex(of: "@") else { throw UsageError("--vault-id takes ID@FILE") }
                let id = String(vaultID[..<at])
                let file = String(vaultID[vaultID.index(after: at)...])
                let password =
                    file == "prompt"
                    ? try Asking.secret("Vault password (\(id)): ") : try RecipeSourceOptions.password(file)
                return Vault(passwords: [(id, password)])
            }
            let file = passwordFile ?? ProcessInfo.processInfo.environment["ANSIBLE_VAULT_PASSWORD_FILE"]
            let password = try file.map { try RecipeSourceOptions.password($0) } ?? Asking.secret("Vault password: ")
            return Vault(passwords: [("default", password)])
        }
    }

    static func read(_ file: String) throws -> [UInt8] {
        if file == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: (file as NSString).expandingTildeInPath) else {
            throw UsageError("'\(file)' cannot be read: look at its name and permissions")
        }
        return Array(data)
    }

    /// Replaces a file, which keeps its permissions; a new one is its user's only.
    static func write(_ bytes: [UInt8], to file: String) throws {
        if file == "-" { return Terminal.write(String(decoding: bytes, as: UTF8.self)) }
        let path = (file as NSString).expandingTildeInPath
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber
        let temporary = "\(path).\(getpid()).new"
        guard
            FileManager.default.createFile(
                atPath: temporary, contents: Data(bytes), attributes: [.posixPermissions: mode?.intValue ?? 0o600])
        else { throw UsageError("'\(file)' cannot be written: look at the permissions of its folder") }
        guard rename(temporary, path) == 0 else {
            unlink(temporary)
            throw UsageError("'\(file)' cannot be replaced: \(String(cString: strerror(errno)))")
        }
    }

    static func decrypt(_ file: String, _ vault: Vault) throws -> [UInt8] {
        do {
            return try vault.decrypt(String(decoding: try read(file), as: UTF8.self))
        } catch let failure as Vault.Failure {
            throw UsageError("'\(file)': \(failure)")
        }
    }

    struct EncryptCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encrypt", abstract: "Encrypt files in place.",
            discussion: """
                EXAMPLES:
                  gantry recipe vault encrypt secrets.yml
                """)
        @Argument(help: ArgumentHelp("Files; - for standard input to output.", valueName: "file")) var files: [String]
        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let vault = try options.vault()
                for file in files {
                    let plain = try RecipeVaultCommand.read(file)
                    guard !Vault.isVault(String(decoding: plain.prefix(100), as: UTF8.self)) else {
                        throw UsageError("'\(file)' is encrypted already")
                    }
                    try RecipeVaultCommand.write(Array(try vault.encrypt(plain).utf8), to: file)
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
                """)
        @Argument(help: ArgumentHelp("Files; - for standard input to output.", valueName: "file")) var files: [String]
        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let vault = try options.vault()
                for file in files {
                    try RecipeVaultCommand.write(try RecipeVaultCommand.decrypt(file, vault), to: file)
                }
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
        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let vault = try options.vault()
                for file in files { try RecipeVaultCommand.write(try RecipeVaultCommand.decrypt(file, vault), to: "-") }
            }
        }
    }

    struct EncryptStringCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "encrypt-string", abstract: "Encrypt a value for a YAML file; it is read from standard input.",
            discussion: """
                EXAMPLES:
                  printf secret | gantry recipe vault encrypt-string --name password
                """)
        @Option(help: "The variable.") var name: String?
        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let vault = try options.vault()
                let text = try vault.encrypt(try RecipeVaultCommand.read("-"))
                let indent = String(repeating: " ", count: 10)
                Terminal.line((name.map { "\($0): " } ?? "") + "!vault |")
                for line in text.split(separator: "\n") { Terminal.line(indent + line) }
            }
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
        @OptionGroup var options: Options
        @Option(
            name: .customLong("new-vault-password-file"),
            help: ArgumentHelp("Holds the new password.", valueName: "file"))
        var newPasswordFile: String?

        func run() async throws {
            try await reporting {
                let old = try options.vault()
                let password =
                    try newPasswordFile.map { try RecipeSourceOptions.password($0) }
                    ?? Asking.secret("New Vault password: ")
                let new = Vault(passwords: [("default", password)])
                for file in files {
                    let plain = try RecipeVaultCommand.decrypt(file, old)
                    try RecipeVaultCommand.write(Array(try new.encrypt(plain).utf8), to: file)
                }
            }
        }
    }
}
