import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support
import Testing

@testable import Contextualization

/// Playbooks over inventories.
@Suite struct RunnerTests {
    private static let files = [
        "hosts": """
        [web]
        a ansible_host=10.0.0.1 color=red
        b ansible_host=10.0.0.2
        [db]
        c ansible_host=10.0.0.3
        [all:vars]
        color=blue
        greeting="hello {{ inventory_hostname }}"
        """,
        "group_vars/web.yml": "port: 80\n",
        "host_vars/b.yml": "color: green\n",
        "vars/extra.yml": "from_file: yes it is\n",
        "templates/page.j2":
            "{% for h in groups['web'] %}\n{{ h }}={{ hostvars[h].color }}\n{% endfor %}\n{{ greeting }} {{ port }} {{ from_file }}\n",
        "files/data": "data\n", "files/blanks": " x \t\n \n",
        "tasks/more.yml": "- {name: more, shell: 'echo more {{ n }} >> log'}\n",
        "site.yml": """
        - hosts: web
          vars_files: [extra.yml]
          tasks:
            - name: blanks at the ends
              assert:
                that:
                  - lookup('file', 'blanks') == ' x'
                  - lookup('file', 'blanks', lstrip=true) == 'x'
                  - lookup('file', 'blanks', rstrip=false) | length == 7
            - {name: page, template: {src: page.j2, dest: page, mode: "0640"}, notify: reload}
            - {name: data, copy: {src: data, dest: data}}
            - {name: looked up, shell: "echo {{ lookup('file', 'data') }} >> log"}
            - include_tasks: more.yml
              vars: {n: 1}
            - import_tasks: more.yml
              vars: {n: 2}
          handlers:
            - {name: reload, shell: echo reload >> log}
        - name: second
          hosts: all:!web
          gather_facts: false
          tasks: [{name: only c, shell: "echo {{ color }} {{ x }} >> log"}]
        """,
    ]

    private func run(
        _ project: Project, _ machines: FakeMachines, _ options: RecipeRunner.Options
    ) async throws -> (ContextualizationReport, EventLog) {
        let log = EventLog()
        let runner = RecipeRunner(factory: machines, options: options, clock: ImmediateClock())
        let report = try await runner.run(
            playbook: project.root + "/site.yml",
            inventory: try RecipeRunner.inventory(file: project.root + "/hosts")
        ) { try log.take($0) }
        return (report, log)
    }

    private var options: RecipeRunner.Options {
        var options = RecipeRunner.Options()
        options.extraVariables = ["x": "{{ 1 + 1 }}"]
        options.privateKeyFiles = []
        return options
    }

    @Test func playbookRunsOverAnInventory() async throws {
        let project = try Project(Self.files)
        let machines = try FakeMachines()
        let (report, log) = try await run(project, machines, options)
        #expect(report.results == ["a": .configured, "b": .configured, "c": .configured], "\(log.records)")
        #expect(machines.read("10.0.0.1", "page") == "a=red\nb=green\nhello a 80 yes it is\n")
        #expect(machines.read("10.0.0.2", "log") == "data\nmore 1\nmore 2\nreload\n")
        #expect(machines.read("10.0.0.3", "log") == "blue 2\n")
        let (_, second) = try await run(project, machines, options)
        #expect(second.record("page", "a")?.status == .ok)
        #expect(second.record("data", "a")?.status == .ok)
        #expect(second.record("reload", "a") == nil)
    }

    @Test func limitAndCheckMode() async throws {
        let project = try Project(Self.files)
        let machines = try FakeMachines()
        var options = options
        options.limit = "b"
        options.isCheckMode = true
        options.showsDifference = true
        let (report, log) = try await run(project, machines, options)
        #expect(report.results == ["b": .configured], "\(log.records)")
        #expect(machines.read("10.0.0.2", "page") == nil)
        #expect(log.record("page", "b")?.status == .changed)
        #expect(log.record("looked up", "b")?.status == .skipped)
        let text = RecipeLog.text(of: log.all, hosts: [:])
        #expect(text.contains("--- before\n+++ after: "))
        #expect(text.contains("+hello b 80 yes it is\n"))
        #expect(log.all.contains { $0.body == .message("skipping: no hosts matched") })
    }

    /// A play of these tasks on one machine.
    private static func project(_ tasks: String) throws -> Project {
        let indented = tasks.split(separator: "\n").map { "    \($0)\n" }.joined()
        return try Project([
            "hosts": "a ansible_host=10.0.0.1\n",
            "site.yml": "- hosts: all\n  gather_facts: false\n  tasks:\n" + indented,
        ])
    }

    @Test("a recipe that shows what a command said passes in check mode, as one that waits for it does")
    func outputOfCommandsInCheckMode() async throws {
        let project = try Self.project(
            """
            - {name: says, shell: "echo hi", register: said}
            - {name: shows, debug: {msg: "{{ said.stdout }}{{ said.stdout_lines | length }}{{ said.rc }}"}}
            - {name: waits, shell: "echo up", register: up, until: "up.stdout == 'up'", retries: 2}
            - {name: over items, command: "echo {{ item }}", loop: [1, 2], register: all}
            - {name: shows items, debug: {msg: "{{ all.results | map(attribute='stdout') | join('-') }}"}}
            """)
        let machines = try FakeMachines()
        var options = options
        options.isCheckMode = true
        let (report, log) = try await run(project, machines, options)
        #expect(report.results == ["a": .configured], "\(log.records)")
        #expect(log.record("says", "a")?.status == .skipped)
        #expect(log.record("shows", "a")?.status == .ok)
        #expect(log.record("shows items", "a")?.status == .ok)
    }

    @Test(
        "facts are gathered as the user that the play becomes",
        arguments: ["", "  become: true\n  become_user: app\n"])
    func factsOfWhomThePlayBecomes(keywords: String) async throws {
        let project = try Project([
            "hosts": "a ansible_host=10.0.0.1\n",
            "site.yml": "- hosts: all\n" + keywords + "  tasks: [{name: shows, debug: {var: ansible_system}}]\n",
        ])
        let machines = try FakeMachines()
        let (report, log) = try await run(project, machines, options)
        #expect(report.results == ["a": .configured], "\(log.records)")
        let gathering = try #require(machines.seen("10.0.0.1").programs.first { $0.script.contains("o user_uid") })
        #expect(gathering.escalation?.user == (keywords.isEmpty ? nil : "app"))
    }

    @Test("a template that is no UTF-8 is refused, and nothing is written")
    func templatesOfOtherEncodings() async throws {
        let project = try Self.project("- {name: page, template: {src: page.j2, dest: page}}")
        try Data([0x63, 0x61, 0x66, 0xe9, 0x0a]).write(to: URL(fileURLWithPath: project.root + "/page.j2"))
        let machines = try FakeMachines()
        let (report, log) = try await run(project, machines, options)
        #expect(report.results["a"] != .configured)
        #expect(log.record("page", "a")?.summary.contains("is no UTF-8") == true, "\(log.records)")
        #expect(machines.read("10.0.0.1", "page") == nil)
    }

    @Test("debug in a loop prints each item as ansible-playbook does")
    func debugInALoop() async throws {
        let project = try Self.project(
            """
            - {name: m, debug: {msg: "hi {{ item }}"}, loop: [1]}
            - {name: v, debug: {var: deep}, loop: [1], vars: {deep: {b: 1}}}
            - {name: l, debug: {msg: "{{ item.b }}"}, loop: [{b: 1}], loop_control: {label: "L"}}
            """)
        let (_, log) = try await run(project, try FakeMachines(), options)
        let text = RecipeLog.text(of: log.all, hosts: [:])
        #expect(text.contains("ok: [a] => (item=1) => {\n    \"msg\": \"hi 1\"\n}\n"), "\(text)")
        #expect(
            text.contains("ok: [a] => (item=1) => {\n    \"deep\": {\n        \"b\": 1\n    },\n    \"item\": 1\n}\n"),
            "\(text)")
        #expect(text.contains("ok: [a] => (item=L) => {\n    \"msg\": 1\n}\n"), "\(text)")
    }

    @Test func aLimitThatLeavesNobodyIsRefused() async throws {
        let project = try Project(Self.files)
        let machines = try FakeMachines()
        var options = options
        options.limit = "nosuch"
        let error = await #expect(throws: ContextualizationError.self) { try await run(project, machines, options) }
        let message = error?.message ?? ""
        #expect(
            message.contains("'nosuch'") && message.contains("a, b, c") && message.contains("web, db"), "\(message)")
        #expect(machines.seen("10.0.0.1").connections == 0)
    }

    @Test("machines of an inventory run: who is refused is refused at once", arguments: [false, true])
    func refusedLoginsAreFinal(isPinned: Bool) async throws {
        var files = Self.files
        files["known"] = isPinned ? "10.0.0.1 ssh-x AAAA\n" : "\n"
        let project = try Project(files)
        let refused = CommunicatorError(code: .authenticationFailed, message: "wrong password")
        let machines = try FakeMachines(["10.0.0.1": .init(connect: [refused, refused])])
        var options = options
        options.knownHostsFiles = [project.root + "/known"]
        let (report, _) = try await run(project, machines, options)
        #expect(report.results["a"] == .failed(step: "web", message: "Gathering Facts: wrong password"))
        #expect(machines.seen("10.0.0.1").connections == 0)
    }

    @Test func unreachableMachinesAreCounted() async throws {
        let project = try Project(Self.files)
        let refused = CommunicatorError(code: .hostKeyChanged, message: "the host key of a changed")
        let machines = try FakeMachines(["10.0.0.1": .init(connect: [refused])])
        let (report, log) = try await run(project, machines, options)
        #expect(report.results["a"] == .failed(step: "web", message: "Gathering Facts: the host key of a changed"))
        #expect(report.results["b"] == .configured, "\(log.records)")
        #expect(report.counts["a"]?.unreachable == 1)
        #expect(RecipeLog.text(of: log.all, hosts: [:]).contains("fatal: [a]: UNREACHABLE! => {"))
    }

    @Test func wrongPlaybooksAreRefused() async throws {
        let project = try Project(["hosts": "a\n", "site.yml": "- hosts: all\n  tasks: [{nosuch: 1}]\n"])
        let machines = try FakeMachines()
        await #expect(throws: ContextualizationError.self) { try await run(project, machines, options) }
        #expect(RecipeRunner(factory: machines).check(playbook: project.root + "/site.yml").count == 1)
        #expect(RecipeRunner(factory: machines).check(playbook: project.root + "/none.yml").count == 1)
        #expect(throws: ContextualizationError.self) { try RecipeRunner.inventory(file: project.root + "/none") }
    }

    @Test func connectionVariablesAreUnderstood() throws {
        let project = try Project(["key": "KEY", "known": "10.0.0.9 ssh-ed25519 AAAA\n[j]:2222 ssh-rsa BBBB\n"])
        let inventory = try Inventory.parse(
            """
            a ansible_host=10.0.0.9 ansible_user=debian ansible_ssh_private_key_file=\(project.root)/key ansible_become_pass=pw ansible_ssh_common_args='-o UserKnownHostsFile=\(project.root)/known -o ProxyJump=me@j:2222'
            """, name: "i")
        let host = try #require(HostBuilder(options: options).hosts(of: inventory).first)
        let target = host.machine.target
        #expect(target.endpoints == [Endpoint(host: "10.0.0.9")])
        #expect(target.user == "debian")
        #expect(target.authentications == [.privateKey("KEY")])
        #expect(target.hostKey == .pinned(["ssh-ed25519 AAAA"]))
        #expect(target.jumps.first?.endpoint == Endpoint(host: "j", port: 2222))
        #expect(target.jumps.first?.hostKey == .pinned(["ssh-rsa BBBB"]))
        #expect(host.machine.escalationPassword == "pw")
    }

    @Test func hashedNamesAreFound() throws {
        // HMAC-SHA-1 of "example.org" under the salt "01234567890123456789".
        let project = try Project([
            "known": "|1|MDEyMzQ1Njc4OTAxMjM0NTY3ODk=|D7Ox6QEGSMOtpXFD3Xnwjh9acms= ssh-ed25519 CCCC\n"
        ])
        let known = KnownHosts(files: [project.root + "/known"])
        #expect(known.keys(host: "example.org", port: 22) == ["ssh-ed25519 CCCC"])
        #expect(known.keys(host: "example.com", port: 22).isEmpty)
    }
}
