import Foundation
import Testing

// Within the suite of faults: one after the other.
extension HostFaultTests {
    /// What surrounds programs on a host: folders in which nothing may be executed, texts that nobody asked for, a sudo that
    /// wants a terminal. Each on a host of its own.
    @Suite(.serialized) struct Surroundings {
        private static let tasks = """
            - name: write a page
              copy:
                content: hello
                dest: /srv/fault-page
            - name: ask for a number
              command: echo 42
              register: number
            - name: it is what was printed
              assert:
                that: number.stdout == '42'
            - name: install something
              package:
                name: hello
            """

        /// - Parameter spoil: Shell text on the host.
        private static func with(
            _ name: String, spoil: String, _ body: (HostScenario) async throws -> Void
        ) async throws {
            try await RecipeHost.with(prefix: "odd-" + name) { host in
                try await host.shell(spoil)
                try await body(HostScenario([.init(system: "node", host: host.host)], tasks: tasks))
            }
        }

        /// Texts of the shell's own files and of sshd are no answers of programs.
        @Test(arguments: [
            (
                "profile",
                "printf 'echo profile says hello\\necho and errors >&2\\n' | tee /home/cloudadm/.bashrc /home/cloudadm/.profile "
                    + "/root/.bashrc /root/.profile /etc/profile.d/hello.sh"
            ),
            (
                "banner",
                "echo 'WELCOME to this machine' | tee /etc/issue.net /etc/motd; "
                    + "echo 'Banner /etc/issue.net' >> /etc/ssh/sshd_config.d/testbed.conf; kill -HUP 1; sleep 0.5"
            ),
            ("noexec", "busybox mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp"),
        ])
        func areNoFault(name: String, spoil: String) async throws {
            try await Self.with(name, spoil: spoil) { try await HostFaultTests.expectConfigured($0) }
        }

        /// A script of the controller is read by its interpreter where it cannot be executed.
        @Test func scriptsWhereNothingIsExecuted() async throws {
            try await RecipeHost.with(prefix: "odd-script") { host in
                try await host.shell("busybox mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp")
                try host.scratch.write("plain.sh", "echo plain $1\n")
                try host.scratch.write("named.sh", "#!/bin/sh -e\necho named $1\nfalse\necho never\n")
                try host.scratch.write(
                    "play.yml",
                    """
                    - hosts: all
                      gather_facts: false
                      tasks:
                        - {script: plain.sh one, register: plain}
                        - {script: named.sh two, register: named, failed_when: named.rc != 1}
                        - assert: {that: [plain.stdout == 'plain one', named.stdout == 'named two']}
                    """)
                let ended = try await host.run("play.yml")
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            }
        }

        @Test func sudoWantsATerminal() async throws {
            let file = "/etc/sudoers.d/00-tty"
            try await Self.with("tty", spoil: "echo 'Defaults requiretty' > \(file); chmod 440 \(file)") { scenario in
                try await HostFaultTests.expectFault(
                    scenario, status: 1, says: ["sudo to root", "wants a terminal", "!requiretty"])
                try await HostScenario.shell(scenario.members[0].host, "[ ! -e /srv/fault-page ]; rm \(file)")
                try await HostFaultTests.expectConfigured(scenario)
            }
        }

        /// A disk that fills while a task writes: the old file stays as it was, and nothing is left beside it.
        @Test func diskFillsInTheMiddle() async throws {
            try await RecipeHost.with(prefix: "odd-full") { host in
                try await host.shell(
                    "mkdir /srv/small && busybox mount -t tmpfs -o size=64k tmpfs /srv/small && echo old > /srv/small/f"
                )
                try host.scratch.write("big", String(repeating: "0123456789abcdef", count: 8192))
                try host.scratch.write(
                    "play.yml",
                    """
                    - hosts: all
                      become: true
                      gather_facts: false
                      tasks:
                        - {name: too large, copy: {src: big, dest: /srv/small/f}}
                    """)
                let ended = try await host.run("play.yml")
                #expect(ended.status == 2)
                #expect(ended.output.contains("No space left on device"), "\(ended.output)")
                let left = try await host.shell("cat /srv/small/f; ls -A /srv/small")
                #expect(left == "old\nf\n")
            }
        }

        /// Whichever module writes: on a full disk the old file stays, with nothing beside it.
        @Test func diskIsFull() async throws {
            try await RecipeHost.with(prefix: "odd-each") { host in
                try await host.shell(
                    "mkdir /srv/small && busybox mount -t tmpfs -o size=64k tmpfs /srv/small && "
                        + "echo 'key = old' > /srv/small/f && head -c 1000000 /dev/zero > /srv/small/fill; true")
                let text = String(repeating: "0123456789abcdef", count: 512)
                try host.scratch.write("page.j2", "{{ inventory_hostname }} \(text)\n")
                let file = "path: /srv/small/f"
                let tasks = [
                    "copy": "{content: '\(text)', dest: /srv/small/f}",
                    "template": "{src: page.j2, dest: /srv/small/f}",
                    "lineinfile": "{\(file), line: '\(text)'}",
                    "blockinfile": "{\(file), block: '\(text)'}",
                    "replace": "{\(file), regexp: old, replace: '\(text)'}",
                    "ini_file": "{\(file), section: s, option: key, value: '\(text)'}",
                ]
                try host.scratch.write(
                    "play.yml",
                    "- hosts: all\n  become: true\n  gather_facts: false\n  ignore_errors: true\n  tasks:\n"
                        + tasks.sorted { $0.key < $1.key }.map {
                            "    - {name: by \($0.key), \($0.key): \($0.value)}\n"
                        }.joined()
                )
                let ended = try await host.run("play.yml")
                #expect(ended.output.contains(" ignored=\(tasks.count) "), "\(ended.output)\(ended.errors)")
                let told = ended.output.split(separator: "\n").filter { $0.hasPrefix("fatal: [host]: FAILED!") }
                #expect(
                    told.count == tasks.count
                        && told.allSatisfy { $0.lowercased().contains("no space left on device") }, "\(told)")
                let left = try await host.shell(
                    "cat /srv/small/f; ls -A /srv/small; ls -A /tmp /var/tmp | grep -c gantry; true")
                #expect(left == "key = old\nf\nfill\n0\n", "\(left)")
            }
        }
    }
}
