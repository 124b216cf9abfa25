import ConnectorAPI
import Foundation
import HTTPTransport
import JWTKit
import Support

@testable import OpenIDConnect

/// An issuer of tokens that answers in the process, with keys of its own.
final class IssuerStub: HTTPClient {
    private struct State {
        var keys: [(id: String, key: ES256PrivateKey)] = []
        var extraKeys: [JSONValue] = []
        var userInfo: JSONValue?
        var requests: [String] = []
        var isDown = false
        var delay = Duration.zero
        var description: JSONValue?
    }

    let url: String
    private let state = LockedValue(State())

    init(_ url: String = "https://issuer.test/realm") {
        self.url = url
        rotate("one")
    }

    // MARK: What it is like

    /// The only key from now on.
    func rotate(_ id: String) { state.withLock { $0.keys = [(id, ES256PrivateKey())] } }
    func addKey(_ key: JSONValue) { state.withLock { $0.extraKeys.append(key) } }
    func set(isDown: Bool) { state.withLock { $0.isDown = isDown } }
    func set(delay: Duration) { state.withLock { $0.delay = delay } }
    func set(userInfo: JSONValue) { state.withLock { $0.userInfo = userInfo } }
    func set(description: JSONValue) { state.withLock { $0.description = description } }
    /// Paths that were asked for, in their order.
    var requests: [String] { state.withLock { $0.requests } }

    // MARK: Tokens

    /// A token of this issuer that is good for an hour, but for these claims.
    func token(_ claims: [String: JSONValue] = [:], kid: String? = nil, without: [String] = []) async throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        var payload: [String: JSONValue] = [
            "iss": .string(url), "sub": "u1", "preferred_username": "ada", "exp": .integer(now + 3600),
        ]
        payload.merge(claims) { $1 }
        for name in without { payload[name] = nil }
        guard let (id, key) = state.withLock({ $0.keys.first }) else { return "" }
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: JWKIdentifier(string: id))
        return try await keys.sign(Payload(values: payload), kid: JWKIdentifier(string: kid ?? id))
    }

    struct Payload: JWTPayload {
        var values: [String: JSONValue]

        init(values: [String: JSONValue]) { self.values = values }
        init(from decoder: any Decoder) throws { values = try [String: JSONValue](from: decoder) }
        func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    // MARK: Answers

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        throw HTTPError(code: .closed, message: "it does not stream")
    }

    func fetch(_ request: HTTPRequest, upTo limit: Int) async throws(HTTPError) -> HTTPFullResponse {
        let now = state.withLock { state in
            state.requests.append(request.url.path)
            return state
        }
        try? await Task.sleep(for: now.delay)
        guard !now.isDown else { throw HTTPError(code: .unreachable, message: "nobody listens there") }
        guard
            "\(request.url.scheme)://\(request.url.host)" == url.split(separator: "/").prefix(2).joined(separator: "//")
        else { throw HTTPError(code: .unresolved, message: "another issuer is asked: \(request.url)") }
        let root = HTTPURL.path(of: url)
        switch request.url.path {
        case root + "/.well-known/openid-configuration":
            var description: [String: JSONValue] = [
                "issuer": .string(url), "jwks_uri": .string(url + "/keys"),
            ]
            if now.userInfo != nil { description["userinfo_endpoint"] = .string(url + "/userinfo") }
            return Self.json(now.description ?? .object(description))
        case root + "/keys":
            let keys = now.keys.compactMap { id, key in
                key.parameters.map { point -> JSONValue in
                    [
                        "kty": "EC", "crv": "P-256", "use": "sig", "kid": .string(id), "x": .string(point.x),
                        "y": .string(point.y),
                    ]
                }
            }
            return Self.json(["keys": .array(now.extraKeys + keys)])
        case root + "/userinfo":
            guard request.headers["Authorization"]?.hasPrefix("Bearer ") == true, let words = now.userInfo,
                words != .null
            else { return HTTPFullResponse(status: 403, body: Array("go away".utf8)) }
            return Self.json(words)
        default: return HTTPFullResponse(status: 404, body: [])
        }
    }

    private static func json(_ value: JSONValue) -> HTTPFullResponse {
        HTTPFullResponse(status: 200, body: (try? Array(JSONEncoder().encode(value))) ?? [])
    }
}

extension HTTPURL {
    fileprivate static func path(of text: String) -> String { (try? HTTPURL(text).path) ?? "" }
}
