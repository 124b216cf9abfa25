/// An absolute `http` or `https` URL that was checked when it was made.
///
/// Accepts only what can be sent as it stands: no blank, control or non-ASCII character (encode them first), no user name
/// and password, no fragment. That leaves nothing for this type and libcurl to understand differently.
package struct HTTPURL: Sendable, Hashable {
    /// `http` or `https`.
    package let scheme: String
    /// Lower case; an IPv6 address stands in brackets.
    package let host: String
    /// nil: the scheme's own.
    package let port: Int?
    /// Percent-encoded; begins with `/`.
    package var path: String
    /// Percent-encoded, without `?`.
    package var query: String?

    /// - Throws: ``HTTPError`` with ``HTTPError/Code/invalidRequest`` when it is no such URL.
    package init(_ text: String) throws(HTTPError) {
        func refuse(_ reason: String) -> HTTPError {
            HTTPError(code: .invalidRequest, message: "'\(Redaction.url(text))' is no usable URL: \(reason)")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw refuse("it has a blank, control or non-ASCII character; percent-encode it")
        }
        guard let separator = text.firstRange(of: "://") else { throw refuse("it has no scheme such as https://") }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw refuse("only http and https are served") }
        let rest = text[separator.upperBound...]
        guard !rest.contains("#") else { throw refuse("it has a fragment") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else { throw refuse("it has a user name; pass credentials apart") }
        guard let (host, port) = Self.split(authority) else { throw refuse("its host or port is not valid") }
        self.host = host
        self.port = port == (scheme == "https" ? 443 : 80) ? nil : port
        let target = rest[authorityEnd...]
        if let mark = target.firstIndex(of: "?") {
            path = String(target[..<mark])
            query = String(target[target.index(after: mark)...])
        } else {
            path = String(target)
            query = nil
        }
        if path.isEmpty { path = "/" }
    }

    private static func split(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[...close]
            let tail = authority[authority.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            portText = tail.isEmpty ? nil : tail.dropFirst()
            let inner = host.dropFirst().dropLast()
            guard inner.contains(":"), inner.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                portText = authority[authority.index(after: colon)...]
            }
            let isName = host.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_" }
            guard !host.isEmpty, isName else { return nil }
        }
        guard let portText, !portText.isEmpty else { return (host.lowercased(), nil) }
        guard portText.allSatisfy(\.isNumber), let port = Int(portText), (1...65_535).contains(port) else { return nil }
        return (host.lowercased(), port)
    }

    /// Host and, where it is not the scheme's own, port: the value of the `Host` header.
    package var authority: String {
        port.map { "\(host):\($0)" } ?? host
    }

    /// The whole URL.
    package var text: String {
        "\(scheme)://\(authority)\(path)" + (query.map { "?\($0)" } ?? "")
    }

    /// A URL of the same server whose path goes on with segments, each percent-encoded here.
    package func appending(_ segments: String...) -> HTTPURL {
        var copy = self
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        copy.path = base + segments.map { "/" + PercentEncoding.encode($0) }.joined()
        return copy
    }

    /// A copy with these query parameters, encoded here, after those that are there.
    package func adding(query pairs: [(String, String)]) -> HTTPURL {
        guard !pairs.isEmpty else { return self }
        var copy = self
        let added = PercentEncoding.form(pairs)
        copy.query = query.map { $0.isEmpty ? added : $0 + "&" + added } ?? added
        return copy
    }

    /// Query parameters, decoded, in their order.
    package var queryPairs: [(name: String, value: String)] {
        (query ?? "").split(separator: "&", omittingEmptySubsequences: true).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? PercentEncoding.decode(String(parts[1])) : ""
            return (PercentEncoding.decode(String(parts[0])), value)
        }
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The URL with secret query parameters redacted.
    package var description: String { Redaction.url(text) }
}
