package import Support

/// One credential as a line or JSON object gives it.
package struct AuthorizationItem: Sendable, Hashable {
    /// `id` of the line, or its type and position among all lines, such as `Dummy0`.
    package var id: String
    /// `type`: `InfrastructureManager` for the login itself, else a cloud or another service.
    package var type: String
    /// All keys with their values.
    package var values: Secret<[String: String]>

    package init(id: String, type: String, values: Secret<[String: String]>) {
        self.id = id
        self.type = type
        self.values = values
    }

    /// Types that are no clouds.
    private static let services: Set<String> = ["infrastructuremanager", "vmrc", "vault", "egiis", "appdbis"]

    /// Whether machines can be had from it.
    package var isCloud: Bool { !Self.services.contains(type.lowercased()) }

    /// Whether it says where credentials of clouds are.
    package var isVault: Bool { type.lowercased() == "vault" }

    /// Whether it says who the caller is.
    package var isLogin: Bool { type.lowercased() == "infrastructuremanager" }

    /// The value of a key, in clear.
    package subscript(key: String) -> String? { values.expose()[key] }
}

/// Why authorization data cannot be read. Names the line; never a value.
package struct AuthorizationError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
