import Foundation
import Jinja
import Support

/// Filters that need more than the language: encryption, and files of the controller.
enum EngineFilters {
    /// For all recipes.
    static let pure: [String: JinjaFunction] = ["vault": vault, "unvault": unvault]

    /// For playbooks that users run themselves.
    static let controller: [String: JinjaFunction] = pure.merging([
        "fileglob": JinjaFunction(["pathname"]) { arguments, _ in
            .list(files(matching: arguments.positional.first?.text ?? "").map { .string($0) })
        }
    ]) { _, own in own }

    /// For recipes of documents, which are other people's code.
    static let document: [String: JinjaFunction] = pure.merging([
        "fileglob": JinjaFunction(nil) { _, _ in
            throw JinjaError(
                .refused,
                "the filter 'fileglob' reads the controller, which a recipe of a document may not: use a variable")
        }
    ]) { _, own in own }

    private static let vault = JinjaFunction(["data", "secret", "salt", "vault_id", "wrap_object", "vaultid"]) {
        arguments, _ in
        let secret = try text(arguments.value(1, "secret"), "Secret passed is required to be a string")
        let data = try text(arguments.positional.first, "Can only vault strings")
        let id = arguments.value(3, "vault_id") ?? arguments.value(5, "vaultid")
        let vault = Vault(passwords: [(id: id?.text ?? "filter_default", password: Secret(secret))])
        let salt = arguments.value(2, "salt").flatMap { $0.isNone ? nil : Array($0.text.utf8) }
        do {
            return .string(try vault.encrypt(Array(data.utf8), salt: salt))
        } catch {
            throw JinjaError(.value, "Unable to encrypt: \(error)")
        }
    }

    private static let unvault = JinjaFunction(["vault", "secret", "vault_id", "vaultid"]) { arguments, _ in
        let secret = try text(arguments.value(1, "secret"), "Secret passed is required to be as string")
        let data = try text(arguments.positional.first, "Vault should be in the form of a string")
        guard Vault.isVault(data) else { return .string(data) }
        do {
            return .string(try Vault(passwords: [(id: "default", password: Secret(secret))]).decryptText(data))
        } catch {
            throw JinjaError(.value, "Unable to decrypt: \(error)")
        }
    }

    private static func text(_ value: JinjaValue?, _ message: String) throws -> String {
        guard let text = value?.stringValue else {
            throw JinjaError(.type, "\(message), instead we got \(value?.typeName ?? "nothing")")
        }
        return text
    }

    /// Files, without folders, in the order of their names.
    private static func files(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }.filter { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }
}
