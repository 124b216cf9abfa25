package import Authorization
import Logging
import OpenIDConnect

/// The vault of who uses the command: lines of type `Vault` of their authorization file name it, and what they leave open is
/// as Vault's own command has it (`VAULT_ADDR`, https://developer.hashicorp.com/vault/docs/commands#environment-variables).
package enum UserVault {
    /// - Parameter address: `VAULT_ADDR`.
    package static func make(address: String?) throws -> any CredentialVault {
        let logger = StandardErrorLog.logger(label: "vault", level: .warning)
        return VaultClient(
            .init(url: address), client: try IssuerClient(for: [address].compactMap(\.self), logger: logger))
    }
}
