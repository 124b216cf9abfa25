import Foundation
package import HTTPTransport
package import Logging
import Support

/// Asks issuers, and vaults of credentials. Who runs the service names them, so their addresses may be private ones; but none where a cloud tells
/// its machines secrets, and without TLS only on this machine.
package struct IssuerClient: Sendable {
    private static let resolving = ComputingThreads(name: "issuers", limit: 4)
    private static let largest = 512 << 10
    private static let timeouts = HTTPRequest.Timeouts(connect: .seconds(5), total: .seconds(10))

    private let client: any HTTPClient
    private let usesProxy: Bool
    private let resolve: @Sendable (_ host: String) -> [String]

    /// - Parameters:
    ///   - usesProxy: Whether the client resolves names elsewhere.
    ///   - resolve: Addresses of a host; may block.
    package init(
        client: any HTTPClient, usesProxy: Bool = false,
        resolve: @escaping @Sendable (_ host: String) -> [String] = HostAddresses.all
    ) {
        self.client = client
        self.usesProxy = usesProxy
        self.resolve = resolve
    }

    /// A client over the network, with the proxy of the environment.
    /// - Parameter urls: Whom it is for, where that is known: what is on this machine is never asked by way of a proxy.
    package init(for urls: [String], logger: Logger) throws {
        let isHere = !urls.isEmpty && urls.allSatisfy { $0.lowercased().hasPrefix("http:") }
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let environment = ProcessInfo.processInfo.environment
        let usesProxy = !isHere && names.contains { environment[$0]?.isEmpty == false }
        let client = try CurlClient(options: .init(proxy: usesProxy ? .environment : .none), logger: logger)
        self.init(client: client, usesProxy: usesProxy)
    }

    /// Why an issuer could not be asked.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameter token: Shown to the issuer.
    /// - Throws: ``Problem``.
    func get(_ text: String, token: Secret<String>? = nil) async throws(Problem) -> HTTPFullResponse {
        try await get(text, headers: token.map { ["Authorization": Secret("Bearer \($0.expose())")] } ?? [:])
    }

    /// - Throws: ``Problem``.
    func get(_ text: String, headers: [String: Secret<String>]) async throws(Problem) -> HTTPFullResponse {
        try await send(.get, text, headers)
    }

    /// - Parameter body: JSON.
    /// - Throws: ``Problem``.
    func post(_ text: String, _ body: String) async throws(Problem) -> HTTPFullResponse {
        try await send(.post, text, ["Content-Type": Secret("application/json")], body)
    }

    private func send(
        _ method: HTTPRequest.Method, _ text: String, _ headers: [String: Secret<String>], _ body: String? = nil
    ) async throws(Problem) -> HTTPFullResponse {
        do throws(HTTPError) {
            var request = HTTPRequest(
                method, try HTTPURL(text), timeouts: Self.timeouts, maximumBodyBytes: Self.largest)
            request.headers.set("Accept", "application/json")
            for (name, value) in headers { request.headers.set(name, value.expose()) }
            if let body { request.body = .text(body) }
            let isPlain = request.url.scheme == "http"
            if isPlain || !usesProxy {
                request.address = try await address(of: request.url.host, isPlain: isPlain)
            }
            return try await client.fetch(request, upTo: Self.largest)
        } catch {
            throw Problem(description: error.message)
        }
    }

    private func address(of host: String, isPlain: Bool) async throws(HTTPError) -> String {
        let resolve = resolve
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let addresses = await withTaskExecutorPreference(Self.resolving) { resolve(name) }
        guard !addresses.isEmpty else {
            throw HTTPError(code: .unresolved, message: "the host '\(host)' is not known")
        }
        guard let address = addresses.first(where: { Self.permits($0, isPlain: isPlain) }) else {
            throw HTTPError(
                code: .invalidRequest,
                message: isPlain
                    ? "without TLS (https) only a service on this machine is asked, which '\(host)' is not"
                    : "the host '\(host)' has no address that is asked")
        }
        return address
    }

    static func permits(_ address: String, isPlain: Bool) -> Bool {
        guard var bytes = HostAddresses.bytes(address) else { return false }
        // An IPv4 address in an IPv6 one.
        if bytes.count == 16, bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) {
            bytes = Array(bytes[12...])
        }
        let isLoopback = bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
        if isLoopback { return true }
        if isPlain { return false }
        if bytes.count == 4 { return bytes[0] != 0 && bytes[0] < 224 && !(bytes[0] == 169 && bytes[1] == 254) }
        let isLinkLocal = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
        // Where EC2 tells machines their secrets over IPv6.
        let isMetadata = bytes.starts(with: [0xfd, 0x00, 0x0e, 0xc2])
        return !isLinkLocal && !isMetadata && bytes[0] != 0xff && bytes.contains { $0 != 0 }
    }
}
