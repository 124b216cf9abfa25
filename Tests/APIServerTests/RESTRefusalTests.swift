import APIServer
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// What is refused is told with a status, headers and words that a REST client can act on.
@Suite struct RESTRefusalTests {
    // MARK: Media types

    @Test(arguments: ["application/xml", "image/png"])
    func aWrongMediaTypeIsAnsweredWithTheRightOnes(_ type: String) async throws {
        try await Served.serve { client in
            let answer = try await Served.ask(client, .post, "/infrastructures", Served.headers(type: type))
            #expect(answer.status == .unsupportedMediaType)
            #expect(answer.text.hasPrefix("Unsupported Media Type ['\(type)']"))
            #expect(answer.text.contains("text/plain") && answer.text.contains("application/json"), "\(answer.text)")
            #expect(answer.text.contains("text/yaml (TOSCA)"))
            #expect(try answer.headers[#require(.init("Accept-Post"))] == "text/plain, application/json, text/yaml")
            let json = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(accept: "application/json", type: type))
            #expect(json.text.contains(#""code":415"#))
            #expect(try json.headers[#require(.init("Accept-Post"))] == "text/plain, application/json, text/yaml")
        }
    }

    @Test(arguments: [("/version", "text/plain"), ("/infrastructures", "text/uri-list")])
    func aWrongAcceptIsAnsweredWithWhatThereIs(_ path: String, _ own: String) async throws {
        try await Served.serve { client in
            let answer = try await Served.ask(client, .get, path, Served.headers(accept: "image/png"))
            #expect(answer.status == .unsupportedMediaType)
            #expect(answer.text.hasPrefix("Unsupported Accept Media Types: image/png"))
            #expect(answer.text.contains(own) && answer.text.contains("application/json"), "\(answer.text)")
        }
    }

    @Test func aWrongAcceptCreatesNothing() async throws {
        try await Served.serve { client in
            let answer = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(accept: "image/png"),
                body: Array(Served.document.utf8))
            #expect(answer.status == .unsupportedMediaType)
            #expect(try await Served.ask(client, .get, "/infrastructures").text.isEmpty)
        }
    }

    /// What is done cannot be undone.
    @Test(arguments: ["force", "async"])
    func aFlagThatIsNoneDestroysNothing(_ name: String) async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.create(client))"
            let answer = try await Served.ask(client, .delete, "\(path)?\(name)=perhaps")
            #expect(answer.status == .badRequest)
            #expect(answer.text == "Incorrect value in \(name) parameter")
            #expect(try await Served.ask(client, .get, path).status == .ok)
            #expect(try await Served.ask(client, .delete, "\(path)?\(name)=no").status == .ok)
        }
    }

    // MARK: Methods

    @Test(arguments: [
        (HTTPRequest.Method.patch, "/infrastructures", "GET, HEAD, POST, PUT"),
        (.put, "/infrastructures/x", "DELETE, GET, HEAD, POST"),
        (.post, "/infrastructures/x/vms/0", "DELETE, GET, HEAD, PUT"),
        (.delete, "/infrastructures/x/state", "GET, HEAD"),
        (.post, "/version", "GET, HEAD"),
        (.delete, "/infrastructures/x/vms/0/cpu.count/", "GET, HEAD"),
    ])
    func aWrongMethodIsToldWithTheRightOnes(
        _ method: HTTPRequest.Method, _ path: String, _ allowed: String
    ) async throws {
        try await Served.serve { client in
            let answer = try await Served.ask(client, method, path)
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == allowed)
            #expect(answer.text == "The method is not allowed for the requested URL. Allowed are: \(allowed)")
            let json = try await Served.ask(client, method, path, Served.headers(accept: "application/json"))
            #expect(json.text.contains(#""code":405"#))
            #expect(json.headers[.allow] == allowed)
        }
    }

    @Test func optionsAndHeadAreAnswered() async throws {
        try await Served.serve { client in
            let options = try await Served.ask(client, .options, "/infrastructures", Served.headers(nil))
            #expect(options.status == .ok)
            #expect(options.headers[.allow] == "GET, HEAD, POST, PUT")
            let head = try await Served.ask(client, .head, "/version", Served.headers(nil))
            #expect(head.status == .ok && head.text.isEmpty)
            #expect(head.headers[.contentLength] == "5")
            for method in [HTTPRequest.Method.options, .patch, .get] {
                #expect(try await Served.ask(client, method, "/nope").status == .notFound)
            }
        }
    }

    // MARK: Words

    @Test func nothingSpeaksOfTheCommandLine() async throws {
        try await Served.serve { client in
            func refused(_ authorization: String, query: String = "") async throws -> String {
                let answer = try await Served.ask(
                    client, .post, "/infrastructures" + query, Served.headers(authorization),
                    body: Array(Served.document.utf8))
                #expect(answer.status == .badRequest)
                #expect(!answer.text.contains("gantry") && !answer.text.contains("-a"), "\(answer.text)")
                return answer.text
            }
            let none = try await refused(Served.login)
            #expect(none.contains("Authorization header"), "\(none)")
            #expect(none.contains("no cloud is given"), "\(none)")
            let unknown = try await refused(Served.login + #"\nid = nope; type = Nope"#)
            #expect(unknown.contains("no connector serves type 'Nope'"), "\(unknown)")
            let dry = try await refused(Served.login, query: "?dry_run=1")
            #expect(dry == none)
        }
    }

    /// What a task of a user printed is nobody's to change.
    @Test func messagesOfMachinesStayAsTheyAre() async throws {
        let failure = "it printed: run `gantry up` with -a; and so on"
        try await Served.serve(failure: failure) { client in
            let document = Served.document.replacing("contextualize ()", with: "configure node (\n@begin\n---\n@end\n)")
            let made = try await Served.ask(client, .post, "/infrastructures", body: Array(document.utf8))
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
            let state = try await Served.wait(client, path + "/state") { $0.contains(#""state":"unconfigured""#) }
            #expect(state.contains("unconfigured"), "\(state)")
            for part in ["/contmsg", "/vms/0/contmsg"] {
                let text = try await Served.ask(client, .get, path + part).text
                #expect(text.contains(failure), "\(text)")
            }
        }
    }

    // MARK: Bodies

    @Test(arguments: [
        ([0xff] as [UInt8], 0), (Array("system a (".utf8) + [0xc3, 0x28], 10),
        (Array("# ö\n".utf8) + [0xe2, 0x82], 5), ([0x61, 0xed, 0xa0, 0x80], 1),
    ])
    func aBodyThatIsNoTextIsRefused(_ body: [UInt8], _ offset: Int) async throws {
        try await Served.serve { client in
            for type in ["text/plain", "application/json"] {
                let answer = try await Served.ask(
                    client, .post, "/infrastructures", Served.headers(type: type), body: body)
                #expect(answer.status == .badRequest)
                #expect(answer.text.contains("no valid UTF-8 at byte \(offset)"), "\(answer.text)")
            }
        }
    }

    /// IM makes an infrastructure of nothing, whose state says that something is wrong.
    @Test(arguments: [(nil, ""), ("application/json", ""), (nil, " \n"), (nil, "network public (outbound = 'yes')")])
    func nothingToDeployIsAFailedInfrastructure(_ type: String?, _ body: String) async throws {
        try await Served.serve { client in
            let made = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(type: type), body: Array(body.utf8))
            #expect(made.status == .ok, "\(made.text)")
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
            let state = try await Served.ask(client, .get, path + "/state").text
            #expect(state == #"{"state":{"state":"failed","vm_states":{}}}"#)
            for query in ["", "?headeronly=1"] {
                let message = try await Served.ask(client, .get, path + "/contmsg" + query).text
                #expect(message.hasSuffix(": Infrastructure without any deploy. Exiting.\n"), "\(message)")
            }
            #expect(try await Served.ask(client, .delete, path).status == .ok)
        }
    }

    // MARK: Headers

    @Test func longAuthorizationIsRead() async throws {
        try await Served.serve(overNetwork: true) { client in
            let key = String(repeating: "QUJDREVGR0g=", count: 16_000)
            let header = Served.header + #"\nid = other; type = Dummy; private_key = '\#(key)'"#
            #expect(header.utf8.count > 190_000)
            let answer = try await Served.ask(client, .get, "/infrastructures", Served.headers(header))
            #expect(answer.status == .ok, "\(answer.status) \(answer.text)")
        }
    }

    @Test func longerAuthorizationIsRefusedInWords() async throws {
        try await Served.serve(overNetwork: true) { client in
            let header = Served.header + "; password = '" + String(repeating: "x", count: 600 << 10) + "'"
            var headers = Served.headers(header, accept: "application/json")
            let answer = try await Served.ask(client, .get, "/infrastructures", headers)
            #expect(answer.status == .requestHeaderFieldsTooLarge)
            #expect(answer.text.contains("512 KiB") && answer.text.contains(#""code":431"#), "\(answer.text)")
            headers[.authorization] = Served.header
            #expect(try await Served.ask(client, .get, "/infrastructures", headers).status == .ok)
        }
    }

    /// As a proxy in front of IM 1.19 tells them.
    @Test(arguments: [
        ("im.test:8443", "/im/", "http://im.test:8443/im"), ("a.test, b.test", "", "http://a.test"),
        ("evil.test/x", "", "http://localhost"), ("", "", "http://localhost"),
    ])
    func linksAreThoseOfTheProxy(_ host: String, _ prefix: String, _ base: String) async throws {
        try await Served.serve { client in
            var headers = Served.headers()
            headers[try #require(.init("X-Forwarded-Host"))] = host
            headers[try #require(.init("X-Forwarded-Prefix"))] = prefix
            let made = try await Served.ask(
                client, .post, "/infrastructures", headers, body: Array(Served.document.utf8))
            #expect(made.text.hasPrefix(base + "/infrastructures/"), "\(made.text)")
        }
    }

    @Test(arguments: [("https", "https"), ("https, http", "https"), ("HTTPS", "https"), ("javascript", "http")])
    func linksHaveTheSchemeOfTheFirstProxy(_ forwarded: String, _ scheme: String) async throws {
        try await Served.serve { client in
            var headers = Served.headers()
            headers[try #require(.init("X-Forwarded-Proto"))] = forwarded
            let made = try await Served.ask(
                client, .post, "/infrastructures", headers, body: Array(Served.document.utf8))
            #expect(made.text.hasPrefix("\(scheme)://"), "\(made.text)")
        }
    }
}
