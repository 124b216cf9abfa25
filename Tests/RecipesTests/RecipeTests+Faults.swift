import Jinja
import Testing

@testable import Recipes

/// What is told of recipes that are wrong.
extension RecipeTests {
    // MARK: Faults

    @Test func allFaultsAreListedAtOnce() throws {
        let found = try messages(
            """
            - hosts: all
              taks: []
              tasks:
                - comand: ls
                - file: pth=/x state=directory
                - copy: {src: a}
                  whne: x
                - shell: ls
                  command: ls
                - name: nothing
                - debug: msg="{{ x"
                - debug: {msg: '{{ a | }}'}
                - file: some text
                - command: x
                  register: 1abc
                  when: a ==
                - docker_swarm: {}
                - service: {name: x}
                  loop_control: {loop_vr: y}
            """)
        #expect(
            found == [
                "web:2:3: error: 'taks' is not a valid attribute for a Play. Did you mean 'tasks'?",
                "web:4:7: error: the module 'comand' is not supported. Did you mean 'command'?",
                "web:5:13: error: Unsupported parameters for (file) module: pth. Supported parameters include: mode, path, state. Did you mean 'path'?",
                "web:7:7: error: 'whne' is not a valid attribute for a Task. Did you mean 'when'?",
                "web:9:7: error: conflicting action statements: shell, command",
                "web:10:7: error: no module/action detected in task.",
                "web:11:14: error: a template cannot be read: unexpected end of template, expected '}}'",
                "web:12:15: error: a template cannot be read: expected token 'name', got 'end of print statement'",
                "web:13:7: error: this task 'file' has extra params, which is only allowed in modules that take a text: 'some text'. Write its parameters as a mapping or as name=value",
                "web:15:17: error: invalid variable name in 'register' specified: '1abc'",
                "web:16:13: error: 'condition' cannot be read: unexpected 'end of template' in 'a =='",
                "web:17:7: error: the module 'docker_swarm' is not supported.",
                "web:19:22: error: 'loop_vr' is not a valid attribute for a LoopControl. Did you mean 'loop_var'?",
            ])
    }

    @Test func rolesAreRefusedUntilTheyRun() throws {
        let text =
            "- roles:\n    - common\n    - {role: web, listen_on: 80, when: x}\n  tasks:\n    - include_role: {name: db}\n"
        let recipe = try parse(text)
        #expect(recipe.plays[0].roles.map(\.name) == ["common", "web"])
        #expect(recipe.plays[0].roles[1].parameters == ["listen_on": 80])
        #expect(
            recipe.check(supportedModules: Self.modules).map(\.message) == [
                "roles are not supported yet: common, web", "roles are not supported yet: db",
            ])
        #expect(recipe.check(supportedModules: Self.modules, supportsRoles: true).isEmpty)
    }

    @Test func equalKeysWarnAndTheLastWins() throws {
        let recipe = try parse("- vars:\n    a: 1\n    b: 2\n    a: 3\n  tasks: []\n")
        #expect(recipe.plays[0].attributes.vars == ["a": 3, "b": 2])
        #expect(
            recipe.diagnostics.map(\.description) == [
                "web:4:5: warning: the key 'a' occurs twice in one mapping; the value of line 4 is used"
            ])
    }

    @Test(arguments: [
        ("- tasks:\n    - name: x\n\t  command: y\n", 3), ("- vars:\n    a: {{ b }}\n", 2), ("- a: [1\n", 2),
        ("- a: 'x\n", 2),
        ("- a: b: c\n", 1),
    ])
    func brokenYAMLSaysWhere(text: String, line: Int) {
        let error = #expect(throws: RecipeError.self) { try parse(text) }
        #expect(error?.position.map { abs($0.line - line) <= 1 } == true, "\(String(describing: error))")
    }

    @Test func unquotedTemplatesGetAHint() {
        let error = #expect(throws: RecipeError.self) { try parse("- vars:\n    a: {{ b }}\n    c: 1\n") }
        #expect(error?.description.contains("must be quoted") == true, "\(String(describing: error))")
    }

    // MARK: Filters and tests that there are none of

    @Test(
        "unknown filters, tests and lookups are told where they stand",
        arguments: [
            ("- debug: {msg: '{{ a | uper }}'}\n", "No filter named 'uper'. Did you mean 'upper'?"),
            ("- debug: {msg: hi}\n  when: a is definedd\n", "No test named 'definedd'. Did you mean 'defined'?"),
            ("- debug: {msg: hi}\n  when: a | xyzzyplugh\n", "No filter named 'xyzzyplugh'."),
            (
                "- debug: {msg: '{% if false %}{{ a|ansible.utils.ipaddrr }}{% endif %}'}\n",
                "No filter named 'ansible.utils.ipaddrr'."
            ),
            ("- debug: {msg: [{a: '{% filter xyzzyplugh %}a{% endfilter %}'}]}\n", "No filter named 'xyzzyplugh'."),
            ("- debug: {msg: \"{{ lookup('config', 'X') }}\"}\n", "lookup plugin 'config' not found."),
            ("- debug: {msg: hi}\n  loop: \"{{ q('xyzzyplugh', '^a') }}\"\n", "lookup plugin 'xyzzyplugh' not found."),
            ("- debug: {msg: hi}\n  with_xyzzyplugh: [a]\n", "lookup plugin 'xyzzyplugh' not found."),
            ("- debug: {msg: hi}\n  delegate_to: '{{ a | xyzzyplugh }}'\n", "No filter named 'xyzzyplugh'."),
            ("- debug: {msg: hi}\n  notify: '{{ a | xyzzyplugh }}'\n", "No filter named 'xyzzyplugh'."),
            ("- debug: {msg: hi}\n  vars: {v: '{{ a | xyzzyplugh }}'}\n", "No filter named 'xyzzyplugh'."),
        ])
    func unknownCallees(text: String, message: String) throws {
        let recipe = try parse(text)
        let problems = recipe.check(supportedModules: Self.modules)
        #expect(problems.map(\.message) == [message])
        // Where it may never be called, it is no error.
        let isCertain = !text.contains("if false") && !text.contains("vars")
        #expect(problems.map(\.severity) == [isCertain ? .error : .warning])
        #expect(problems.map(\.kind) == [message.contains("Did you mean") ? .mistake : .unsupported])
        #expect(problems.first?.position != nil)
    }

    @Test(
        "known ones, those of the controller, and tests that are called as filters are no mistakes",
        arguments: [
            "- debug: {msg: '{{ a | upper | from_yaml }}'}\n", "- debug: {msg: hi}\n  when: '\"/etc\" is directory'\n",
            "- debug: {msg: hi}\n  when: a | success\n", "- debug: {msg: '{{ x | ansible.builtin.lower }}'}\n",
            "- debug: {msg: '{{ x | select(\"defined\") | list }}'}\n",
            "- debug: {msg: '{{ lookup(\"env\", \"HOME\") }}{{ q(\"ansible.builtin.file\", \"x\") }}'}\n",
            "- debug: {msg: '{{ lookup(\"url\", \"x\", errors=\"ignore\") }}{{ lookup(name, \"x\") }}'}\n",
        ])
    func knownCallees(text: String) throws {
        #expect(try parse(text).check(supportedModules: Self.modules).isEmpty)
    }
}
