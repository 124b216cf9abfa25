import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Whom infrastructures belong to, and which service keeps them.
@Suite struct RESTOwnerTests {
    /// As IM has it: every user that the request names.
    @Test func whatSeveralUsersMakeBelongsToAll() async throws {
        try await Served.serve { client in
            let bob = "type = InfrastructureManager; username = bob; password = two"
            let made = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(Served.header + "\\n" + bob),
                body: Array(Served.document.utf8))
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
            #expect(try await Served.ask(client, .get, path, Served.headers(bob)).status == .ok)
            #expect(try await Served.ask(client, .get, path + "/authorization").text == "ada\nbob")
            let bad = "type = InfrastructureManager; username = eve"
            let refused = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(Served.header + "\\n" + bad),
                body: Array(Served.document.utf8))
            #expect(refused.status == .unauthorized)
        }
    }

    private static let other =
        "type = InfrastructureManager; username = other; password = pass" + #"\nid = dummy; type = Dummy"#

    private func share(
        _ client: any TestClientProtocol, _ id: String, _ body: String, type: String? = "application/json",
        query: String = ""
    ) async throws -> Served.Answer {
        try await Served.ask(
            client, .post, "/infrastructures/\(id)/authorization\(query)", Served.headers(type: type),
            body: Array(body.utf8))
    }

    @Test func sharing() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let path = "/infrastructures/\(id)"
            let own = Served.headers(Self.other)
            #expect(try await Served.ask(client, .get, path, own).status == .forbidden)
            let added = try await share(client, id, #"{"username":"other","password":"pass"}"#)
            #expect(added.status == .ok)
            #expect(added.text.isEmpty)
            #expect(try await Served.ask(client, .get, path + "/authorization").text == "ada\nother")
            let names = try await Served.ask(
                client, .get, path + "/authorization", Served.headers(accept: "application/json"))
            #expect(names.text == #"{"authorization":["ada","other"]}"#)
            #expect(try await Served.ask(client, .get, path, own).status == .ok)
            let replaced = try await share(
                client, id, #"{"username":"other","password":"pass"}"#, type: nil, query: "?overwrite=1")
            #expect(replaced.status == .ok)
            let former = try await Served.ask(client, .get, path)
            #expect(former.status == .forbidden)
            #expect(former.text == "Error Getting Inf. info: Access to this infrastructure not granted.")
        }
    }

    @Test(
        "mistakes",
        arguments: [
            (#"{"token":"abc"}"#, "application/json", 400, "Error modifying infrastructure owner: Invalid new"),
            (#"{"username":"x"}"#, "application/json", 400, "No username nor token for the InfrastructureManager."),
            (#"["x"]"#, "application/json", 400, "the body is a JSON object of texts"),
            (#"{"type":"EC2"}"#, "application/json", 400, "No credentials provided for the InfrastructureManager."),
            (#"{"username":"x","password":"y"}"#, "text/plain", 415, "Unsupported Media Type ['text/plain']"),
        ])
    func mistakes(body: String, type: String, status: Int, text: String) async throws {
        try await Served.serve { client in
            let id = try await Served.create(client)
            let answer = try await share(client, id, body, type: type)
            #expect(answer.status.code == status)
            #expect(answer.text.contains(text), "\(answer.text)")
            #expect(try await share(client, "none", body, type: "application/json").status != .ok)
        }
    }

    private struct Exported: Decodable {
        var data: String
    }

    @Test func exportAndImport() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let path = "/infrastructures/\(id)"
            let exported = try await Served.ask(client, .get, path + "/data?delete=yes")
            #expect(exported.headers[.contentType] == "application/json")
            let data = try JSONDecoder().decode(Exported.self, from: Data(exported.text.utf8)).data
            #expect(try await Served.ask(client, .get, path).status == .notFound)
            func put(_ body: String, type: String? = nil) async throws -> Served.Answer {
                try await Served.ask(
                    client, .put, "/infrastructures", Served.headers(Self.other, type: type), body: Array(body.utf8))
            }
            let imported = try await put(data)
            #expect(imported.status == .ok, "\(imported.text)")
            #expect(imported.headers[.contentType] == "text/uri-list; charset=utf-8")
            #expect(imported.text.hasSuffix(path))
            let state = try await Served.ask(client, .get, path + "/state", Served.headers(Self.other))
            #expect(state.text.contains(#""state":"configured""#))
            let again = try await put(data, type: "application/json")
            #expect(again.status == .badRequest)
            #expect(again.text == "Error Importing Inf.: Trying to add an existing infrastructure ID.")
            let bad = try await put(#"{"id": "x"}"#)
            #expect(bad.status == .badRequest)
            #expect(
                bad.text
                    == "Error Importing Inf.: Error importing the infrastructure, incorrect data: 'vm_list'")
            #expect(try await put(data, type: "text/plain").status == .unsupportedMediaType)
            let destroyed = try await Served.ask(client, .delete, path, Served.headers(Self.other))
            #expect(destroyed.status == .ok, "\(destroyed.text)")
        }
    }

    @Test("authorization data may be one object of JSON") func oneObject() async throws {
        try await Served.serve { client in
            let header = #"{"type": "InfrastructureManager", "username": "ada", "password": "one"}"#
            let list = try await Served.ask(client, .get, "/infrastructures", Served.headers(header))
            #expect(list.status == .ok, "\(list.text)")
        }
    }
}
