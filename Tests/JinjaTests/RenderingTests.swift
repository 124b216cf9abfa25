import Jinja
import Synchronization
import Testing

/// What Ansible adds to rendering: native types, conditions, variables that refer to variables, old syntax.
@Suite struct RenderingTests {
    let environment = JinjaEnvironment()
    let scope: JinjaDict = ["n": 5, "l": [1, 2], "d": ["a": 1], "s": "text", "nothing": .none, "yes": true]

    @Test(
        arguments: [
            ("{{ n }}", 5), ("{{ n + 1 }}", 6), ("{{ l }}", [1, 2]), ("{{ d }}", ["a": 1]), ("{{ nothing }}", .none),
            ("{{ yes }}", true), ("{{ n / 2 }}", 2.5), ("x{{ n }}", "x5"), ("{{ n }}{{ n }}", "55"), ("{{ n }} ", "5 "),
            ("{{ '[1, 2]' }}", "[1, 2]"), ("v={{ l }}", "v=[1, 2]"), ("<{{ nothing }}>", "<>"),
            ("<{{ yes }}>", "<True>"),
            ("{% if yes %}{{ n }}{% endif %}", 5), ("{% for i in l %}{{ i }}{% endfor %}", "12"),
            ("{% if not yes %}x{% endif %}", ""),
            ("plain", "plain"), ("", ""), ("{# only a comment #}", ""), ("{{ 'a' if not yes }}", ""),
        ] as [(String, JinjaValue)])
    func wholeValuesKeepTheirType(template: String, expected: JinjaValue) throws {
        #expect(try environment.render(template, scope: scope) == expected)
    }

    @Test func trailingNewlinesComeBack() throws {
        #expect(try environment.renderText("a\n{% if yes %}\nb\n{% endif %}\n", scope: scope) == "a\nb\n")
        #expect(try environment.renderText("a\n\n", scope: scope) == "a\n\n")
    }

    @Test func headerLineSetsOptions() throws {
        let template =
            "#jinja2: variable_start_string: '[%', variable_end_string: '%]', trim_blocks: False\n[% n %] {{ n }}\n"
        #expect(try environment.renderText(template, scope: scope) == "5 {{ n }}\n")
        #expect(throws: JinjaError.self) { try environment.render("#jinja2: nope: 1\nx", scope: scope) }
    }

    @Test(arguments: [
        ("n == 5", true), ("n == 5 and l | length == 2", true), ("n", true), ("0", false), ("''", false),
        ("'no'", true),
        ("nothing", false), ("nope is defined", false), ("nope is undefined or nope == 1", true), ("", true),
        ("{{ n }} == 5", true), ("'{{ s }}' == 'text'", true), ("l", true), ("not l", false), ("yes | bool", true),
        ("d.zz is defined", false), ("s in ['text']", true), ("nope | default(false)", false),
    ])
    func conditionsAreTrueAsInAnsible216(condition: String, expected: Bool) throws {
        #expect(try environment.condition(condition, scope: scope) == expected)
    }

    @Test func undefinedNamesFailConditions() {
        let error = #expect(throws: JinjaError.self) { try environment.condition("nope == 1", scope: scope) }
        #expect(error?.message == "Error while evaluating conditional: 'nope' is undefined")
        #expect(error?.code == .undefined)
    }

    @Test func strictDialectWantsBooleans() throws {
        var options = JinjaOptions()
        options.dialect = .strict
        let strict = JinjaEnvironment(options: options)
        #expect(try strict.condition("n == 5", scope: scope))
        let error = #expect(throws: JinjaError.self) { try strict.condition("s", scope: scope) }
        #expect(error?.message.contains("derived from value of type 'str'") == true)
        #expect(throws: JinjaError.self) { try strict.evaluate(expression: "d | changed", scope: scope) }
    }

    @Test func oldSyntaxWarns() throws {
        let warnings = Mutex<[String]>([])
        let environment = JinjaEnvironment(warn: { text in warnings.withLock { $0.append(text) } })
        let results: JinjaDict = ["r": ["changed": true, "failed": false, "rc": 0]]
        #expect(try environment.condition("r | changed", scope: results))
        #expect(try environment.condition("r|success", scope: results))
        #expect(try environment.condition("r.rc", scope: results) == false)
        #expect(try environment.condition("{{ r.changed }}", scope: results))
        let texts = warnings.withLock { $0 }
        #expect(texts.count == 4)
        #expect(texts.first == "'|changed' uses a test as a filter: write 'is changed'")
    }

    @Test func resolvesNestedTemplatesAndKeys() throws {
        let value: JinjaValue = ["{{ s }}": ["{{ n }}", ["x": "a{{ n }}"]], "plain": "{{ l }}"]
        let expected: JinjaValue = ["text": [5, ["x": "a5"]], "plain": [1, 2]]
        #expect(try environment.resolve(value, scope: scope) == expected)
    }

    @Test(arguments: [("{{ nope | default(omit) }}b", "b"), ("a{{ omit }}", "a"), ("{{ omit }}", JinjaValue.omit)])
    func omitWritesNothingBesideText(template: String, expected: JinjaValue) throws {
        #expect(try environment.render(template, scope: JinjaDict()) == expected)
    }

    @Test func omitDisappearsAtAnyDepth() throws {
        let value = try environment.resolve(
            ["a": "{{ nope | default(omit) }}", "b": ["{{ omit }}", 1], "c": ["d": "{{ omit }}"]], scope: scope)
        #expect(value.removingOmitted() == ["b": [1], "c": [:]])
        #expect(try environment.render("{{ omit }}", scope: scope).removingOmitted() == nil)
    }

    @Test func filtersOfCollectionsAreFoundByTheirFullName() throws {
        #expect(try environment.evaluate(expression: "'yes' | ansible.builtin.bool", scope: scope) == true)
        #expect(try environment.evaluate(expression: "n is ansible.builtin.version('4', '>')", scope: scope) == true)
    }

    // MARK: Variables

    private func variables(_ raw: [String: JinjaVariable]) -> JinjaVariables {
        JinjaVariables(environment: environment) { raw[$0] }
    }

    @Test func variablesReferToVariables() throws {
        let scope = variables([
            "base": .template("/opt"), "app": .template("{{ base }}/app"),
            "conf": .template(["path": "{{ app }}/c", "n": "{{ 1 + 1 }}"]),
        ])
        #expect(try environment.render("{{ conf.path }}", scope: scope) == "/opt/app/c")
        #expect(try environment.render("{{ conf.n }}", scope: scope) == 2)
    }

    @Test func variablesOfUndefinedTemplatesAreUndefined() throws {
        let scope = variables([
            "und": .template("x{{ nope }}"), "uses": .template("{{ und }}"),
            "dict": .template(["bad": "{{ nope }}", "good": "{{ 1 + 1 }}"]),
            "wrong": .template("{{ 1 + 'a' }}"),
        ])
        let template = "{{ und | default('d') }} {{ uses is defined }} {{ dict.bad | default('b') }} {{ dict.good }}"
        #expect(try environment.render(template, scope: scope) == "d False b 2")
        let error = #expect(throws: JinjaError.self) { try environment.render("{{ uses }}", scope: scope) }
        #expect(error?.code == .undefined && error?.message == "'nope' is undefined in '{{ nope }}'")
        #expect(throws: JinjaError.self) { try environment.render("{{ dict }}", scope: scope) }
        #expect(throws: JinjaError.self) { try environment.resolve(["{{ dict }}"], scope: scope) }
        // Other faults are no lack of a value.
        #expect(throws: JinjaError.self) { try environment.render("{{ wrong | default(1) }}", scope: scope) }
    }

    @Test func dataIsNeverRendered() throws {
        let scope = variables(["fact": .final("{{ lookup('pipe', 'id') }}"), "uses": .template("<{{ fact }}>")])
        #expect(try environment.render("{{ uses }}", scope: scope) == "<{{ lookup('pipe', 'id') }}>")
    }

    @Test func circlesAreFound() {
        let scope = variables(["a": .template("{{ b }}"), "b": .template("{{ c }}"), "c": .template("x{{ a }}")])
        let error = #expect(throws: JinjaError.self) { try environment.render("{{ a }}", scope: scope) }
        #expect(error?.message == "recursive loop detected in template string: variable 'a -> b -> c -> a'")
        // The scope is not left in the middle of anything.
        #expect(throws: JinjaError.self) { try environment.render("{{ b }}", scope: scope) }
    }

    @Test func lookupsAreLazy() throws {
        let asked = Mutex<[String]>([])
        let scope = JinjaVariables(environment: environment) { name in
            asked.withLock { $0.append(name) }
            return name == "used" ? .final(1) : nil
        }
        #expect(try environment.render("{{ used if true else unused }}", scope: scope) == 1)
        #expect(try environment.render("{{ used }}", scope: scope) == 1)
        #expect(asked.withLock { $0 } == ["used"])
    }

    @Test func layersHideWhatIsBelow() throws {
        let scope = JinjaLayeredScope(["n": 9, "item": "i"] as JinjaDict, over: scope)
        #expect(try environment.render("{{ item }}{{ n }}{{ s }}", scope: scope) == "i9text")
    }

    // MARK: Objects

    final class Hosts: JinjaMapping {
        let typeName = "HostVars"
        func item(_ key: JinjaValue, in context: JinjaContext) -> JinjaValue? {
            guard case .string(let name) = key, name.hasPrefix("web") else { return nil }
            return ["ip": .string("10.0.0.\(name.count)")]
        }
        func plain(in context: JinjaContext) -> JinjaValue? { ["web": ["ip": "10.0.0.3"]] }
    }

    @Test(
        arguments: [
            ("hostvars['web1'].ip", "10.0.0.4"), ("hostvars.web.ip", "10.0.0.3"), ("hostvars['db'] is defined", false),
            ("hostvars is mapping", true), ("hostvars | length", 1), ("hostvars.keys() | list", ["web"]),
            ("'web' in hostvars", true), ("hostvars['db'].ip | default('none')", "none"),
            ("hostvars | dict2items | map(attribute='key') | first", "web"), ("hostvars.get('web').ip", "10.0.0.3"),
        ] as [(String, JinjaValue)])
    func objectsBehaveLikeDicts(expression: String, expected: JinjaValue) throws {
        let scope: JinjaDict = ["hostvars": .object(JinjaReference(Hosts()))]
        #expect(try environment.evaluate(expression: expression, scope: scope) == expected)
    }

    // MARK: Lookups

    @Test(
        arguments: [
            ("items", [[1, [2]], 3], [1, [2], 3]), ("flattened", [[1, [2, .none]], 3], [1, 2, 3]),
            ("dict", [["a": 1]], [["key": "a", "value": 1]]),
            ("sequence", ["start=1 end=3 format=h%02d"], ["h01", "h02", "h03"]),
            ("sequence", ["5-9/2"], ["5", "7", "9"]), ("sequence", ["count=2"], ["1", "2"]),
            ("sequence", ["4-1/-1"], ["4", "3", "2", "1"]),
            ("together", [[1, 2], ["a"]], [[1, "a"], [2, .none]]),
            ("nested", [[1, 2], ["a"]], [[1, "a"], [2, "a"]]),
            ("indexed_items", [["x", "y"]], [[0, "x"], [1, "y"]]),
            (
                "subelements", [[["n": 1, "l": ["p", "q"]]], "l"],
                [.tuple([["n": 1], "p"]), .tuple([["n": 1], "q"])]
            ),
            ("vars", ["n", "s"], [5, "text"]),
        ] as [(String, [JinjaValue], [JinjaValue])])
    func pureLookups(name: String, terms: [JinjaValue], expected: [JinjaValue]) throws {
        #expect(try environment.lookup(name, terms: terms, scope: scope) == expected)
    }

    @Test func lookupFunctionJoinsAndLists() throws {
        let environment = JinjaEnvironment(lookup: { name, terms, options, _ in
            guard name == "file" else { return nil }
            guard terms != ["missing"] else { throw JinjaError(.value, "could not find file") }
            return terms.map { .string("<\($0.text)\(options["x"]?.text ?? "")>") }
        })
        func value(_ expression: String) throws -> JinjaValue {
            try environment.evaluate(expression: expression, scope: scope)
        }
        #expect(try value("lookup('file', 'a', 'b')") == "<a>,<b>")
        #expect(try value("lookup('ansible.builtin.file', 'a', x='1')") == "<a1>")
        #expect(try value("query('file', 'a', 'b')") == ["<a>", "<b>"])
        #expect(try value("lookup('file', 'a', wantlist=True)") == ["<a>"])
        #expect(try value("lookup('file', 'missing', errors='ignore')") == .none)
        let error = #expect(throws: JinjaError.self) { try value("lookup('pipe', 'id')") }
        #expect(error?.code == .notFound)
    }
}
