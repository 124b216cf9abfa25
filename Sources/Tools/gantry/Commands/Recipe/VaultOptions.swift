import ArgumentParser
import Contextualization
import Foundation
import Glibc
import Support

/// Passwords of Ansible Vault.
struct VaultOptions: ParsableArguments {
    @Option(
        name: [.customLong("vault-password-file"), .customLong("vault-pass-file")],
        help: ArgumentHelp("Holds the vault password, or prints it when it is a program.", valueName: "file"))
    var vaultPasswordFiles: [String] = []

    @Option(
        name: .customLong("vault-id"),
        help: ArgumentHelp("An id with its password: ID@FILE, or ID@prompt.", valueName: "id"))
    var vaultIDs: [String] = []

    @Flag(
        name: [.customShort("J"), .customLong("ask-vault-password"), .customLong("ask-vault-pass")],
        help: "Ask for the vault password.")
    var asksVaultPassword = false

    /// - Parameter isNew: Passwords that are asked for are to be used from now on.
    /// - Returns: nil where none is given.
    func vault(isNew: Bool = false) throws -> Vault? {
        let ask = isNew ? Asking.newSecret : Asking.secret
        var passwords = try vaultIDs.map { try Self.password(ofID: $0, ask) }
        for file in vaultPasswordFiles { passwords.append(("default", try PasswordFile.read(file))) }
        if asksVaultPassword { passwords.append(("default", try ask(Self.question(isNew, nil)))) }
        if passwords.isEmpty, let file = try AnsibleEnvironment.shared.text("ANSIBLE_VAULT_PASSWORD_FILE")?.value {
            passwords.append(("default", try PasswordFile.read(file)))
        }
        return passwords.isEmpty ? nil : Vault(passwords: passwords)
    }

    /// Where none is given, it is asked for.
    func required(isNew: Bool = false) throws -> Vault {
        if let vault = try vault(isNew: isNew) { return vault }
        let ask = isNew ? Asking.newSecret : Asking.secret
        return Vault(passwords: [("default", try ask(Self.question(isNew, nil)))])
    }

    /// `ID@FILE`, `ID@prompt`, or a file alone.
    static func password(
        ofID entry: String, _ ask: (String) throws -> Secret<String>
    ) throws -> (id: String, password: Secret<String>) {
        let at = entry.firstIndex(of: "@")
        let id = at.map { String(entry[..<$0]) } ?? "default"
        let source = at.map { String(entry[entry.index(after: $0)...]) } ?? entry
        let password = source == "prompt" ? try ask(question(false, id)) : try PasswordFile.read(source)
        return (id.isEmpty ? "default" : id, password)
    }

    static func question(_ isNew: Bool, _ id: String?) -> String {
        (isNew ? "New Vault password" : "Vault password") + (id.map { " (\($0))" } ?? "") + ": "
    }
}

/// A file that holds a password, or a program that prints one.
enum PasswordFile {
    /// The content without the line break at its end.
    static func read(_ file: String) throws -> Secret<String> {
        try UserFile.check(file, "password file")
        let path = file.expandingHome
        var text: String
        if access(path, X_OK) == 0 {
            // A name without a slash would be one of the search path's.
            let ended = try ChildCommand([path.contains("/") ? path : "./" + path]).run(input: [])
            guard ended.ending.status == 0 else {
                throw UsageError("'\(file)', which is to print a password, ended with status \(ended.ending.status)")
            }
            text = String(decoding: ended.output, as: UTF8.self)
        } else {
            text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw UsageError("'\(file)' holds no password") }
        return Secret(text)
    }
}
