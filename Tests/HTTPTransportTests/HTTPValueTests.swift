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
