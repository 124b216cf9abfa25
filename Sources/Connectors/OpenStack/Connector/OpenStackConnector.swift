package import ConnectorAPI
import Foundation
package import HTTPTransport
import Support

/// Machines at clouds of OpenStack: Keystone 3, Nova 2.1, Neutron 2, Glance 2 and, where there is one, Cinder 3.
///
/// A session is one project in one region. Nothing is kept between calls but open sessions with their tokens: identity
/// is in metadata and tags of servers, and in the descriptions of what Neutron has. Every call may be repeated after a
/// lost answer.
package struct OpenStackConnector: Connector {
    let sessions = SessionTable()
    let exclusion = Exclusion()
    private let http: Result<any HTTPClient, HTTPError>

    /// A connector with a client of its own, which trusts the authorities of `SSL_CERT_FILE` where that is set.
    package init() {
        let authorities = ProcessInfo.processInfo.environment["SSL_CERT_FILE"]
        do throws(HTTPError) {
            http = .success(
                try CurlClient(
                    options: .init(tls: .init(certificateAuthorities: authorities), userAgent: "gantry-openstack")))
        } catch {
            http = .failure(error)
        }
    }

    /// A connector that speaks through the given client.
    package init(http: any HTTPClient) {
        self.http = .success(http)
    }

    package var description: ConnectorDescription {
        ConnectorDescription(
            name: "openstack", version: "1.0.0", title: "OpenStack", providerTypes: ["OpenStack"],
            imageSchemes: ["ost"],
            capabilities: [
                .resume: 1, .flavors: 1, .images: 1, .networks: 1, .quotas: 1, .start: 1, .stop: 1, .reboot: 1,
                .resize: 1, .snapshot: 1, .imageDelete: 1, .console: 1, .volumes: 1, .securityGroups: 1,
                .publicAddresses: 1,
                .keyPairs: 1, .userData: 1,
            ],
            configSchema: OpenStackSchema.config, credentialSchema: OpenStackSchema.credentials,
            requirements: .init(maxConcurrentCalls: 16, maxLaunchItems: 200))
    }

    // MARK: - Sessions

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let account = try OpenStackAccount(request)
        let http = try http.mapError {
            OpenStackErrorMapping.error("libcurl", "the start of the connector", $0, changes: false)
        }.get()
        let keystone = Keystone(http: http, account: account)
        let token = try await keystone.token(CallBudget(context))
        guard let project = token.project else {
            throw ConnectorError(
                code: .unauthenticated, message: "Keystone gave \(account.name) a token of no project; set tenant")
        }
        let client = OpenStackClient(
            http: http, tokens: TokenSource(keystone: keystone, token: token),
            catalog: try ServiceCatalog(token.services, account))
        let id = SessionID(rawValue: UUID().uuidString.lowercased())
        sessions.add(OpenStackSession(client: client, project: project, account: account), id: id)
        return OpenSessionResponse(session: id, account: project.id)
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        sessions.remove(session)
    }

    /// Without tags, "what carries all of them" would be everything.
    static func check(tags: [String: String]) throws(ConnectorError) {
        guard !tags.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument, message: "at least one tag must say whose the resource is", field: "tags")
        }
    }
}
