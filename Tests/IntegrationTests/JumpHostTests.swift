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

    // MARK: - Proxies

    /// A private machine alone, behind a proxy that is none of the infrastructure's.
    private static func behindAProxy(_ login: String = "", key: Bool = true) throws -> HostScenario {
        let gateway = try TestHost.named("gateway-1")
        let inner = try TestHost.named("private-1")
        var scenario = try HostScenario(
            [.init(system: "node", host: inner, interfaces: [("inside", inner.address)])], tasks: HostFaultTests.tasks)
        let text = try String(contentsOfFile: gateway.privateKey, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        scenario.inside =
            "proxy_host = '\(gateway.user)\(login)@\(gateway.address):\(gateway.port)'"
            + (key ? " and proxy_key = '\(text)'" : "")
        try scenario.write(scenario.members, tasks: HostFaultTests.tasks)
        return scenario
    }

    private static func run(_ scenario: HostScenario, _ arguments: [String]) async throws -> Program.Ended {
        let state = ["--state-dir", scenario.scratch.path("state")]
        return try await scenario.gantry.run(
            arguments.prefix(1) + state + arguments.dropFirst(), killAfter: .seconds(60))
    }

    private static func cannotBeReachedDirectly() async throws {
        let inner = try TestHost.named("private-1")
        let ssh = Program(name: "ssh", executable: URL(fileURLWithPath: "/usr/bin/ssh"))
        let ended = try await ssh.run([
            "-o", "ConnectTimeout=2", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
            "UserKnownHostsFile=/dev/null", "-i", inner.privateKey, "\(inner.user)@\(inner.address)", "true",
        ])
        #expect(ended.status == 255, "else these tests say nothing")
    }

    @Test func machineBehindAProxy() async throws {
        try await Self.cannotBeReachedDirectly()
        let scenario = try Self.behindAProxy()
        try await HostFaultTests.expectConfigured(scenario)
        // As they are now: another test may have given them other keys.
        let list = try await HostScenario.testbed("list", "--json")
        let hosts = try JSONDecoder().decode([TestHost].self, from: Data(list.utf8))
        let gateway = try #require(hosts.first { $0.name == "gateway-1" })
        let inner = try #require(hosts.first { $0.name == "private-1" })
        // The system's ssh goes the same way, with the keys that are on record of both.
        let ended = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "hostname"])
        #expect(ended.status == 0 && ended.output == "private-1\n", "\(ended.output)\(ended.errors)")
        #expect(!ended.errors.contains("Permanently added"), "\(ended.errors)")
        let written = try await Self.run(scenario, ["ssh-config", "hosts", "--into", scenario.scratch.path("ssh")])
        #expect(written.status == 0, "\(written.errors)")
        let known = try String(contentsOfFile: scenario.scratch.path("ssh/known_hosts"), encoding: .utf8)
        #expect(known.contains("gantry-proxy-0 \(gateway.hostKey)\n"), "\(known)")
        #expect(known.contains(" \(inner.hostKey)\n"), "\(known)")
        let inventory = try await Self.run(scenario, ["inventory", "hosts"])
        let argument = "ansible_ssh_common_args='-o ProxyJump=\(gateway.user)@\(gateway.address):\(gateway.port)'"
        #expect(inventory.output.contains(argument), "\(inventory.output)")
        #expect(try await Self.run(scenario, ["destroy", "hosts", "--yes"]).status == 0)
    }

    @Test func proxyThatTakesAPassword() async throws {
        let gateway = try TestHost.named("gateway-1")
        let scenario = try Self.behindAProxy(":\(gateway.password)", key: false)
        try await HostFaultTests.expectConfigured(scenario)
        // Nobody types one here.
        let ended = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "true"])
        #expect(ended.status == 255 && !ended.errors.contains(gateway.password), "\(ended.errors)")
        #expect(ended.errors.contains("the proxy \(gateway.user)@\(gateway.address)"), "\(ended.errors)")
        #expect(try await Self.run(scenario, ["destroy", "hosts", "--yes"]).status == 0)
    }

    /// Whoever answers in the proxy's place next time is not logged in to, nor led any further.
    @Test func proxyShowsAnotherHostKey() async throws {
        let scenario = try Self.behindAProxy()
        try await HostFaultTests.expectConfigured(scenario)
        try await HostScenario.testbed("rekey", "gateway-1")
        let gateway = try TestHost.named("gateway-1")
        try await HostFaultTests.expectFault(
            scenario, status: 1,
            says: [
                "is reached through \(gateway.address):22",
                "the host key of \(gateway.address):22 is not the pinned one",
                "if the proxy was set up anew on purpose", "--new-host-key 0",
            ])
        let ssh = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "true"])
        #expect(ssh.status == 255, "\(ssh.output)\(ssh.errors)")
        try await HostFaultTests.expectConfigured(scenario, options: ["--new-host-key", "0"])
        let again = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "hostname"])
        #expect(again.output == "private-1\n", "\(again.errors)")
        #expect(try await Self.run(scenario, ["destroy", "hosts", "--yes"]).status == 0)
    }

    @Test func proxyThatIsDownOrRefuses() async throws {
        let scenario = try Self.behindAProxy(":wrong", key: false)
        let gateway = try TestHost.named("gateway-1")
        try await HostFaultTests.expectFault(
            scenario, status: 1,
            says: [
                "is reached through \(gateway.address):22, which fails", "does not let in the user \"\(gateway.user)\"",
            ])
        try await HostScenario.testbed("stop", "gateway-1")
        try await HostFaultTests.expectFault(
            scenario, status: 5, says: ["is reached through \(gateway.address):22, which fails"], timeout: 12,
            within: .seconds(30))
        try await HostScenario.testbed("up", "1", "--prefix", "gateway", "--gateway")
        let mended = try Self.behindAProxy()
        try await HostFaultTests.expectConfigured(mended)
        #expect(try await Self.run(mended, ["destroy", "hosts", "--yes"]).status == 0)
    }

    /// In each of the forms in which Ansible's users write it.
    @Test(arguments: [
        "-o ProxyJump=USER@GATEWAY", "-J USER@GATEWAY:22",
        #"-o ProxyCommand="ssh -W %h:%p -q -o StrictHostKeyChecking=no USER@GATEWAY""#,
        #"-o ProxyCommand="ssh -l USER GATEWAY -W %h:%p""#, #"-o ProxyCommand="ssh USER@GATEWAY nc %h %p""#,
    ])
    func inventoriesBehindAMachine(arguments: String) async throws {
        let (gateway, inner) = (try TestHost.named("gateway-1"), try TestHost.named("private-1"))
        let scratch = try Scratch()
        try scratch.write("known", "\(inner.address) \(inner.hostKey)\n")
        let words = arguments.replacing("USER", with: gateway.user).replacing("GATEWAY", with: gateway.address)
        try scratch.write(
            "hosts",
            "inner ansible_host=\(inner.address) ansible_user=\(inner.user) "
                + "ansible_ssh_private_key_file=\(inner.privateKey) "
                + "ansible_ssh_common_args='-o UserKnownHostsFile=\(scratch.path("known")) \(words)'\n")
        try scratch.write(
            "site.yml",
            "- hosts: all\n  gather_facts: false\n  tasks: [{name: who, command: hostname, register: who}, "
                + "{assert: {that: [who.stdout == 'private-1']}}]\n")
        let ended = try await Program(name: "gantry").run(
            ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts")], killAfter: .seconds(60))
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
    }
}
