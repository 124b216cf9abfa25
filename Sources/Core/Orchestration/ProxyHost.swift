import ContextualizationAPI
import RADL
import Support

/// The SSH proxy of a network: `proxy_host = 'USER[:PASSWORD]@HOST[:PORT]'` and `proxy_key`.
struct ProxyHost {
    /// What a connection goes through. Its host key is not known beforehand, and nothing keeps it.
    let jump: JumpHost

    /// - Returns: nil where the network names none, or names it in another form.
    init?(_ network: Features) {
        guard let text = network.string("proxy_host"), let at = text.lastIndex(of: "@") else { return nil }
        let login = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let place = text[text.index(after: at)...].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let port = place.count > 1 ? Int(place[1]) : 22
        guard let user = login.first, !user.isEmpty, let host = place.first, !host.isEmpty, let port,
            (1...65535).contains(port)
        else { return nil }
        var authentications: [Authentication] = []
        if let key = network.string("proxy_key") { authentications.append(.privateKey(Secret(key))) }
        if login.count > 1 { authentications.append(.password(Secret(String(login[1])))) }
        jump = JumpHost(
            endpoint: Endpoint(host: String(host), port: port), user: String(user), authentications: authentications,
            hostKey: .trustOnFirstUse)
    }
}
