import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Support
import Testing

/// Limits of the interfaces, and the path in front of all others.
@Suite struct LimitTests {
    @Test func whoAsksTooOftenIsToldWhen() async throws {
        var access = AccessRules()
        access.limit = RequestLimiter(perSecond: 1)
        try await Served.serve(access: access) { client in
            #expect(try await Served.ask(client, .get, "/infrastructures").status == .ok)
            var answer = try await Served.ask(client, .get, "/infrastructures")
            for _ in 0..<20 where answer.status == .ok { answer = try await Served.ask(client, .get, "/stats") }
            #expect(answer.status == .tooManyRequests)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(answer.text.hasPrefix("Too many requests: at most 1 a second"), "\(answer.text)")
            let other = Served.headers("type = InfrastructureManager; username = bob; password = two")
            #expect(try await Served.ask(client, .get, "/infrastructures", other).status == .ok)
            #expect(try await Served.ask(client, .get, "/version").status == .ok)
        }
    }

    @Test(arguments: ["gzip", "deflate", "br"])
    func compressedBodiesAreRefusedInWords(_ encoding: String) async throws {
        try await Served.serve { client in
            var headers = Served.headers(type: "text/plain")
            headers[.contentEncoding] = encoding
            let answer = try await Served.ask(client, .post, "/infrastructures", headers, body: [0x1f, 0x8b, 8, 0])
            #expect(answer.status == .unsupportedMediaType)
            #expect(answer.headers[.acceptEncoding] == "identity")
            #expect(
                answer.text
                    == "Error Creating Inf.: bodies of Content-Encoding '\(encoding)' are not read: send it as it is")
            headers[.contentEncoding] = "identity"
            let plain = try await Served.ask(
                client, .post, "/infrastructures", headers, body: Array(Served.document.utf8))
            #expect(plain.status == .ok, "\(plain.text)")
        }
    }

    // MARK: Root path

    @Test(arguments: ["/im", "im/", "/deep/er"])
    func aPathInFrontOfAllOthers(_ root: String) async throws {
        try await Served.serve(rootPath: root) { client in
            let prefix = "/" + root.split(separator: "/").joined(separator: "/")
            let made = try await Served.ask(
                client, .post, prefix + "/infrastructures?async=1", body: Array(Served.document.utf8))
            #expect(made.status == .ok)
            let path = try #require(
                made.text.range(of: prefix + "/infrastructures/").map { made.text[$0.lowerBound...] })
            #expect(try await Served.ask(client, .get, path + "/state").status == .ok)
            // A proxy that takes it off is served, too.
            let stripped = try await Served.ask(client, .get, "/infrastructures?x=\(prefix)")
            #expect(stripped.text.contains(prefix + "/infrastructures/"), "\(stripped.text)")
            for home in [prefix, prefix + "/", prefix + "/docs"] {
                let page = try await Served.ask(client, .get, home, Served.headers(nil))
                #expect(page.text.contains("href=\"\(prefix)/openapi.json\""), "\(home)")
            }
            #expect(try await Served.ask(client, .get, prefix + "ertinence").status == .notFound)
            let options = try await Served.ask(client, .options, prefix + "/version", Served.headers(nil))
            #expect(options.headers[.allow] == "GET, HEAD")
        }
    }

    @Test func withoutAPathLinksAreAsTheyWere() async throws {
        try await Served.serve(rootPath: "/") { client in
            let page = try await Served.ask(client, .get, "/docs", Served.headers(nil))
            #expect(page.text.contains("href=\"/openapi.json\""))
        }
    }
}
