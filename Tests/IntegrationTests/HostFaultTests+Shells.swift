import Foundation
import TestSupport
import Testing

// Within the suite of faults: one after the other.
extension HostFaultTests {
    /// Login shells that are none or talk too much, and ways to a host that are long, break or lead elsewhere.
    @Suite(.serialized) struct Shells {
        private static let noise = "head -c 65536 /dev/urandom; head -c 65536 /dev/urandom >&2"

        private static func with(
            _ name: String, login: (TestHost) -> HostScenario.Login = { _ in .key }, spoil: String,
            _ body: (HostScenario) async throws -> Void
        ) async throws {
            try await RecipeHost.with(prefix: "shell-" + name) { host in
                try await host.shell(spoil)
                try await body(
                    HostScenario(
                        [.init(system: "node", host: host.host, login: login(host.host))], tasks: HostFaultTests.tasks))
            }
        }

        /// Shell text that makes a program the login shell of the user.
        private static func shell(_ text: String) -> String {
            "printf '%s\\n' '#!/bin/sh' '\(text)' > /srv/shell; chmod 755 /srv/shell; usermod -s /srv/shell cloudadm"
        }

        /// What it says is told, in bounds, and nothing is done.
        @Test(arguments: [
            (
                "nologin", "usermod -s /usr/sbin/nologin cloudadm",
                ["(status 1: ", "This account is currently not available"]
            ),
            ("false", "usermod -s /bin/false cloudadm", ["(status 1)"]),
            ("words", Self.shell("echo Closed for today >&2; exit 3"), ["(status 3: Closed for today)"]),
            ("noise", Self.shell("\(Self.noise); exit 4"), ["(status 4: ", "bytes that are no text"]),
        ])
        func isNone(name: String, spoil: String, says: [String]) async throws {
            try await Self.with(name, spoil: spoil) { scenario in
                let host = scenario.members[0].host
                let told = ["lets us in, but the user has no shell there that runs /bin/sh", "usermod -s /bin/sh"]
                try await HostFaultTests.expectFault(scenario, status: 1, says: told + says, within: .seconds(30))
                let again = try await scenario.up(timeout: 20)
                #expect(again.errors.utf8.count < 4000 && !again.errors.contains("\u{1b}"), "\(again.errors)")
                try await HostScenario.shell(host, "[ ! -e /srv/fault-page ] && usermod -s /bin/sh cloudadm")
                try await HostFaultTests.expectConfigured(scenario)
            }
        }

        /// As many bytes of nonsense as a channel's window and more, on both streams, before and after; and sudo asks.
        @Test(arguments: [false, true])
        func talksBeforeAndAfter(asks: Bool) async throws {
            let shell = Self.shell("\(Self.noise); /bin/sh \"$@\"; \(Self.noise)")
            let sudo = "echo 'cloudadm ALL=(ALL) ALL' > /etc/sudoers.d/90-testbed; "
            try await Self.with(
                asks ? "asks" : "talks", login: { asks ? .keyAndPassword($0.password) : .key },
                spoil: (asks ? sudo : "") + shell
            ) { scenario in
                try await HostFaultTests.expectConfigured(scenario)
            }
        }

        private static func inventory(_ host: RecipeHost, port: Int) throws {
            try host.scratch.write(
                "hosts",
                "node ansible_host=127.0.0.1 ansible_port=\(port) ansible_user=\(host.host.user) "
                    + "ansible_ssh_private_key_file=\(host.host.privateKey) "
                    + "ansible_ssh_common_args='-o UserKnownHostsFile=\(host.scratch.path("known"))'\n")
            try host.scratch.write("known", "[127.0.0.1]:\(port) \(host.host.hostKey)\n")
        }

        /// A fifth of a second to there and back: few enough journeys that it still ends soon.
        @Test func isFarAway() async throws {
            try await RecipeHost.with(prefix: "shell-far") { host in
                let peer = try LoopbackPeer(before: host.host.address, host.host.port, delay: .milliseconds(100))
                try Self.inventory(host, port: peer.port)
                let tasks = (1...15).map { "    - {name: file \($0), copy: {content: text, dest: /srv/far-\($0)}}\n" }
                try host.scratch.write("big", String(repeating: "0123456789abcdef", count: 65_536))
                try host.scratch.write(
                    "play.yml",
                    "- hosts: all\n  become: true\n  tasks:\n" + tasks.joined()
                        + "    - {name: big, copy: {src: big, dest: /srv/far-big}}\n")
                let began = ContinuousClock.now
                let ended = try await host.run("play.yml")
                let passed = ContinuousClock.now - began
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                #expect(try await host.shell("ls /srv | grep -c far-; stat -c %s /srv/far-big") == "16\n1048576\n")
                // 60 journeys take 12 s; the rest is the work of a busy machine.
                #expect(passed < .seconds(30), "\(passed)")
            }
        }

        /// The way breaks while a file is on it, each time: told as unreachable; the old file stays, with nothing beside it.
        @Test func breaksInTheMiddle() async throws {
            try await RecipeHost.with(prefix: "shell-cut") { host in
                let peer = try LoopbackPeer(before: host.host.address, host.host.port, limit: 300_000)
                try Self.inventory(host, port: peer.port)
                try await host.shell("mkdir /srv/cut; echo old > /srv/cut/f")
                // Not to be made small on the way.
                let bytes = (0..<1_000_000).map { _ in UInt8.random(in: 0...255) }
                try Data(bytes).write(to: URL(fileURLWithPath: host.scratch.path("big")))
                try host.scratch.write(
                    "play.yml",
                    "- hosts: all\n  become: true\n  gather_facts: false\n  tasks:\n"
                        + "    - {name: big, copy: {src: big, dest: /srv/cut/f}}\n")
                let ended = try await host.run("play.yml")
                #expect(ended.status == 4, "\(ended.output)\(ended.errors)")
                let told = ended.output.split(separator: "\n").first { $0.hasPrefix("fatal: [node]: UNREACHABLE!") }
                #expect(told?.contains("127.0.0.1:\(peer.port)") == true, "\(ended.output)\(ended.errors)")
                // The shell there finds its connection gone and cleans up.
                try await Task.sleep(for: .seconds(2))
                #expect(
                    try await host.shell("cat /srv/cut/f; ls -A /srv/cut; ls /tmp /var/tmp | grep -c gantry-; true")
                        == "old\nf\n0\n")
            }
        }

        /// Where another server answers than sshd: the user reads so, and the same command goes on once it is mended.
        @Test(arguments: [
            ("web", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
            ("garbage", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }),
        ])
        func leadsElsewhere(name: String, says: [UInt8]) async throws {
            try await RecipeHost.with(prefix: "shell-\(name)") { host in
                let peer = try LoopbackPeer(says: says, hangsUp: true)
                var node = host.host
                node.address = "127.0.0.1"
                var scenario = try HostScenario([.init(system: "node", host: node)], tasks: HostFaultTests.tasks)
                scenario.network = "outbound = 'yes' and outports = '\(peer.port)-22'"
                try scenario.write(scenario.members, tasks: HostFaultTests.tasks)
                try await HostFaultTests.expectFault(
                    scenario, status: 5, says: ["127.0.0.1:\(peer.port)", "SSH", "goes on"], timeout: 5,
                    within: .seconds(30))
                let way = try LoopbackPeer(before: host.host.address, host.host.port)
                scenario.network = "outbound = 'yes' and outports = '\(way.port)-22'"
                try scenario.write(scenario.members, tasks: HostFaultTests.tasks)
                let ended = try await scenario.up()
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                #expect(try await host.shell("cat /srv/fault-page") == "hello")
            }
        }
    }
}
