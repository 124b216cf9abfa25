import ConnectorAPI
import HTTPTransport
import Testing

@testable import OpenStack

@Suite("Errors of OpenStack")
struct OpenStackErrorTests {
    struct Said: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var code: ConnectorError.Code
        var provider: String?
        var testDescription: String { "\(status) \(body.prefix(40))" }
    }

    @Test(arguments: [
        Said(
            status: 400, body: #"{"badRequest": {"code": 400, "message": "Flavor x could not be found."}}"#,
            code: .invalidArgument, provider: "badRequest"),
        Said(
            status: 403, body: #"{"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1"}}"#,
            code: .quotaExceeded, provider: "forbidden"),
        Said(
            status: 403, body: #"{"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}"#,
            code: .permissionDenied, provider: "forbidden"),
        Said(
            status: 404, body: #"{"NeutronError": {"type": "PortNotFound", "message": "Port p", "detail": ""}}"#,
            code: .notFound, provider: "PortNotFound"),
        Said(
            status: 409, body: #"{"NeutronError": {"type": "OverQuota", "message": "exceeded", "detail": ""}}"#,
            code: .quotaExceeded, provider: "OverQuota"),
        Said(
            status: 409, body: #"{"NeutronError": {"type": "IpAddressGenerationFailure", "message": "No more"}}"#,
            code: .quotaExceeded, provider: "IpAddressGenerationFailure"),
        Said(
            status: 409, body: #"{"NeutronError": {"type": "SecurityGroupInUse", "message": "in use"}}"#,
            code: .aborted, provider: "SecurityGroupInUse"),
        Said(
            status: 409, body: #"{"conflictingRequest": {"code": 409, "message": "Port p is still in use."}}"#,
            code: .aborted, provider: "conflictingRequest"),
        Said(
            status: 413,
            body: #"{"overLimit": {"code": 413, "message": "VolumeLimitExceeded: Maximum number of volumes"}}"#,
            code: .quotaExceeded, provider: "overLimit"),
        Said(status: 429, body: "slow down", code: .throttled, provider: nil),
        Said(
            status: 401, body: #"{"error": {"code": 401, "title": "Unauthorized", "message": "no"}}"#,
            code: .unauthenticated, provider: "Unauthorized"),
        Said(
            status: 500, body: #"{"computeFault": {"code": 500, "message": "Unexpected API Error."}}"#,
            code: .unavailable, provider: "computeFault"),
        Said(status: 502, body: "<html>Bad gateway</html>", code: .timeout, provider: nil),
        Said(status: 503, body: "", code: .unavailable, provider: nil),
        Said(
            status: 404,
            body: "<html>\n<head>\n<title>404 Not Found</title>\n</head>\n<body>\n<h1>404 Not Found</h1>\n"
                + "No image found with ID x<br /><br />\n</body>\n</html>", code: .notFound, provider: "Not Found"),
        Said(status: 300, body: #"{"choices": []}"#, code: .internal, provider: nil),
    ])
    func whatTheyMean(_ said: Said) {
        let answer = HTTPFullResponse(
            status: said.status, headers: ["x-openstack-request-id": "req-9", "Retry-After": "2"],
            body: Array(said.body.utf8))
        let error = OpenStackErrorMapping.error("Nova", "POST /servers", answer, changes: true)
        #expect(error.code == said.code)
        #expect(error.provider?.code == said.provider)
        #expect(error.provider?.requestID == "req-9")
        #expect(error.provider?.status == said.status)
        #expect(error.retryAfterMs == 2_000)
        #expect(error.message.contains("POST /servers"))
    }

    @Test(arguments: [
        (HTTPError.Code.connectionLost, true, ConnectorError.Code.timeout), (.connectionLost, false, .unavailable),
        (.timeout, true, .timeout), (.truncated, true, .timeout), (.unreachable, false, .unavailable),
        (.unresolved, false, .unavailable), (.untrusted, false, .unavailable), (.cancelled, true, .cancelled),
        (.malformed, true, .timeout),
    ])
    func noAnswer(_ code: HTTPError.Code, _ sent: Bool, _ meant: ConnectorError.Code) {
        let error = HTTPError(code: code, message: "x", mayHaveBeenSent: sent)
        #expect(OpenStackErrorMapping.error("Nova", "POST /servers", error, changes: true).code == meant)
    }

    /// What reads only can be asked again, whatever became of it.
    @Test func aGatewayThatGaveUpOnReading() {
        let answer = HTTPFullResponse(status: 504, body: [])
        #expect(OpenStackErrorMapping.error("Nova", "GET /servers", answer, changes: false).code == .unavailable)
    }
}
