import ConnectorAPI
import Testing

@testable import Libvirt

@Suite("Network filters")
struct FilterDefinitionTests {
    private func rules(_ rules: SecurityGroupSpec.Rule...) throws -> [XMLNode] {
        let filter = try XMLNode.parse(FilterDefinition(name: "group", uuid: "u", rules: rules).xml(), "test")
        #expect(filter.attributes == ["name": "group", "chain": "root"])
        #expect(filter.child("uuid")?.text == "u")
        return filter.children("rule")
    }

    private func accepted(_ rules: [XMLNode]) -> [XMLNode] {
        rules.filter { $0.attributes["priority"] == "500" }.flatMap(\.children)
    }

    @Test("Ports are opened for all, or for who may reach them")
    func ports() throws {
        let all = accepted(try rules(.init(transport: .tcp, fromPort: 8_000, toPort: 8_010)))
        #expect(all.map(\.name) == ["ip", "ipv6"])
        #expect(all[0].attributes == ["protocol": "tcp", "dstportstart": "8000", "dstportend": "8010"])
        let some = accepted(
            try rules(
                .init(transport: .udp, fromPort: 53, toPort: 53, cidr: "10.0.0.0/8"),
                .init(transport: .tcp, fromPort: 80, toPort: 80, cidr: "fd00::/8")))
        #expect(some.map(\.name) == ["ip", "ipv6"])
        #expect(some[0].attributes["srcipaddr"] == "10.0.0.0")
        #expect(some[0].attributes["srcipmask"] == "8")
        #expect(some[1].attributes["srcipaddr"] == "fd00::")
    }

    @Test("Other machines of the group reach all, the answers of DHCP come, low ports are closed after that")
    func order() throws {
        let all = try rules()
        #expect(all.map { $0.attributes["action"] } == ["accept", "accept", "accept", "drop", "drop", "drop", "drop"])
        let peers = try #require(all[0].child("mac"))
        let card = try LaunchIdentity.mac("machine", 0, group: "group")
        #expect(peers.attributes["srcmacaddr"] == card.prefix(8) + ":00:00:00")
        #expect(peers.attributes["srcmacmask"] == "ff:ff:ff:00:00:00")
        let priorities = all.compactMap { $0.attributes["priority"].flatMap { Int($0) } }
        #expect(priorities == priorities.sorted())
        #expect(all.last?.children.first?.attributes["dstportend"] == "32767")
        #expect(all.allSatisfy { $0.attributes["direction"] == "in" })
    }

    @Test(
        "What is no rule is refused", arguments: [(9, 8, "0.0.0.0/0"), (1, 70_000, "0.0.0.0/0"), (1, 2, "everybody")])
    func refused(from: Int, to: Int, cidr: String) {
        #expect(throws: ConnectorError.self) {
            try rules(.init(transport: .tcp, fromPort: from, toPort: to, cidr: cidr))
        }
    }

    @Test("A card has the filter of its group")
    func card() throws {
        let interface = MachineLabel.Interface(
            indexes: [0], mac: "56:00:00:00:00:01", network: "n", isPublic: true, filter: "group")
        #expect(
            DomainDefinition.device(interface).child("filterref")?.attributes == ["filter": "group"])
    }
}
