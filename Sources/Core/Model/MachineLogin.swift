package import Support

/// How one machine is logged in to, where that differs from what its system and infrastructure say: as for machines that
/// another service has launched.
package struct MachineLogin: Sendable, Hashable {
    package var username: String?
    package var password: Secret<String>?
    /// In OpenSSH's or OpenSSL's form.
    package var privateKey: Secret<String>?

    package init(username: String? = nil, password: Secret<String>? = nil, privateKey: Secret<String>? = nil) {
        self.username = username
        self.password = password
        self.privateKey = privateKey
    }

    package var isEmpty: Bool { username == nil && password == nil && privateKey == nil }
}
