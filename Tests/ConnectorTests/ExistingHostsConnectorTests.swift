import ConnectorAPI
import ExistingHosts
import Testing

@Suite struct ExistingHostsConnectorTests {
    let connector = ExistingHostsConnector()

    private func item(_ address: String?, public isPublic: Bool = false) -> MachineSpec {
        MachineSpec(
            machineID: "m/1", name: "node", image: "", flavor: "",
            interfaces: [.init(index: 0, fixedAddress: address, public: isPublic)])
    }

    @Test(arguments: ["10.1.2.3", "2001:db8::1", "host.example.org"])
    func theIdSaysItAll(address: String) async throws {
        let session = try await connector.open()
        let machine = try await connector.launch(session, [item(address, public: true)])[0].get()
        #expect(machine.state == .running)
        #expect(machine.addresses.map(\.address) == [address])
        let another = ExistingHostsConnector()
        let seen = try await another.describe(another.open(), [machine.id])[0].get()
        #expect(seen.machineID == "m/1")
        #expect(seen.batchToken == "token")
        #expect(seen.addresses == machine.addresses)
        #expect(seen.state == .running)
        #expect(try await connector.launch(session, [item(address, public: true)])[0].get() == machine)
    }

    @Test func aMachineWithoutAddressIsRefused() async throws {
        let outcomes = try await connector.launch(connector.open(), [item(nil)])
        #expect(outcomes[0].error?.code == .invalidArgument)
        #expect(outcomes[0].error?.message.contains("net_interface.0.ip") == true)
    }

    @Test func nothingIsEverRemoved() async throws {
        let session = try await connector.open()
        let id = try await connector.launch(session, [item("10.1.2.3")])[0].get().id
        #expect(try await connector.terminate(session, [id, "unknown"]).allSatisfy { $0.error == nil })
        #expect(try await connector.describe(session, [id])[0].get().state == .running)
        #expect(try await connector.list(session).isEmpty)
        #expect(try await connector.describe(session, ["unknown"])[0].error?.code == .notFound)
    }
}
