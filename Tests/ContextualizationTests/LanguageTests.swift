import ContextualizationAPI
import Jinja
import Modules
import Support
import Testing

/// What the words of the recipe language do, on a machine that is the local shell.
@Suite struct LanguageTests {
    @Test func variablesConditionsAndRegister() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - vars: {greeting: "hello {{ who }}", who: world}
              tasks:
                - name: say
                  command: echo {{ greeting }}
                  register: said
                - name: never
                  command: false
                  when: said.stdout != 'hello world'
                - name: write
                  copy: {content: "{{ said.stdout }} {{ ansible_os_family }}", dest: out}
                  when:
                    - said is changed
                    - said.stdout_lines | length == 1
                    - said.delta is match('0:00:0\\d[.]\\d{6}$') and said.start < said.end
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(log.outcomes() == ["say: changed", "never: skipped", "write: changed"])
        #expect(harness.machines.read("10.0.0.1", "out") == "hello world Debian")
        #expect(report.counts["m1"]?.skipped == 1)
    }

    @Test func loopsOfAllKinds() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: list
                  shell: echo {{ item }}{{ n }} >> out
                  loop: [a, b]
                  loop_control: {index_var: n}
                  register: result
                - name: dict
                  shell: echo {{ item.key }}={{ item.value }} >> out
                  with_dict: {x: 1}
                - name: nested
                  shell: echo {{ item.0 }}{{ item.1 }} >> out
                  with_nested: [[1, 2], [3]]
                - name: sequence
                  shell: echo s{{ item }} >> out
                  with_sequence: start=1 end=2
                - name: items
                  shell: echo {{ it }} >> out
                  with_items: [[p], q]
                  loop_control: {loop_var: it}
                  when: it != 'q'
                - name: empty
                  command: "false"
                  loop: []
                - name: results
                  shell: echo {{ result.results | map(attribute='rc') | join(',') }} {{ result.results[1].item }} >> out
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.read("10.0.0.1", "out") == "a0\nb1\nx=1\n13\n23\ns1\ns2\np\n0,0 b\n")
        #expect(log.outcomes().contains("empty: skipped"))
    }

    @Test func handlersRunOnceInOrderOfDefinition() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: one
                  shell: echo one >> out
                  notify: [second, first]
                - name: two
                  shell: echo two >> out
                  notify: first
                - name: quiet
                  command: "true"
                  changed_when: false
                  notify: never
                - meta: flush_handlers
                - name: three
                  shell: echo three >> out
                  notify: topic
              handlers:
                - name: first
                  shell: echo h1 >> out
                - name: second
                  shell: echo h2 >> out
                - name: never
                  shell: echo no >> out
                - name: listener
                  shell: echo h3 >> out
                  listen: topic
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.read("10.0.0.1", "out") == "one\ntwo\nh1\nh2\nthree\nh3\n")
    }

    @Test func failureEndsTheMachineUnlessIgnored() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: ignored
                  command: "false"
                  ignore_errors: yes
                - name: judged
                  command: sh -c 'exit 3'
                  register: r
                  failed_when: r.rc != 3
                - name: bad
                  shell: echo reason >&2; exit 4
                - name: unreached
                  shell: touch unreached
            """)
        #expect(log.outcomes() == ["ignored: ignored", "judged: changed", "bad: failed"])
        #expect(report.results["m1"] == .failed(step: "web", message: "bad: non-zero return code (status 4): reason"))
        #expect(harness.machines.read("10.0.0.1", "unreached") == nil)
        #expect(report.counts["m1"]?.failed == 1)
        #expect(report.counts["m1"]?.ignored == 1)
    }

    /// As ansible-core does: the next play begins on all machines.
    @Test(arguments: ["end_host", "end_play"]) func endingOnePlayLeavesTheNext(how: String) async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - meta: \(how)
                - name: never
                  command: "false"
            - tasks:
                - name: next
                  command: "true"
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(log.outcomes() == ["next: changed"])
    }

    @Test func blocksRescueAndAlways() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - block:
                    - name: fails
                      shell: echo why >&2; false
                    - name: skipped by the failure
                      shell: echo no >> out
                  rescue:
                    - name: repair
                      shell: echo rescued {{ ansible_failed_task.name }} {{ ansible_failed_result.stderr }} >> out
                  always:
                    - name: last
                      shell: echo always >> out
                  when: true
                  environment: {GREETING: hi there}
                - name: env
                  shell: echo $A $B >> out
                  environment:
                    A: 1
                    B: "{{ 'x' ~ 'y' }}"
                - block:
                    - name: fails again
                      command: "false"
                  always:
                    - name: still
                      shell: echo still >> out
                - name: not reached
                  shell: echo no >> out
            """)
        #expect(harness.machines.read("10.0.0.1", "out") == "rescued fails why\nalways\n1 xy\nstill\n")
        guard case .failed(let step, _) = report.results["m1"] else {
            Issue.record("\(report)")
            return
        }
        #expect(step == "web")
        #expect(report.counts["m1"]?.rescued == 1)
        #expect(log.outcomes().first == "fails: rescued")
    }

    @Test func untilRetries() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: counts
                  shell: echo x >> n; wc -l < n
                  register: lines
                  until: lines.stdout | int >= 3
                  retries: 5
                  delay: 1
                - name: gives up
                  command: "false"
                  register: never
                  until: never is succeeded
                  retries: 2
                  ignore_errors: true
                - name: check
                  assert: {that: [lines.attempts == 3, never.attempts == 2], fail_msg: "{{ lines.attempts }}"}
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        let messages = log.all.compactMap { if case .message(let text) = $0.body { text } else { nil } }
        #expect(messages.filter { $0.hasPrefix("FAILED - RETRYING: [10.0.0.1_1]: gives up") }.count == 2)
    }

    @Test func includesOtherSections() async throws {
        let harness = try Harness()
        let request = harness.request(
            [
                "web": """
                - tasks:
                    - include_tasks: other.yml
                      loop: [1, 2]
                      vars: {name: "n{{ item }}"}
                    - import_tasks: other.yml
                      vars: {name: static}
                    - include: other.yml name=old
                      when: false
                """,
                "other": """
                - name: other
                  shell: echo {{ name }} >> out
                """,
            ])
        let (report, log) = try await harness.run(request)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.read("10.0.0.1", "out") == "n1\nn2\nstatic\n")
    }

    @Test func machinesSeeEachOther() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: mine
                  set_fact: {mine: "v{{ IM_NODE_NUM }}"}
                - name: others
                  copy:
                    dest: out
                    content: "{{ groups['worker'] | join(',') }} {{ group_names }} {{ hostvars[groups['front'][0]].IM_NODE_NUM }} {{ hostvars[groups['front'][0]].ansible_os_family }} {{ inventory_hostname }}"
            """, machines: 3)
        for number in 1...3 {
            #expect(report.results["m\(number)"] == .configured, "\(log.records)")
            let group = number == 1 ? "front" : "worker"
            #expect(
                harness.machines.read("10.0.0.\(number)", "out")
                    == "10.0.0.2_2,10.0.0.3_3 ['\(group)'] 1 Debian 10.0.0.\(number)_\(number)")
        }
    }

    @Test func setFactAndDebug() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - set_fact: {a: 1, b: "{{ [1, 2] }}"}
                - set_fact: c={{ a + 1 }}
                - name: show
                  debug: var=b
                - name: text
                  debug: {msg: "{{ c }} {{ b[1] }}"}
                - name: unknown
                  debug: var=nothing
                - assert:
                    that:
                      - a == 1
                      - b is sequence
            """)
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(JSONText.parse(log.record("show")?.result ?? "")?["b"] == [1, 2])
        #expect(JSONText.parse(log.record("text")?.result ?? "")?["msg"] == "2 2")
        #expect(
            JSONText.parse(log.record("unknown")?.result ?? "")?["nothing"] == "<< error 1 - 'nothing' is undefined >>")
    }

    @Test func undefinedNamesAreTold() async throws {
        let harness = try Harness()
        let (report, _) = try await harness.run("- tasks: [{name: t, command: 'echo {{ nope }}'}]")
        guard case .failed(_, let message) = report.results["m1"] else {
            Issue.record("\(report)")
            return
        }
        #expect(message.contains("'nope' is undefined"))
        #expect(message.hasPrefix("t: "))
    }

    @Test func becomeAsksForTheRightUser() async throws {
        let harness = try Harness([
            "10.0.0.1": .init(answer: { _ in
                ProgramOutput(status: 0, standardOutput: Array("R\n".utf8), standardError: [])
            })
        ])
        var request = harness.request([
            "web": """
            - tasks:
                - command: id
                - command: id
                  become_user: postgres
                - command: id
                  become: no
            """
        ])
        request.machines[0].target.user = "debian"
        request.machines[0].escalationPassword = "marker-pw"
        request.history = [
            ContextualizationEvent(
                machine: "m1",
                body: .taskFinished(
                    TaskRecord(
                        task: TaskReference(step: "facts", path: "facts", name: "", module: "setup"), status: .ok,
                        seconds: 0, summary: "", result: "{}", effects: nil)))
        ]
        _ = try await harness.run(request)
        let programs = harness.machines.seen("10.0.0.1").programs
        // At the end, each user takes the mark of the run away.
        let marks = programs.suffix(3)
        #expect(marks.allSatisfy { $0.script.hasSuffix("rm -f \"$g\"\n") })
        let escalations = programs.dropLast(3).suffix(3).map(\.escalation)
        #expect(Set(marks.map(\.escalation)) == Set(escalations))
        #expect(escalations[0] == Escalation(user: "root", password: "marker-pw"))
        #expect(escalations[1] == Escalation(user: "postgres", password: "marker-pw"))
        #expect(escalations[2] == nil)
    }

    @Test func runOnceGivesItsResultToAll() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - name: once
                  shell: echo only; echo x >> \(harness.machines.root)/once
                  run_once: true
                  register: r
                - name: use
                  copy: {content: "{{ r.stdout }}", dest: out}
            """, machines: 3)
        #expect(report.results.values.allSatisfy { $0 == .configured }, "\(log.records)")
        #expect(harness.machines.read("", "once") == "x\n")
        for number in 1...3 { #expect(harness.machines.read("10.0.0.\(number)", "out") == "only") }
    }

    @Test func delegationRunsElsewhere() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            """
            - tasks:
                - shell: echo {{ inventory_hostname }} >> out
                  delegate_to: "{{ groups['front'][0] }}"
            """, machines: 2)
        #expect(report.results.values.allSatisfy { $0 == .configured }, "\(log.records)")
        let lines = harness.machines.read("10.0.0.1", "out")?.split(separator: "\n").sorted()
        #expect(lines == ["10.0.0.1_1", "10.0.0.2_2"])
    }
}
