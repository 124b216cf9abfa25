package import Support

/// Looks at tokens of OpenID Connect.
package protocol TokenVerifier: Sendable {
    /// Who a token says that it is.
    /// - Throws: ``AuthorizationError`` in IM's words for a token that lets nobody in.
    func identity(of token: Secret<String>) async throws(AuthorizationError) -> TokenIdentity
}

/// Who came with a token, as IM names them (im.md 2.4).
package struct TokenIdentity: Sendable, Hashable {
    /// What names of those who come with a token begin with; no password opens them.
    package static let prefix = "__OPENID__"

    /// ``prefix`` and the issuer's name for them.
    package var username: String
    /// The issuer with `/` at its end and the subject, in the place of a password.
    package var subject: Secret<String>
    /// Whether a group that they are in may use every infrastructure.
    package var isAdministrator: Bool

    package init(username: String, subject: Secret<String>, isAdministrator: Bool = false) {
        self.username = username
        self.subject = subject
        self.isAdministrator = isAdministrator
    }
}

extension AuthorizationError {
    package static let issuerNotAccepted = AuthorizationError(
        "Invalid InfrastructureManager credentials. Issuer not accepted.")
}
