package import ContextualizationAPI
package import Support

/// An Ed25519 key pair for SSH.
package struct SSHKeyPair: Sendable, Hashable {
    /// OpenSSH's private key text, without a passphrase.
    package var privateKey: Secret<String>
    /// `ssh-ed25519 BASE64`.
    package var publicKey: String

    package init(privateKey: Secret<String>, publicKey: String) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    /// A new pair. Costs less than a millisecond and may be called from any thread.
    /// - Throws: ``CommunicatorError`` when the system has no random numbers.
    package static func generate() throws(CommunicatorError) -> SSHKeyPair {
        guard let key = KeyHandle.generate(), let text = key.privateText, let line = key.publicLine else {
            throw CommunicatorError(
                code: .protocolViolation, message: "no SSH key could be made: libssh got no random numbers")
        }
        return SSHKeyPair(privateKey: Secret(text), publicKey: line)
    }

    /// The `TYPE BASE64` that belongs to a private key in OpenSSH's or PEM form.
    /// - Throws: ``CommunicatorError`` when the text is no key or needs a passphrase.
    package static func publicKeyLine(fromPrivate text: Secret<String>) throws(CommunicatorError) -> String {
        guard let line = KeyHandle(privateText: text.expose())?.publicLine else {
            throw CommunicatorError(
                code: .authenticationFailed,
                message: "the text is not a private SSH key that can be used (OpenSSH or PEM form, no passphrase):"
                    + " give another key")
        }
        return line
    }

    /// `SHA256:…` of a public key `TYPE BASE64`, as `ssh-keygen -l` prints it; nil when the line is no key.
    package static func fingerprint(_ line: String) -> String? {
        KeyHandle(publicLine: line)?.fingerprint
    }
}
