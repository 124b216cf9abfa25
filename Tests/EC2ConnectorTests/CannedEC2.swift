import ConnectorAPI
import Foundation
import HTTPTransport
import Support

@testable import EC2

/// EC2 as a list of answers: each request takes the first that is left for its action. Keeps what it was asked.
actor CannedEC2: HTTPClient {
    struct Answer: Sendable {
        var action: String
        var result: Result<HTTPFullResponse, HTTPError>

        /// A success; the root element is added.
        static func ok(_ action: String, _ xml: String = "<return>true</return>") -> Answer {
            let body =
                "<?xml version=\"1.0\"?>\n<\(action)Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
                + "<requestId>r-1</requestId>\(xml)</\(action)Response>"
            return Answer(action: action, result: .success(HTTPFullResponse(status: 200, body: Array(body.utf8))))
        }

        static func refused(
            _ action: String, _ code: String, _ message: String = "no", status: Int = 400,
            headers: HTTPHeaders = HTTPHeaders()
        ) -> Answer {
            let body =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>\(code)</Code>"
                + "<Message>\(message)</Message></Error></Errors><RequestID>r-2</RequestID></Response>"
            return Answer(
                action: action,
                result: .success(HTTPFullResponse(status: status, headers: headers, body: Array(body.utf8))))
        }

        static func lost(_ action: String, _ code: HTTPError.Code = .connectionLost) -> Answer {
            Answer(
                action: action, result: .failure(HTTPError(code: code, message: "lost", mayHaveBeenSent: true)))
        }
    }

    /// A request in the words of the Query API.
    struct Asked: Sendable {
        var action: String
        var parameters: [String: String]

        subscript(name: String) -> String? { parameters[name] }
    }

    private var answers: [Answer]
    private(set) var asked: [Asked] = []
    private(set) var urls: [String] = []
    private(set) var authorizations: [String] = []

    init(_ answers: [Answer]) {
        self.answers = answers
    }

    func add(_ answer: Answer) {
        answers.append(answer)
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        guard case .bytes(let bytes) = request.body else {
            throw HTTPError(code: .invalidRequest, message: "EC2 takes forms")
        }
        var parameters: [String: String] = [:]
        for pair in String(decoding: bytes, as: UTF8.self).split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters[PercentEncoding.decode(String(sides[0]))] = PercentEncoding.decode(String(sides[1]))
        }
        urls.append("\(request.url)")
        authorizations.append(request.headers["Authorization"] ?? "")
        let action = parameters["Action"] ?? ""
        asked.append(Asked(action: action, parameters: parameters))
        guard let index = answers.firstIndex(where: { $0.action == action }) else {
            throw HTTPError(code: .invalidRequest, message: "no answer is left for \(action)")
        }
        let answer = try answers.remove(at: index).result.get()
        return HTTPResponse(status: answer.status, headers: answer.headers, body: HTTPBody(bytes: answer.body))
    }
}

/// A connector on canned answers, with an open session in `eu-west-1`.
struct Bench {
    let ec2: CannedEC2
    let connector: EC2Connector
    let session: SessionID
    let context = CallContext(deadlineMs: 30_000)

    init(_ answers: CannedEC2.Answer...) async throws {
        ec2 = CannedEC2([.ok("DescribeRegions", "<regionInfo/>"), Canned.identity] + answers)
        connector = EC2Connector(http: ec2)
        session = try await connector.openSession(
            OpenSessionRequest(
                credentials: Credentials(["username": "AKIDEXAMPLE", "password": "marker-secret"]),
                config: ["region": "eu-west-1"]), context: context
        ).session
    }

    /// Requests since the session was opened.
    func asked() async -> [CannedEC2.Asked] {
        Array(await ec2.asked.dropFirst(2))
    }

    func actions() async -> [String] {
        await asked().map(\.action)
    }
}

enum Canned {
    static let identity = CannedEC2.Answer.ok(
        "GetCallerIdentity",
        "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/tester</Arn><UserId>AIDA</UserId>"
            + "<Account>123456789012</Account></GetCallerIdentityResult>")

    static func instance(
        _ id: String, index: Int = 0, state: String = "running", type: String = "t3.micro",
        tags: [String: String] = [:],
        extra: String = ""
    ) -> String {
        let tagSet = tags.sorted { $0.key < $1.key }.map {
            "<item><key>\($0.key)</key><value>\($0.value)</value></item>"
        }
        return """
            <item><instanceId>\(id)</instanceId><imageId>ami-0123456789abcdef0</imageId>
            <instanceState><code>16</code><name>\(state)</name></instanceState><amiLaunchIndex>\(index)</amiLaunchIndex>
            <instanceType>\(type)</instanceType><launchTime>2026-01-31T12:00:00.000Z</launchTime>
            <placement><availabilityZone>eu-west-1a</availabilityZone></placement>
            <tagSet>\(tagSet.joined())</tagSet>\(extra)</item>
            """
    }

    static func reservation(_ instances: String...) -> String {
        "<reservationSet><item><reservationId>r-1</reservationId><instancesSet>\(instances.joined())</instancesSet>"
            + "</item></reservationSet>"
    }

    static func id(_ number: Int) -> String {
        "i-" + String(repeating: "0", count: 17 - String(number, radix: 16).count) + String(number, radix: 16)
    }

    static func spec(_ number: Int, name: String = "worker", flavor: String = "t3.micro") -> MachineSpec {
        MachineSpec(
            machineID: "inf.\(number)", name: "\(name)-\(number)", image: "aws://eu-west-1/ami-0123456789abcdef0",
            flavor: flavor, tags: ["gantry:machine": "inf.\(number)"])
    }
}
