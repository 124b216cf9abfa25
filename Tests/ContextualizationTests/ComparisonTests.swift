import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Testing

@testable import Contextualization

/// What ansible-core 2.19 was seen to do, beside which this engine did something else.
@Suite struct ComparisonTests {
    private static let one = "a ansible_host=10.0.0.1\n"

    // MARK: The controller without being listed

    private static let controllerFiles = [
        "group_vars/all.yml": "of_all: '{{ 1 + 1 }}'\nover: group\n", "host_vars/localhost.yml": "own: h\nover: host\n",
        "group_vars/ungrouped.yml": "of_ungrouped: 1\n",
    ]

    @Test("who is rescued from another one's failure takes part in no further play")
    func rescuedFromAnother() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: all
              any_errors_fatal: true
              tasks:
                - block: [{name: one, fail: {}, when: inventory_hostname == 'b'}]
                  rescue: [{name: two, debug: {}}]
                - {name: three, debug: {}}
            - hosts: all
              tasks: [{name: four, debug: {}}]
            """)
        #expect(trial.ends("a") == ["one=skipped", "two=ok", "three=ok"])
        #expect(trial.ends("b") == ["one=rescued", "two=ok", "three=ok", "four=ok"])
        #expect(trial.report.results["b"] == .configured && trial.report.results["a"] != .configured)
    }

    @Test func theControllerHasVariablesOfAllAndItsOwn() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: localhost
              tasks:
                - debug: {msg: "{{ [of_all, own, over, listed, of_ungrouped | default('U'), groups.all, group_names] }}"}
                - debug: {msg: "{{ [ansible_host, ansible_connection, inventory_file | default('U')] }}"}
            - hosts: a
              tasks:
                - debug: {msg: "{{ hostvars.localhost.own }} {{ hostvars['localhost'].of_all }} {{ hostvars | list }}"}
                - {debug: {msg: "{{ over }} {{ ansible_host }}"}, delegate_to: localhost}
            """, files: Self.controllerFiles,
            hosts: Self.one + "[all:vars]\nlisted=1\nover=inventory\nansible_connection=ssh\n")
        #expect(
            trial.summaries("localhost") == [
                "[2, 'h', 'host', 1, 'U', ['a'], []]", "['127.0.0.1', 'local', 'U']",
            ])
        #expect(trial.summaries() == ["h 2 ['a']", "group 10.0.0.1"])
        #expect(trial.lines.contains { $0.hasPrefix("ok: [a -> localhost] => ") })
    }

    @Test func aListedControllerIsAsAnyHost() async throws {
        let trial = try await PlaybookTrial(
            "- hosts: localhost\n  tasks: [{debug: {msg: \"{{ [own, ansible_host | default('U'), group_names] }}\"}}]\n",
            files: Self.controllerFiles, hosts: "[g]\nlocalhost ansible_connection=local\n")
        #expect(trial.summaries("localhost") == ["['h', 'U', ['g']]"])
    }

    // MARK: Inventories of programs

    @Test func anInventoryIsWhatAProgramPrints() throws {
        let project = try Project(["inv": "#!/bin/sh\n", "group_vars/web.yml": "beside: 1\n"])
        let file = project.root + "/inv"
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        func read(_ answers: [String: String]) throws -> Inventory {
            try RecipeRunner.inventory(files: [file]) { name, arguments in
                #expect(name == file)
                return try #require(answers[arguments.joined(separator: " ")])
            }
        }
        let all = try read([
            "--list": """
            {"web": {"hosts": ["w1", "w2"], "vars": {"port": 80}, "children": ["inner"]}, "inner": {"hosts": ["i1"]},
             "all": {"vars": {"every": true}}, "d": ["d1"], "alone": {"x": 1},
             "_meta": {"hostvars": {"w1": {"a": [1], "port": 81}, "no": {"b": 1}}}}
            """
        ])
        #expect(all.hosts.map(\.name) == ["w1", "w2", "i1", "d1", "alone"])
        let variables = all.variables(ofHost: "w1")
        #expect(variables["a"] == [1] && variables["port"] == 81 && variables["beside"] == 1)
        #expect(variables["inventory_file"] == .string(file))
        #expect(all.variables(ofHost: "i1")["port"] == 80)
        #expect(all.variables(ofHost: "alone")["x"] == 1)
        #expect(all.variables(ofHost: "d1")["every"] == true)
        let asked = try read(["--list": #"{"g": ["a", "b"]}"#, "--host a": #"{"name": "of a"}"#, "--host b": " \n"])
        #expect(asked.variables(ofHost: "a")["name"] == "of a")
        #expect(asked.variables(ofHost: "b")["name"] == nil)
        #expect(throws: ContextualizationError.self) { try RecipeRunner.inventory(file: file) }
    }

    // MARK: Failures

    @Test func failedWhenDecidesWhereUntilNeverHeld() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - &task
                  {name: single, command: "false", register: r, until: r.rc == 0, retries: 1, delay: 0,
                   failed_when: false, notify: h}
                - {name: said, debug: {msg: "{{ [r.failed, r is failed, r.attempts] }}"}}
                - {<<: *task, name: loop, command: "test {{ item }} = 1", loop: [1, 0]}
                - {name: items, debug: {msg: "{{ [r.failed, r.results | map(attribute='failed')] }}"}}
                - {<<: *task, name: hidden, no_log: true, loop: [0]}
                - {<<: *task, name: judged, failed_when: r.rc == 1, ignore_errors: true}
                - {name: others, command: "test {{ item.x }} = 1", loop: [{x: 1}, {}], failed_when: false}
              handlers: [{name: h, debug: {msg: handled}}]
            """, hosts: Self.one)
        #expect(
            trial.ends() == [
                "single=changed", "said=ok", "loop=changed", "items=ok", "hidden=changed", "judged=ignored",
                "others=changed", "h=ok",
            ])
        #expect(trial.summaries().contains("[True, True, 1]"))
        #expect(trial.summaries().contains("[True, [False, True]]"))
        #expect(trial.lines.contains("changed: [a] => (item=0)"))
        #expect(trial.lines.contains { $0.hasPrefix("changed: [a] => (item=(censored") })
    }

    @Test func eachItemIsDoneWhereItSays() async throws {
        let trial = try await PlaybookTrial(
            "- hosts: a\n  tasks: [{command: echo, delegate_to: \"{{ item }}\", loop: [b, a, b]}]\n")
        #expect(
            trial.lines.filter { $0.hasPrefix("changed: ") } == [
                "changed: [a -> b(10.0.0.2)] => (item=b)", "changed: [a] => (item=a)",
                "changed: [a -> b(10.0.0.2)] => (item=b)",
            ])
    }

    // MARK: Files that may be there

    @Test(
        "alternatives that are undefined are passed over in a loop, and an error in a lookup",
        arguments: [
            ("with_first_found: [\"{{ nope }}-{{ nope }}.yml\", f]", "f"), ("with_first_found: \"{{ l }}\"", "f"),
            ("with_first_found: [{files: [\"{{ nope }}\", f], paths: [\"{{ nope }}/x\", o]}]", "o/f"),
            ("with_first_found: [\"{{ p }}\"]", "o/f"), ("with_first_found: [\"{{ [nope, 'f'] }}\"]", "f"),
            ("with_first_found: [{files: [f], paths: \"{{ nope }}\"}]", "f"),
            ("with_first_found: [\"{{ nope }}\"]", "No file was found when using first_found."),
            ("with_first_found: \"{{ nope }}\"", "'nope' is undefined"),
            ("with_first_found: [{files: [f, \"{{ 1 / 0 }}\"]}]", "division by zero"),
            ("loop: \"{{ query('first_found', p) }}\"", "'nope' is undefined"),
            ("loop: \"{{ [lookup('first_found', l)] }}\"", "'nope' is undefined"),
        ])
    func firstFound(loop: String, said: String) async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              vars: {l: ["{{ nope }}", f], p: {files: ["{{ nope }}", f], paths: ["{{ nope }}/x", o]}}
              tasks: [{name: t, debug: {msg: "{{ item }}"}, \(loop)}]
            """, files: ["f": "", "o/f": ""], hosts: Self.one)
        #expect(trial.log.record("t", "a")?.result.contains(said) == true, "\(trial.lines)")
    }

    // MARK: Roles

    private static let roleFiles = [
        "roles/q/tasks/main.yml": "- debug: {msg: run q}\n", "roles/q/defaults/main.yml": "dq: 1\n",
        "roles/q/vars/main.yml": "vq: 2\n", "roles/q/meta/main.yml": "dependencies: [dep]\n",
        "roles/q/handlers/main.yml": "- {name: hq, debug: {msg: handler of q}}\n",
        "roles/dep/tasks/main.yml": "- debug: {msg: run dep}\n", "roles/dep/vars/main.yml": "vdep: 3\n",
        "roles/w/tasks/main.yml": importing, "inc.yml": importing, "roles/w/vars/main.yml": "vw: 4\n",
    ]

    private static let importing = """
        - import_role: {name: q}
        - {debug: {msg: "\(seen)"}, changed_when: true, notify: hq}

        """
    private static let seen = "{{ [dq, vq, vdep, vw] | map('default', 'U') | join(' ') }}"

    @Test(
        "a role that a task imports gives its variables and handlers to the play, wherever the task stands",
        arguments: [
            ("roles: [w]", "1 2 3 4", "1 2 3 4", "w q"),
            ("tasks: [{include_role: {name: w}}]", "1 2 3 4", "1 2 3 U", "q w"),
            ("tasks: [{include_tasks: inc.yml}]", "1 2 3 U", "1 2 3 U", "q"),
            ("tasks: [{import_tasks: inc.yml}]", "1 2 3 U", "1 2 3 U", "q"),
        ])
    func importedRoles(play: String, inside: String, after: String, names: String) async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              \(play)
              post_tasks:
                - debug: {msg: "\(Self.seen)"}
                - debug: {msg: "{{ ansible_play_role_names | join(' ') }}"}
                - debug: {msg: "{{ ansible_dependent_role_names | join(' ') }}"}
            """, files: Self.roleFiles, hosts: Self.one)
        let said = ["run dep", "run q", inside, "handler of q", after, names, "dep"]
        #expect(trial.summaries().filter { !$0.contains("inc.yml") && $0 != "w" } == said)
    }

    @Test func aRoleOfThePlayRunsThoughATaskImportedIt() async throws {
        let trial = try await PlaybookTrial(
            "- hosts: a\n  pre_tasks: [{import_role: {name: q}}]\n  roles: [q, dep]\n", files: Self.roleFiles,
            hosts: Self.one)
        #expect(trial.summaries() == ["run dep", "run q", "run q"])
    }

    @Test func namesOfRolesAsTheyAreAskedFor() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              roles: [dep]
              tasks:
                - {name: first, debug: {msg: "\(Self.names)"}}
                - import_role: {name: q}
                - include_role: {name: w}
                - include_role: {name: w}
                - {name: last, debug: {msg: "\(Self.names)"}}
            """, files: Self.roleFiles, hosts: Self.one)
        #expect(trial.log.record("first", "a")?.summary == "['dep', 'q'] ['dep', 'q'] ['dep']")
        #expect(trial.log.record("last", "a")?.summary == "['dep', 'q', 'q', 'w', 'q', 'w'] ['dep', 'q', 'w'] ['dep']")
    }

    private static let names =
        "{{ ansible_play_role_names }} {{ ansible_role_names | sort }} {{ ansible_dependent_role_names }}"
}
