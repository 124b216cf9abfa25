import Foundation
import Hummingbird
import HummingbirdTesting
import Persistence
import Testing

/// IM's paths and shapes over a manager with a Dummy cloud; a worker carries operations out beside the requests.
@Suite struct RESTServerTests {
    @Test func version() async throws {
        try await Served.serve { client in
            let plain = try await client.execute(uri: "/version", method: .get)
            #expect(String(buffer: plain.body) == "2.0.0")
            let json = try await client.execute(
                uri: "/version", method: .get, headers: Served.headers(nil, accept: "application/json"))
            #expect(String(buffer: json.body) == #"{"version":"2.0.0"}"#)
        }
    }

    @Test func createStateInfoDelete() async throws {
        try await Served.serve { client in
            let id = try await Served.create(client)
            let list = try await client.execute(uri: "/infrastructures", method: .get, headers: Served.headers())
            #expect(String(buffer: list.body).hasSuffix("/infrastructures/\(id)"))
            let info = try await client.execute(
                uri: "/infrastructures/\(id)", method: .get, headers: Served.headers(accept: "application/json"))
            #expect(String(buffer: info.body).contains("/vms/1"))
            var state = ""
            for _ in 0..<200 where !state.contains(#""state":"configured""#) {
                let answer = try await client.execute(
                    uri: "/infrastructures/\(id)/state", method: .get, headers: Served.headers())
                state = String(buffer: answer.body)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(
                state == #"{"state":{"state":"configured","vm_states":{"0":"configured","1":"configured"}}}"#)
            let machine = try await client.execute(
                uri: "/infrastructures/\(id)/vms/0", method: .get, headers: Served.headers())
            #expect(String(buffer: machine.body).contains("state = 'configured'"))
            let property = try await client.execute(
                uri: "/infrastructures/\(id)/vms/0/provider.type", method: .get, headers: Served.headers())
            #expect(String(buffer: property.body) == "Dummy")
            let gone = try await client.execute(
                uri: "/infrastructures/\(id)", method: .delete, headers: Served.headers())
            #expect(gone.status == .ok)
            let after = try await client.execute(
                uri: "/infrastructures/\(id)", method: .get, headers: Served.headers(accept: "application/json"))
            #expect(after.status == .notFound)
            #expect(String(buffer: after.body).contains(#""code":404"#))
        }
    }

    @Test func refusals() async throws {
        try await Served.serve { client in
            let none = try await client.execute(uri: "/infrastructures", method: .get)
            #expect(none.status == .unauthorized)
            #expect(String(buffer: none.body) == "No authentication data provided")
            let noLogin = try await client.execute(
                uri: "/infrastructures", method: .get, headers: Served.headers("type = Dummy"))
            #expect(noLogin.status == .unauthorized)
            let bad = try await client.execute(
                uri: "/infrastructures", method: .post, headers: Served.headers(),
                body: ByteBuffer(string: "system a ("))
            #expect(bad.status == .badRequest)
            #expect(String(buffer: bad.body).hasPrefix("Error Creating Inf.: "))
            let media = try await client.execute(
                uri: "/infrastructures", method: .post, headers: Served.headers(type: "application/xml"),
                body: ByteBuffer(string: ""))
            #expect(media.status == .unsupportedMediaType)
            let accept = try await client.execute(
                uri: "/version", method: .get, headers: Served.headers(nil, accept: "image/png"))
            #expect(accept.status == .unsupportedMediaType)
            let unknown = try await client.execute(
                uri: "/infrastructures/nope", method: .get, headers: Served.headers())
            #expect(unknown.status == .notFound)
            let path = try await client.execute(uri: "/etc/passwd", method: .get, headers: Served.headers())
            #expect(path.status == .notFound)
        }
    }

    @Test func propertiesHaveTheFormOfIM() async throws {
        try await Served.serve { client in
            let document = Served.document.replacing(
                "disk.0.image.url",
                with: "cpu.count = 1 and memory.size >= 512m and tags = ['a','b'] and disk.0.image.url")
            let made = try await Served.ask(client, .post, "/infrastructures", body: Array(document.utf8))
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
            try #require(made.status == .ok, "\(made.text)")
            func value(_ name: String, accept: String? = nil) async throws -> String {
                try await Served.ask(client, .get, path + name, Served.headers(accept: accept)).text
            }
            let memory = try await value("/vms/0/memory.size")
            #expect(Int(memory).map { $0 >= 512_000_000 } == true, "\(memory)")
            #expect(try await value("/vms/0/memory.size", accept: "application/json") == "{\"memory.size\":\(memory)}")
            #expect(try await value("/vms/0/cpu.count", accept: "application/json") == #"{"cpu.count":1}"#)
            #expect(try await value("/vms/0/tags") == "a\nb")
            #expect(
                try await value("/vms/0/provider.type", accept: "application/json") == #"{"provider.type":"Dummy"}"#)
            #expect(try await value("/vms/0/nope") == "Incorrect property nope for VM ID 0")
            #expect(try await value("/vms/9/nope") == "Error Getting VM. property: Invalid VM ID")
            #expect(
                try await value("/outputs") == "'outputs' infrastructure property is not valid in this infrastructure")
        }
    }

    @Test(arguments: ["text/plain; charset=utf-8", "application/xml, text/plain", "TEXT/PLAIN", "*/*", ""])
    func theseMediaTypesAreRADL(_ type: String) async throws {
        try await Served.serve { client in
            let made = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(type: type), body: Array(Served.document.utf8))
            #expect(made.status == .ok, "\(made.text)")
        }
    }

    @Test func othersDoNotSeeIt() async throws {
        try await Served.serve { client in
            let id = try await Served.create(client)
            let stranger = "type = InfrastructureManager; username = ada; password = two"
            let answer = try await client.execute(
                uri: "/infrastructures/\(id)/state", method: .get, headers: Served.headers(stranger))
            #expect(answer.status == .forbidden)
            let list = try await client.execute(
                uri: "/infrastructures", method: .get, headers: Served.headers(stranger))
            #expect(String(buffer: list.body).isEmpty)
        }
    }

    @Test func aFaultOfTheServerNamesNoPathOfIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-rest-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStateStore(folder: folder)
        await store.close()
        try await Served.serve(store) { client in
            for path in ["/infrastructures", "/infrastructures/x", "/infrastructures/x/contmsg", "/metrics"] {
                let answer = try await client.execute(uri: path, method: .get, headers: Served.headers())
                #expect(answer.status == .serviceUnavailable, "\(path)")
                #expect(!String(buffer: answer.body).contains(folder))
                #expect(!String(buffer: answer.body).isEmpty)
            }
        }
    }

    @Test func metrics() async throws {
        try await Served.serve { client in
            _ = try await Served.create(client)
            let answer = try await client.execute(uri: "/metrics", method: .get)
            #expect(String(buffer: answer.body).contains(#"gantry_infrastructures{phase="active"} 1"#))
        }
    }
}
