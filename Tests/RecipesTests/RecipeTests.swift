import Jinja
import Testing

@testable import Recipes

@Suite struct RecipeTests {
    static let modules: [String: Set<String>] = [
        "command": ["cmd", "chdir", "creates"], "shell": ["cmd", "chdir", "creates"],
        "copy": ["src", "dest", "content", "mode"],
        "file": ["path", "state", "mode"], "service": ["name", "state", "enabled"], "debug": ["msg", "var"],
        "set_fact": ["*"], "meta": ["*"], "apt": ["name", "state"],
    ]

    func parse(_ text: String, loader: Recipe.Loader? = nil) throws -> Recipe {
        try Recipe.parse(text: text, name: "web", loader: loader)
    }

    private func task(_ text: String) throws -> RecipeTask {
        let recipe = try parse(text)
        try #require(recipe.diagnostics.isEmpty, "\(recipe.diagnostics)")
        guard case .task(let task)? = recipe.tasks.first else {
            throw RecipeError(.structure, "no task", recipe: "web")
        }
        return task
    }

    func messages(_ text: String) throws -> [String] {
        try parse(text).check(supportedModules: Self.modules).map(\.description)
    }

    // MARK: Plays

    @Test func readsAPlayWithoutHosts() throws {
        let recipe = try parse(
            """
            ---
            - name: Web server
              vars:
                port: 80
              gather_facts: no
              pre_tasks:
                - command: "true"
              tasks:
                - name: Install
                  apt: name=nginx state=present
                  notify: restart nginx
              handlers:
                - name: restart nginx
                  service: {name: nginx, state: restarted}
            """)
        let play = try #require(recipe.plays.first)
        #expect(play.hosts == nil)
        #expect(play.gatherFacts == false)
        #expect(play.attributes.name == "Web server")
        #expect(play.attributes.vars == ["port": 80])
        #expect(play.preTasks.count == 1 && play.tasks.count == 1 && play.handlers.count == 1)
        #expect(play.position == RecipePosition(line: 2, column: 3))
        guard case .task(let install) = play.tasks[0] else {
            Issue.record("no task")
            return
        }
        #expect(install.title == "Install")
        #expect(install.module == "apt")
        #expect(install.arguments.parameters == ["name": "nginx", "state": "present"])
        #expect(install.attributes.notify == ["restart nginx"])
        #expect(install.position == RecipePosition(line: 9, column: 7))
        #expect(recipe.check(supportedModules: Self.modules).isEmpty)
    }

    @Test func headerIsLaidOver() throws {
        let recipe = try parse("- hosts: localhost\n  connection: local\n  become: no\n  tasks: []\n")
            .overriding(hosts: "{{ IM_HOST }}", become: true, gatherFacts: false)
        let play = try #require(recipe.plays.first)
        #expect(play.hosts == "{{ IM_HOST }}")
        #expect(play.attributes.become == true)
        #expect(play.attributes.connection == nil)
        #expect(play.gatherFacts == false)
    }

    @Test func bareTaskListsAreTasks() throws {
        let recipe = try parse("- command: a\n- block:\n    - command: b\n  rescue:\n    - command: c\n")
        #expect(recipe.isTaskList)
        #expect(recipe.tasks.count == 2)
        guard case .block(let block) = recipe.tasks[1] else {
            Issue.record("no block")
            return
        }
        #expect(block.tasks.count == 1 && block.rescue.count == 1 && block.always.isEmpty)
    }

    @Test(arguments: ["", "---\n", "# nothing\n", "---\n...\n"])
    func emptyTextsAreEmptyRecipes(text: String) throws {
        let recipe = try parse(text)
        #expect(recipe.plays.isEmpty && recipe.tasks.isEmpty && recipe.diagnostics.isEmpty)
    }

    @Test(arguments: [
        ("a: 1\n", "a recipe must be a list of plays or tasks, not a mapping"),
        ("text", "a recipe must be a list of plays or tasks, not a text"),
        ("- just text\n", "a play or task must be a mapping, not a text"),
        ("- [a]\n", "a play or task must be a mapping, not a list"),
    ])
    func otherStructuresThrow(text: String, message: String) {
        let error = #expect(throws: RecipeError.self) { try parse(text) }
        #expect(error?.message == message)
        // A file of variables is one.
        #expect(error?.code == (text == "a: 1\n" ? .variables : .structure))
    }

    @Test func playsThatAreNoneDoNotHideTheOthersMistakes() throws {
        let recipe = try parse("- hosts: a\n  nosuch: x\n- text\n- [a]\n- hosts: b\n  tasks: x\n")
        #expect(
            recipe.diagnostics.map { "\($0.position?.line ?? 0): \($0.message)" } == [
                "2: 'nosuch' is not a valid attribute for a Play", "3: a play must be a mapping, not a text",
                "4: a play must be a mapping, not a list", "6: 'tasks' must be a list of tasks, not a text",
            ])
    }

    @Test(arguments: ["loop: ['{{ a b }}']", "with_items: '{{ a b }}'", "with_dict: {x: '{{ a b }}'}"])
    func templatesOfLoopsAreChecked(loop: String) throws {
        let recipe = try parse("- debug: msg=x\n  \(loop)\n")
        let found = recipe.check(supportedModules: ["debug": ["msg"]])
        #expect(found.count == 1 && found.first?.position?.line == 2)
        #expect(found.first?.message.hasPrefix("a template cannot be read") == true)
    }

    // MARK: Tasks

    @Test func freeFormKeepsTextAndOptions() throws {
        let task = try task("- shell: |\n    echo {{ a }} > /x\n    ls\n  args:\n    chdir: /tmp\n    creates: /x\n")
        #expect(task.arguments.freeForm == "echo {{ a }} > /x\nls\n")
        #expect(task.arguments.parameters == ["chdir": "/tmp", "creates": "/x"])
        let inline = try self.task("- command: ls -l chdir=/tmp creates=\"/a b\"")
        #expect(inline.arguments.freeForm == "ls -l")
        #expect(inline.arguments.parameters == ["chdir": "/tmp", "creates": "/a b"])
    }

    @Test func argumentsMayBeATemplate() throws {
        let task = try task("- copy: '{{ arguments }}'\n  args: {mode: '0644'}\n")
        #expect(task.arguments.variable == "{{ arguments }}")
        #expect(task.arguments.parameters == ["mode": "0644"])
        #expect(try self.task("- copy:\n    dest: /x\n  args: '{{ more }}'\n").arguments.variable == "{{ more }}")
    }

    @Test(arguments: [
        "- action: copy src=a dest=b\n", "- action: {module: copy, src: a, dest: b}\n",
        "- copy: src=a\n  args: {dest: b}\n",
        "- copy: {src: a}\n  args: dest=b\n", "- ansible.builtin.copy: {src: a, dest: b}\n",
        "- ansible.legacy.copy: src=a dest=b\n",
        "- action: ansible.builtin.copy src=a dest=b\n",
    ])
    func formsOfModules(text: String) throws {
        let task = try task(text)
        #expect(task.module == "copy")
        #expect(task.arguments.parameters == ["src": "a", "dest": "b"])
        #expect(!task.isLocalAction)
    }

    @Test func localActionIsMarked() throws {
        let task = try task("- local_action: command echo hi creates=/x\n")
        #expect(task.isLocalAction && task.module == "command")
        #expect(task.arguments.freeForm == "echo hi")
        #expect(task.arguments.parameters == ["creates": "/x"])
    }

    @Test func everythingAboutATask() throws {
        let task = try task(
            """
            - name: All of it
              command: run
              when:
                - a == 1
                - true
              with_dict: '{{ d }}'
              loop_control: {loop_var: x, index_var: i, label: '{{ x.key }}', pause: 1}
              register: result
              notify: [one, two]
              listen: topic
              become: true
              become_user: app
              become_method: su
              ignore_errors: '{{ ignore }}'
              changed_when: false
              failed_when: result.rc > 1
              until: result.rc == 0
              retries: 5
              delay: 2
              delegate_to: other
              run_once: yes
              no_log: true
              tags: a, b
              vars: {k: v}
              environment: {PATH: /bin}
              check_mode: no
            """)
        let attributes = task.attributes
        #expect(attributes.when.map(\.expression) == ["a == 1", true])
        #expect(attributes.when[0].position == RecipePosition(line: 4, column: 7))
        #expect(task.loop?.source == .lookup("dict", terms: "{{ d }}"))
        #expect(task.loopControl.loopVariable == "x" && task.loopControl.indexVariable == "i")
        #expect(task.loopControl.label == "{{ x.key }}")
        #expect(task.register == "result" && task.listen == ["topic"])
        #expect(attributes.notify == ["one", "two"] && attributes.tags == ["a", "b"])
        #expect(attributes.become == true && attributes.becomeUser == "app" && attributes.becomeMethod == "su")
        #expect(attributes.ignoreErrors == "{{ ignore }}" && attributes.delegateTo == "other")
        #expect(task.changedWhen?.map(\.expression) == [false])
        #expect(task.failedWhen?.map(\.expression) == ["result.rc > 1"])
        #expect(task.retry?.until.map(\.expression) == ["result.rc == 0"])
        #expect(task.retry?.retries == 5 && task.retry?.delay == 2)
        #expect(attributes.runOnce == true && attributes.noLog == true && attributes.checkMode == false)
        #expect(attributes.vars == ["k": "v"] && attributes.environment == [["PATH": "/bin"]])
    }

    @Test func childrenInherit() throws {
        let recipe = try parse(
            "- block:\n    - command: a\n      when: inner\n      tags: x\n      become: no\n  when: outer\n  become: yes\n  become_user: app\n  tags: [y]\n  vars: {a: 1, b: 1}\n"
        )
        guard case .block(let block)? = recipe.tasks.first, case .task(let task)? = block.tasks.first else {
            Issue.record("no block")
            return
        }
        let attributes = task.attributes.inheriting(from: block.attributes)
        #expect(attributes.when.map(\.expression) == ["outer", "inner"])
        #expect(attributes.become == false && attributes.becomeUser == "app")
        #expect(attributes.tags == ["y", "x"] && attributes.vars == ["a": 1, "b": 1])
    }

    // MARK: Old syntax

    @Test func oldSyntaxIsReadWithWarnings() throws {
        let recipe = try parse(
            "- tasks:\n    - shell: id\n      sudo: yes\n      sudo_user: app\n    - include: other.yml a=1\n      when: x\n"
        )
        guard case .task(let task) = recipe.plays[0].tasks[0], case .include(let include) = recipe.plays[0].tasks[1]
        else {
            Issue.record("wrong nodes")
            return
        }
        #expect(
            task.attributes.become == true && task.attributes.becomeMethod == "sudo"
                && task.attributes.becomeUser == "app")
        #expect(include.target == "other.yml" && !include.isStatic && include.kind == .tasks)
        #expect(include.task.attributes.vars == ["a": "1"])
        #expect(
            recipe.diagnostics.map(\.description) == [
                "web:3:7: warning: 'sudo' is old: write 'become'",
                "web:4:7: warning: 'sudo_user' is old: write 'become_user'",
                "web:5:7: warning: 'include' is old: write 'include_tasks' or 'import_tasks'",
            ])
    }

    // MARK: Imports

    @Test func importsBecomeBlocks() throws {
        let files = ["a.yml": "- command: one\n- import_tasks: b.yml\n", "b.yml": "- command: two\n  wehn: x\n"]
        let recipe = try parse(
            "- tasks:\n    - import_tasks: a.yml\n      when: c\n      tags: t\n", loader: { files[$0] })
        guard case .block(let outer)? = recipe.plays[0].tasks.first, case .block(let inner)? = outer.tasks.last else {
            Issue.record("no block")
            return
        }
        #expect(outer.attributes.when.map(\.expression) == ["c"] && outer.attributes.tags == ["t"])
        #expect(inner.tasks.count == 1)
        #expect(
            recipe.diagnostics.map(\.description) == [
                "b.yml:2:3: error: 'wehn' is not a valid attribute for a Task. Did you mean 'when'?"
            ])
    }

    @Test func faultsOfImportsAreToldWithTheirFiles() throws {
        let files = [
            "p.yml": "- hosts: a\n  tasks: [{nosuch: {}}]\n", "a.yml": "- debug: msg=hi you\n- import_tasks: b.yml\n",
            "b.yml": "- block:\n    - debug: {mgs: x}\n",
        ]
        let recipe = try parse(
            "- import_playbook: p.yml\n- hosts: a\n  tasks:\n    - import_tasks: a.yml\n    - nosuch: {}\n",
            loader: { files[$0] })
        let places = recipe.check(supportedModules: ["debug": ["msg"]]).map { "\($0)".split(separator: " ")[0] }
        #expect(places == ["a.yml:1:3:", "b.yml:2:15:", "p.yml:2:12:", "web:5:7:"])
    }

    @Test func importedPlaybooksAreSpliced() throws {
        let recipe = try parse(
            "- import_playbook: p.yml\n  vars: {v: 1}\n- hosts: b\n  tasks: []\n",
            loader: { $0 == "p.yml" ? "- hosts: a\n  name: n\n  tasks: []\n" : nil })
        #expect(recipe.plays.map(\.hosts) == ["a", "b"])
        #expect(recipe.plays[0].attributes.vars == ["v": 1] && recipe.plays[0].attributes.name == "n")
    }

    @Test func namesOfImportedPlaybooksAreRendered() throws {
        let text = "- import_playbook: '{{ x }}.yml'\n  vars: {x: p}\n- import_playbook: '{{ y }}.yml'\n"
        let recipe = try Recipe.parse(
            text: text, name: "web", loader: { $0 == "p.yml" ? "- hosts: a\n  tasks: []\n" : nil },
            renderer: { name, variables, _ in
                guard name.contains("x") else { throw JinjaError(.undefined, "'y' is undefined") }
                return name.replacing("{{ x }}", with: variables["x"]?.text ?? "")
            })
        #expect(recipe.plays[0].hosts == "a")
        let told = recipe.check(supportedModules: [:]).map(\.message)
        #expect(told.count == 1 && told[0].contains("'{{ y }}.yml'") && told[0].contains("'y' is undefined"), "\(told)")
    }

    /// Files of tasks are looked for from the imported playbook on, not through the folders that lead to it.
    @Test func importedPlaybooksHaveFoldersOfTheirOwn() throws {
        let files = [
            "sub/p.yml": "- import_playbook: deep/q.yml\n- hosts: a\n  tasks: [{import_tasks: t/one.yml}]\n",
            "sub/deep/q.yml": "- hosts: b\n  tasks: [{include_tasks: two.yml}]\n",
        ]
        let recipe = try Recipe.parse(
            text: "- import_playbook: sub/p.yml\n- hosts: c\n  tasks: [{import_tasks: one.yml}]\n", name: "site.yml",
            loader: { files[$0] },
            finder: { name, folders, playbook in
                (name, "[{debug: {msg: '\(playbook ?? "site.yml") \(folders)'}}, {include_tasks: x.yml}]")
            })
        #expect(recipe.plays.map(\.recipe) == ["sub/deep/q.yml", "sub/p.yml", nil])
        guard case .include(let include) = recipe.plays[0].tasks[0], case .block(let one) = recipe.plays[1].tasks[0],
            case .task(let told) = one.tasks[0], case .include(let further) = one.tasks[1],
            case .block(let last) = recipe.plays[2].tasks[0], case .task(let own) = last.tasks[0]
        else {
            Issue.record("\(recipe)")
            return
        }
        #expect(include.folders == [] && further.folders == ["t"])
        #expect(told.arguments.parameters["msg"] == "sub/p.yml []" && own.arguments.parameters["msg"] == "site.yml []")
    }

    @Test func missingAndCircularImportsAreFaults() throws {
        let recipe = try parse(
            "- import_tasks: a.yml\n- import_tasks: missing.yml\n- import_tasks: '{{ x }}.yml'\n",
            loader: { $0 == "a.yml" ? "- import_tasks: a.yml\n" : nil })
        #expect(
            recipe.diagnostics.map(\.message) == [
                "'a.yml' imports itself", "the file 'missing.yml' that is imported here was not found",
            ])
        #expect(recipe.tasks.count == 2)
    }

    @Test func fromYAMLFilter() throws {
        let environment = RecipeEnvironment.make()
        let value = try environment.evaluate(expression: "'a: [1, yes, 0644]' | from_yaml", scope: JinjaDict())
        #expect(value == ["a": [1, true, 420]])
        let all = try environment.evaluate(expression: "'a: 1\\n---\\n- b\\n' | from_yaml_all", scope: JinjaDict())
        #expect(all == [["a": 1], ["b"]])
        let round = try environment.evaluate(
            expression: "(d | to_nice_yaml | from_yaml) == d",
            scope: ["d": ["x": [1, "yes", .none, ["k": ""]]]] as JinjaDict)
        #expect(round == true)
    }
}
