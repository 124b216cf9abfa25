import ContextualizationAPI
import Jinja
import Modules
import Testing

@testable import Contextualization

/// Titles and texts of the display, beside those of ansible-playbook 2.19 for the same playbooks.
@Suite struct BannerTests {
    @Test func tasksAreCalledAsWritten() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - ansible.builtin.debug:
                - action: ansible.builtin.debug
                - ansible.builtin.include_role: {name: r}
                - {name: named, include_role: {name: r}}
                - ansible.builtin.meta: noop
                - block: [{ansible.builtin.fail: {}}]
                  rescue: [{name: told, debug: {msg: "{{ ansible_failed_task.action }}"}}]
            """,
            files: [
                "roles/r/tasks/main.yml": "- debug:\n- {include_role: {name: q}}\n- meta: noop\n",
                "roles/q/tasks/main.yml": "- {name: own, debug: {}}\n",
            ])
        let role = ["TASK [r : debug]", "TASK [include_role : q]", "TASK [q : own]", "TASK [r : meta]"]
        #expect(
            trial.titles == [
                "PLAY [a]", "TASK [ansible.builtin.debug]", "TASK [ansible.builtin.debug]",
                "TASK [ansible.builtin.include_role : r]",
            ] + role + ["TASK [named]"] + role
                + ["TASK [ansible.builtin.meta]", "TASK [ansible.builtin.fail]", "TASK [told]"])
        #expect(trial.log.record("told", "a")?.summary == "ansible.builtin.fail")
    }

    @Test func whatTheEngineIsToldHasATitle() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: all
              tasks:
                - {name: notify, debug: {}, changed_when: true, notify: h}
                - meta: flush_handlers
                - {name: facts, meta: clear_facts, when: inventory_hostname == 'a'}
                - {name: last, debug: {}}
              handlers: [{name: h, debug: {}}]
            """)
        #expect(
            trial.titles == [
                "PLAY [all]", "TASK [notify]", "TASK [meta]", "RUNNING HANDLER [h]", "TASK [facts]", "TASK [last]",
            ])
        #expect(trial.lines.filter { $0.hasPrefix("skipping") } == ["skipping: [b]"])
        #expect(trial.report.counts["b"]?.skipped == 0 && RecipeLog.counts(of: trial.log.all)["b"]?.skipped == 0)
    }

    /// A play of which all machines failed before is passed over; the next one is not.
    @Test func playsOfFailedMachines() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: all
              tasks: [{name: one, debug: {}, failed_when: inventory_hostname == 'a'}]
            - {name: of a, hosts: a, tasks: [{name: two, debug: {}}]}
            - {name: of b, hosts: b, tasks: [{name: three, debug: {}}]}
            """)
        #expect(trial.titles == ["PLAY [all]", "TASK [one]", "PLAY [of a]", "PLAY [of b]", "TASK [three]"])
    }

    @Test(arguments: [("", []), ("max_fail_percentage: 30", ["NO MORE HOSTS LEFT"]), ("any_errors_fatal: true", [])])
    func theLastHost(keyword: String, told: [String]) async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: all
              \(keyword)
              tasks: [{name: one, fail: {}}, {name: two, debug: {}}]
            - hosts: all
              tasks: [{name: three, debug: {}}]
            """)
        #expect(trial.titles == ["PLAY [all]", "TASK [one]"] + told)
    }

    @Test func whatIsUndefinedIsSaid() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              vars: {known: k}
              tasks:
                - {name: "x {{ unknown }} {{ known }} {{ other }}", debug: {msg: hi}}
                - {debug: {var: unknown}}
                - {debug: {var: "unknown | default('d')"}}
                - {name: template, debug: {var: "{{ unknown }}"}, ignore_errors: true}
            """)
        #expect(
            trial.titles[1]
                == "TASK [x << error 1 - 'unknown' is undefined >> k << error 2 - 'other' is undefined >>]")
        let results = trial.log.records.map { JSONText.parse($0.result) ?? .none }
        #expect(results[1]["unknown"] == "<< error 1 - 'unknown' is undefined >>")
        #expect(results[2]["unknown | default('d')"] == "d")
        #expect(
            results[3]["msg"]?.text.hasPrefix("Error while resolving value for 'var': 'unknown' is undefined") == true)
    }

    @Test func falseAsATextIsToldAsOne() async throws {
        let trial = try await PlaybookTrial(
            "- hosts: a\n  tasks: [{name: t, debug: {}, when: 'false'}, {name: f, debug: {}, when: false}]\n")
        let told = trial.log.records.map { JSONText.parse($0.result)?["false_condition"] }
        #expect(told == ["false", false])
    }

    @Test func itemsOfLoopsRankAboveNamesOfThePlay() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              name: the play
              tasks:
                - {debug: {msg: "{{ ansible_play_name }}"}, vars: {ansible_play_name: mine}}
                - debug: {msg: "{{ ansible_play_name }}"}
                  loop: [1]
                  loop_control: {loop_var: ansible_play_name}
            """)
        let results = trial.log.records.map { JSONText.parse($0.result) ?? .none }
        #expect(results[0]["msg"] == "the play" && results[1]["results"]?.listValue?.first?["msg"] == 1)
    }

    @Test func filesThatCannotBeReadAreInTheRecap() async throws {
        let trial = try await PlaybookTrial(
            "- hosts: a\n  vars_files: [bad.yml]\n  tasks: [{debug: {}}]\n", files: ["bad.yml": "x: [\n"])
        #expect(trial.report.counts["a"]?.failed == 1 && trial.lines.contains { $0.contains("bad.yml:2:1") })
    }

    @Test func differencesHaveTitlesAndAnEnd() {
        var log = RecipeLog(hosts: [:])
        let result = """
            {"changed": true, "diff": [{"before": "a\\n", "after": "b\\n", "before_header": "/f (content)", \
            "after_header": "/f (content)"}, {"before": {}, "after": {}, "before_header": "x", "after_header": "x"}, \
            {"before": {"path": "/f", "mode": "0644"}, "after": {"path": "/f", "mode": "0600"}}]}
            """
        let record = TaskRecord(
            task: TaskReference(step: "s", path: "0.tasks.0", name: "t", module: "lineinfile"), status: .changed,
            seconds: 0, summary: "", result: result, effects: nil)
        let lines = log.lines(for: ContextualizationEvent(machine: "a", body: .taskFinished(record)))
        #expect(
            lines.drop { !$0.hasPrefix("---") }.elementsEqual([
                "--- before: /f (content)", "+++ after: /f (content)", "@@ -1 +1 @@", "-a", "+b", "", "--- before",
                "+++ after", "@@ -1,4 +1,4 @@", " {", "-    \"mode\": \"0644\",", "+    \"mode\": \"0600\",",
                "     \"path\": \"/f\"", " }", "", "changed: [a]",
            ]), "\(lines)")
    }
}
