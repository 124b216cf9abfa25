import ConnectorAPI
import Foundation
import Libvirt
import Testing

/// Machines of an ordinary user, without bridge and without a service: `qemu:///session`.
@Suite("libvirt session of a user", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(5)))
struct LibvirtSessionTests {
    private let environment = LibvirtTestBed.environment

    @Test("Machines are reached by a port of the loopback, and reach one another on a network that is made")
    func machines() async throws {
        let uri = try #require(environment["LIBVIRT_TESTBED_SESSION_URI"])
        let image = try #require(environment["LIBVIRT_TESTBED_SESSION_IMAGE"])
        let bench = try await LibvirtBench(config: ["pool": "small"], uri: uri, image: image)
        let network = try await bench.connector.ensureNetwork(
            EnsureRequest(session: bench.session, spec: NetworkSpec(name: bench.tag), tags: bench.tags),
            context: bench.context
        ).get()
        let group = await #expect(throws: ConnectorError.self) {
            _ = try await bench.connector.ensureSecurityGroup(
                EnsureRequest(
                    session: bench.session, spec: SecurityGroupSpec(name: "g", description: "g", rules: []),
                    tags: bench.tags), context: bench.context)
        }
        #expect(group?.code == .unsupported)
        var items = bench.specs(2)
        // The second has no card but that on the network that is made.
        items[0].interfaces.append(.init(index: 1, network: network.id))
        items[1].interfaces = [.init(index: 0, network: network.id)]
        var machines: [Machine] = []
        for outcome in try await bench.launch(items) {
            let machine = try await bench.wait(outcome.get().id, "a port") { $0.sshPort != nil }
            #expect(machine.addresses.map(\.address).first == "127.0.0.1")
            machines.append(machine)
        }
        #expect(machines[0].sshPort != machines[1].sshPort)
        #expect(try await bench.ssh(machines[1], "hostname") == "node-1")
        let peer = try #require(machines[1].addresses.first { !$0.public }).address
        #expect(
            try await bench.ssh(machines[0], "ping -c 1 -W 5 \(peer) >/dev/null && echo reached") == "reached")
        let again = try await bench.launch(items).map { try $0.get().sshPort }
        #expect(again == machines.map(\.sshPort))
        try await bench.clean()
        let left = try await Program(name: "virsh", executable: URL(fileURLWithPath: "/usr/bin/virsh")).run([
            "-q", "-c", uri, "vol-list", "small",
        ])
        #expect(left.status == 0 && left.output.lines.isEmpty, "\(left.output)\(left.errors)")
    }
}
