import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Single machines that are altered, and images of their disks.
@Suite struct RESTMachineTests {
    private func put(
        _ client: any TestClientProtocol, _ path: String, _ body: String = "", accept: String? = nil,
        type: String? = nil
    ) async throws -> Served.Answer {
        try await Served.ask(
            client, .put, path, Served.headers(accept: accept, type: type), body: Array(body.utf8))
    }

    @Test func alter() async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.configured(client))/vms/0"
            let text = try await put(client, path, "system node (cpu.count = 4 and memory.size = 2048M)")
            #expect(text.status == .ok)
            #expect(text.text.contains("cpu.count = 4"), "\(text.text)")
            #expect(text.text.contains("instance_type = 'dummy.large'"))
            #expect(text.text.hasSuffix("contextualize ()\ndeploy node 2"), "\(text.text)")
            let json = try await put(
                client, path, #"[{"class":"system","id":"node","cpu.count":8}]"#, accept: "application/json",
                type: "application/json")
            #expect(json.status == .ok)
            #expect(json.text.hasPrefix(#"{"radl":[{"class":"network","id":"public""#))
            #expect(json.text.contains(#""cpu.count":8"#))
            #expect(json.text.contains(#"{"class":"deploy","system":"node","vm_number":2}"#))
            #expect(try await Served.ask(client, .get, "\(path)/instance_type").text == "dummy.xlarge")
            #expect(try await Served.ask(client, .get, "\(path)/state").text == "configured")
        }
    }

    @Test func alterByTemplate() async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.configured(client))/vms/0"
            let template = """
                tosca_definitions_version: tosca_simple_yaml_1_0
                topology_template:
                  node_templates:
                    NODE:
                      type: tosca.nodes.Compute
                      capabilities:
                        host: {properties: {num_cpus: 4, mem_size: 2 GB}}
                """
            let altered = try await put(
                client, path, template.replacing("NODE", with: "node"), type: "text/yaml")
            #expect(altered.status == .ok, "\(altered.text)")
            #expect(altered.text.contains("instance_type = 'dummy.large'"), "\(altered.text)")
            let other = try await put(client, path, template.replacing("NODE", with: "other"), type: "text/yaml")
            #expect(other.text == "Error modifying resources: Incorrect RADL no system with name node provided.")
            let wrong = try await put(client, path, template.replacing("num_cpus", with: "num_cpu"), type: "text/yaml")
            #expect(wrong.status == .badRequest)
            #expect(wrong.text.contains("num_cpu"), "\(wrong.text)")
        }
    }

    @Test func mistakes() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let other = try await put(client, "/infrastructures/\(id)/vms/0", "system other (cpu.count = 4)")
            #expect(other.status == .badRequest)
            #expect(other.text == "Error modifying resources: Incorrect RADL no system with name node provided.")
            let missing = try await put(client, "/infrastructures/\(id)/vms/9", "system node (cpu.count = 4)")
            #expect(missing.status == .notFound)
            #expect(missing.text == "Error modifying resources: Invalid VM ID")
            let huge = try await put(client, "/infrastructures/\(id)/vms/0", "system node (cpu.count = 4000)")
            #expect(huge.status == .badRequest)
            #expect(
                huge.text.hasPrefix(
                    "Error modifying resources: Error modifying the information about the VM 0: no size of cloud"))
        }
    }

    @Test func consoles() async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.configured(client))/vms"
            let text = try await Served.ask(client, .get, path + "/0/console")
            #expect(text.status == .ok)
            #expect(text.text.wholeMatch(of: /Dummy machine \S+ is running\n/) != nil, "\(text.text)")
            let json = try await Served.ask(
                client, .get, path + "/0/console", Served.headers(accept: "application/json"))
            #expect(json.text.hasPrefix("{\"console\":"))
            let missing = try await Served.ask(client, .get, path + "/9/console")
            #expect(missing.status == .notFound)
            #expect(missing.text == "Error Getting VM. property: Invalid VM ID")
        }
    }

    @Test func snapshots() async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.configured(client))/vms/0/disks"
            let made = try await put(client, "\(path)/0/snapshot?image_name=snap1&auto_delete=yes")
            #expect(made.status == .ok)
            #expect(made.text == "mock0://linux.for.ev.er/snap1")
            #expect(try await Served.ask(client, .get, "/clouds/dummy/images").text.contains("snap1"))
            let unnamed = try await put(client, "\(path)/0/snapshot")
            #expect(unnamed.status == .badRequest)
            #expect(unnamed.text == "Parameter image_name required.")
            #expect(try await put(client, "\(path)/x/snapshot?image_name=a").status == .badRequest)
            #expect(
                try await put(client, "\(path)/0/snapshot?image_name=a&auto_delete=perhaps").text
                    == "Incorrect value in auto_delete parameter")
        }
    }

    /// What machines that IM made ask for.
    @Test func command() async throws {
        try await Served.serve { client in
            let path = "/infrastructures/\(try await Served.configured(client))/vms/0/command"
            func get(_ query: String = "", accept: String? = nil) async throws -> Served.Answer {
                try await Served.ask(client, .get, path + query, Served.headers(accept: accept))
            }
            let program = try await get()
            #expect(program.status == .ok)
            #expect(program.text.contains("\(path)?step=2'"), "\(program.text)")
            #expect(
                program.text.contains(
                    "'Authorization: type = InfrastructureManager; username = ada; password = one'"))
            #expect(!program.text.contains("Dummy"))
            #expect(try await get("?step=1").text == program.text)
            // It has a public address.
            #expect(try await get("?step=2").text == "true")
            #expect(try await get("?step=2", accept: "application/json").text == #"{"command":"true"}"#)
            let other = try await get("?step=3")
            #expect(other.status == .notFound)
            #expect(other.text == "Incorrect property command for VM ID 0")
            // Nothing has one.
            let document = Served.document.replacing("'yes'", with: "'no'")
            let made = try await Served.ask(client, .post, "/infrastructures", body: Array(document.utf8))
            let id = try #require(made.text.split(separator: "/").last)
            let wait = try await Served.ask(client, .get, "/infrastructures/\(id)/vms/1/command?step=2")
            #expect(wait.text == "wait")
        }
    }

    @Test func changesAtTheSameTimeAllCount() async throws {
        try await Served.serve { client in
            let created = try await Served.ask(
                client, .post, "/infrastructures?async=1", body: Array(Served.document.utf8))
            let id = try #require(created.text.split(separator: "/").last)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let added = try await Served.ask(
                            client, .post, "/infrastructures/\(id)", body: Array("system node\ndeploy node 1".utf8))
                        #expect(added.status == .ok, "\(added.text)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await put(client, "/infrastructures/\(id)/stop").status == .ok)
            let state = try await Served.wait(client, "/infrastructures/\(id)/state") {
                $0.components(separatedBy: "stopped").count == 8
            }
            #expect(state.contains(#""state":"stopped""#), "\(state)")
            #expect(state.contains(#""5":"stopped""#), "\(state)")
        }
    }

    @Test("numbers may have blanks around them, as clients join lists") func blanks() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let path = "/infrastructures/\(id)/vms"
            #expect(try await Served.ask(client, .get, path + "/%200/state").status == .ok)
            let removed = try await Served.ask(client, .delete, path + "/0,%201")
            #expect(removed.status == .ok, "\(removed.text)")
            let missing = try await Served.ask(client, .get, path)
            #expect(missing.status == .notFound && missing.text == "Incorrect infrastructure property")
        }
    }
}
