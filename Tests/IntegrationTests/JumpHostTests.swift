import Foundation
import Testing

/// A private machine is reached through a public one of the same network.
@Suite(.serialized) struct JumpHostTests {
    private static func privateMembers() throws -> [HostScenario.Member] {
        let gateway = try TestHost.named("gateway-1")
        let inner = try TestHost.named("private-1")
        let inside = try #require(gateway.privateAddress)
        return [
            .init(system: "node", host: gateway, interfaces: [("lan", gateway.address), ("inside", inside)]),
            .init(system: "inner", host: inner, interfaces: [("inside", inner.address)]),
        ]
    }

    @Test func privateMachineThroughAPublicOne() async throws {
        let scenario = try HostScenario(try Self.privateMembers(), tasks: HostFaultTests.tasks)
        try await HostFaultTests.expectConfigured(scenario)
    }

    /// Both machines are told, each with its own reason.
    @Test func machineInBetweenIsDown() async throws {
        let members = try Self.privateMembers()
        let scenario = try HostScenario(members, tasks: HostFaultTests.tasks)
        try await HostScenario.testbed("stop", members[0].host.name)
        let inner = members[1].host.address
        try await HostFaultTests.expectFault(
            scenario, status: 5,
            says: [
                // Of the first one it depends on how far its end is: no route, or a handshake that ends.
                "machine 0 (node): waiting until the machine lets us in", "machine 1 (inner)",
                "\(inner):22 is reached through \(members[0].host.address):22",
            ], timeout: 20, within: .seconds(26))
        try await HostScenario.testbed("up", "1", "--prefix", "gateway", "--gateway")
        try await HostFaultTests.expectConfigured(scenario)
    }

    @Test func machineInBetweenRefusesTheLogin() async throws {
        var members = try Self.privateMembers()
        members[0].login = .password("not-the-password")
        let scenario = try HostScenario(members, tasks: HostFaultTests.tasks)
        try await HostFaultTests.expectFault(
            scenario, status: 1,
            says: ["does not let in the user", "is reached through \(members[0].host.address):22"])
        try scenario.write(try Self.privateMembers(), tasks: HostFaultTests.tasks)
        try await HostFaultTests.expectConfigured(scenario)
    }
}
