package import Support

/// Where users keep credentials of their clouds, so that requests need not bring them.
package protocol CredentialVault: Sendable {
    /// Whether the service names one itself, so that a token alone is enough to find a user's credentials.
    var isNamedByService: Bool { get }

    /// What is kept there now. Asked anew each time, so that changed credentials count at once.
    /// - Throws: ``VaultProblem``.
    func items(_ reference: VaultReference) async throws(VaultProblem) -> [AuthorizationItem]
}

extension CredentialVault {
    /// Authorization data with the credentials that lines of type `Vault` refer to, in the place of those lines, behind what
    /// came with the data. A cloud whose id came with it is not taken from there.
    /// - Throws: ``VaultProblem``.
    package func opened(_ items: [AuthorizationItem]) async throws(VaultProblem) -> [AuthorizationItem] {
        let token = items.first { $0.isLogin }?["token"]
        var opened = items.filter { !$0.isVault }
        for item in items where item.isVault {
            let found = try await self.items(try VaultReference(item, token: token))
            opened += found.filter { new in !opened.contains { $0.isCloud && $0.id == new.id } }
        }
        return opened
    }
}

/// Whose credentials, and where: a line of type `Vault` (im.md 2.3). What it leaves open is the service's.
package struct VaultReference: Sendable, Hashable {
    package var host: String?
    /// A token of OpenID Connect (JWT), which the vault lets in.
    package var token: Secret<String>
    package var path: String?
    package var mountPoint: String?
    package var role: String?

    package init(
        host: String? = nil, token: Secret<String>, path: String? = nil, mountPoint: String? = nil,
        role: String? = nil
    ) {
        self.host = host
        self.token = token
        self.path = path
        self.mountPoint = mountPoint
        self.role = role
    }

    /// - Parameter token: The caller's, where the line has none.
    /// - Throws: ``VaultProblem`` where there is none at all.
    package init(_ item: AuthorizationItem, token: String?) throws(VaultProblem) {
        guard let token = item["token"] ?? token else {
            throw VaultProblem(
                "the line '\(item.id)' of type Vault has no token; write `token = JWT`", isRefusal: true)
        }
        self.init(
            host: item["host"], token: Secret(token), path: item["path"], mountPoint: item["mount_point"],
            role: item["role"])
    }
}

/// Why a vault gives no credentials. Never holds a token or a secret.
package struct VaultProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    /// Whether it is the caller's: the vault does not let them in, or has nothing of theirs. Else nobody could be asked.
    package var isRefusal: Bool

    package init(_ message: String, isRefusal: Bool) {
        self.message = message
        self.isRefusal = isRefusal
    }

    package var description: String { message }
}
