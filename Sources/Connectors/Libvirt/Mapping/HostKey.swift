import COpenSSL
import ConnectorAPI
import Foundation

/// An Ed25519 key that a machine's SSH server shows. The machine gets it with its seed, so that the first login already
/// knows whom it speaks to.
struct HostKey: Sendable {
    /// `ssh-ed25519 BASE64`.
    let publicKey: String
    /// As OpenSSH writes it (`openssh-key-v1`, its PROTOCOL.key), without a passphrase.
    let privateKey: String

    private static let type = "ssh-ed25519"

    /// A new one.
    static func generate() throws(ConnectorError) -> HostKey {
        var seed = [UInt8](repeating: 0, count: Int(GANTRY_ED25519_BYTES))
        var point = seed
        var check = [UInt8](repeating: 0, count: 4)
        guard gantry_ed25519_keypair(&seed, &point) == 0, gantry_random(&check, check.count) == 0 else {
            throw ConnectorError(code: .internal, message: "no host key can be made: OpenSSL has no random numbers")
        }
        return HostKey(seed: seed, point: point, check: check)
    }

    /// - Parameters:
    ///   - seed: The private key of RFC 8032.
    ///   - check: Any four bytes; readers compare the two places where they stand.
    init(seed: [UInt8], point: [UInt8], check: [UInt8]) {
        let blob = Self.string(Array(Self.type.utf8)) + Self.string(point)
        var secret = check + check + blob + Self.string(seed + point) + Self.string([])
        secret += (1...8).prefix((8 - secret.count % 8) % 8)
        var file = Array("openssh-key-v1\0".utf8)
        for text in ["none", "none", ""] { file += Self.string(Array(text.utf8)) }
        file += Self.number(1) + Self.string(blob) + Self.string(secret)
        let lines = Data(file).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        publicKey = "\(Self.type) \(Data(blob).base64EncodedString())"
        privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\n\(lines)\n-----END OPENSSH PRIVATE KEY-----\n"
    }

    /// For cloud-init, whose user data may say otherwise.
    var vendorData: String {
        let lines = privateKey.split(separator: "\n").map { "    \($0)\n" }.joined()
        return "#cloud-config\nssh_keys:\n  ed25519_private: |\n\(lines)  ed25519_public: \(publicKey)\n"
    }

    private static func number(_ value: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// As RFC 4251 writes a string.
    private static func string(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }
}
