import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// What the INDIGO Orchestrator and IM's dashboard send (im.md 7.8): TOSCA templates, and updates by changed ones.
@Suite struct RESTTemplateTests {
    private static func template(_ count: Int, removal: String = "") -> String {
        """
        tosca_definitions_version: tosca_simple_yaml_1_0
        imports:
          - indigo_custom_types: https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml
        topology_template:
          inputs:
            wn_num: {type: integer, default: \(count)}
          node_templates:
            server:
              type: tosca.nodes.indigo.Compute
              capabilities:
                endpoint: {properties: {dns_name: server, network_name: PUBLIC}}
                os: {properties: {type: linux, image: 'dummy://image'}}
            wn:
              type: tosca.nodes.indigo.Compute
              capabilities:
                scalable: {properties: {count: {get_input: wn_num}\(removal)}}
                os: {properties: {type: linux, image: 'dummy://image'}}
          outputs:
            server_ip: {value: {get_attribute: [server, public_address, 0]}}
            wn_ips: {value: {get_attribute: [wn, private_address]}}

        """
    }

    private static let yaml = Served.headers(type: "text/yaml")

    private func send(
        _ client: any TestClientProtocol, _ path: String, _ text: String, headers: HTTPFields = yaml
    ) async throws -> Served.Answer {
        try await Served.ask(client, .post, path, headers, body: Array(text.utf8))
    }

    private func created(_ client: any TestClientProtocol, _ count: Int) async throws -> String {
        let answer = try await send(client, "/infrastructures?async=1", Self.template(count))
        try #require(answer.status == .ok, "\(answer.text)")
        let id = try #require(answer.text.split(separator: "/").last.map(String.init))
        _ = try await Served.wait(client, "/infrastructures/\(id)/state") {
            $0.contains(#""state":{"state":"configured""#)
        }
        return id
    }

    @Test func createOutputsAndTemplate() async throws {
        try await Served.serve { client in
            let id = try await created(client, 2)
            let outputs = try await Served.ask(
                client, .get, "/infrastructures/\(id)/outputs", Served.headers(accept: "application/json"))
            #expect(outputs.status == .ok)
            #expect(outputs.headers[.contentType]?.hasPrefix("application/json") == true)
            #expect(outputs.text.hasPrefix(#"{"outputs": {"server_ip": "#))
            #expect(outputs.text.contains(#""wn_ips": ["#))
            let template = try await Served.ask(client, .get, "/infrastructures/\(id)/tosca")
            #expect(template.text == Self.template(2))
            let radl = try await Served.ask(client, .get, "/infrastructures/\(id)/radl")
            #expect(radl.text.contains("system wn"))
            let machine = try await Served.ask(
                client, .get, "/infrastructures/\(id)/vms/1", Served.headers(accept: "application/json"))
            #expect(machine.text.contains(#""class":"system""#))
            #expect(machine.text.contains(#""id":"wn""#))
        }
    }

    @Test func scaleOutAndIn() async throws {
        try await Served.serve { client in
            let id = try await created(client, 1)
            let more = try await send(client, "/infrastructures/\(id)", Self.template(3))
            #expect(more.status == .ok)
            #expect(more.text.split(separator: "\n").map { $0.suffix(6) } == ["/vms/2", "/vms/3"])
            _ = try await Served.wait(client, "/infrastructures/\(id)/state") {
                $0.contains(#""3":"configured""#)
            }
            let fewer = try await send(
                client, "/infrastructures/\(id)", Self.template(2, removal: ", removal_list: ['2']"))
            #expect(fewer.status == .ok)
            #expect(fewer.text.isEmpty)
            let state = try await Served.wait(client, "/infrastructures/\(id)/state") { !$0.contains(#""2":"#) }
            #expect(state.contains(#""1":"#) && state.contains(#""3":"#) && !state.contains(#""2":"#))
        }
    }

    @Test func reconfigureTakesATemplate() async throws {
        try await Served.serve { client in
            let id = try await created(client, 1)
            let changed = Self.template(1) + "description: another text\n"
            let answer = try await Served.ask(
                client, .put, "/infrastructures/\(id)/reconfigure", Self.yaml, body: Array(changed.utf8))
            #expect(answer.status == .ok)
            let template = try await Served.ask(client, .get, "/infrastructures/\(id)/tosca").text
            #expect(template.contains("another text"))
            let state = try await Served.wait(client, "/infrastructures/\(id)/state") {
                $0.contains(#""state":{"state":"configured""#)
            }
            #expect(state.contains(#""vm_states":{"0":"configured","1":"configured"}"#), "no machine came or went")
        }
    }

    @Test func refusals() async throws {
        try await Served.serve { client in
            let wrong = try await send(
                client, "/infrastructures", Self.template(1).replacing("indigo.Compute", with: "indigo.Computer"))
            #expect(wrong.status == .badRequest)
            #expect(wrong.text.hasPrefix("Error Creating Inf.: "))
            #expect(wrong.text.contains("tosca.nodes.indigo.Compute"), "the nearest name is told")
            #expect(!wrong.text.contains("/home") && !wrong.text.contains(".swift"))
            let list = try await Served.ask(client, .get, "/infrastructures")
            #expect(list.text.isEmpty)
            let id = try await Served.configured(client)
            for property in ["tosca", "outputs"] {
                let none = try await Served.ask(client, .get, "/infrastructures/\(id)/\(property)")
                #expect(none.status == .forbidden)
                #expect(
                    none.text.hasSuffix("'\(property)' infrastructure property is not valid in this infrastructure"))
            }
        }
    }
}
