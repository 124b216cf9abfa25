package import Authorization
package import Foundation
package import Logging
package import Support

/// Lets in who comes with a token of an issuer that is trusted (im.md 2.4). Unlike IM it trusts a token only when the
/// issuer has signed it.
package struct OpenIDVerifier: TokenVerifier {
    private let rules: OpenIDRules
    private let issuers: [String: Issuer]
    private let now: @Sendable () -> Date

    /// Clocks may differ by so many seconds.
    private static let leeway: TimeInterval = 60

    /// - Parameter now: The time, for tests.
    package init(
        _ rules: OpenIDRules, client: IssuerClient, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.init(rules, client: client, patience: Issuer.Patience(), logger: logger, now: now)
    }

    init(
        _ rules: OpenIDRules, client: IssuerClient, patience: Issuer.Patience, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.rules = rules
        self.now = now
        issuers = Dictionary(
            rules.issuers.map {
                (OpenIDRules.name($0), Issuer($0, client: client, patience: patience, logger: logger))
            },
            uniquingKeysWith: { first, _ in first })
    }

    package func identity(of token: Secret<String>) async throws(AuthorizationError) -> TokenIdentity {
        let claims = try TokenClaims(token.expose())
        let time = now()
        guard let expiry = claims.expiry else { throw .refused("The token has no time of expiry (exp).") }
        guard expiry.addingTimeInterval(Self.leeway) > time else { throw .refused("OIDC auth Token expired.") }
        let name = OpenIDRules.name(claims.issuer)
        guard let issuer = issuers[name] else { throw .issuerNotAccepted }
        try await issuer.check(token, claims)
        if let beginning = claims.beginning, beginning.addingTimeInterval(-Self.leeway) > time {
            throw .refused("The token is not valid yet (nbf).")
        }
        try checkAudience(claims)
        try checkScopes(claims)
        return try await identity(claims, of: issuer, name, token)
    }

    // MARK: Rules

    private func checkAudience(_ claims: TokenClaims) throws(AuthorizationError) {
        guard let audience = rules.audience else { return }
        let given = (claims.list("aud") ?? []).flatMap { $0.split(separator: ",") }.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard given.contains(audience) else { throw .refused("Audience not accepted.") }
    }

    private func checkScopes(_ claims: TokenClaims) throws(AuthorizationError) {
        guard !rules.scopes.isEmpty else { return }
        guard let texts = claims.list("scope") ?? claims.list("scp") else {
            throw .refused("No scope obtained from introspection.")
        }
        let given = texts.joined(separator: " ")
        let scopes = Set(given.split(separator: " ").map(String.init))
        guard rules.scopes.allSatisfy(scopes.contains) else {
            throw .refused(
                "Scopes \(rules.scopes.joined(separator: " ")) not in introspection scopes: \(given)")
        }
    }

    private func identity(
        _ claims: TokenClaims, of issuer: Issuer, _ name: String, _ token: Secret<String>
    ) async throws(AuthorizationError) -> TokenIdentity {
        var username = claims["preferred_username"] ?? claims["name"]
        var groups = claims.list(rules.groupsClaim)
        let needsGroups = !rules.groups.isEmpty || !rules.administratorGroups.isEmpty
        if username == nil || (groups == nil && needsGroups) {
            let words = try await issuer.words(about: claims, token)
            username = username ?? words["preferred_username"]?.first ?? words["name"]?.first
            groups = groups ?? words[rules.groupsClaim]
        }
        let member = Set(groups ?? [])
        guard rules.groups.allSatisfy(member.contains) else { throw .refused("User not in configured groups.") }
        let isAdministrator = rules.administratorGroups.contains {
            OpenIDRules.name($0.issuer) == name && member.contains($0.group)
        }
        return TokenIdentity(
            username: TokenIdentity.prefix + (username ?? claims.subject), subject: Secret(name + claims.subject),
            isAdministrator: isAdministrator)
    }
}
