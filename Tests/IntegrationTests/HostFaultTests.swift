import Foundation
import Testing

/// What is wrong with a host: the user reads which machine, its address, what is the matter and what to do; nothing is
/// lost, and after the cause is mended the same command ends well.
@Suite(.serialized) struct HostFaultTests {
    static let tasks = """
        - name: write a page
          copy:
            content: hello
            dest: /srv/fault-page
        - name: add a line
          shell: echo x >> /srv/fault-lines
        """

    private static func scenario(
        _ name: String, login: HostScenario.Login = .key, tasks: String = Self.tasks
    ) throws -> HostScenario {
        try HostScenario([.init(system: "node", host: try TestHost.named(name), login: login)], tasks: tasks)
    }

    /// The message on standard error names machine, address and next step; it came soon, with the status for scripts.
    static func expectFault(
        _ scenario: HostScenario, status: Int32, says: [String], options: [String] = [], timeout: Int = 20,
        within limit: Duration = .seconds(15), location: SourceLocation = #_sourceLocation
    ) async throws {
        let began = ContinuousClock.now
        let ended = try await scenario.up(options, timeout: timeout)
        let passed = ContinuousClock.now - began
        #expect(ended.status == status, "\(ended.output)\(ended.errors)", sourceLocation: location)
        for words in ["machine 0 (node)", scenario.members[0].host.address] + says {
            #expect(ended.errors.contains(words), "\(words)? \(ended.errors)", sourceLocation: location)
        }
        #expect(passed < limit, "\(passed)", sourceLocation: location)
    }

    static func expectConfigured(
        _ scenario: HostScenario, options: [String] = [], location: SourceLocation = #_sourceLocation
    ) async throws {
        let ended = try await scenario.up(options)
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)", sourceLocation: location)
        #expect(ended.output.contains("is configured"), "\(ended.output)", sourceLocation: location)
        for member in scenario.members {
            let page = try await HostScenario.shell(member.host, "cat /srv/fault-page; rm -f /srv/fault-page")
            #expect(page == "hello", sourceLocation: location)
        }
    }

    /// It may still boot, so `up` waits until its time is over and says for what. The kernel needs 3 seconds to find that
    /// nobody has the address.
    @Test func hostIsDown() async throws {
        let scenario = try Self.scenario("host-4")
        let host = scenario.members[0].host
        try await HostScenario.testbed("stop", host.name)
        try await Self.expectFault(
            scenario, status: 5, says: ["cannot be reached", "check address", "goes on"], timeout: 12,
            within: .seconds(25))
        try await HostScenario.testbed("up", "5")
        try await Self.expectConfigured(scenario)
    }

    /// A machine that runs, and a port at which nothing listens.
    @Test func portClosed() async throws {
        var scenario = try Self.scenario("host-4")
        scenario.network = "outbound = 'yes' and outports = '2222-22'"
        try scenario.write(scenario.members, tasks: Self.tasks)
        try await Self.expectFault(
            scenario, status: 5, says: [":2222 refuses connections", "is sshd up", "goes on"], timeout: 5)
        scenario.network = "outbound = 'yes'"
        try scenario.write(scenario.members, tasks: Self.tasks)
        try await Self.expectConfigured(scenario)
    }

    @Test func keyRejected() async throws {
        let scenario = try Self.scenario("broken-key-1")
        let host = scenario.members[0].host
        try await Self.expectFault(
            scenario, status: 1,
            says: ["does not let in the user \"\(host.user)\"", "key SHA256:", "Check the user's name"])
        let line = try await Self.publicKey(host)
        try await HostScenario.shell(
            host,
            "cp ~\(host.user)/.ssh/authorized_keys /srv/keys; echo '\(line)' >> ~\(host.user)/.ssh/authorized_keys")
        try await Self.expectConfigured(scenario)
        try await HostScenario.shell(host, "cat /srv/keys > ~\(host.user)/.ssh/authorized_keys")
    }

    private static func publicKey(_ host: TestHost) async throws -> String {
        let program = Program(name: "ssh-keygen", executable: URL(fileURLWithPath: "/usr/bin/ssh-keygen"))
        return try await program.run(["-y", "-f", host.privateKey]).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The document is what is wrong, so its correction is a change of the document, not another machine.
    @Test func passwordWrong() async throws {
        let scenario = try Self.scenario("password-login-1", login: .password("not-the-password"))
        let host = scenario.members[0].host
        try await Self.expectFault(
            scenario, status: 1, says: ["does not let in the user \"\(host.user)\"", "tried password", "credentials"])
        try scenario.write(
            [.init(system: "node", host: host, login: .password(host.password))], tasks: Self.tasks)
        try await Self.expectConfigured(scenario)
    }

    /// Another host key than last time is refused, until the user says that it is right.
    @Test func hostKeyChanged() async throws {
        let scenario = try Self.scenario("host-5")
        try await Self.expectConfigured(scenario)
        try await HostScenario.testbed("rekey", scenario.members[0].host.name)
        for _ in 0..<2 {
            try await Self.expectFault(
                scenario, status: 1, says: ["host key", "is not the pinned one", "SHA256:", "--new-host-key"])
        }
        let unknown = try await scenario.up(["--new-host-key", "7"])
        #expect(unknown.status == 64, "\(unknown.errors)")
        try await Self.expectConfigured(scenario, options: ["--new-host-key", "0"])
        try await Self.expectConfigured(scenario)
    }

    @Test func targetWithoutSudo() async throws {
        let scenario = try Self.scenario("no-sudo-1")
        let host = scenario.members[0].host
        try await Self.expectFault(
            scenario, status: 1, says: ["sudo to root", "a password is needed", "disk.0.os.credentials.password"])
        // With the password the reason is told more exactly.
        try scenario.write(
            [.init(system: "node", host: host, login: .keyAndPassword(host.password))], tasks: Self.tasks)
        try await Self.expectFault(scenario, status: 1, says: ["sudo to root", "not allowed", "permit it there"])
        try await HostScenario.shell(host, "echo '\(host.user) ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/zz-mended")
        try await Self.expectConfigured(scenario)
        try await HostScenario.shell(host, "rm /etc/sudoers.d/zz-mended")
    }

    @Test func sudoPasswordMissing() async throws {
        let scenario = try Self.scenario("sudo-password-1")
        let host = scenario.members[0].host
        try await Self.expectFault(
            scenario, status: 1, says: ["sudo to root", "a password is needed", "disk.0.os.credentials.password"])
        try scenario.write(
            [.init(system: "node", host: host, login: .keyAndPassword(host.password))], tasks: Self.tasks)
        try await Self.expectConfigured(scenario)
    }

    @Test func diskFull() async throws {
        let scenario = try Self.scenario("disk-full-1")
        let host = scenario.members[0].host
        try await Self.expectFault(scenario, status: 1, says: ["no space left on device", "make room"])
        let filling = try await HostScenario.shell(
            host, "find / -xdev -type f -size +1M -newer /etc/hostname | head -5")
        let file = try #require(filling.split(separator: "\n").first, "nothing fills the disk")
        try await HostScenario.shell(host, "rm '\(file)'")
        try await Self.expectConfigured(scenario)
    }

    @Test(.timeLimit(.minutes(1)))
    func aCommandKillsItsParent() async throws {
        let scenario = try Self.scenario("host-5", tasks: "- name: kills\n  shell: kill -9 $PPID")
        let ended = try await scenario.up(timeout: 20)
        #expect(ended.status == 1, "\(ended.output)\(ended.errors)")
        #expect(ended.errors.contains("non-zero return code"), "\(ended.errors)")
    }

    /// The machine dies in a task and comes back: the run goes on by itself, or says that its end is unknown and the same
    /// command goes on.
    @Test func targetDiesAndComesBack() async throws {
        let tasks =
            Self.tasks + """

                - name: wait
                  shell: touch /srv/waiting; while [ ! -e /srv/go ]; do sleep 0.1; done; rm -f /srv/waiting /srv/go
                - name: add another line
                  shell: echo y >> /srv/fault-lines
                """
        let scenario = try Self.scenario("host-5", tasks: tasks)
        let host = scenario.members[0].host
        try await HostScenario.shell(host, "rm -f /srv/waiting /srv/go /srv/fault-lines")
        async let ended = scenario.up(timeout: 30)
        let deadline = ContinuousClock.now + .seconds(15)
        while try await HostScenario.shell(host, "ls /srv/waiting 2>/dev/null || true").isEmpty {
            try #require(ContinuousClock.now < deadline, "the task never ran")
            try await Task.sleep(for: .milliseconds(100))
        }
        try await HostScenario.testbed("stop", host.name)
        try await HostScenario.testbed("up", "5")
        try await HostScenario.shell(host, "touch /srv/go")
        let first = try await ended
        #expect(first.status == 1, "\(first.output)\(first.errors)")
        for words in ["machine 0 (node)", host.address, "wait"] {
            #expect(first.errors.contains(words), "\(words)? \(first.errors)")
        }
        try await HostScenario.shell(host, "touch /srv/go")
        try await Self.expectConfigured(scenario)
        #expect(try await HostScenario.shell(host, "cat /srv/fault-lines").contains("y"))
    }
}
