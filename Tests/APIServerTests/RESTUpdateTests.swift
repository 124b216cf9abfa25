import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Machines that come and go, and machines that are configured again.
@Suite struct RESTUpdateTests {
    private func wait(_ client: any TestClientProtocol, _ id: String, for states: String) async throws {
        let state = try await Served.wait(client, "/infrastructures/\(id)/state") { $0.contains(states) }
        #expect(state.contains(states))
    }

    private func add(
        _ client: any TestClientProtocol, _ id: String, _ document: String, query: String = ""
    ) async throws -> Served.Answer {
        try await Served.ask(client, .post, "/infrastructures/\(id)\(query)", body: Array(document.utf8))
    }

    @Test func addAndRemove() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let added = try await add(client, id, "system node\ndeploy node 2")
            #expect(added.status == .ok)
            #expect(added.headers[.contentType]?.hasPrefix("text/uri-list") == true)
            #expect(added.text.split(separator: "\n").map { $0.suffix(6) } == ["/vms/2", "/vms/3"])
            #expect(added.headers.contains { $0.name.rawName == "InfID" && $0.value == id })
            try await wait(
                client, id, for: #""vm_states":{"0":"configured","1":"configured","2":"configured","3":"conf"#)
            let removed = try await Served.ask(client, .delete, "/infrastructures/\(id)/vms/1,3")
            #expect(removed.status == .ok)
            #expect(removed.text.isEmpty)
            try await wait(client, id, for: #""vm_states":{"0":"configured","2":"configured"}"#)
            #expect(try await Served.ask(client, .get, "/infrastructures/\(id)/vms/3").status == .notFound)
        }
    }

    @Test func withoutContextualization() async throws {
        try await Served.serve { client in
            let id = try await Served.create(client)
            try await wait(client, id, for: #""state":"configured""#)
            let added = try await add(
                client, id,
                "system node\ncontextualize (system node configure c step 1)\nconfigure c (\n@begin\n---\n"
                    + "- tasks: []\n@end\n)\ndeploy node 1", query: "?context=0")
            #expect(added.status == .ok)
            #expect(!added.headers.contains { $0.name.rawName == "InfID" })
            try await wait(client, id, for: #""2":"running""#)
            let again = try await Served.ask(client, .put, "/infrastructures/\(id)/reconfigure?vm_list=2")
            #expect(again.status == .ok)
            #expect(again.headers.contains { $0.name.rawName == "InfID" && $0.value == id })
            try await wait(client, id, for: #""2":"configured""#)
        }
    }

    @Test func mistakes() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let unknown = try await add(client, id, "system nodes\ndeploy nodes 1")
            #expect(unknown.status == .badRequest)
            #expect(unknown.text.hasPrefix("Error Adding resources: "))
            let flag = try await add(client, id, "", query: "?context=perhaps")
            #expect(flag.status == .badRequest)
            let machine = try await Served.ask(client, .delete, "/infrastructures/\(id)/vms/0,7")
            #expect(machine.status == .notFound)
            #expect(machine.text.hasPrefix("Error Removing resources: "))
            let list = try await Served.ask(client, .put, "/infrastructures/\(id)/reconfigure?vm_list=0,x")
            #expect(list.status == .badRequest)
            #expect(list.text == "Incorrect vm_list format.")
            #expect(try await Served.ask(client, .get, "/infrastructures/\(id)/vms/0").status == .ok)
        }
    }
}
