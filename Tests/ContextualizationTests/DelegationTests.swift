import ContextualizationAPI
import Foundation
import Jinja
import Support
import Testing

@testable import Contextualization

/// Tasks for machines that the inventory does not list, and the variables by which others do a task, as ansible-core 2.19
/// has them.
@Suite struct DelegationTests {
    private let hosts = """
        a ansible_host=10.0.0.1 ansible_user=ann
        b ansible_host=10.0.0.2 ansible_user=ben
        [all:vars]
        ansible_port=2200
        """

    /// Who is logged in where, of a task that is delegated.
    private func ways(_ task: String, play: String = "{}", _ change: (inout RecipeRunner.Options) -> Void = { _ in })
        async throws -> [String]
    {
        let folder = try Project([
            "hosts": hosts, "site.yml": "- hosts: a\n  vars: \(play)\n  tasks:\n    - \(task)\n",
        ])
        var options = RecipeRunner.Options()
        options.privateKeyFiles = []
        options.gathering = .explicit
        options.user = "cli"
        change(&options)
        let machines = try RecordingMachines()
        let runner = RecipeRunner(factory: machines, local: machines.fake, options: options, clock: ImmediateClock())
        let report = try await runner.run(
            playbook: folder.root + "/site.yml",
            inventory: try RecipeRunner.inventory(files: [folder.root + "/hosts"])
        ) { _ in }
        #expect(report.results == ["a": .configured], "\(report.results)")
        return machines.ways
    }

    @Test(
        "a task is connected as the machine that does it says, under the variables of task and play",
        arguments: [
            ("{command: 'true', delegate_to: b}", "{}", "ben@10.0.0.2:2200"),
            ("{command: 'true', delegate_to: b, remote_user: root}", "{}", "ben@10.0.0.2:2200"),
            ("{command: 'true', delegate_to: b, vars: {ansible_user: root}}", "{}", "root@10.0.0.2:2200"),
            ("{command: 'true', delegate_to: b}", "{ansible_host: 10.0.0.7}", "ben@10.0.0.7:2200"),
            // An address is itself, also where a machine has it.
            ("{command: 'true', delegate_to: 10.0.0.2}", "{}", "cli@10.0.0.2:2200"),
            ("{command: 'true', delegate_to: 10.0.0.9}", "{}", "cli@10.0.0.9:2200"),
            ("{command: 'true', delegate_to: 10.0.0.9, remote_user: root}", "{}", "root@10.0.0.9:2200"),
            ("{command: 'true', delegate_to: '{{ m }}', port: 22}", "{m: box}", "cli@box:2200"),
            ("{command: 'true', delegate_to: box, vars: {ansible_port: 23}}", "{}", "cli@box:23"),
            ("{command: 'true', delegate_to: box}", "{ansible_user: pat}", "pat@box:2200"),
            (
                "{command: 'true', delegate_to: box, loop: [10.0.0.8], vars: {ansible_host: '{{ item }}'}}", "{}",
                "cli@10.0.0.8:2200"
            ),
        ])
    func ways(task: String, play: String, way: String) async throws {
        #expect(try await ways(task, play: play) == [way])
    }

    /// Not on the play's machine, which nobody named.
    @Test(arguments: [
        ("''", "Empty hostname produced from delegate_to"), ("null", "Empty hostname produced from delegate_to"),
        ("[b]", "['b'] is no name of one machine"), ("{b: 1}", "is no name of one machine"),
    ])
    func whatIsNoNameOfAMachine(value: String, says: String) async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - {name: t, command: 'true', delegate_to: "{{ m }}", vars: {m: \(value)}}
            """)
        #expect(trial.ends() == ["t=failed"])
        #expect(trial.lines.contains { $0.contains(says) }, "\(trial.lines)")
    }

    @Test func noTemplateIsNoDelegation() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - {name: t, command: 'true', delegate_to: ""}
                - {name: u, command: 'true', delegate_to: "{{ omit }}"}
            """)
        #expect(trial.ends() == ["t=changed", "u=changed"])
    }

    @Test func aPauseNeedsNoMachine() async throws {
        #expect(try await ways("{pause: {minutes: 1}}") == [])
        #expect(try await ways("{ping: }").count == 1)
    }

    @Test func machinesOfNoInventoryAreInNoTable() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - {set_fact: {v: 1}, delegate_to: box, delegate_facts: true}
                - {debug: {msg: "{{ hostvars.box is defined }} {{ v is defined }} {{ groups.all }}"}}
                - {command: "echo {{ inventory_hostname }}", delegate_to: box, register: r}
                - {debug: {msg: "{{ r.stdout }}"}}
                - {command: hostname, delegate_to: "::1"}
            """)
        #expect(trial.summaries().contains("False False ['a', 'b']") && trial.summaries().contains("a"))
        #expect(trial.lines.contains("changed: [a -> box]"), "\(trial.lines)")
        #expect(trial.ends().last == "command=changed")
    }

    @Test func machinesThatArePutInTheInventoryDoTasks() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - {add_host: {name: new, ansible_host: 10.0.0.5, own: 5}}
                - {command: "echo {{ hostvars.new.own }}", delegate_to: new, register: r}
                - {debug: {msg: "{{ r.stdout }}"}}
            """)
        #expect(trial.lines.contains("changed: [a -> new(10.0.0.5)]") && trial.summaries().last == "5")
    }
}

/// Machines that note who logs in where.
private final class RecordingMachines: CommunicatorFactory {
    let fake: FakeMachines
    private let seen = LockedValue<[String]>([])

    init() throws { fake = try FakeMachines() }

    var ways: [String] { seen.withLock { $0 } }

    func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        seen.withLock { $0.append("\(target.user)@\(target.endpoints[0].host):\(target.endpoints[0].port)") }
        return try await fake.connect(to: target, timeout: timeout)
    }
}
