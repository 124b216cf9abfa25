import Foundation
import HTTPTransport
import Support
import TOSCA

/// Fetches what templates import. The author of a template is not trusted: names are resolved here, and a connection is
/// made only to an address that the policy permits, the very one that was looked at. Through a proxy of the environment
/// it is the proxy that resolves.
struct TemplateFetcher: TOSCAFetching {
    private static let redirections = 5
    private static let resolving = ComputingThreads(name: "resolve", limit: 4)

    private let client: any HTTPClient
    private let usesProxy: Bool
    private let resolve: @Sendable (_ host: String) -> [String]

    /// - Parameter resolve: Addresses of a host; may block.
    init(
        client: any HTTPClient, usesProxy: Bool,
        resolve: @escaping @Sendable (_ host: String) -> [String] = HostAddresses.all
    ) {
        self.client = client
        self.usesProxy = usesProxy
        self.resolve = resolve
    }

    /// A fetcher, where libcurl can be had.
    static func make(environment: [String: String] = ProcessInfo.processInfo.environment) -> TemplateFetcher? {
        guard let client = try? CurlClient() else { return nil }
        let proxies = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        return TemplateFetcher(client: client, usesProxy: proxies.contains { environment[$0]?.isEmpty == false })
    }

    /// What is told to a user.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
        var current = url
        for _ in 0...Self.redirections {
            if let refusal = policy.refusal(of: current) { throw Problem(description: refusal) }
            let target: HTTPURL
            do {
                target = try HTTPURL(current)
            } catch {
                throw Problem(description: error.message)
            }
            var request = HTTPRequest(
                .get, target, timeouts: .init(connect: .seconds(5), total: .seconds(20)),
                maximumBodyBytes: maximumSize, acceptsCompression: true)
            if !usesProxy { request.address = try await address(of: target.host) }
            let answer: HTTPFullResponse
            do {
                answer = try await client.fetch(request, upTo: maximumSize)
            } catch {
                throw Problem(description: error.message)
            }
            switch answer.status {
            case 200: return answer.body
            case 301, 302, 303, 307, 308:
                guard let location = answer.headers["Location"],
                    let next = URL(string: location, relativeTo: URL(string: current))
                else { throw Problem(description: "it redirects to nowhere") }
                current = next.absoluteString
            default: throw Problem(description: "the server answers \(answer.status)")
            }
        }
        throw Problem(description: "it redirects more than \(Self.redirections) times")
    }

    /// The first address of a host that may be connected to.
    private func address(of host: String) async throws -> String {
        let resolve = resolve
        let addresses = await withTaskExecutorPreference(Self.resolving) { resolve(host) }
        guard !addresses.isEmpty else { throw Problem(description: "the host '\(host)' is not known") }
        guard let address = addresses.first(where: TOSCAFetchPolicy.permits) else {
            throw Problem(description: "the host '\(host)' has no public address")
        }
        return address
    }
}
