import Authorization
import Foundation
import HTTPTransport
import Logging
import Orchestration
import Support
import Synchronization
import TOSCA
import Testing

@testable import gantry

/// Requests to a server, and what is said of its answers.
@Suite(.timeLimit(.minutes(5))) struct RemoteServerTests {
    private static func item(_ id: String, _ type: String, _ values: [String: String]) -> AuthorizationItem {
        AuthorizationItem(id: id, type: type, values: Secret(values.merging(["id": id, "type": type]) { $1 }))
    }

    private static func server(_ url: String, patience: Duration = .milliseconds(300)) throws -> RemoteServer {
        var options = RemoteServer.Options(url: url, logger: Logger(label: "test"))
        options.patience = patience
        options.busyPatience = patience
        options.pause = .milliseconds(5)
        return try RemoteServer(options, authorization: Secret("type = X"), user: "user 'ada'")
    }

    // MARK: Who asks

    @Test(
        "every value comes back as it was",
        arguments: [
            "plain", "a b", "a;b", #"say "x""#, "it's", "line\nline", #"both " and '"#, #"C:\new"#, "ü",
            #"{"a": ["b"]}"#, "-----BEGIN KEY-----\nAAA=\n-----END KEY-----\n",
        ])
    func authorizationHeader(value: String) throws {
        let items = [
            Self.item("im", "InfrastructureManager", ["username": "ada", "password": value]),
            Self.item("ec2", "EC2", ["username": "k", "password": "s"]),
        ]
        let header = AuthorizationHeader.value(items).expose()
        #expect(HTTPHeaders.isValid(name: "Authorization", value: header))
        let read = try AuthorizationParser().items(ofHeader: header)
        #expect(read.map(\.id) == ["im", "ec2"])
        // Blanks at the ends of a value are nobody's in the form of lines.
        #expect(read[0]["password"]?.trimmingCharacters(in: .newlines) == value.trimmingCharacters(in: .newlines))
        #expect(read[1].type == "EC2" && read[1]["password"] == "s")
    }

    // MARK: Patience

    @Test func readsAreAskedAgain() async throws {
        let count = Mutex(0)
        let server = try RecordingServer { _ in
            let number = count.withLock {
                $0 += 1; return $0
            }
            return switch number {
            case 1: .lost
            case 2: .answer(503, [:], "starting")
            case 3: .answer(409, ["Retry-After": "0"], "busy")
            default: .answer(200, [:], #"{"a": 1}"#)
            }
        }
        let answer = try await Self.server(server.url, patience: .seconds(600)).ask(
            .init(.get, ["a b", "c"], query: [("d", "e&f")]), for: [String: Int].self)
        #expect(answer == ["a": 1])
        #expect(server.requests.count == 4)
        #expect(server.requests.allSatisfy { $0.line == "GET /a%20b/c?d=e%26f" })
        #expect(server.requests[0].headers["authorization"] == "type = X")
        #expect(server.requests[0].headers["accept"] == "application/json")
    }

    @Test func whatChangesIsSentOnce() async throws {
        let server = try RecordingServer { _ in .lost }
        let client = try Self.server(server.url)
        await #expect(throws: RemoteServer.LostAnswer.self) {
            _ = try await client.ask(.init(.post, ["infrastructures"], body: ("x", "text/plain")))
        }
        #expect(server.requests.count == 1)
        #expect(server.requests[0].body == "x" && server.requests[0].headers["content-type"] == "text/plain")
        // What may be sent twice is.
        await #expect(throws: ManagerError.self) {
            _ = try await client.ask(.init(.put, ["a"], isRepeatable: true))
        }
        #expect(server.requests.count > 2)
    }

    @Test("removals that nobody agreed to are not waited for")
    func refusalsThatStay() async throws {
        let server = try RecordingServer { _ in
            .answer(409, ["Retry-After": "0"], "Error Creating Inf.: more is to be removed; run it again")
        }
        let error = await #expect(throws: ManagerError.self) {
            _ = try await Self.server(server.url, patience: .seconds(600)).ask(.init(.post, ["infrastructures"]))
        }
        #expect(error?.code == .busy && server.requests.count == 1)
    }

    // MARK: Words

    @Test(arguments: [
        (400, "Error Creating Inf.: document:1:1: error: no", ManagerError.Code.invalidDocument, "document:1:1"),
        (
            401, "Invalid credentials", .accessDenied,
            "does not let user 'ada' in: Invalid credentials; the line of type"
        ),
        (
            403, "Error Getting Inf. info: Access to this infrastructure not granted.", .accessDenied,
            "to user 'ada': Access"
        ),
        (404, #"{"message": "Error Getting Inf. prop: there is none", "code": 404}"#, .notFound, "there is none"),
        (409, "Error: under way", .busy, "refuses it now"),
        (429, "slow down", .unavailable, "too many requests of user 'ada'"),
        (302, "", .unavailable, "sends elsewhere (status 302, to https://other/): give that URL"),
        (500, "oh", .internal, "failed: oh"),
        (504, "Operation timed out", .unavailable, "answers 504: Operation timed out"),
    ])
    func refusals(status: Int, body: String, code: ManagerError.Code, text: String) async throws {
        let server = try RecordingServer { _ in .answer(status, ["Location": "https://other/"], body) }
        var call = RemoteServer.Call(.get, ["x"])
        call.isPatient = false
        let error = await #expect(throws: ManagerError.self) {
            _ = try await Self.server(server.url).ask(call)
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        if status != 404, status != 400 { #expect(error?.message.hasPrefix(server.url) == true) }
    }

    @Test func whatIsNoManagerIsNamed() async throws {
        let server = try RecordingServer { _ in .answer(200, ["Content-Type": "text/html"], "<html>hello</html>") }
        let connection = try RemoteConnection(
            .init(url: server.url, logger: Logger(label: "test")),
            items: [Self.item("im", "InfrastructureManager", ["username": "ada", "password": "one"])],
            stateFolder: "/nowhere", words: [])
        let error = await #expect(throws: ManagerError.self) { _ = try await connection.connected() }
        #expect(error?.message.contains("is neither gantryd nor an Infrastructure Manager") == true)
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil }, "a stranger gets no password")
        #expect(throws: UsageError.self) {
            try RemoteConnection(
                .init(url: server.url, logger: Logger(label: "test")), items: [], stateFolder: "/nowhere", words: [])
        }
        for url in ["ftp://x", "http://a b", "https://u:p@host"] {
            let error = #expect(throws: UsageError.self) { try Self.server(url) }
            #expect(error?.description.contains(":p@") == false)
        }
    }

    @Test func onlyThisMachineIsReachedInTheClear() throws {
        for (url, isExposed) in [
            ("http://127.0.0.1:8800", false), ("http://localhost", false), ("http://[::1]:1", false),
            ("http://im.example.org:8800", true), ("https://im.example.org", false), ("im.example.org:1", false),
        ] {
            #expect(try Self.server(url).isExposed == isExposed, "\(url)")
        }
    }

    // MARK: Documents

    @Test("values of inputs become the template's defaults")
    func inputsOfTemplates() throws {
        let text = """
            tosca_definitions_version: tosca_simple_yaml_1_0
            topology_template:
              inputs:
                n: {type: integer, default: 1}
                s: {type: string}
            """
        #expect(try RemoteDocument.text(.init(text: text)) == text)
        let sent = try RemoteDocument.text(.init(text: text, inputs: ["n": .init(4), "s": .init("x: y")]))
            .filter { $0 != " " }
        #expect(sent.contains(#""default":4"#), "\(sent)")
        #expect(sent.contains(#""default":"x:y""#) && sent.contains("tosca_simple_yaml_1_0"))
        #expect(throws: UsageError.self) { try RemoteDocument.text(.init(text: text, inputs: ["no": .init(1)])) }
    }
}
