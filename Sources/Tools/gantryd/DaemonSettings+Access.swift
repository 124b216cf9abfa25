import Authorization
import Foundation
import Logging
import OpenIDConnect
import ServiceConfiguration
import Support

/// Who may use the service.
extension DaemonSettings {
    /// Who may do what, how often.
    /// - Throws: `FileProblem` where the file of users cannot be read, `HTTPError` where nobody can be asked.
    func access(_ logger: Logger) throws -> AccessRules {
        let file = configuration.text("USER_DB")
        let users: UserDatabase? =
            file.isEmpty
            ? nil
            : try UserDatabase(path: file) { logger.warning("\($0)", metadata: ["option": "USER_DB"]) }
        let administrators = configuration.objects("ADMIN_USER").compactMap { item in
            item["username"].flatMap { name in
                item["password"].map { AccessRules.Administrator(username: name, password: Secret($0)) }
            }
        }
        var access = AccessRules(
            mode: AccessRules.Mode(rawValue: configuration.integer("BOOT_MODE")) ?? .everything,
            administrators: administrators, users: users)
        access.tokens = try tokens(logger)
        access.vault = try vault(logger)
        access.requiresToken = configuration.flag("FORCE_OIDC_AUTH")
        let perSecond = configuration.integer("REQUESTS_PER_SECOND", in: .gantry)
        access.limit = perSecond > 0 ? RequestLimiter(perSecond: perSecond) : nil
        return access
    }

    /// Lines of type `Vault` name their own, too.
    private func vault(_ logger: Logger) throws -> any CredentialVault {
        func text(_ name: String) -> String? {
            let text = configuration.text(name)
            return text.isEmpty ? nil : text
        }
        let settings = VaultClient.Settings(
            url: text("VAULT_URL"), path: text("VAULT_PATH"), mountPoint: text("VAULT_MOUNT_POINT"),
            role: text("VAULT_ROLE"))
        return VaultClient(settings, client: try IssuerClient(for: [settings.url].compactMap(\.self), logger: logger))
    }

    private func tokens(_ logger: Logger) throws -> (any TokenVerifier)? {
        let issuers = configuration.list("OIDC_ISSUERS")
        guard !issuers.isEmpty else { return nil }
        let audience = configuration.text("OIDC_AUDIENCE")
        let rules = OpenIDRules(
            issuers: issuers, audience: audience.isEmpty ? nil : audience,
            scopes: configuration.list("OIDC_SCOPES"), groups: configuration.list("OIDC_GROUPS"),
            groupsClaim: configuration.text("OIDC_GROUPS_CLAIM"),
            administratorGroups: configuration.objects("OIDC_ADMIN_GROUPS").compactMap { item in
                item["issuer"].flatMap { issuer in
                    item["group"].map { OpenIDRules.AdministratorGroup(issuer: issuer, group: $0) }
                }
            })
        return OpenIDVerifier(rules, client: try IssuerClient(for: issuers, logger: logger), logger: logger)
    }
}
