import Foundation
import Testing

// Within the suite of faults: one after the other.
extension HostFaultTests {
    /// What a playbook's run does where a host cannot be worked on: `UNREACHABLE` within the time that it was given, with the
    /// reason.
    @Suite(.serialized) struct Connections {
        private static let play =
            "- hosts: all\n  gather_facts: false\n  tasks: [{name: one, command: 'true'}, {name: two, command: 'true'}]\n"

        private static func told(_ ended: Program.Ended) -> Substring? {
            ended.output.split(separator: "\n").first { $0.hasPrefix("fatal: [host]: UNREACHABLE!") }
        }

        /// A login shell, or a file that it reads, that waits for ever.
        @Test(arguments: [
            (
                "shell",
                "printf '#!/bin/sh\\nexec sleep 1000\\n' > /srv/shell; chmod 755 /srv/shell; usermod -s /srv/shell cloudadm"
            ),
            ("rc", "usermod -s /bin/bash cloudadm; echo 'echo one moment; sleep 1000' > /home/cloudadm/.bashrc"),
        ])
        func loginShellThatNeverBegins(name: String, spoil: String) async throws {
            try await RecipeHost.with(prefix: "cut-" + name) { host in
                try await host.shell(spoil)
                try host.scratch.write("play.yml", Self.play)
                let began = ContinuousClock.now
                let ended = try await host.run("play.yml", ["-T", "4"])
                let passed = ContinuousClock.now - began
                let told = try #require(Self.told(ended), "\(ended.output)\(ended.errors)")
                for words in [
                    "cloudadm@\(host.host.address):22 lets us in",
                    "the user's login shell did not start our program within 4",
                    "usermod -s /bin/sh",
                ] {
                    #expect(told.contains(words), "\(words)? \(told)")
                }
                if name == "rc" { #expect(told.contains("it said: one moment"), "\(told)") }
                #expect(!ended.output.contains("TASK [two]"), "\(ended.output)")
                #expect(passed < .seconds(25), "\(passed)")
            }
        }

        /// A host that is gone without a word in a task: the connection's own signs of life tell.
        @Test func isCutOffInATask() async throws {
            try await RecipeHost.with(prefix: "cut-off") { host in
                try host.scratch.write(
                    "play.yml",
                    "- hosts: all\n  gather_facts: false\n  tasks:\n    - {name: one, shell: 'touch /tmp/up; sleep 1000'}\n"
                        + "    - {name: two, command: 'true'}\n")
                async let run = host.run("play.yml")
                let deadline = ContinuousClock.now + .seconds(20)
                while try await host.shell("ls /tmp/up 2>/dev/null || true").isEmpty {
                    try #require(ContinuousClock.now < deadline, "the task never ran")
                    try await Task.sleep(for: .milliseconds(100))
                }
                let began = ContinuousClock.now
                try await host.shell("busybox ifconfig eth0 down")
                let ended = try await run
                let passed = ContinuousClock.now - began
                #expect(ended.status == 4)
                let told = try #require(Self.told(ended), "\(ended.output)\(ended.errors)")
                #expect(told.contains(host.host.address), "\(told)")
                #expect(told.contains("was lost; whether a program that ran did its work is unknown"), "\(told)")
                #expect(!ended.output.contains("TASK [two]"), "\(ended.output)")
                #expect(passed < .seconds(110), "\(passed)")
            }
        }

        /// What inventories say of host keys: a pinned one that is another, only known ones, and any.
        @Test func hostKeysOfInventories() async throws {
            try await RecipeHost.with(prefix: "cut-keys") { host in
                try host.scratch.write("play.yml", Self.play)
                let hosts = try String(contentsOfFile: host.scratch.path("hosts"), encoding: .utf8)
                let other = try await host.shell("cut -d ' ' -f 1,2 /root/.ssh/authorized_keys").trimmingCharacters(
                    in: .newlines)
                try host.scratch.write("known", "\(host.host.address) \(other)\n")
                var ended = try await host.run("play.yml")
                #expect(Self.told(ended)?.contains("is not the pinned one") == true, "\(ended.output)\(ended.errors)")
                try host.scratch.write("known", "")
                ended = try await host.run("play.yml")
                #expect(ended.status == 0, "\(ended.output)")
                for (variable, words) in [
                    ("ansible_host_key_checking=true", "is not known, and only known ones are to be accepted"),
                    ("ansible_ssh_extra_args='-o StrictHostKeyChecking=yes'", "is not known, and only known ones"),
                ] {
                    try host.scratch.write("hosts", hosts.trimmingCharacters(in: .newlines) + " \(variable)\n")
                    ended = try await host.run("play.yml")
                    #expect(Self.told(ended)?.contains(words) == true, "\(ended.output)\(ended.errors)")
                }
                try host.scratch.write("known", "\(host.host.address) \(other)\n")
                try host.scratch.write(
                    "hosts", hosts.trimmingCharacters(in: .newlines) + " ansible_host_key_checking=no\n")
                ended = try await host.run("play.yml")
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            }
        }
    }
}
