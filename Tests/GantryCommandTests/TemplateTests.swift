import ArgumentParser
import Foundation
import HTTPTransport
import TOSCA
import Testing

@testable import Assembly
@testable import gantry

/// Templates that the command line is given, and what they import.
@Suite struct TemplateTests {
    @Test(arguments: [
        ("a.yaml", "x: 1", true), ("a.YML", "", true),
        ("-", "tosca_definitions_version: tosca_simple_yaml_1_0\n", true),
        ("a.radl", "tosca_definitions_version: tosca_simple_yaml_1_0\n", false), ("-", "system a ()", false),
        ("a", "description a (x = 'tosca_definitions_version: 1')", false),
    ])
    func whatIsATemplate(_ path: String, _ text: String, _ isTemplate: Bool) {
        #expect(TemplateFile.isTemplate(text, path: path) == isTemplate)
    }

    @Test func inputsOfTheCommandLineGoBeforeThoseOfTheFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("inputs-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("inputs:\n  a: 1\n  b: [x]\n".utf8).write(to: file)
        let options = try TemplateOptions.parse(["--inputs", file.path, "--input", "a=2", "--input", "c=x=y"])
        let values = try options.resolve([])
        #expect(values["a"]?.integer == 2)
        #expect(values["b"]?.list?.count == 1)
        #expect(values["c"]?.string == "x=y")
        #expect(throws: (any Error).self) { try TemplateOptions.parse(["--input", "novalue"]) }
    }

    /// Answers what a test says, and counts.
    private struct Answers: HTTPClient {
        var answers: [String: HTTPFullResponse]

        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
            guard let answer = answers[request.url.text] else {
                throw HTTPError(code: .unreachable, message: "\(request.address ?? "nobody") does not answer")
            }
            return HTTPResponse(
                status: answer.status, headers: answer.headers, body: HTTPBody(bytes: answer.body))
        }
    }

    private func problem(_ url: String, _ policy: TOSCAFetchPolicy, _ fetcher: TemplateFetcher) async -> String? {
        do {
            _ = try await fetcher.fetch(url, policy: policy, maximumSize: 1000)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func addressesOfTheServersOwnNetworkAreNotAsked() async throws {
        let addresses = [
            "inner.example": ["127.0.0.1", "::1", "10.0.0.1", "fe80::1"],
            "files.example": ["10.0.0.1", "93.184.216.34"],
        ]
        let fetcher = TemplateFetcher(client: Answers(answers: [:]), usesProxy: false) { addresses[$0] ?? [] }
        let policy = TOSCAFetchPolicy(allowedHosts: ["*.example"])
        #expect(
            await problem("https://inner.example/a", policy, fetcher)
                == "the host 'inner.example' has no public address")
        #expect(
            await problem("https://no.example/a", policy, fetcher) == "the host 'no.example' is not known")
        #expect(
            await problem("https://files.example/a", policy, fetcher)?.contains("93.184.216.34") == true)
        #expect(await problem("https://127.0.0.1/a.yaml", policy, fetcher) == "its address is not public")
        #expect(await problem("https://example.org/a", policy, fetcher)?.contains("not among those") == true)
        #expect(await problem("http://files.example/a", policy, fetcher) == "http is not allowed, use https")
    }

    @Test func redirectionsAreLookedAtToo() async throws {
        func redirect(_ target: String) -> HTTPFullResponse {
            HTTPFullResponse(status: 302, headers: ["Location": target], body: [])
        }
        let answers = Answers(answers: [
            "https://files.example/a": redirect("https://files.example/b"),
            "https://files.example/b": HTTPFullResponse(status: 200, body: Array("x: 1".utf8)),
            "https://files.example/c": redirect("https://169.254.169.254/latest"),
            "https://files.example/d": redirect("/d"),
            "https://files.example/e": HTTPFullResponse(status: 404, body: []),
        ])
        // The proxy resolves.
        let fetcher = TemplateFetcher(client: answers, usesProxy: true)
        let policy = TOSCAFetchPolicy(allowedHosts: ["files.example"])
        let found = try await fetcher.fetch("https://files.example/a", policy: policy, maximumSize: 1000)
        #expect(String(decoding: found, as: UTF8.self) == "x: 1")
        #expect(await problem("https://files.example/c", policy, fetcher) == "its address is not public")
        #expect(await problem("https://files.example/d", policy, fetcher) == "it redirects more than 5 times")
        #expect(await problem("https://files.example/e", policy, fetcher) == "the server answers 404")
    }
}
