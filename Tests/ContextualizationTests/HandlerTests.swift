import ContextualizationAPI
import Testing

@testable import Contextualization

/// Which handlers answer, and in which order, as ansible-core 2.19 was seen to do it.
@Suite struct HandlerTests {
    /// Two roles with handlers of one name, which the plays have, too.
    private static let roles = [
        "roles/r/tasks/main.yml": "- {name: own, debug: {}, changed_when: true, notify: dup}\n",
        "roles/r/handlers/main.yml": """
        - {name: dup, debug: {msg: "r {{ rv | default('none') }}"}}
        - {name: more, debug: {msg: "topic {{ rv | default('none') }}"}, listen: topic}
        """,
        "roles/q/tasks/main.yml": "- {name: own, debug: {}}\n",
        "roles/q/handlers/main.yml": "- {name: dup, debug: {msg: q}}\n- {name: \"n {{ 0 + 1 }}\", debug: {msg: n}}\n",
    ]

    private func run(_ playbook: String) async throws -> PlaybookTrial {
        try await PlaybookTrial(playbook, files: Self.roles, hosts: "a ansible_host=10.0.0.1\n")
    }

    private static func notify(_ name: String) -> String {
        "{debug: {}, changed_when: true, notify: \(name)}, {meta: flush_handlers}"
    }

    /// What the handlers said.
    private static func said(_ trial: PlaybookTrial) -> [String] {
        trial.summaries().filter { $0 != "Hello world!" && !$0.hasPrefix("\"") }
    }

    @Test("names that mean one handler when the handlers run are one, whatever they meant before")
    func lateNames() async throws {
        let trial = try await run(
            """
            - hosts: a
              tasks:
                - {include_role: {name: r}, vars: {rv: 1}}
                - {import_role: {name: q}}
                - {include_role: {name: r, handlers_from: main.yml}, vars: {rv: 2}}
                - {debug: {}, changed_when: true, notify: "r : dup"}
            """)
        #expect(Self.said(trial) == ["r 2"])
    }

    @Test(
        "the last role that was included or imported has the name, then the play, then its roles",
        arguments: [
            ("tasks: [\(notify("dup"))]", ["play"]),
            ("roles: [q]\n  tasks: [\(notify("dup"))]", ["play"]),
            ("roles: [q]\n  tasks: [\(notify("'q : dup'"))]", ["q"]),
            ("tasks: [{import_role: {name: q}}, \(notify("dup"))]", ["q"]),
            ("tasks: [{include_role: {name: q}}, \(notify("dup"))]", ["q"]),
            ("tasks: [{include_role: {name: r}, vars: {rv: 1}}, {import_role: {name: q}}]", ["r 1"]),
            ("tasks: [{include_role: {name: r}, vars: {rv: 1}}, {include_role: {name: r}, vars: {rv: 2}}]", ["r 2"]),
            ("roles: [r]\n  tasks: [{meta: flush_handlers}, {include_role: {name: r}}]", ["play", "r none"]),
            ("tasks: [\(notify("same"))]", ["first"]), ("tasks: [\(notify("apart"))]", ["later"]),
        ])
    func names(play: String, said: [String]) async throws {
        let trial = try await run(
            """
            - hosts: a
              \(play)
              handlers:
                - {name: dup, debug: {msg: play}}
                - {name: same, debug: {msg: first}}
                - {name: same, debug: {msg: second}}
                - {name: apart, debug: {msg: earlier}}
                - block: [{name: other, debug: {}}]
                - {name: apart, debug: {msg: later}}
            """)
        #expect(Self.said(trial) == said)
    }

    @Test func namesAreTemplates() async throws {
        let trial = try await run(
            """
            - hosts: a
              vars: {service: web}
              roles: [q]
              tasks:
                - {name: rendered, debug: {}, changed_when: true, notify: ["restart {{ service }}", "n 1"]}
                - {name: plain, debug: {}, changed_when: true, notify: restart web}
                - {name: missing, debug: {}, changed_when: true, notify: "h x"}
              handlers:
                - {name: "restart {{ service }}", debug: {msg: "{{ service }}"}}
                - {name: "h {{ unknown }}", debug: {}}
            """)
        #expect(
            trial.ends() == ["q : own=ok", "rendered=changed", "plain=changed", "missing=failed"])
        #expect(trial.log.record("missing", "a")?.summary.contains("'h x' was not found") == true)
        let done = try await run(
            """
            - hosts: a
              vars: {service: web}
              roles: [q]
              tasks: [{debug: {}, changed_when: true, notify: ["n 1", restart web]}]
              handlers: [{name: "restart {{ service }}", debug: {msg: "{{ service }}"}}]
            """)
        #expect(Self.said(done) == ["n", "web"])
    }

    @Test func topicsHaveEachNameOnce() async throws {
        let trial = try await run(
            """
            - hosts: a
              tasks:
                - {include_role: {name: r}, vars: {rv: 1}}
                - {include_role: {name: r}, vars: {rv: 2}}
                - meta: flush_handlers
                - \(Self.notify("topic").split(separator: ", {meta")[0])
              handlers:
                - {name: t, debug: {msg: t}, listen: topic}
                - {name: t, debug: {msg: again}, listen: topic}
                - {debug: {msg: one}, listen: topic}
                - {debug: {msg: two}, listen: [topic]}
            """)
        #expect(Self.said(trial) == ["r 2", "t", "one", "two", "topic 2"])
    }

    @Test func conditionsOfRolesAndBlocksAreTheirs() async throws {
        let trial = try await run(
            """
            - hosts: a
              roles: [{role: q, when: false}]
              tasks:
                - block: [{include_role: {name: r}, when: 1 == 1}]
                  when: done is not defined
                - set_fact: {done: true}
                - {debug: {}, changed_when: true, notify: ["n 1", dup]}
            """)
        #expect(trial.ends().suffix(2) == ["q : n 1=skipped", "r : dup=skipped"])
    }

    /// What a block asks is asked of each task, also of those that its files hold.
    @Test func includedTasksHaveTheConditionsAround() async throws {
        let trial = try await PlaybookTrial(
            """
            - hosts: a
              tasks:
                - block: [{include_tasks: inc.yml, when: other is not defined}]
                  when: done is not defined
            """, files: ["inc.yml": "- set_fact: {done: 1, other: 1}\n- {name: late, debug: {}}\n"])
        #expect(trial.ends() == ["include_tasks=ok", "set_fact=ok", "late=skipped"])
        let own = try await PlaybookTrial(
            "- hosts: a\n  tasks: [{include_tasks: inc.yml, when: done is not defined}]\n",
            files: ["inc.yml": "- set_fact: {done: 1}\n- {name: late, debug: {}}\n"])
        #expect(own.ends().last == "late=ok")
    }
}
