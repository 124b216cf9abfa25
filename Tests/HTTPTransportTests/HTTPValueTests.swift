import Foundation
import Testing

@testable import HTTPTransport

@Suite("URLs, headers, redaction")
struct HTTPValueTests {
    @Test(arguments: [
        ("https://ec2.test", "ec2.test", "/", "https://ec2.test/"),
        ("HTTP://Cloud.Test:80/a", "cloud.test", "/a", "http://cloud.test/a"),
        ("http://127.0.0.1:24100?x=1", "127.0.0.1:24100", "/", "http://127.0.0.1:24100/?x=1"),
        ("https://[::1]:8443/v3/", "[::1]:8443", "/v3/", "https://[::1]:8443/v3/"),
        ("https://cloud.test:/", "cloud.test", "/", "https://cloud.test/"),
    ])
    func parses(text: String, authority: String, path: String, whole: String) throws {
        let url = try HTTPURL(text)
        #expect(url.authority == authority)
        #expect(url.path == path)
        #expect(url.text == whole)
    }

    @Test(arguments: [
        "cloud.test", "ftp://cloud.test/", "file:///etc/passwd", "https://", "https://user:marker@cloud.test/",
        "https://cloud.test:0/", "https://cloud.test:65536/", "https://cloud.test:8x/", "https://a b/", "https://a/\n",
        "https://cloud.test/#x", "https://[::1/", "https://[zz]/", "https://cl%6fud.test/", "https://ü.test/",
        "https://cloud.test\\@evil.test/",
    ])
    func refuses(text: String) {
        do {
            _ = try HTTPURL(text)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalidRequest)
            #expect(!error.message.contains("marker"))
        }
    }

    @Test func buildsPathsAndQueries() throws {
        let url = try HTTPURL("https://cloud.test/v3/").appending("servers", "a/b c").adding(query: [("x y", "1&2")])
        #expect(url.text == "https://cloud.test/v3/servers/a%2Fb%20c?x%20y=1%262")
        #expect(url.adding(query: [("z", "")]).text.hasSuffix("?x%20y=1%262&z="))
        #expect(url.queryPairs.map(\.name) == ["x y"])
        #expect(url.queryPairs.map(\.value) == ["1&2"])
    }

    @Test(arguments: [
        ("https://u:marker@h/", "https://<redacted>@h/"),
        ("https://h/?X-Amz-Signature=marker&a=1", "https://h/?X-Amz-Signature=<redacted>&a=1"),
        ("https://h/?a=1&token=marker", "https://h/?a=1&token=<redacted>"),
        ("https://h/?flag&x=", "https://h/?flag&x="), ("", ""), ("?", "?"),
    ])
    func redacts(text: String, redacted: String) {
        #expect(Redaction.url(text) == redacted)
    }

    @Test func requestsPrintWithoutSecrets() throws {
        var headers: HTTPHeaders = ["Authorization": "marker", "X-Auth-Token": "marker", "Cookie": "marker"]
        headers.add("Accept", "text/xml")
        let request = HTTPRequest(
            .post, try HTTPURL("https://h/?password=marker"), headers: headers, body: .text("marker"))
        var dumped = ""
        dump(request, to: &dumped)
        dump(headers, to: &dumped)
        for text in ["\(request)", String(reflecting: request), String(reflecting: headers), dumped] {
            #expect(!text.contains("marker"))
        }
        #expect("\(request)".contains("Accept: text/xml"))
        #expect("\(request)".contains("body of 6 bytes"))
    }

    @Test func headersAreComparedWithoutCase() {
        var headers: HTTPHeaders = ["Accept": "a", "X-One": "1"]
        headers.add("accept", "b")
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.values("Accept") == ["a", "b"])
        headers.set("accept", "c")
        #expect(headers.values("Accept") == ["c"])
        headers.remove("ACCEPT")
        #expect(headers.fields.map(\.name) == ["X-One"])
    }

    @Test(arguments: ["a b", "äé~", "%41%", "a+b/c=d&e", ""])
    func percentEncodingReturns(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }

    @Test(arguments: [("30", Duration.seconds(30)), ("0.5", .milliseconds(500)), ("0", .zero)])
    func readsRetryAfter(text: String, duration: Duration) {
        #expect(HTTPFullResponse(status: 503, headers: ["Retry-After": text], body: []).retryAfter == duration)
    }

    @Test(arguments: ["-1", "soon", "", "1e300", "Wed, 21 Oct 2026 07:28:00 GMT"])
    func ignoresOtherRetryAfter(text: String) {
        #expect(HTTPFullResponse(status: 503, headers: ["Retry-After": text], body: []).retryAfter == nil)
    }
}

@Suite("Record and replay")
struct HTTPExchangeTests {
    @Test func aRecordingReplaysAndHoldsNoSecret() async throws {
        let server = try LoopbackServer.answering { connection, request in
            connection.answer(
                request.target == "/missing" ? 404 : 200, headers: ["X-Subject-Token": "marker-1", "X-Id": "7"],
                "answer to \(request.text), key marker-2")
        }
        let recorder = RecordingClient(try CurlClient(options: .init(proxy: .none)), hiding: ["marker-2"])
        let request = HTTPRequest(
            .post, try HTTPURL(server.url("/?token=marker-3")), headers: ["Authorization": "marker-4"],
            body: .text("time=1&b=2"))
        let live = try await recorder.fetch(request, upTo: 1_000)
        #expect(live.text == "answer to time=1&b=2, key marker-2")
        _ = try await recorder.fetch(HTTPRequest(.get, HTTPURL(server.url("/missing"))), upTo: 1_000)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("exchanges-\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await recorder.write(to: file)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("marker"))

        let replay = try ReplayClient(path: file) { $0.replacing(/time=\d+/, with: "time=0") }
        let again = try await replay.fetch(request, upTo: 1_000)
        #expect(again.text == "answer to time=1&b=2, key <redacted>")
        #expect(again.headers["x-id"] == "7")
        #expect(try await replay.fetch(HTTPRequest(.get, HTTPURL(server.url("/missing"))), upTo: 1_000).status == 404)
    }

    @Test func aReplayMatchesMethodURLAndBody() async throws {
        let exchange = HTTPExchange(
            method: "POST", url: "https://cloud.test/", requestBody: "time=1&b=2", status: 200,
            headers: [.init(name: "X-Id", value: "7")], body: "base64:AP8=")
        let replay = ReplayClient([exchange, exchange]) { $0.replacing(/time=\d+/, with: "") }
        let request = HTTPRequest(.post, try HTTPURL("https://cloud.test/"), body: .text("time=99&b=2"))
        let answer = try await replay.fetch(request, upTo: 1_000)
        #expect(answer.body == [0, 255])
        #expect(answer.headers["x-id"] == "7")
        for other in [
            HTTPRequest(.put, request.url, body: request.body),
            HTTPRequest(.post, try HTTPURL("https://cloud.test/x"), body: request.body),
            HTTPRequest(.post, request.url, body: .text("time=1&b=3")),
        ] {
            await #expect(throws: HTTPError.self) { try await replay.fetch(other, upTo: 1_000) }
        }
        _ = try await replay.fetch(request, upTo: 1_000)
        await #expect(throws: HTTPError.self) { try await replay.fetch(request, upTo: 1_000) }
        #expect(await replay.requests.count == 2)
    }
}
