import ContextualizationAPI
import Foundation
import Jinja
import Recipes
import Support
import Testing

@testable import Contextualization

/// Plays over several machines: what Ansible's own playbooks show beside `Tests/IntegrationTests/Playbooks`, without
/// machines.
@Suite struct PlayTests {
    private static let hosts = """
        [web]
        a ansible_host=10.0.0.1
        b ansible_host=10.0.0.2
        [db]
        c ansible_host=10.0.0.3
        """

    /// Runs a playbook; the log of each machine's tasks as `name=status`.
    private func run(
        _ files: [String: String], _ change: (inout RecipeRunner.Options) -> Void = { _ in }
    ) async throws -> (report: ContextualizationReport, log: EventLog) {
        let trial = try await PlaybookTrial(files["site.yml"] ?? "", files: files, hosts: Self.hosts, change)
        return (trial.report, trial.log)
    }

    private static func names(_ log: EventLog, _ host: String) -> [String] {
        log.all.compactMap { event in
            guard event.machine == host, case .taskFinished(let record) = event.body else { return nil }
            return "\(record.task.name)=\(record.status.rawValue)"
        }
    }

    @Test func whatAHandlerIncludesKeepsTheOrder() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: web
              handlers: [{name: more, include_tasks: more.yml}]
              tasks:
                - {name: notify, command: "true", notify: more, when: inventory_hostname == 'a'}
                - meta: flush_handlers
                - {name: one, debug: {}}
                - {name: two, debug: {}}
            """,
            "more.yml": "- {name: first, debug: {}}\n- block: [{name: second, debug: {}}]\n",
        ])
        let order = log.all.compactMap { event -> String? in
            guard case .taskFinished(let record) = event.body, record.status != .skipped else { return nil }
            return "\(record.task.name)"
        }
        #expect(order == ["notify", "more", "first", "second", "one", "one", "two", "two"])
    }

    @Test func originsOfHostsAndNamesOfPlays() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - name: the play
              hosts: a
              tasks:
                - {name: origin, debug: {msg: "{{ [inventory_file, inventory_dir] | map('basename') | list }}"}}
                - {name: same, debug: {msg: "{{ inventory_dir == playbook_dir }}"}}
                - {name: all, debug: {msg: "{{ ansible_inventory_sources == [inventory_file] }}"}}
                - {name: own, debug: {msg: "{{ inventory_dir }}"}, vars: {inventory_dir: mine}}
                - add_host: {name: new}
                - {name: added, debug: {msg: "{{ hostvars.new.inventory_file is none }}"}}
                - {name: play, debug: {msg: "{{ ansible_play_name }} {{ ansible_play_role_names }}"}}
            - hosts: b,c
              tasks: [{name: unnamed, debug: {msg: "{{ ansible_play_name }}"}}]
            """
        ])
        #expect(log.record("origin", "a")?.summary.hasPrefix("['hosts', 'gantry-project-") == true)
        for name in ["same", "all", "added"] { #expect(log.record(name, "a")?.summary == "True", "\(name)") }
        #expect(log.record("own", "a")?.summary == "mine")
        #expect(log.record("play", "a")?.summary == "the play []")
        #expect(log.record("unnamed", "b")?.summary == "b,c")
    }

    @Test func inventoriesOfSeveralSources() throws {
        let project = try Project(["one/x": "a\n", "two": "a v=1\nb\n"])
        let inventory = try RecipeRunner.inventory(files: [project.root + "/one", project.root + "/two", "c,"])
        #expect(inventory.sources == [project.root + "/one", project.root + "/two", "c,"])
        func origin(_ host: String) -> [JinjaValue?] {
            let variables = inventory.variables(ofHost: host)
            return [variables["inventory_file"], variables["inventory_dir"]]
        }
        #expect(origin("a") == [.string(project.root + "/one/x"), .string(project.root + "/one")])
        #expect(origin("b") == [.string(project.root + "/two"), .string(project.root)])
        #expect(origin("c") == ["c,", JinjaValue.none])
        #expect(inventory.variables(ofHost: "a")["v"] == 1)
    }

    @Test(
        "validation of a role's arguments goes by its tags, too",
        arguments: [
            ([], [], "vo"), (["t"], [], "vo"), (["x"], [], "v"), ([], ["always"], "o"), ([], ["t"], ""),
        ])
    func validationsHaveTags(only: [String], skipped: [String], ran: String) async throws {
        let files = [
            "site.yml": "- hosts: a\n  roles: [{role: app, tags: t}]\n",
            "roles/app/meta/argument_specs.yml": "argument_specs: {main: {options: {p: {}}}}\n",
            "roles/app/tasks/main.yml": "- {name: own, debug: {}}\n",
        ]
        let (_, log) = try await run(files) { $0.tags = TagSelection(only: only, skipped: skipped) }
        let validation = "app : Validating arguments against arg spec 'main'=ok"
        #expect(Self.names(log, "a").map { $0 == validation ? "v" : "o" }.joined() == ran)
    }

    @Test func batchesGoOneAfterTheOther() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: all
              serial: [1, 2]
              tasks: [{name: x, debug: {msg: "{{ ansible_play_batch }}"}}]
            """
        ])
        let messages = log.all.compactMap { event -> String? in
            guard case .taskFinished(let record) = event.body else { return nil }
            return "\(event.machine ?? "") \(record.summary)"
        }
        #expect(messages.first == "a ['a']")
        #expect(Set(messages.dropFirst()) == ["b ['b', 'c']", "c ['b', 'c']"])
    }

    @Test func aFailureOfAllEndsThePlay() async throws {
        let (report, log) = try await run([
            "site.yml": """
            - hosts: all
              any_errors_fatal: true
              tasks:
                - {name: one, fail: {}, when: inventory_hostname == 'b'}
                - {name: two, debug: {}}
            - hosts: db
              tasks: [{name: three, debug: {}}]
            """
        ])
        #expect(
            !log.all.contains { event in
                if case .taskFinished(let record) = event.body { return record.task.name != "one" }
                return false
            })
        #expect(report.results.values.allSatisfy { $0 != .configured })
        #expect(report.counts["a"]?.failed == 0 && report.counts["b"]?.failed == 1)
    }

    @Test func onceIsDoneByTheFirst() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: all
              tasks:
                - {name: once, set_fact: {who: "{{ inventory_hostname }}"}, run_once: true}
                - {name: all, debug: {msg: "{{ who }}"}}
            """
        ])
        #expect(Self.names(log, "a") == ["once=ok", "all=ok"])
        #expect(Self.names(log, "c") == ["all=ok"])
        #expect(log.record("all", "c")?.summary == "a")
    }

    @Test(arguments: [
        ([], [], ["plain", "x", "always"]), (["x"], [], ["x", "always"]), (["tagged"], [], ["x", "always"]),
        (["untagged"], [], ["plain", "always"]), ([], ["x"], ["plain", "always"]), (["y"], ["always"], ["y"]),
        (["all"], ["tagged"], ["plain"]), (["never"], [], ["always", "y"]),
    ])
    func tagsChoose(_ only: [String], _ skipped: [String], _ expected: [String]) async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: a
              tasks:
                - {name: plain, debug: {}}
                - {name: x, debug: {}, tags: x}
                - {name: always, debug: {}, tags: always}
                - {name: y, debug: {}, tags: [never, y]}
            """
        ]) { $0.tags = TagSelection(only: only, skipped: skipped) }
        #expect(Self.names(log, "a") == expected.map { "\($0)=ok" })
    }

    @Test func rolesHaveDefaultsDependenciesAndHandlers() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: a
              roles: [{role: app, level: 2}]
              tasks: [{name: after, debug: {msg: "{{ level | default('none') }} {{ shared }}"}}]
            """,
            "roles/app/meta/main.yml": "dependencies: [base]\n",
            "roles/app/defaults/main.yml": "level: 1\nshared: s\n",
            "roles/app/tasks/main.yml":
                "- {name: own, debug: {msg: \"{{ level }} {{ role_name }}\"}, changed_when: true, notify: told}\n",
            "roles/app/handlers/main.yml": "- {name: told, debug: {msg: handled}}\n",
            "roles/base/tasks/main.yml": "- {name: base, debug: {}}\n",
        ])
        #expect(
            Self.names(log, "a") == ["base : base=ok", "app : own=changed", "after=ok", "app : told=ok"])
        #expect(log.record("app : own", "a")?.summary == "2 app")
        #expect(log.record("after", "a")?.summary == "1 s")
    }

    @Test func argumentsOfRolesAreLookedAt() async throws {
        let (report, log) = try await run([
            "site.yml": "- hosts: a\n  roles: [{role: app, n: many}]\n",
            "roles/app/meta/argument_specs.yml":
                "argument_specs: {main: {options: {n: {type: int}, must: {required: true}}}}\n",
            "roles/app/tasks/main.yml": "- debug: {}\n",
        ])
        #expect(report.results["a"] != .configured)
        let result = log.record("app : Validating arguments against arg spec 'main'", "a")?.result ?? ""
        #expect(result.contains("missing required arguments: must") && result.contains("argument 'n' is of type str"))
    }

    @Test func hostsAreAddedAndGrouped() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: web
              tasks:
                - {add_host: {name: new, groups: fresh, ansible_host: 10.0.0.9, color: red}}
                - {group_by: {key: "is_{{ inventory_hostname }}"}}
            - hosts: fresh:is_b
              tasks: [{name: there, debug: {msg: "{{ color | default('-') }} {{ groups.fresh }}"}}]
            """
        ])
        #expect(log.record("there", "new")?.summary == "red ['new']")
        #expect(log.record("there", "b")?.summary == "- ['new']")
        #expect(log.record("there", "a") == nil)
    }

    /// Machines run the task at the same time, and none loses what another has changed.
    @Test func hostsAreGroupedAtTheSameTime() throws {
        let names = (0..<32).map { "h\($0)" }
        for _ in 0..<20 {
            let machines = RunInventory(
                try Inventory.parse(names.joined(separator: "\n"), name: "i"), builder: HostBuilder(options: .init()),
                limit: nil, extra: JinjaDict(), magic: JinjaDict(), makeLink: { _, _ in nil })
            DispatchQueue.concurrentPerform(iterations: names.count) { number in
                _ = try? machines.addGroup("kind_\(number)", parents: ["all"], host: names[number])
            }
            DispatchQueue.concurrentPerform(iterations: names.count) { number in
                _ = try? machines.addGroup("odd", parents: ["all"], host: names[number])
            }
            // In the inventory's order, whoever came first.
            #expect(try machines.names("odd") == names)
            for (number, name) in names.enumerated() {
                #expect(machines.table.host(name)?.groups.contains("kind_\(number)") == true)
            }
            #expect(machines.table.groups.dictValue?.keys.count(where: { $0.text.hasPrefix("kind_") }) == names.count)
        }
    }

    /// A template that cannot be read fails its task, as with Ansible: it may be skipped, or rescued.
    @Test func brokenTemplateFailsItsTask() async throws {
        let files = [
            "site.yml": """
            - hosts: a
              tasks:
                - {name: broken, template: {src: broken.j2, dest: x}, ignore_errors: true}
                - {name: skipped, template: {src: broken.j2, dest: x}, when: false}
                - {name: after, debug: {}}
            """, "templates/broken.j2": "x\n{% if %}\n",
        ]
        let (report, log) = try await run(files)
        #expect(report.results["a"] == .configured)
        #expect(Self.names(log, "a") == ["broken=ignored", "skipped=skipped", "after=ok"])
        let project = try Project(files)
        let told = RecipeRunner(factory: try FakeMachines(), clock: ImmediateClock())
            .check(playbook: project.root + "/site.yml")
        #expect(told.map(\.isWarning) == [true])
        #expect(told.first.map { "\($0)".contains("broken.j2:2") } == true, "\(told)")
    }

    @Test func vaultIsOpened() async throws {
        let vault = Vault(passwords: [("default", Secret("open sesame"))])
        let secret = try vault.encrypt(Array("hidden: treasure\n".utf8))
        let (_, log) = try await run([
            "site.yml": "- hosts: a\n  vars_files: [s.yml]\n  tasks: [{name: x, debug: {msg: \"{{ hidden }}\"}}]\n",
            "s.yml": secret,
        ]) { $0.vault = vault }
        #expect(log.record("x", "a")?.summary == "treasure")
        #expect(throws: Vault.Failure.self) {
            try Vault(passwords: [("default", Secret("wrong"))]).decrypt(secret)
        }
    }

    /// As in Ansible; what a module keeps to itself is hidden in its own result alone.
    @Test func whatTheVaultOpensIsShown() async throws {
        let vault = Vault(passwords: [("default", Secret("open sesame"))])
        let token = try vault.encrypt(Array("treasure-4711".utf8)).split(separator: "\n")
        let (_, log) = try await run([
            "site.yml": """
            - hosts: a
              vars:
                token: !vault |
            \(token.map { "      \($0)" }.joined(separator: "\n"))
              tasks:
                - name: asked
                  get_url: {url: "file:///nosuch/treasure-4711", dest: /x, url_password: "{{ token }}"}
                  ignore_errors: true
                - {name: shown, debug: {msg: "{{ token }}"}}
                - {name: "named {{ token }}", debug: {msg: x}, no_log: true}
            """
        ]) { $0.vault = vault }
        #expect(log.record("shown", "a")?.result.contains("treasure-4711") == true, "\(log.records)")
        #expect(log.record("asked", "a")?.result.contains("treasure-4711") == false, "\(log.records)")
        #expect(log.record("named treasure-4711", "a")?.result.contains("censored") == true)
    }

    /// Written by ansible-vault 2.19.14 under the password `gantry`.
    @Test func textsOfAnsibleAreOpened() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/vault.txt")
        let text = try String(contentsOf: file, encoding: .utf8)
        let vault = Vault(passwords: [("other", Secret("no")), ("default", Secret("gantry"))])
        #expect(try vault.decryptText(text) == "from ansible-vault\n")
        #expect(try vault.decryptText(try vault.encrypt(Array("x".utf8))) == "x")
    }

    @Test func aRunBeginsAtATask() async throws {
        let (_, log) = try await run([
            "site.yml": """
            - hosts: a
              tasks: [{name: one, debug: {}}, {name: two, debug: {}}, {name: three, debug: {}}]
            """
        ]) { $0.startAt = "tw*" }
        #expect(Self.names(log, "a") == ["two=ok", "three=ok"])
    }

    @Test func anInterruptedRunGoesOn() async throws {
        let files = [
            "site.yml": """
            - hosts: a
              tasks:
                - {name: one, shell: echo 1 >> log, register: r}
                - {name: two, debug: {msg: "{{ r.rc }}"}}
            """
        ]
        let (_, first) = try await run(files)
        let done = first.all.filter { event in
            if case .taskFinished(let record) = event.body { return record.task.name == "one" }
            return false
        }
        let (report, second) = try await run(files) { $0.history = done }
        #expect(Self.names(second, "a") == ["two=ok"])
        #expect(second.record("two", "a")?.summary == "0")
        #expect(report.counts["a"]?.ok == 2)
    }

    @Test func somebodyIsAskedBeforeEachTask() async throws {
        let (_, log) = try await run([
            "site.yml":
                "- hosts: web\n  tasks: [{name: one, debug: {}}, {name: two, debug: {}}, {name: three, debug: {}}]\n"
        ]) { $0.confirm = { $0 == "TASK: two" ? .no : .yes } }
        #expect(Self.names(log, "a") == ["one=ok", "three=ok"] && Self.names(log, "b") == ["one=ok", "three=ok"])
    }

    /// Plays that say nothing, that want facts, and that want none, behind a task that tells something like facts.
    @Test(arguments: [
        (RecipeRunner.Options.Gathering.implicit, 3), (.explicit, 1), (.smart, 1),
    ])
    func whoGathersFacts(gathering: RecipeRunner.Options.Gathering, times: Int) async throws {
        let (report, log) = try await run([
            "site.yml": """
            - {hosts: a, gather_facts: false, tasks: [{name: services, set_fact: {services: 1, cacheable: true}}]}
            - {hosts: a, tasks: [{name: one, debug: {}}]}
            - {hosts: a, gather_facts: true, tasks: [{name: two, debug: {}}]}
            - {hosts: a, tasks: [{name: three, debug: {}}]}
            """
        ]) { $0.gathering = gathering }
        #expect(report.results["a"] == .configured)
        #expect(Self.names(log, "a").count { $0 == "Gathering Facts=ok" } == times, "\(Self.names(log, "a"))")
    }

    /// Nothing runs on all hosts since nobody said where.
    @Test(arguments: [
        ("- tasks: [{debug: {}}]\n", "the play has no 'hosts'"),
        ("- {hosts: [], tasks: [{debug: {}}]}\n", "'hosts' of the play is empty"),
        ("- {hosts: '', tasks: [{debug: {}}]}\n", "'hosts' of the play is empty"),
        ("- {hosts: , tasks: [{debug: {}}]}\n", "'hosts' of the play is empty"),
        ("- debug: {}\n", "this is a list of tasks, no playbook"), ("# nothing\n", "there is no play in it"),
        ("- {hosts: a, become: ture, tasks: [{debug: {}}]}\n", "'become' is true or false, not 'ture'"),
        ("- {hosts: a, gather_facts: perhaps}\n", "'gather_facts' is true or false, not 'perhaps'"),
        ("- {hosts: a, tasks: [{debug: {}, ignore_errors: maybe}]}\n", "'ignore_errors' is true or false"),
    ])
    func whatIsNoPlaybook(text: String, said: String) async throws {
        let error = await #expect(throws: ContextualizationError.self) { try await run(["site.yml": text]) }
        #expect(error?.problems.contains { $0.message.contains(said) } == true, "\(error?.problems ?? [])")
    }

    @Test func hostsThatComeToNothing() async throws {
        let error = await #expect(throws: ContextualizationError.self) {
            try await run(["site.yml": "- {hosts: '{{ nowhere }}', vars: {nowhere: ''}, tasks: [{debug: {}}]}\n"])
        }
        #expect(error?.message.contains("is empty") == true, "\(error?.message ?? "")")
    }

    /// What is included for sure is looked at before anything runs; under a condition it is not.
    @Test func whatIsIncludedForSure() async throws {
        let play = "- {hosts: a, tasks: [{name: one, debug: {}}, {include_tasks: more.yml"
        let more = "- debconf: {name: x}\n"
        let error = await #expect(throws: ContextualizationError.self) {
            try await run(["site.yml": play + "}]}\n", "more.yml": more])
        }
        #expect(error?.problems.contains { $0.message.contains("'debconf' is not supported") } == true)
        let (report, log) = try await run(["site.yml": play + ", when: false}]}\n", "more.yml": more])
        #expect(report.results["a"] == .configured && Self.names(log, "a").contains("one=ok"))
    }
}
