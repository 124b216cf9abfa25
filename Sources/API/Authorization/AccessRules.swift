package import Support

/// Who may use the service, and what they may do there.
package struct AccessRules: Sendable {
    /// What is allowed at all, IM's `BOOT_MODE`.
    package enum Mode: Int, Sendable, Hashable {
        case everything = 0
        case reading = 1
        case readingAndDestroying = 2
    }

    /// What a call is about to do.
    package enum Deed: Sendable, Hashable {
        case reading
        case changing
        case destroying
    }

    /// Somebody who may use every infrastructure.
    package struct Administrator: Sendable, Hashable {
        package var username: String
        package var password: Secret<String>

        package init(username: String, password: Secret<String>) {
            self.username = username
            self.password = password
        }
    }

    package var mode: Mode
    package var administrators: [Administrator]
    /// nil: everybody is who they say, and their password is part of their name, as with IM.
    package var users: UserDatabase?
    /// Looks at tokens of OpenID Connect; nil: there is no issuer that is trusted.
    package var tokens: (any TokenVerifier)?
    /// Where lines of type `Vault` find credentials; nil: nowhere.
    package var vault: (any CredentialVault)?
    /// Whether nobody is let in without a token.
    package var requiresToken = false
    /// How often each user may ask; nil: as often as they like.
    package var limit: RequestLimiter?

    package init(mode: Mode = .everything, administrators: [Administrator] = [], users: UserDatabase? = nil) {
        self.mode = mode
        self.administrators = administrators
        self.users = users
    }

    package func allows(_ deed: Deed) -> Bool {
        switch (mode, deed) {
        case (.everything, _), (_, .reading), (.readingAndDestroying, .destroying): true
        case (.reading, _), (.readingAndDestroying, _): false
        }
    }

    package func isAdministrator(_ username: String, _ password: Secret<String>) -> Bool {
        administrators.reduce(false) { found, administrator in
            (administrator.username == username
                && UserDatabase.isEqual(administrator.password.expose(), password.expose())) || found
        }
    }

    /// Whether somebody may log in; administrators always may.
    package func knows(_ username: String, _ password: Secret<String>) -> Bool {
        guard let users else { return true }
        return isAdministrator(username, password) || users.contains(username, password)
    }
}
