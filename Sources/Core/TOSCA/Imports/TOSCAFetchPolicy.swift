/// Which hosts documents may be fetched from. The document's author is not trusted: without an entry nothing is fetched,
/// and no entry opens the way to addresses within the server's own network.
package struct TOSCAFetchPolicy: Sendable, Hashable {
    /// Host names, exact or `*.example.org`. Case does not count.
    package var allowedHosts: [String]
    /// `https` only, or `http`, too.
    package var allowsPlainHTTP: Bool

    package init(allowedHosts: [String] = [], allowsPlainHTTP: Bool = false) {
        self.allowedHosts = allowedHosts
        self.allowsPlainHTTP = allowsPlainHTTP
    }

    /// The hosts that published collections, templates and their recipes are on.
    package static let published = TOSCAFetchPolicy(allowedHosts: ["raw.githubusercontent.com", "github.com"])

    /// Why a URL must not be fetched; nil where it may. Also to be asked for each redirection.
    package func refusal(of url: String) -> String? {
        guard let parts = TOSCAURL(url) else { return "it is no URL of the form https://HOST/PATH" }
        switch parts.scheme {
        case "https": break
        case "http" where allowsPlainHTTP: break
        case "http": return "http is not allowed, use https"
        default: return "the scheme '\(parts.scheme)' is not fetched"
        }
        if parts.hasCredentials { return "a URL with credentials is not fetched" }
        if let address = IPAddress(parts.host), !Self.isPublic(address) { return "its address is not public" }
        guard allowedHosts.contains(where: { Self.matches(parts.host, $0.lowercased()) }) else {
            return allowedHosts.isEmpty
                ? "no host is allowed"
                : "the host '\(parts.host)' is not among those that are allowed: \(allowedHosts.joined(separator: ", "))"
        }
        return nil
    }

    private static func matches(_ host: String, _ pattern: String) -> Bool {
        pattern.hasPrefix("*.") ? host.hasSuffix(pattern.dropFirst(1)) : host == pattern
    }

    /// Whether an address that a name resolved to may be connected to: never those of loopback, link-local, private,
    /// shared, multicast, documentation and other special networks. False for what is no address.
    package static func permits(address: String) -> Bool {
        IPAddress(address).map(isPublic) ?? false
    }

    private static func isPublic(_ address: IPAddress) -> Bool {
        let bytes = address.bytes
        if bytes.count == 4 { return isPublic4(bytes) }
        // Forms of IPv6 that carry an IPv4 address: mapped, compatible, translated, 6to4.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == bytes[11], bytes[10] == 0xff || bytes[10] == 0 {
            return bytes[10] == 0xff && isPublic4(Array(bytes[12...]))
        }
        if bytes.starts(with: [0x00, 0x64, 0xff, 0x9b]) { return isPublic4(Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return isPublic4(Array(bytes[2..<6])) }
        // Global unicast is 2000::/3, without Teredo and documentation.
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        if bytes.starts(with: [0x20, 0x01, 0x00, 0x00]) || bytes.starts(with: [0x20, 0x01, 0x0d, 0xb8]) {
            return false
        }
        return true
    }

    private static func isPublic4(_ bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168), (224..., _): false
        case (100, 64...127), (172, 16...31), (198, 18...19): false
        case (192, 0): bytes[2] != 0 && bytes[2] != 2
        case (198, 51): bytes[2] != 100
        case (203, 0): bytes[2] != 113
        default: true
        }
    }
}

/// The parts of a URL that matter here.
struct TOSCAURL {
    var scheme: String
    var host: String
    var hasCredentials: Bool
    /// Scheme, host and port.
    var authority: String
    /// Begins with a slash.
    var path: String

    init?(_ text: String) {
        guard !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7f || $0 == "\\" }) else {
            return nil
        }
        let parts = text.splitting("://")
        guard parts.count >= 2, !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || $0 == 0x2b || $0 == 0x2d })
        else { return nil }
        scheme = parts[0].lowercased()
        let rest = parts.dropFirst().joined(separator: "://")
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var authority = rest[..<end]
        hasCredentials = authority.contains("@")
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<close])
        } else {
            host = String(authority.prefix { $0 != ":" }).lowercased()
        }
        while host.hasSuffix(".") { host.removeLast() }
        guard !host.isEmpty else { return nil }
        self.authority = "\(parts[0])://\(rest[..<end])"
        path = String(rest[end...])
        if !path.hasPrefix("/") { path = "/" + path }
    }

    /// A reference as seen from a document at this URL.
    func resolving(_ reference: String) -> String {
        if reference.hasPrefix("//") { return scheme + ":" + reference }
        let own = path.prefix { $0 != "?" && $0 != "#" }
        let joined =
            reference.hasPrefix("/")
            ? reference : String(own[...(own.lastIndex(of: "/") ?? own.startIndex)]) + reference
        var steps: [Substring] = []
        for step in joined.split(separator: "/", omittingEmptySubsequences: true) {
            if step == ".." { _ = steps.popLast() } else if step != "." { steps.append(step) }
        }
        return authority + "/" + steps.joined(separator: "/")
    }
}

/// An IPv4 or IPv6 address in the forms that systems accept, so that none slips through.
struct IPAddress {
    /// 4 or 16.
    var bytes: [UInt8]

    init?(_ text: String) {
        let plain = String(text.prefix { $0 != "%" })
        if plain.contains(":") {
            guard let bytes = Self.six(plain) else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = Self.four(plain) else { return nil }
            self.bytes = bytes
        }
    }

    /// One to four numbers, also octal and hexadecimal, the last one filling what is left: as `inet_aton` reads.
    private static func four(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var numbers: [UInt64] = []
        for part in parts {
            let lower = part.lowercased()
            let number: UInt64?
            if lower.hasPrefix("0x") {
                number = UInt64(lower.dropFirst(2), radix: 16)
            } else if lower.count > 1, lower.hasPrefix("0") {
                number = UInt64(lower, radix: 8)
            } else {
                number = lower.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt64(lower) : nil
            }
            guard let number else { return nil }
            numbers.append(number)
        }
        let last = numbers.removeLast()
        guard numbers.allSatisfy({ $0 < 256 }), last < 1 << UInt64(8 * (4 - numbers.count)) else { return nil }
        var value = last
        for (place, number) in numbers.enumerated() { value |= number << UInt64(24 - 8 * place) }
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt64(24 - 8 * $0)) }
    }

    private static func six(_ text: String) -> [UInt8]? {
        let halves = text.splitting("::")
        guard halves.count <= 2 else { return nil }
        func groups(_ text: String) -> [UInt8]? {
            if text.isEmpty { return [] }
            var bytes: [UInt8] = []
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            for (place, part) in parts.enumerated() {
                if place == parts.count - 1, part.contains(".") {
                    guard let last = four(String(part)) else { return nil }
                    bytes += last
                } else {
                    guard (1...4).contains(part.count), let group = UInt16(part, radix: 16) else { return nil }
                    bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
                }
            }
            return bytes
        }
        guard let first = groups(halves[0]), let second = groups(halves.count == 2 ? halves[1] : "") else { return nil }
        let missing = 16 - first.count - second.count
        guard halves.count == 2 ? missing >= 2 : missing == 0 else { return nil }
        return first + [UInt8](repeating: 0, count: missing) + second
    }
}
