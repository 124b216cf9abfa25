import ContextualizationAPI
package import InfrastructureModel
import RADL
package import Support

/// The SSH proxy of a network: `proxy_host = 'USER[:PASSWORD]@HOST[:PORT]'` and `proxy_key`.
package struct ProxyHost: Sendable, Hashable {
    package var endpoint: MachineRecord.Endpoint
    package var user: String
    package var privateKey: Secret<String>?
    package var password: Secret<String>?
    /// Host keys that it must show, `TYPE BASE64`; none: nothing is known of it yet.
    package var hostKeys: [String] = []

    /// - Returns: nil where the network names none, or names it in another form.
    init?(_ network: Features) {
        guard let text = network.string("proxy_host"), let at = text.lastIndex(of: "@") else { return nil }
        let login = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let place = text[text.index(after: at)...].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let port = place.count > 1 ? Int(place[1]) : 22
        guard let user = login.first, !user.isEmpty, let host = place.first, !host.isEmpty, let port,
            (1...65535).contains(port)
        else { return nil }
        endpoint = .init(host: String(host), port: port)
        self.user = String(user)
        privateKey = network.string("proxy_key").map { Secret($0) }
        password = login.count > 1 ? Secret(String(login[1])) : nil
    }

    /// That of a system's first network which has one.
    static func first(of networks: [RADLNetwork], keys: [String: [String]]?) -> ProxyHost? {
        guard var proxy = networks.lazy.compactMap({ ProxyHost($0.features) }).first else { return nil }
        proxy.hostKeys = keys?[proxy.endpoint.place] ?? []
        return proxy
    }

    /// What a connection goes through.
    /// - Parameter advice: What to do where it shows another host key.
    func jump(advice: String) -> JumpHost {
        var authentications: [Authentication] = []
        if let privateKey { authentications.append(.privateKey(privateKey)) }
        if let password { authentications.append(.password(password)) }
        var jump = JumpHost(
            endpoint: Endpoint(host: endpoint.host, port: endpoint.port), user: user, authentications: authentications,
            hostKey: hostKeys.isEmpty ? .trustOnFirstUse : .pinned(hostKeys), hostKeyAdvice: advice)
        jump.isProxy = true
        return jump
    }
}
