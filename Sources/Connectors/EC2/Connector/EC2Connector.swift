package import ConnectorAPI
import Foundation
package import HTTPTransport
import Support

/// Machines at Amazon EC2 and services that speak its Query API.
///
/// A session is one account in one region: `config.region`, which the host takes from the image's URL, else `region` of
/// the auth line, else `us-east-1`. Nothing is kept between calls but
/// open sessions: identity is in tags and client tokens at EC2. Every call may be repeated after a lost answer.
package struct EC2Connector: Connector {
    /// Where no region is named.
    static let defaultRegion = "us-east-1"

    let sessions = SessionTable()
    private let http: Result<any HTTPClient, HTTPError>

    /// A connector with a client of its own, which trusts the authorities of `SSL_CERT_FILE` where that is set.
    package init() {
        let authorities = ProcessInfo.processInfo.environment["SSL_CERT_FILE"]
        do throws(HTTPError) {
            http = .success(
                try CurlClient(
                    options: .init(tls: .init(certificateAuthorities: authorities), userAgent: "gantry-ec2")))
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
            name: "ec2", version: "1.0.0", title: "Amazon EC2", providerTypes: ["EC2"], imageSchemes: ["aws"],
            capabilities: [
                .resume: 1, .flavors: 1, .images: 1, .networks: 1, .start: 1, .stop: 1, .reboot: 1, .resize: 1,
                .volumes: 1, .securityGroups: 1, .publicAddresses: 1, .keyPairs: 1, .spot: 1, .userData: 1,
                .regions: 1, .snapshot: 1, .imageDelete: 1,
            ],
            configSchema: EC2Schema.config, credentialSchema: EC2Schema.credentials,
            requirements: .init(maxConcurrentCalls: 16, maxLaunchItems: 1_000))
    }

    // MARK: - Sessions

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let account = try EC2Account(request)
        let client = EC2Client(
            http: try http.mapError { EC2ErrorMapping.error("the start of the connector", $0) }.get(),
            endpoint: account.endpoint,
            signer: AWSSigner(keys: account.keys, region: account.region, service: "ec2"))
        do {
            try await client.call(.describeRegion(account.region), CallBudget(context))
        } catch {
            // An account that may not ask this has proved its credentials all the same.
            guard error.code == .permissionDenied else { throw account.explained(error) }
        }
        let number = try await CallerIdentity.number(of: account, http: client.http, CallBudget(context))
        let id = SessionID(rawValue: UUID().uuidString.lowercased())
        sessions.add(EC2Session(client: client, region: account.region), id: id)
        return OpenSessionResponse(session: id, account: number ?? account.keys.accessKey)
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        sessions.remove(session)
    }
}

/// Who asks, and where.
struct EC2Account: Sendable {
    let keys: AWSSigner.Keys
    let region: String
    let endpoint: HTTPURL
    /// Of the Security Token Service: beside EC2's own at AWS, the same where the endpoint is another's.
    let identityEndpoint: HTTPURL
    /// Whether the endpoint is none of AWS.
    let isForeign: Bool

    /// - Throws: ``ConnectorError/Code/unauthenticated`` when a key is missing, `invalidArgument` for a region or endpoint
    ///   that cannot be.
    init(_ request: OpenSessionRequest) throws(ConnectorError) {
        guard let accessKey = request.credentials["username"]?.nonEmpty,
            let secretKey = request.credentials["password"]?.nonEmpty
        else {
            throw ConnectorError(
                code: .unauthenticated,
                message: "an account of EC2 needs username (access key id) and password (secret access key)")
        }
        let isPlain = accessKey.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard isPlain, accessKey.utf8.count <= 128 else {
            throw ConnectorError(code: .unauthenticated, message: "the access key id (username) has wrong characters")
        }
        keys = AWSSigner.Keys(
            accessKey: accessKey, secretKey: Secret(secretKey),
            sessionToken: request.credentials["token"]?.nonEmpty.map { Secret($0) })
        let region = request.config["region"]?.stringValue ?? request.credentials["region"]?.nonEmpty
        self.region = region ?? EC2Connector.defaultRegion
        guard self.region.wholeMatch(of: /[a-z]{2}(-[a-z]+)+-\d{1,2}/) != nil else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "Incorrect region name: \(self.region); it must be like eu-west-1, " + Self.regionAdvice,
                field: "config.region")
        }
        let domain = self.region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let foreign = request.endpoint?.nonEmpty ?? request.config["endpoint"]?.stringValue
        isForeign = foreign != nil
        do throws(HTTPError) {
            endpoint = try HTTPURL(foreign ?? "https://ec2.\(self.region).\(domain)")
            identityEndpoint = try HTTPURL(foreign ?? "https://sts.\(self.region).\(domain)")
        } catch {
            throw ConnectorError(code: .invalidArgument, message: error.message, field: "endpoint")
        }
    }

    private static let regionAdvice =
        "check disk.N.image.url, aws://REGION/ami-…, of the document and region in the auth line"

    /// An error of the first request, in words about the auth line.
    func explained(_ error: ConnectorError) -> ConnectorError {
        var error = error
        switch error.code {
        case .unauthenticated where error.message.contains("valid region"), .invalidArgument:
            error.code = .invalidArgument
            error.message = "Incorrect region name: \(region), \(Self.regionAdvice) (\(error.message))"
            error.field = "config.region"
        case .unauthenticated:
            error.message =
                "Error connecting with EC2, check username and password in the auth line: \(error.message)"
        default: break
        }
        return error
    }
}

/// What a session is opened with, as JSON Schema.
enum EC2Schema {
    static let config: JSONValue = [
        "type": "object",
        "properties": [
            "region": [
                "type": "string", "description": "Region, such as eu-west-1; by default that of the credentials",
            ],
            "endpoint": ["type": "string", "description": "URL of a service that speaks EC2's Query API"],
        ],
    ]

    static let credentials: JSONValue = [
        "type": "object",
        "required": ["username", "password"],
        "properties": [
            "username": ["type": "string", "description": "Access key id"],
            "password": ["type": "string", "description": "Secret access key", "writeOnly": true],
            "token": ["type": "string", "description": "Session token of temporary keys", "writeOnly": true],
            "region": ["type": "string", "description": "Region, such as eu-west-1; us-east-1 where none is given"],
        ],
    ]
}
