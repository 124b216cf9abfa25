import COpenSSL
import Foundation
import InfrastructureModel
import Support

/// Seals what rests in the store (AES-256-GCM) and makes keyed digests (HMAC-SHA-256), each under a key of its own that
/// is derived from the master key.
///
/// Sealed bytes: version (1), nonce (12 random bytes), cipher text, tag (16). The row they belong to is authenticated
/// with them, so that they open nowhere else.
struct Sealer: Sendable {
    /// Where sealed bytes rest: they open at the same place only.
    struct Place: Sendable, Hashable {
        var table: String
        /// What identifies the row and must not be changed.
        var row: [String]

        fileprivate var associatedData: [UInt8] {
            // Lengths keep ("a", "bc") and ("ab", "c") apart.
            var bytes: [UInt8] = []
            for part in [table] + row {
                bytes += Array("\(part.utf8.count):".utf8)
                bytes += Array(part.utf8)
            }
            return bytes
        }
    }

    private static let version: UInt8 = 1
    private static let nonceBytes = Int(GANTRY_GCM_NONCE_BYTES)
    private static let tagBytes = Int(GANTRY_GCM_TAG_BYTES)

    private let sealingKey: Secret<[UInt8]>
    private let digestKey: Secret<[UInt8]>

    init(masterKey: Secret<[UInt8]>) throws(StoreError) {
        guard masterKey.expose().count == MasterKey.byteCount else {
            throw StoreError(
                code: .wrongKey,
                message: "the key of the store must have \(MasterKey.byteCount) bytes: check its source")
        }
        guard let sealing = Self.digest(Array("gantry sealing 1".utf8), key: masterKey),
            let digest = Self.digest(Array("gantry verifier 1".utf8), key: masterKey)
        else {
            throw StoreError(
                code: .unavailable, message: "OpenSSL offers no HMAC-SHA-256: check its installation and configuration")
        }
        sealingKey = Secret(sealing)
        digestKey = Secret(digest)
    }

    func seal(_ plain: Data, at place: Place) throws(StoreError) -> Data {
        let associated = place.associatedData
        let head = 1 + Self.nonceBytes
        var output = Data(count: head + plain.count + Self.tagBytes)
        let key = sealingKey.expose()
        let done = output.withUnsafeMutableBytes { output -> Bool in
            guard let bytes = output.bindMemory(to: UInt8.self).baseAddress else { return false }
            bytes[0] = Self.version
            guard gantry_random(bytes + 1, Self.nonceBytes) == 0 else { return false }
            return plain.withUnsafeBytes { plain in
                gantry_aes256gcm_seal(
                    key, bytes + 1, associated, associated.count,
                    plain.bindMemory(to: UInt8.self).baseAddress, plain.count, bytes + head) == 0
            }
        }
        guard done else {
            throw StoreError(
                code: .unavailable, message: "OpenSSL cannot seal with AES-256-GCM: check its installation")
        }
        return output
    }

    /// - Returns: nil when the bytes were not sealed by this key at this place.
    func open(_ sealed: Data, at place: Place) -> Data? {
        let head = 1 + Self.nonceBytes
        guard sealed.count >= head + Self.tagBytes, sealed.first == Self.version else { return nil }
        let associated = place.associatedData
        let key = sealingKey.expose()
        var plain = Data(count: sealed.count - head - Self.tagBytes)
        let length = sealed.count - head
        let done = plain.withUnsafeMutableBytes { plain in
            sealed.withUnsafeBytes { sealed -> Bool in
                guard let bytes = sealed.bindMemory(to: UInt8.self).baseAddress else { return false }
                return gantry_aes256gcm_open(
                    key, bytes + 1, associated, associated.count, bytes + head, length,
                    plain.bindMemory(to: UInt8.self).baseAddress) == 0
            }
        }
        return done ? plain : nil
    }

    /// A keyed digest of a password as text.
    func verifier(for password: Secret<String>) -> String {
        guard let digest = Self.digest(Array(password.expose().utf8), key: digestKey) else {
            // The same function has worked in the initializer; it fails for want of memory only.
            preconditionFailure("no memory for a digest")
        }
        return "v1:" + MasterKey.hexadecimal(digest)
    }

    /// The id of credentials: a keyed digest of what they are for.
    func credentialID(of key: CredentialKey) -> CredentialID {
        let place = Place(table: "credential", row: [key.owner, key.cloudID, key.type, key.account])
        return CredentialID(rawValue: verifier(for: Secret(String(decoding: place.associatedData, as: UTF8.self))))
    }

    private static func digest(_ message: [UInt8], key: Secret<[UInt8]>) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: Int(GANTRY_SHA256_BYTES))
        let key = key.expose()
        guard gantry_hmac_sha256(key, key.count, message, message.count, &output) == 0 else { return nil }
        return output
    }
}
