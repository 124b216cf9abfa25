import ContextualizationAPI
import Jinja
import Modules
import Recipes
import Support
import Testing

@testable import Contextualization

/// What ansible-core 2.19 was seen to do with small playbooks.
@Suite struct AnsibleParityTests {
    /// Runs a playbook with its files on one machine; the log of its tasks.
    private func run(_ playbook: String, files: [String: String] = [:]) async throws -> EventLog {
        try await PlaybookTrial(playbook, files: files, hosts: "a ansible_host=10.0.0.1\n").log
    }

    /// The tasks as `name=status`.
    private static func ends(_ log: EventLog) -> [String] {
        log.all.compactMap { event in
            guard case .taskFinished(let record) = event.body else { return nil }
            return "\(record.task.name)=\(record.status.rawValue)"
        }
    }

    private static func result(_ name: String, _ log: EventLog) -> JinjaValue {
        log.record(name, "a").flatMap { JSONText.parse($0.result) } ?? .none
    }

    @Test(
        "a variable whose own template is undefined is undefined itself",
        arguments: [
            ("{{ und | default('x') }}", "x"), ("{{ und is defined }}", "False"), ("{{ und2 | default('y') }}", "y"),
            ("{{ dd.j }} {{ dd.k | default('z') }}", "1 z"), ("{{ uses | default('w') }}", "w"),
            ("{{ items[1] }}{{ items[0] is defined }}", "2False"), ("{{ dd | length }}", "2"),
        ])
    func undefinedVariables(template: String, text: String) async throws {
        let log = try await run(
            """
            - hosts: a
              vars:
                und: "{{ nope }}"
                und2: "x{{ nope }}"
                uses: "{{ und }}"
                items: ["{{ nope }}", 2]
                dd: {k: "{{ nope }}", j: 1}
              tasks:
                - {name: show, debug: {msg: "<\(template)>"}}
                - {name: when, debug: {}, when: und is defined}
                - {name: whole, debug: {msg: "{{ dd }}"}, ignore_errors: true}
                - {name: text, debug: {msg: "{{ uses }}"}}
            """)
        #expect(log.record("show", "a")?.summary == "<\(text)>")
        #expect(Self.ends(log) == ["show=ok", "when=skipped", "whole=ignored", "text=failed"])
        #expect(log.record("text", "a")?.summary.contains("'nope' is undefined in '{{ nope }}'") == true)
    }

    @Test func eachItemNotifies() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - name: dicts
                  debug: {}
                  loop: [{h: h1}, {h: h2}, {h: "none"}]
                  changed_when: item.h == 'h1'
                  when: item.h != 'none'
                  notify: "restart {{ item.h }}"
                - {name: names, debug: {}, loop: [h3], changed_when: true, notify: "{{ item }}"}
                - {name: same, debug: {}, loop: [h4], notify: "{{ item }}"}
              handlers:
                - {name: restart h1, debug: {}}
                - {name: restart h2, debug: {}}
                - {name: restart none, debug: {}}
                - {name: h3, debug: {}}
                - {name: h4, debug: {}}
            """)
        #expect(
            Self.ends(log) == [
                "dicts=changed", "names=changed", "same=ok", "restart h1=ok", "restart h2=ok", "h3=ok",
            ])
    }

    @Test(
        "vars holds all variables in sight",
        arguments: [
            ("{{ vars['pv'] }}", "p"), ("{{ vars.d.a }}", "p2"), ("{{ vars['prefix_' ~ x] }}", "px"),
            ("{{ vars.tv }}", "t"), ("{{ vars['inventory_hostname'] }}", "a"), ("{{ vars['fact'] }}", "f"),
            ("{{ vars.nothing | default('none') }}", "none"), ("{{ 'und' in vars }}", "True"),
            ("{{ 'nothing' in vars }}", "False"), ("{{ vars.get('pv') }}", "p"), ("{{ vars is mapping }}", "True"),
            ("{{ vars.und | default('u') }}", "u"), ("{{ vars.count }}", "True"),
        ])
    func theDictionaryOfVariables(template: String, text: String) async throws {
        let log = try await run(
            """
            - hosts: a
              vars:
                pv: p
                d: {a: "{{ pv }}2"}
                x: one
                prefix_one: "{{ pv }}x"
                und: "{{ nope }}"
                count: "{{ vars.keys() | list | length > 5 }}"
              tasks:
                - set_fact: {fact: f}
                - {name: show, debug: {msg: "<\(template)>"}, vars: {tv: t}}
            """)
        #expect(log.record("show", "a")?.summary == "<\(text)>")
    }

    @Test func nullIsAMessage() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {name: nothing, debug: 'msg="{{ none }}"'}
                - {name: greeting, debug: {}}
            """)
        #expect(Self.result("nothing", log)["msg"] == JinjaValue.none)
        #expect(Self.result("greeting", log)["msg"] == "Hello world!")
    }

    @Test func judgementsThatSayNothingOrCannotBeMade() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {name: empty, command: "true", failed_when: [], changed_when: []}
                - {name: unknown, shell: "echo out; exit 3", failed_when: nope > 1, register: r, ignore_errors: true}
                - name: kept
                  debug:
                    msg: "{{ r.rc }} {{ r.stdout }} {{ r.failed }} {{ r.cmd is defined }} {{ r.failed_when_result }}"
            """)
        #expect(Self.ends(log) == ["empty=changed", "unknown=ignored", "kept=ok"])
        let summary = log.record("kept", "a")?.summary ?? ""
        #expect(summary.hasPrefix("3 out True True ") && summary.contains("'nope' is undefined"), "\(summary)")
    }

    @Test func failedTasksAreKnownToRescue() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - block: [{command: "false"}]
                  rescue:
                    - {name: one, debug: {msg: "{{ ansible_failed_task.action }}<{{ ansible_failed_task.name }}>"}}
                - block: [{name: "bad {{ 1 + 1 }}", fail: {}}]
                  rescue:
                    - {name: two, debug: {msg: "{{ ansible_failed_task.action }}<{{ ansible_failed_task.name }}>"}}
            """)
        #expect(log.record("one", "a")?.summary == "command<>")
        #expect(log.record("two", "a")?.summary == "fail<bad 2>")
    }

    @Test func registeredLoops() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - name: loop
                  debug: {}
                  loop: [1, 2]
                  loop_control: {label: "L{{ item }}"}
                  when: item == 1
                  register: r
                - name: shape
                  debug:
                    msg: >-
                      {{ r.skipped }} {{ r.results[1].failed is defined }} {{ r.results[1].skipped }}
                      {{ r.results | map('list') | flatten | select('match', '_ansible_item_label') | list }}
                - {name: none, debug: {}, loop: [1], when: false, register: n}
                - {name: all, debug: {msg: "{{ n.skipped }}"}}
            """)
        #expect(log.record("shape", "a")?.summary == "False False True []")
        #expect(log.record("all", "a")?.summary == "True")
        #expect(log.record("loop", "a")?.result.contains("\"_ansible_item_label\"") == true)
    }

    @Test func validationOfAnIgnoredRole() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {import_role: {name: app}, ignore_errors: true}
                - {name: after, debug: {}}
            """,
            files: [
                "roles/app/meta/argument_specs.yml":
                    "argument_specs: {main: {options: {must: {required: true}}}}\n",
                "roles/app/tasks/main.yml": "- {name: own, debug: {}}\n",
            ])
        let validation = "app : Validating arguments against arg spec 'main'"
        #expect(Self.ends(log) == ["\(validation)=ignored", "app : own=ok", "after=ok"])
        let context = Self.result(validation, log)["validate_args_context"]
        #expect(context?["type"] == "role" && context?["name"] == "app" && context?["argument_spec_name"] == "main")
        #expect(context?["path"]?.text.hasSuffix("/roles/app") == true)
    }

    @Test func dependenciesThatRanDoNotRunAgain() async throws {
        let files = [
            "roles/a/meta/main.yml": "dependencies: [{role: dep, x: 1}, dep, dep, {role: twice}]\n",
            "roles/a/tasks/main.yml": "- {name: own, debug: {}}\n",
            "roles/a/tasks/other.yml": "- {name: other, debug: {msg: \"{{ of_dep }}\"}}\n",
            "roles/dep/vars/main.yml": "of_dep: d\n",
            "roles/dep/tasks/main.yml": "- {name: work, debug: {}}\n",
            "roles/twice/meta/main.yml": "allow_duplicates: true\n",
            "roles/twice/tasks/main.yml": "- {name: again, debug: {}}\n",
        ]
        let include = "{include_role: {name: a, tasks_from: other, public: true}, name: more}"
        let first = ["dep : work=ok", "dep : work=ok", "twice : again=ok"]
        let log = try await run("- hosts: a\n  roles: [a]\n  tasks: [\(include)]\n", files: files)
        #expect(
            Self.ends(log) == first + ["a : own=ok", "more=ok", "twice : again=ok", "a : other=ok"])
        #expect(log.record("a : other", "a")?.summary == "d")
        // What comes later has not run yet.
        let early = try await run("- hosts: a\n  pre_tasks: [\(include)]\n  roles: [a]\n", files: files)
        #expect(Array(Self.ends(early).prefix(5)) == ["more=ok"] + first + ["a : other=ok"])
    }

    @Test func equalKeysAreToldOfInAllFiles() async throws {
        let told = LockedValue<[String]>([])
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              vars: {x: 1}
              roles: [app]
              tasks:
                - {name: show, debug: {msg: "{{ x }} {{ d }} {{ g }} {{ f }}"}, vars: {x: 2, x: 3}}
                - {include_vars: more.yml}
            """,
            files: [
                "more.yml": "i: 1\ni: 2\n",
                "group_vars/all.yml": "f: 1\ng: 1\ng: 2\n",
                "roles/app/defaults/main.yml": "d: 1\nd: 2\n",
                "roles/app/tasks/main.yml": "- name: own\n  debug: {}\n  name: again\n",
            ]
        ) { options in options.warn = { problem in told.withLock { $0.append("\(problem)") } } }
        let log = trial.log
        #expect(log.record("show", "a")?.summary == "3 2 2 1")
        let twice = told.withLock { $0 }.filter { $0.contains("occurs twice in one mapping") }
        #expect(twice.count == 5, "\(twice)")
        for place in ["site.yml:5", "more.yml:2:1", "group_vars/all.yml:3:1", "defaults/main.yml:2:1", "main.yml:3:3"] {
            #expect(twice.contains { $0.contains(place) }, "\(twice)")
        }
        let checked = RecipeRunner(factory: try FakeMachines()).check(playbook: trial.project.root + "/site.yml")
            .filter(\.isWarning)
        #expect(checked.count == 3 && checked.allSatisfy { $0.message.contains("occurs twice") }, "\(checked)")
    }

    @Test func unknownNamesAreToldBeforeAnythingRuns() async throws {
        let files = ["roles/app/tasks/main.yml": "- {name: own, debug: {msg: \"{{ 1 | nosuchfilter }}\"}}\n"]
        for play in [
            "- hosts: a\n  tasks: [{command: echo}, {debug: {msg: \"{{ 1 | nosuchfilter }}\"}}]\n",
            "- hosts: a\n  tasks: [{command: echo}, {debug: {}, when: 1 is nosuchtest}]\n",
            "- hosts: a\n  tasks: [{command: echo}, {debug: {msg: \"{{ lookup('config', 'x') }}\"}}]\n",
            "- hosts: a\n  tasks: [{command: echo}, {assert: {that: 1 is nosuchtest}}]\n",
            "- hosts: a\n  tasks: [{command: echo}, {import_role: {name: app}}]\n",
        ] {
            let error = await #expect(throws: ContextualizationError.self) { try await run(play, files: files) }
            #expect(error?.problems.count == 1 && error?.problems.first?.line != nil, "\(play)")
        }
    }

    @Test func namesOfFactsAreTemplates() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {name: loop, set_fact: {"{{ item }}_x": "1{{ item }}"}, loop: [p, q]}
                - {name: text, set_fact: "{{ item }}_y=2", loop: [p, q]}
                - {name: host, set_fact: {"of_{{ inventory_hostname }}": 3}}
                - {name: show, debug: {msg: "{{ p_x }} {{ q_x }} {{ p_y }} {{ q_y }} {{ of_a }}"}}
                - {name: wrong, set_fact: {"{{ 'a b' }}": 1}}
            """)
        #expect(log.record("show", "a")?.summary == "1p 1q 2 2 3")
        #expect(Self.ends(log).last == "wrong=failed")
        #expect(log.record("wrong", "a")?.summary.contains("'a b'") == true)
    }

    @Test func parametersOfRolesRankAboveVariablesOfIncludes() async throws {
        let files = [
            "roles/rp/tasks/main.yml": """
            - {include_role: {name: rp, tasks_from: other}, vars: {v: include, w: include}}
            - {include_tasks: other.yml, vars: {v: file}}
            """,
            "roles/rp/tasks/other.yml": "- {name: show, debug: {msg: \"{{ v }} {{ w | default('none') }}\"}}\n",
        ]
        let log = try await run("- hosts: a\n  roles: [{role: rp, v: parameter}]\n", files: files)
        let shown = log.all.compactMap { event -> String? in
            guard case .taskFinished(let record) = event.body, record.task.name == "rp : show" else { return nil }
            return record.summary
        }
        #expect(shown == ["parameter include", "file none"])
    }

    @Test func falseConditionsAreToldAsWritten() async throws {
        let log = try await run(
            "- hosts: a\n  tasks: [{name: flag, debug: {}, when: false}, {name: text, debug: {}, when: 1 > 2}]\n")
        #expect(Self.result("flag", log)["false_condition"] == false)
        #expect(Self.result("text", log)["false_condition"] == "1 > 2")
    }

    @Test(arguments: [("6750", "06750 6750"), ("0640", "0640 0640"), ("0", "0000 0000")])
    func modesOfFiles(mode: String, shown: String) async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {name: make, file: {path: "{{ playbook_dir }}/f", state: touch, mode: "\(mode)"}, register: r}
                - {name: look, stat: {path: "{{ playbook_dir }}/f"}, register: s}
                - {name: show, debug: {msg: "{{ r.mode }} {{ s.stat.mode }}"}}
            """)
        #expect(log.record("show", "a")?.summary == shown)
    }

    @Test func conditionsKnowTheTry() async throws {
        let log = try await run(
            """
            - hosts: a
              tasks:
                - {name: first, debug: {}, register: r, until: r.attempts == 1}
                - {name: second, debug: {}, register: s, until: s.attempts == 2, retries: 1}
                - {name: judged, debug: {}, register: t, retries: 2, failed_when: t.attempts < 2}
                - {name: never, debug: {}, register: n, until: false, retries: 0}
                - name: show
                  debug: {msg: "{{ r.attempts }}{{ s.attempts }}{{ t.attempts }}{{ n.attempts is defined }}"}
                - {name: unknown, fail: {msg: why}, register: u, until: u.nothing == 1}
            """)
        #expect(
            Self.ends(log) == ["first=ok", "second=ok", "judged=ok", "never=ok", "show=ok", "unknown=failed"])
        #expect(log.record("show", "a")?.summary == "122False")
        let summary = log.record("unknown", "a")?.summary ?? ""
        #expect(summary.contains("'nothing'") && summary.hasSuffix("(the task itself failed: why)"), "\(summary)")
    }
}
