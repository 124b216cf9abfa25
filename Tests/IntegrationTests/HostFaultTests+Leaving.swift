import Foundation
import Testing

// Within the suite that stops hosts and gives them other keys: one after the other.
extension HostFaultTests {
    /// Machines that were there before: what is left of an infrastructure that goes, and how one gets into them.
    @Suite(.serialized) struct Leaving {
        private static func scenario(
            _ name: String, login: HostScenario.Login = .key
        ) throws -> HostScenario {
            try HostScenario(
                [.init(system: "node", host: try TestHost.named(name), login: login)],
                tasks: "- name: nothing\n  command: \"true\"")
        }

        private static func run(_ scenario: HostScenario, _ arguments: [String]) async throws -> Program.Ended {
            let state = ["--state-dir", scenario.scratch.path("state")]
            return try await scenario.gantry.run(arguments.prefix(1) + state + arguments.dropFirst())
        }

        @Test func hostsAreGivenBack() async throws {
            // Of no other suite, and one whose sudo asks.
            let host = try TestHost.named("sudo-password-1")
            let scenario = try Self.scenario(host.name, login: .keyAndPassword(host.password))
            let before = try await HostScenario.shell(host, "cat /etc/hosts")
            let up = try await scenario.up()
            #expect(up.status == 0, "\(up.output)\(up.errors)")
            #expect(try await HostScenario.shell(host, "cat /etc/hosts").contains("vnode-0"))
            let destroyed = try await Self.run(scenario, ["destroy", "hosts", "--yes"])
            #expect(destroyed.status == 0, "\(destroyed.errors)")
            #expect(
                try await HostScenario.shell(host, "cat /etc/hosts; ls /etc/hosts.orig 2>&1 || true").hasPrefix(before))
            #expect(try await HostScenario.shell(host, "ls -a /etc | grep hosts.orig || echo gone") == "gone\n")
        }

        /// Neither fails the destroy nor makes it wait for long.
        @Test func aMachineThatIsOffIsLeftAsItIs() async throws {
            let scenario = try Self.scenario("host-4")
            #expect(try await scenario.up().status == 0)
            try await HostScenario.testbed("stop", "host-4")
            let began = ContinuousClock.now
            let destroyed = try await Self.run(scenario, ["destroy", "hosts", "--yes"])
            #expect(destroyed.status == 0, "\(destroyed.output)\(destroyed.errors)")
            #expect(destroyed.output.contains("stay in its /etc/hosts"), "\(destroyed.output)")
            #expect(ContinuousClock.now - began < .seconds(15))
            try await HostScenario.testbed("up", "5")
            let clean = "[ ! -e /etc/hosts.orig ] || { cat /etc/hosts.orig > /etc/hosts; rm -f /etc/hosts.orig; }"
            try await HostScenario.shell(scenario.members[0].host, clean)
        }

        @Test func sshSaysThatAMachineWantsAPassword() async throws {
            let host = try TestHost.named("host-2")
            let scenario = try Self.scenario("host-2", login: .password(host.password))
            #expect(try await scenario.up().status == 0)
            let ended = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "true"])
            #expect(ended.status == 255, "\(ended.errors)")
            #expect(ended.errors.contains("machine 0 (node) lets '\(host.user)' in by password"), "\(ended.errors)")
            #expect(!ended.errors.contains(host.password), "\(ended.errors)")
            #expect(try await Self.run(scenario, ["destroy", "hosts", "--yes"]).status == 0)
        }

        @Test func aChangedHostKeySaysWhichMachine() async throws {
            let scenario = try Self.scenario("host-4")
            #expect(try await scenario.up().status == 0)
            try await HostScenario.testbed("rekey", "host-4")
            let refused = try await scenario.up()
            #expect(refused.status == 1)
            #expect(refused.errors.contains("with --new-host-key 0"), "\(refused.errors)")
            // ssh's own advice is about a file of ours that is gone by then.
            let login = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "true"])
            #expect(login.status == 255, "\(login.errors)")
            #expect(login.errors.hasPrefix("error: machine 0 (node) at "), "\(login.errors)")
            #expect(login.errors.contains("shows another host key (SHA256:"), "\(login.errors)")
            #expect(login.errors.contains("with --new-host-key 0"), "\(login.errors)")
            #expect(!login.errors.contains("known_hosts") && !login.errors.contains("@@@"), "\(login.errors)")
            let unknown = try await scenario.up(["--new-host-key", "nosuch"])
            #expect(unknown.status == 64 && unknown.errors.contains("0 (node)"), "\(unknown.errors)")
            let trusted = try await scenario.up(["--new-host-key", "node"])
            #expect(trusted.status == 0, "\(trusted.output)\(trusted.errors)")
            let command = try await Self.run(scenario, ["ssh", "hosts", "0", "--", "echo in; echo no >&2; exit 3"])
            #expect(command.status == 3 && command.output == "in\n" && command.errors == "no\n", "\(command.errors)")
            #expect(try await Self.run(scenario, ["destroy", "hosts", "--yes"]).status == 0)
        }

        /// A host that runs refuses at once: whoever guards it might lock us out.
        @Test func recipesAreRefusedAtOnce() async throws {
            let host = try TestHost.named("host-2")
            let scratch = try Scratch()
            try scratch.write("site.yml", "- hosts: all\n  gather_facts: false\n  tasks: [{command: 'true'}]\n")
            try scratch.write("known", "\(host.address) \(host.hostKey)\n")
            try scratch.write(
                "hosts",
                "node ansible_host=\(host.address) ansible_user=\(host.user) ansible_password=wrong "
                    + "ansible_ssh_common_args='-o UserKnownHostsFile=\(scratch.path("known"))'\n")
            let began = ContinuousClock.now
            let ended = try await Program(name: "gantry").run(
                ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts")])
            #expect(ended.status == 4)
            #expect(ended.output.contains("UNREACHABLE"), "\(ended.output)\(ended.errors)")
            #expect(ContinuousClock.now - began < .seconds(10))
        }
    }
}
