/// What is never printed of requests and answers.
package enum Redaction {
    /// Stands where a secret was.
    package static let mark = "<redacted>"

    private static let headers: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-auth-token", "x-subject-token",
        "x-amz-security-token", "x-service-token", "x-api-key", "x-vault-token",
    ]

    private static let parameters: Set<String> = [
        "x-amz-signature", "x-amz-security-token", "x-amz-credential", "signature", "token", "access_token", "password",
        "secret", "api_key", "apikey", "key", "sig",
    ]

    /// Whether the value of a header is a secret by its name.
    package static func isSecret(header name: String) -> Bool {
        headers.contains(name.lowercased())
    }

    /// Whether the value of a query or form parameter is a secret by its name.
    package static func isSecret(parameter name: String) -> Bool {
        parameters.contains(name.lowercased())
    }

    /// A URL without user name, password and values of secret parameters. Takes any text: it also serves messages about
    /// URLs that are not valid.
    package static func url(_ text: String) -> String {
        var out = Substring(text)
        if let scheme = out.firstRange(of: "://") {
            let rest = out[scheme.upperBound...]
            let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
            if let at = rest[..<end].lastIndex(of: "@") {
                out = out[..<scheme.upperBound] + Substring(mark) + rest[at...]
            }
        }
        guard let question = out.firstIndex(of: "?") else { return String(out) }
        let pairs = out[out.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
        let redacted = pairs.map { pair -> String in
            guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
            let name = pair[..<equals]
            return isSecret(parameter: String(name)) ? "\(name)=\(mark)" : String(pair)
        }
        return out[...question] + redacted.joined(separator: "&")
    }
}
