import Foundation
import JWTKit

/// The public keys of an issuer, as it publishes them.
struct KeySet: Sendable {
    /// Keys by which only who has the other half can sign. Whoever has the same half could sign, too.
    private static let algorithms: Set<String> = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]
    private static let mostKeys = 100

    private struct Key: Sendable {
        var id: String?
        var key: JWK
    }

    private let keys: [Key]

    /// Keys that are not known here are left out.
    /// - Returns: nil for what is no set of keys.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let list = object["keys"] as? [[String: Any]]
        else { return nil }
        keys = list.prefix(Self.mostKeys).compactMap { item in
            guard (item["use"] as? String ?? "sig") == "sig",
                let data = try? JSONSerialization.data(withJSONObject: item),
                var key = try? JSONDecoder().decode(JWK.self, from: data)
            else { return nil }
            // The half that only the issuer should have is of no use.
            key.privateExponent = nil
            return Key(id: item["kid"] as? String, key: key)
        }
    }

    /// Whether there is a key that a token may be signed with.
    func has(_ claims: TokenClaims) -> Bool { !candidates(claims).isEmpty }

    /// Whether a key of the set has signed it.
    func hasSigned(_ token: String, _ claims: TokenClaims) async -> Bool {
        for key in candidates(claims) {
            let collection = JWTKeyCollection()
            // The only key of its collection is tried, whatever the token names.
            guard (try? await collection.add(jwk: key)) != nil else { continue }
            if (try? await collection.verify(token, as: AnyPayload.self)) != nil { return true }
        }
        return false
    }

    /// Keys with the token's algorithm, which their own does not contradict.
    private func candidates(_ claims: TokenClaims) -> [JWK] {
        guard Self.algorithms.contains(claims.algorithm), let algorithm = JWK.Algorithm(rawValue: claims.algorithm)
        else { return [] }
        return keys.compactMap { candidate in
            guard claims.keyID == nil || candidate.id == nil || candidate.id == claims.keyID else { return nil }
            var key = candidate.key
            guard (key.algorithm?.rawValue ?? claims.algorithm) == claims.algorithm else { return nil }
            key.algorithm = algorithm
            key.keyIdentifier = JWKIdentifier(string: candidate.id ?? "")
            return key
        }
    }

    /// Everything that a payload says is read elsewhere.
    private struct AnyPayload: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
}
