import Hummingbird
import HummingbirdTesting
import Testing

/// Starts, stops and reboots.
@Suite struct RESTPowerTests {
    private func states(_ client: any TestClientProtocol, _ id: String) async throws -> String {
        try await Served.ask(client, .get, "/infrastructures/\(id)/state").text
    }

    @Test func machinesStopAndStart() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let one = try await Served.ask(client, .put, "/infrastructures/\(id)/vms/1/stop")
            #expect(one.status == .ok)
            #expect(one.text.isEmpty)
            #expect(
                try await states(client, id)
                    == #"{"state":{"state":"stopped","vm_states":{"0":"configured","1":"stopped"}}}"#)
            #expect(try await Served.ask(client, .put, "/infrastructures/\(id)/stop").status == .ok)
            #expect(try await states(client, id).contains(#""0":"stopped","1":"stopped""#))
            #expect(try await Served.ask(client, .put, "/infrastructures/\(id)/start").status == .ok)
            #expect(try await Served.ask(client, .put, "/infrastructures/\(id)/vms/0/reboot").status == .ok)
            #expect(
                try await states(client, id)
                    == #"{"state":{"state":"configured","vm_states":{"0":"configured","1":"configured"}}}"#)
        }
    }

    @Test func whatThereIsNot() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let machine = try await Served.ask(client, .put, "/infrastructures/\(id)/vms/9/stop")
            #expect(machine.status == .notFound)
            #expect(machine.text == "Error in stop op in VM: Invalid VM ID")
            let infrastructure = try await Served.ask(client, .put, "/infrastructures/none/start")
            #expect(infrastructure.status == .notFound)
            #expect(infrastructure.text.hasPrefix("Error in start operation: Invalid infrastructure ID"))
            let whole = try await Served.ask(client, .put, "/infrastructures/\(id)/reboot")
            #expect(whole.status == .methodNotAllowed)
        }
    }
}
