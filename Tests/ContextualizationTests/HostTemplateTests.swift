import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support
import Testing

@testable import Contextualization

extension HostBuilder {
    /// The machines of an inventory as they are known before any task.
    func hosts(of inventory: Inventory) -> [PlaybookRun.Host] {
        hosts(in: HostTable(inventory, extra: JinjaDict(), magic: JinjaDict()))
    }
}

/// Connection variables that are templates: rendered at the start with what is known then, else for each task.
@Suite struct HostTemplateTests {
    private func run(
        _ files: [String: String], _ machines: FakeMachines, local: FakeMachines? = nil
    ) async throws -> (ContextualizationReport, EventLog) {
        let project = try Project(files)
        let log = EventLog()
        let runner = RecipeRunner(
            factory: machines, local: local ?? machines, options: ConnectionTests.options, clock: ImmediateClock())
        let report = try await runner.run(
            playbook: project.root + "/site.yml",
            inventory: try RecipeRunner.inventory(file: project.root + "/hosts")
        ) { try log.take($0) }
        return (report, log)
    }

    @Test func otherMachinesAndGroupsAreKnownAtTheStart() throws {
        let inventory = try Inventory.parse(
            """
            all:
              vars:
                ansible_user: "{{ groups.bastions | length }}-{{ group_names | join }}"
                ansible_ssh_common_args: >-
                  -o ProxyCommand="ssh -W %h:%p -p {{ hostvars['gate'].ansible_port }}
                  ada@{{ hostvars[groups.bastions[0]].ansible_host }}"
              children:
                web: {hosts: {a: {ansible_host: "10.0.0.{{ last }}", last: 9}}}
                bastions: {hosts: {gate: {ansible_host: "{{ net }}.1", net: 10.0.1, ansible_port: 2222}}}
            """, name: "i.yml")
        let hosts = HostBuilder(options: ConnectionTests.options).hosts(of: inventory)
        let host = try #require(hosts.first { $0.machine.id == "a" })
        #expect(host.refusal == nil && !host.isLate)
        #expect(host.machine.target.endpoints == [Endpoint(host: "10.0.0.9", port: 22)])
        #expect(host.machine.target.user == "1-web")
        #expect(host.machine.target.jumps.map { "\($0.user)@\($0.endpoint)" } == ["ada@10.0.1.1:2222"])
    }

    /// What no task can know better is told at once.
    @Test(arguments: [
        ("{{ nobody }}", true), ("{{ hostvars['nobody'].port }}", true), ("{{ 'x' * 2 }}", false),
        ("{{ 1 / 0 }}", false), ("{{ lookup('file', 'x') }}", false),
    ])
    func onlyUndefinedNamesWaitForATask(port: String, waits: Bool) throws {
        let inventory = try Inventory.parse("a ansible_port=\"\(port)\"\n", name: "i")
        let host = try #require(HostBuilder(options: ConnectionTests.options).hosts(of: inventory).first)
        #expect(host.refusal?.hasPrefix("ansible_port") == true, "\(host.refusal ?? "none")")
        #expect(host.isLate == waits)
    }

    /// As tasks have them on the controller.
    @Test func lookupsAndTheFolderOfThePlaybook() async throws {
        let machines = try FakeMachines()
        let (report, log) = try await run(
            [
                "hosts": """
                a
                [all:vars]
                ansible_host={{ lookup('pipe', 'echo 10.0.0.2') }}
                ansible_user={{ lookup('env', 'GANTRY_NOBODY', default='ada') }}
                ansible_ssh_private_key_file={{ playbook_dir }}/key
                ansible_become_password={{ lookup('file', 'become.txt') }}
                """, "key": "KEY", "become.txt": "hidden\n",
                "site.yml": """
                - hosts: a
                  gather_facts: false
                  become: true
                  tasks: [{name: t, shell: 'echo hidden'}]
                """,
            ], machines)
        #expect(report.results["a"] == .configured, "\(log.records)")
        #expect(machines.seen("10.0.0.2").users == ["ada"])
        let programs = machines.seen("10.0.0.2").programs
        #expect(!programs.isEmpty && programs.allSatisfy { $0.escalation == Escalation(password: "hidden") })
        #expect(!log.records.map(\.result).joined().contains("hidden"))
    }

    /// Facts are gathered with them, too, though a file that facts name is not found before.
    @Test func variablesOfThePlay() async throws {
        let machines = try FakeMachines()
        let (report, log) = try await run(
            [
                "hosts": """
                a ansible_host="{{ addr }}" ansible_port="{{ port }}"
                [all:vars]
                ansible_user={{ play_user }}
                ansible_become_password={{ vault_pw }}
                """, "secrets.yml": "vault_pw: hidden\nport: 2222\n", "named.yml": "late: 1\n",
                "site.yml": """
                - hosts: a
                  become: true
                  vars: {addr: 10.0.0.2, play_user: ada, port: 1}
                  vars_files: [secrets.yml, "{{ 'named' if ansible_facts.system is truthy }}.yml"]
                  tasks:
                    - {name: t, shell: 'echo hidden; echo {{ late }} >> log'}
                    - {name: elsewhere, shell: echo 2 >> log, vars: {addr: 10.0.0.3}}
                - hosts: localhost
                  gather_facts: false
                  vars: {addr: 10.0.0.4, play_user: bea, port: 24}
                  tasks: [{name: delegated, shell: echo 3 >> log, delegate_to: a}]
                """,
            ], machines)
        #expect(report.results["a"] == .configured, "\(log.records)")
        let seen = machines.seen("10.0.0.2")
        #expect(seen.users == ["ada"] && seen.ports == [2222] && seen.connections == 1)
        #expect(!seen.programs.isEmpty && seen.programs.allSatisfy { $0.escalation == Escalation(password: "hidden") })
        #expect(machines.read("10.0.0.2", "log") == "1\n")
        #expect(machines.read("10.0.0.3", "log") == "2\n")
        #expect(machines.read("10.0.0.4", "log") == "3\n" && machines.seen("10.0.0.4").users == ["bea"])
        #expect(!log.records.map(\.result).joined().contains("hidden"))
    }

    @Test func whatATaskDoesNotKnowEitherFailsIt() async throws {
        let machines = try FakeMachines()
        let files = [
            "hosts": """
            good ansible_host=10.0.0.1
            lost ansible_host="{{ addr }}" ansible_user="{{ nobody }}"
            found ansible_host="{{ learned }}"
            poor ansible_host=10.0.0.3 ansible_become_password="{{ vault_pw }}"
            """,
            "site.yml": """
            - hosts: all
              gather_facts: false
              tasks:
                - {name: talks, debug: {msg: hello}}
                - {name: learns, set_fact: {learned: 10.0.0.4}}
                - {name: here, command: 'true', connection: local}
                - {name: t, command: 'true'}
                - {name: u, command: 'true', become: true}
            """,
        ]
        let (report, log) = try await run(files, machines)
        #expect(report.results["good"] == .configured, "\(log.records)")
        #expect(log.record("here", "lost")?.status == .changed)
        #expect(report.results["found"] == .configured && machines.seen("10.0.0.4").connections == 1)
        #expect(
            report.results["lost"]
                == .failed(step: "all", message: "t: ansible_host: 'addr' is undefined in '{{ addr }}'"))
        #expect(log.record("t", "poor")?.status == .changed)
        #expect(
            report.results["poor"]
                == .failed(
                    step: "all", message: "u: ansible_become_password: 'vault_pw' is undefined in '{{ vault_pw }}'"))
    }
}
