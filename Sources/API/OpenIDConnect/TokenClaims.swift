import Authorization
import Foundation

/// What a token says, before anybody knows whether that is true.
struct TokenClaims: Sendable {
    /// Of a claim: texts, or one text of words.
    private let texts: [String: [String]]
    /// Id of the key that it is signed with; nil: the token does not say.
    let keyID: String?
    let algorithm: String
    let issuer: String
    let subject: String
    let expiry: Date?
    let beginning: Date?

    /// Claims beside the token's own are those of the issuer's words about the user.
    subscript(name: String) -> String? { texts[name]?.first }

    func list(_ name: String) -> [String]? { texts[name] }

    /// Longest token that is read; those of large federations have some 4 KiB.
    private static let largest = 32 << 10

    /// - Throws: `AuthorizationError` for what is no token in JSON.
    init(_ token: String) throws(AuthorizationError) {
        func refusal(_ reason: String) -> AuthorizationError {
            AuthorizationError("Error trying to decode OIDC auth token: \(reason)")
        }
        guard token.utf8.count <= Self.largest else { throw refusal("it is longer than \(Self.largest >> 10) KiB") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw refusal("it has \(parts.count) parts, not 3") }
        guard let head = Self.object(parts[0]), let payload = Self.object(parts[1]) else {
            throw refusal("it is not made of JSON in Base64")
        }
        guard let algorithm = head["alg"] as? String, head["crit"] == nil else {
            throw refusal("its head names no algorithm, or asks for something that is not known")
        }
        guard let issuer = payload["iss"] as? String, let subject = payload["sub"] as? String, !subject.isEmpty else {
            throw refusal("it names no issuer (iss) or no user (sub)")
        }
        self.algorithm = algorithm
        self.issuer = issuer
        self.subject = subject
        keyID = head["kid"] as? String
        expiry = Self.time(payload["exp"])
        beginning = Self.time(payload["nbf"])
        texts = Self.texts(payload)
    }

    /// Claims of an object, such as of the issuer's words about a user.
    static func texts(_ object: [String: Any]) -> [String: [String]] {
        object.compactMapValues { value in
            if let text = value as? String { return [text] }
            return value as? [String]
        }
    }

    private static func time(_ value: Any?) -> Date? {
        (value as? NSNumber).map { Date(timeIntervalSince1970: $0.doubleValue) }
    }

    private static func object(_ part: Substring) -> [String: Any]? {
        var text = String(part).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: text) else { return nil }
        return try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
}
