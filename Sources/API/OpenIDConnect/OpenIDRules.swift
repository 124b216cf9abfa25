/// Whose tokens let somebody in, and who that is: IM's options `OIDC_…`.
package struct OpenIDRules: Sendable, Hashable {
    /// Members of a group of an issuer, who may use every infrastructure.
    package struct AdministratorGroup: Sendable, Hashable {
        package var issuer: String
        package var group: String

        package init(issuer: String, group: String) {
            self.issuer = issuer
            self.group = group
        }
    }

    /// Addresses of the issuers that are trusted.
    package var issuers: [String]
    /// Whom tokens have to be for; nil: for anybody.
    package var audience: String?
    /// What tokens have to allow, all of it.
    package var scopes: [String]
    /// Groups that users have to be in, in all of them.
    package var groups: [String]
    /// Which claim names the groups.
    package var groupsClaim: String
    package var administratorGroups: [AdministratorGroup]

    package init(
        issuers: [String], audience: String? = nil, scopes: [String] = [], groups: [String] = [],
        groupsClaim: String = "groups", administratorGroups: [AdministratorGroup] = []
    ) {
        self.issuers = issuers
        self.audience = audience
        self.scopes = scopes
        self.groups = groups
        self.groupsClaim = groupsClaim
        self.administratorGroups = administratorGroups
    }

    /// An issuer as names of users have it: with one `/` at its end.
    static func name(_ issuer: String) -> String {
        var issuer = issuer
        while issuer.hasSuffix("/") { issuer.removeLast() }
        return issuer + "/"
    }
}
