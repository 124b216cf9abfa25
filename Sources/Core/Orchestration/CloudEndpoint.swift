import Foundation
import InfrastructureModel
import Support

/// Where a cloud is, as `host` of an auth line says it: `[SCHEME://]SERVER[:PORT][/PATH]` (im.md 2.3).
package struct CloudEndpoint: Sendable, Hashable {
    package var scheme: String
    /// Empty: the line names none.
    package var server: String
    package var port: Int
    package var path: String

    package init(host: String) {
        var rest = host[...]
        var scheme = "http"
        if let separator = rest.range(of: "://") {
            scheme = String(rest[..<separator.lowerBound])
            rest = rest[separator.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" }
        path = String(rest[authority.endIndex...])
        // A colon within brackets is one of an IPv6 address.
        let colon = authority.lastIndex(of: ":").flatMap { colon in
            authority[colon...].contains("]") ? nil : colon
        }
        let named = colon.flatMap { Int(authority[authority.index(after: $0)...]) }
        server = String(authority[..<(colon ?? authority.endIndex)])
        port = named ?? (scheme == "https" ? 443 : 80)
        self.scheme = scheme
    }

    /// With everything in it; empty where no server is named.
    package var url: String { server.isEmpty ? "" : "\(scheme)://\(server):\(port)\(path)" }
}

extension CloudCredential {
    var endpoint: CloudEndpoint {
        let values = values.expose()
        return CloudEndpoint(host: values["host"] ?? values["endpoint"] ?? "")
    }
}
