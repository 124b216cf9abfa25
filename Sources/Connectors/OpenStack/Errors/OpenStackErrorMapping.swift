import ConnectorAPI
import HTTPTransport
import JSONCoding

/// What errors of OpenStack's services mean for the host.
enum OpenStackErrorMapping {
    /// Types of Neutron that their status gets wrong.
    static let table: [String: ConnectorError.Code] = [
        "ExternalGatewayForFloatingIPNotFound": .invalidArgument,
        "ExternalIpAddressExhausted": .quotaExceeded,
        "FloatingIPPortAlreadyAssociated": .alreadyExists,
        "InvalidIpForNetwork": .invalidArgument,
        "InvalidIpForSubnet": .invalidArgument,
        "IpAddressAlreadyAllocated": .invalidArgument,
        "IpAddressGenerationFailure": .quotaExceeded,
        "IpAddressInUse": .invalidArgument,
        "OverQuota": .quotaExceeded,
        "RetryRequest": .aborted,
        "SecurityGroupRuleExists": .alreadyExists,
    ]

    static func code(_ code: String?, message: String, status: Int, changes: Bool) -> ConnectorError.Code {
        if let code, let known = table[code] { return known }
        let text = message.lowercased()
        let isLimit = text.contains("quota") || text.contains("limit exceeded") || text.contains("maximum number of")
        switch status {
        case 401: return .unauthenticated
        case 403: return isLimit ? .quotaExceeded : .permissionDenied
        case 404, 410: return .notFound
        case 405, 501: return .unsupported
        case 406: return .unsupported
        case 408: return .timeout
        case 409: return isLimit ? .quotaExceeded : .aborted
        case 413: return isLimit ? .quotaExceeded : .throttled
        case 429: return .throttled
        case 400..<500: return .invalidArgument
        // A gateway that gave up says nothing of what the service behind it did.
        case 502, 504: return changes ? .timeout : .unavailable
        case 500..<600: return .unavailable
        default: return .internal
        }
    }

    /// An answer that is no success.
    static func error(
        _ service: String, _ request: String, _ answer: HTTPFullResponse, changes: Bool
    ) -> ConnectorError {
        let retryAfter = answer.retryAfter.map { Int($0 / .milliseconds(1)) }
        let said = OpenStackErrorDocument(answer.body)
        let id = requestID(answer.headers)
        guard let said else {
            return ConnectorError(
                code: code(nil, message: "", status: answer.status, changes: changes),
                message: "\(service) answered \(request) with status \(answer.status) and no error document"
                    + advice(answer.status),
                retryAfterMs: retryAfter, provider: .init(requestID: id, status: answer.status))
        }
        return ConnectorError(
            code: code(said.code, message: said.message, status: answer.status, changes: changes),
            message: "\(service) refused \(request): \(said.message)", retryAfterMs: retryAfter,
            provider: .init(code: said.code, requestID: id, status: answer.status))
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 300..<400: "; the endpoint leads elsewhere, check host and the catalog"
        case 404: "; check the endpoint in the catalog or the auth line"
        default: ""
        }
    }

    /// No answer. What may have been carried out is ``ConnectorError/Code/timeout``, what never left is `unavailable`.
    static func error(_ service: String, _ request: String, _ error: HTTPError, changes: Bool) -> ConnectorError {
        let code: ConnectorError.Code
        switch error.code {
        case .cancelled: code = .cancelled
        case .timeout, .connectionLost, .truncated:
            code = error.mayHaveBeenSent || error.code == .timeout ? .timeout : .unavailable
        case .malformed: code = changes ? .timeout : .unavailable
        case .unresolved, .unreachable, .untrusted, .closed: code = .unavailable
        default: code = .internal
        }
        let advice: String
        switch error.code {
        case .unresolved, .unreachable: advice = "; check host in the auth line, the endpoint, and the network"
        case .untrusted: advice = "; name the authority's certificate in SSL_CERT_FILE"
        default: advice = ""
        }
        return ConnectorError(
            code: code, message: "\(request) got no answer from \(service): \(error.message)\(advice)")
    }

    static func requestID(_ headers: HTTPHeaders) -> String? {
        headers["x-openstack-request-id"] ?? headers["x-compute-request-id"]
    }
}

/// What the services say of an error. Each has a form of its own: `{"NeutronError": {"type", "message"}}`,
/// `{"badRequest": {"code", "message"}}` (Nova, Cinder), `{"error": {"title", "message"}}` (Keystone), or a page
/// (Glance).
struct OpenStackErrorDocument: Sendable, Hashable {
    var code: String?
    var message: String

    /// nil when it is no such document.
    init?(_ body: [UInt8]) {
        if let value = try? JSONText.decode(JSONValue.self, from: body), case .object(let members) = value {
            if let text = members["NeutronError"]?.stringValue {
                self.init(code: nil, message: text)
                return
            }
            // Glance and gateways may write the members at the top.
            if let text = members["message"]?.stringValue {
                self.init(code: members["title"]?.stringValue, message: text)
                return
            }
            for (name, inner) in members.sorted(by: { $0.key < $1.key }) {
                guard let text = inner["message"]?.stringValue else { continue }
                let code = inner["type"]?.stringValue ?? inner["title"]?.stringValue ?? name
                self.init(code: code, message: text)
                return
            }
            return nil
        }
        let page = String(decoding: body.prefix(4_096), as: UTF8.self)
        guard page.contains("<html"), let start = page.firstRange(of: "</h1>") else { return nil }
        let text = page[start.upperBound...].replacing(/<[^>]*>/, with: " ").split(whereSeparator: \.isWhitespace)
        guard !text.isEmpty else { return nil }
        let title = page.firstMatch(of: /<title>\d* ?([^<]*)<\/title>/).map { String($0.1) }
        self.init(code: title, message: text.joined(separator: " "))
    }

    private init(code: String?, message: String) {
        self.code = code
        self.message = message
    }
}
