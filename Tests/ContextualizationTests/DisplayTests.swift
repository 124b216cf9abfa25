import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Recipes
import Support
import Testing

@testable import Contextualization

/// What is printed of a run, beside what ansible-playbook 2.19 printed for the same playbooks.
@Suite struct DisplayTests {
    /// The lines of a run, and its events.
    private func run(
        _ playbook: String, files: [String: String] = [:], verbosity: Int = 0
    ) async throws -> (lines: [String], log: EventLog, project: Project) {
        let trial = try await PlaybookTrial(playbook, files: files, verbosity: verbosity)
        return (trial.lines, trial.log, trial.project)
    }

    @Test func playsOfOneNameAndBatchesAreCalledSo() async throws {
        let play = "- hosts: a\n  name: same\n  tasks: [{debug: {}}]\n"
        let (lines, log, _) = try await run(
            play + play + "- hosts: all\n  serial: 1\n  tasks: [{debug: {}}]\n")
        #expect(
            lines.filter { $0.hasPrefix("PLAY [") }.map(PlaybookTrial.title) == [
                "PLAY [same]", "PLAY [same]", "PLAY [all]", "PLAY [all]",
            ])
        let json = try JinjaValue(json: RecipeLog.json(of: log.all, counts: [:]))
        #expect(json["plays"]?.listValue?.map { $0["play"]?["name"] } == ["same", "same", "all", "all"])
    }

    @Test func includesAreToldOnceForAllMachines() async throws {
        let (lines, log, project) = try await run(
            """
            - hosts: all
              tasks:
                - include_tasks: inc.yml
                  loop: [x, y, z]
                  when: item != 'y'
                - include_tasks: inc.yml
                  loop: [x, y]
                  loop_control: {label: "L{{ item }}"}
                  when: false
            """, files: ["inc.yml": "- {name: \"in {{ item }}\", debug: {}}\n"])
        let file = URL(fileURLWithPath: project.root).standardizedFileURL.path + "/inc.yml"
        let words = ["TASK", "included", "skipping"]
        let told = lines.filter { line in words.contains(where: line.hasPrefix) }.map(PlaybookTrial.title)
        // Which of the machines comes first is left to them.
        #expect(
            told.prefix(3).sorted() == [
                "TASK [include_tasks]", "skipping: [a] => (item=y)", "skipping: [b] => (item=y)",
            ])
        #expect(
            told.dropFirst(3).filter { !$0.hasPrefix("skipping: [b]") } == [
                "included: \(file) for a, b => (item=x)", "included: \(file) for a, b => (item=z)", "TASK [in x]",
                "TASK [in z]", "TASK [include_tasks]", "skipping: [a] => (item=Lx)", "skipping: [a] => (item=Ly)",
                "skipping: [a]",
            ])
        let counts = RecipeLog.counts(of: log.all)["a"]
        #expect(counts?.ok == 4 && counts?.skipped == 1)
    }

    @Test func theMachineThatDoesATaskIsNamed() async throws {
        let (lines, log, _) = try await run(
            """
            - hosts: a
              tasks:
                - {command: echo, delegate_to: b, register: r}
                - {command: "echo {{ item }}", loop: [1], delegate_to: b}
                - {command: echo, delegate_to: b, no_log: true}
                - {command: "false", delegate_to: b, ignore_errors: true, retries: 1, delay: 0}
                - {name: last, debug: {msg: "{{ r.keys() | select('match', '_') | list }}"}}
            """)
        let place = "[a -> b(10.0.0.2)]"
        #expect(lines.filter { $0.hasPrefix("changed: \(place)") }.count == 3, "\(lines)")
        #expect(lines.contains("changed: \(place) => (item=1)"))
        let retry = try #require(lines.firstIndex(of: "FAILED - RETRYING: [a -> b]: command (1 retries left)."))
        #expect(lines[retry - 1].hasPrefix("TASK [command]"), "\(lines)")
        #expect(lines.contains { $0.hasPrefix("fatal: \(place): FAILED! => {\"attempts\": 1, \"changed\": true, ") })
        #expect(log.record("last", "a")?.summary == "[]")
    }

    @Test func differencesAreShownWhereTheTaskSaysSo() async throws {
        func lines(_ wantsDifference: Bool) async throws -> [String] {
            try await PlaybookTrial(
                """
                - hosts: a
                  tasks:
                    - {copy: {content: "1\\n", dest: d}, diff: true}
                    - {copy: {content: "2\\n", dest: d}, diff: false}
                    - {copy: {content: "secret\\n", dest: d}, diff: "{{ x }}", vars: {x: "no"}}
                    - {copy: {content: "2\\n", dest: d}, diff: "False"}
                    - {copy: {content: "{{ item }}\\n", dest: d}, loop: [3, 3]}
                """
            ) { $0.showsDifference = wantsDifference }.lines.filter { ["+", "-"].contains($0.prefix(1)) }
        }
        func isHead(_ line: String) -> Bool { line.hasPrefix("+++") || line.hasPrefix("---") }
        #expect(try await lines(false).filter { !isHead($0) } == ["+1"])
        #expect(try await lines(true).filter { !isHead($0) } == ["+1", "-2", "+3"])
    }

    @Test func warningsOfModulesAreToldOnce() throws {
        var log = RecipeLog(hosts: [:])
        func lines(_ result: JinjaValue) -> [String] {
            let task = TaskReference(step: "s", path: "0", name: "t", module: "command")
            return log.resultLines(
                TaskRecord(
                    task: task, status: .changed, seconds: 0, summary: "", result: JSONText.text(result), effects: nil),
                host: "a")
        }
        let result: JinjaValue = [
            "changed": true, "warnings": ["careful"], "deprecations": [["msg": "old", "version": "2.23"]],
        ]
        #expect(lines(result) == ["[WARNING]: careful", "[DEPRECATION WARNING]: old", "changed: [a]"])
        #expect(lines(result) == ["changed: [a]"])
        let items: JinjaValue = ["results": [["changed": true, "item": 1, "warnings": ["of an item"]]]]
        #expect(lines(items) == ["[WARNING]: of an item", "changed: [a] => (item=1)"])
    }

    @Test func whatIsCensoredHasNoItem() async throws {
        let (lines, _, _) = try await run(
            """
            - hosts: a
              tasks:
                - {debug: {msg: x}, loop: [1, 2], when: item == 1, no_log: true}
                - {command: "false", loop: [1], no_log: true, ignore_errors: true}
            """)
        let item = "(item=(censored due to no_log))"
        #expect(lines.contains { $0.hasPrefix("ok: [a] => \(item)") }, "\(lines)")
        #expect(lines.contains("skipping: [a] => \(item) "))
        #expect(
            lines.contains(
                "failed: [a] \(item) => {\"censored\": \"the output has been hidden due to the fact that "
                    + "'no_log: true' was specified for this result\", \"changed\": true}"))
    }

    @Test func resultsAreSortedAndPlain() async throws {
        let (lines, log, _) = try await run(
            """
            - hosts: a
              tasks:
                - {command: no-such-program, ignore_errors: true}
                - {debug: {msg: x}, loop: [1, 2], when: false}
                - {assert: {that: 1 == 2}, ignore_errors: true}
                - {assert: {that: 1 == 1}}
                - {assert: {that: 1 == 1, quiet: true}}
                - {name: in time, command: echo, async: 10, poll: 1}
            """)
        #expect(
            lines.contains(
                "fatal: [a]: FAILED! => {\"changed\": false, \"cmd\": \"no-such-program\", "
                    + "\"msg\": \"[Errno 2] No such file or directory: b'no-such-program'\", \"rc\": 2, "
                    + "\"stderr\": \"\", \"stderr_lines\": [], \"stdout\": \"\", \"stdout_lines\": []}"), "\(lines)")
        #expect(lines.filter { $0.hasPrefix("skipping: [a]") }.last == "skipping: [a]")
        #expect(
            lines.contains(
                """
                fatal: [a]: FAILED! => {
                    "assertion": "1 == 2",
                    "changed": false,
                    "evaluated_to": false,
                    "msg": "Assertion failed"
                }
                """))
        #expect(lines.contains("ok: [a] => {\n    \"changed\": false,\n    \"msg\": \"All assertions passed\"\n}"))
        #expect(lines.contains("ok: [a]"))
        let job = log.record("in time", "a").flatMap { JSONText.parse($0.result) }
        #expect(job?["finished"] == true && job?["started"] == true)
        let id = job?["ansible_job_id"]?.text ?? "-"
        #expect(id.hasPrefix("j") && job?["results_file"]?.text.hasSuffix("/.ansible_async/\(id)") == true)
    }

    // MARK: What templates and rescues may ask

    @Test func templatesKnowThemselves() async throws {
        let (_, log, project) = try await run(
            """
            - hosts: a
              tasks:
                - {template: {src: t.j2, dest: out}}
                - {name: shown, slurp: {src: out}, register: out}
                - {name: text, debug: {msg: "{{ out.content | b64decode }}"}}
                - {name: other, debug: {msg: "{{ ansible_managed | default('unknown') }}"}}
                - {name: own, debug: {msg: "{{ lookup('template', 't.j2') }}"}, vars: {ansible_managed: mine}}
            """,
            files: [
                "templates/t.j2":
                    "{{ ansible_managed }}|{{ template_path }}|{{ template_fullpath }}|{{ template_destpath }}|"
                    + "{{ template_uid }}|{{ template_host }}|{{ template_run_date.year > 2000 }}|"
                    + "{{ template_mtime | type_debug }}\n"
            ])
        let file = URL(fileURLWithPath: project.root).standardizedFileURL.path + "/templates/t.j2"
        let owner = getpwuid(getuid()).flatMap { String(cString: $0.pointee.pw_name) } ?? String(getuid())
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let rest = "|\(owner)|\(host)|True|datetime"
        #expect(log.record("text", "a")?.summary == "Ansible managed|t.j2|\(file)|out" + rest, "\(log.records)")
        #expect(log.record("other", "a")?.summary == "unknown")
        #expect(log.record("own", "a")?.summary.hasPrefix("mine|t.j2|") == true)
    }

    @Test func rescuesKnowTheTask() async throws {
        let (_, log, _) = try await run(
            """
            - hosts: a
              tasks:
                - block:
                    - name: "N{{ 1 }}"
                      command: "false"
                      args: {chdir: "/{{ 't' }}mp"}
                      register: r
                      tags: x
                      vars: {q: 1}
                  rescue:
                    - name: told
                      debug:
                        msg: >-
                          {{ ansible_failed_task.args }} {{ ansible_failed_task.name }}
                          {{ ansible_failed_task.register }} {{ ansible_failed_task.tags }} {{ ansible_failed_task.vars }} {{ ansible_failed_task.when }}
                          {{ ansible_failed_result.rc }} {{ ansible_failed_result.cmd }}
            """)
        let parts = log.record("told", "a")?.summary ?? ""
        #expect(parts.contains("'chdir': '/tmp'") && parts.contains("'_raw_params': 'false'"), "\(parts)")
        #expect(parts.hasSuffix("N1 r ['x'] {'q': 1} [] 1 ['false']"), "\(parts)")
    }

    // MARK: What is told before anything runs

    @Test(arguments: [
        ("{debug: {}, with_nosuch: [1]}", "nosuch"), ("{debug: {}, delegate_to: \"{{ 'a' | nosuch }}\"}", "nosuch"),
        ("{include_tasks: inc.yml, loop: \"{{ [1] | nosuch }}\"}", "nosuch"),
        ("{include_tasks: inc.yml, with_nosuch: [1]}", "nosuch"), ("{template: {src: bad.j2, dest: x}}", "bad.j2"),
        ("{include_role: {name: x}, when: 1 is nosuch}", "nosuch"),
        ("{import_role: {name: nosuch}}", "site.yml:3"),
    ])
    func unknownNames(task: String, word: String) async throws {
        let error = await #expect(throws: ContextualizationError.self) {
            try await run(
                "- hosts: a\n  tasks:\n    - \(task)\n",
                files: ["inc.yml": "[]\n", "templates/bad.j2": "{{ 1 | nosuch }}\n"])
        }
        #expect(error?.problems.count == 1, "\(task)")
        #expect(error.map { "\($0)".contains(word) } == true, "\(task): \(error.map { "\($0)" } ?? "")")
    }

    @Test func filtersOfTheVaultAndOfFiles() async throws {
        let (_, log, project) = try await run(
            """
            - hosts: a
              vars: {zone_a: 1, zone_b: 2}
              tasks:
                - {name: sealed, debug: {msg: "{{ 'x' | vault('s', 'saltsaltsaltsaltsaltsaltsaltsalt') }}"}}
                - {name: opened, debug: {msg: "{{ 'x' | vault('s') | unvault('s') }} {{ 'y' | unvault('s') }}"}}
                - {name: found, debug: {msg: "{{ (playbook_dir ~ '/t*.j2') | fileglob | map('basename') | list }}"}}
                - {name: names, debug: {msg: "{{ q('varnames', '^zone_') | sort }}"}}
                - {name: sealed files, debug: {msg: "{{ (playbook_dir ~ '/t1.j2') is vaulted_file }}"}}
            """, files: ["t2.j2": "", "t1.j2": "$ANSIBLE_VAULT;1.1;AES256\n00\n"])
        #expect(
            log.record("sealed", "a").flatMap { JSONText.parse($0.result) }?["msg"]
                == """
                $ANSIBLE_VAULT;1.2;AES256;filter_default
                37333631366337343733363136633734373336313663373437333631366337343733363136633734
                3733363136633734373336313663373437333631366337340a666234663765653663373338613531
                35623535636663353663323533396563393566353765393566656137643036653232646433356532
                3331323237393230640a373061343734313764663135666366353331393937363462656539626430
                3464

                """, "\(log.records)")
        #expect(log.record("opened", "a")?.summary == "x y")
        #expect(log.record("found", "a")?.summary == "['t1.j2', 't2.j2']")
        #expect(log.record("names", "a")?.summary == "['zone_a', 'zone_b']")
        #expect(log.record("sealed files", "a")?.summary == "True")
        withExtendedLifetime(project) {}
    }
}
