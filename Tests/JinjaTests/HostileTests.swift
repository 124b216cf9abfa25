import Jinja
import Testing

/// Input that tries to exhaust time, memory or the stack ends in an error, soon.
@Suite struct HostileTests {
    static let limits = {
        var limits = JinjaLimits()
        limits.maximumSteps = 200_000
        limits.maximumSize = 1 << 20
        return limits
    }()
    let environment = JinjaEnvironment(limits: limits)

    private func code(_ template: String, _ scope: any JinjaScope = JinjaDict()) -> JinjaError.Code? {
        do {
            _ = try environment.render(template, scope: scope)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [
        "{% for i in range(1000000000) %}{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}",
        "{{ range(9223372036854775807) | list }}", "{{ 'x' * 1000000000 }}", "{{ [0] * 1000000000 }}",
        "{{ 'x' * 9223372036854775807 }}",
        "{{ '%1000000000d' % 1 }}", "{{ '{:1000000000}'.format(1) }}", "{{ '%.*f' % (1000000000, 1.0) }}",
        "{{ 'x'.center(1000000000) }}", "{{ 'x'.zfill(1000000000) }}", "{{ 'x' | center(1000000000) }}",
        "{{ 'x' | indent(1000000000, true) }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for i in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% for i in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
        "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
        "{{ range(100) | product(range(100), range(100)) | list | length }}",
        "{{ range(12) | permutations | list | length }}",
        "{{ ('a' * 5000) | regex_search('(a+)+b') }}", "{{ ('a' * 30) | regex_search('^(([a-z])+.)+[A-Z]([a-z])+$') }}",
        "{{ 'a' | regex_search('((((a{1000}){1000}){1000}){1000})') }}",
        "{{ 'p' | password_hash('sha512', 'saltsalt', rounds=2000000) }}",
        "{{ lookup('sequence', 'end=1000000000') }}",
        "{% set x = [] %}{% for i in range(300000) %}{% set _ = x.append(i) %}{% endfor %}",
        "{{ [1] | batch(1000000000, 0) | list }}", "{{ [1] | slice(1000000000) | list }}",
    ])
    func boundsHold(template: String) {
        #expect(code(template) == .limit)
    }

    @Test(arguments: [
        "{{ " + String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000) + " }}",
        "{{ " + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + " }}",
        "{{ " + String(repeating: "-", count: 10_000) + "1 }}",
        "{{ " + String(repeating: "not ", count: 10_000) + "1 }}",
        "{{ " + String(repeating: "{'a':", count: 10_000) + "1" + String(repeating: "}", count: 10_000) + " }}",
        "{{ x" + String(repeating: ".a", count: 10_000) + " }}",
        "{{ 1" + String(repeating: "|abs", count: 10_000) + " }}",
        "{{ 1" + String(repeating: " if 1 else 1", count: 10_000) + " }}",
        "{{ 1" + String(repeating: " if 1", count: 10_000) + " }}",
        String(repeating: "{% if 1 %}", count: 10_000),
        "{{ f" + String(repeating: "(f", count: 10_000) + String(repeating: ")", count: 10_000) + " }}",
        "{{ 'a' | regex_search('" + String(repeating: "(", count: 10_000) + String(repeating: ")", count: 10_000)
            + "') }}",
        "{{ '" + String(repeating: "[", count: 10_000) + "' | from_json }}",
    ])
    func deepNestingIsRefused(template: String) {
        #expect(code(template) == .limit || code(template) == .value)
    }

    @Test func longFlatExpressionsAreFine() throws {
        let sum = "{{ 0" + String(repeating: " + 1", count: 20_000) + " }}"
        #expect(try environment.render(sum, scope: JinjaDict()) == 20_000)
        let text = "{{ ''" + String(repeating: " ~ 'x'", count: 20_000) + " }}"
        #expect(try environment.render(text, scope: JinjaDict()).stringValue?.count == 20_000)
        let either = "{{ 0" + String(repeating: " or 0", count: 20_000) + " }}"
        #expect(try environment.render(either, scope: JinjaDict()) == 0)
    }

    @Test func variablesCannotMultiplyTheBounds() {
        let scope = JinjaVariables(environment: environment) { name in
            guard let level = Int(name.dropFirst()), level > 0 else { return .final("x") }
            return .template(.string(String(repeating: "{{ v\(level - 1) }}", count: 10)))
        }
        #expect(code("{{ v60 }}", scope) == .limit)
        #expect(code("{{ v3 }}", scope) == nil)
    }

    @Test func longChainsOfVariablesAreBounded() {
        let scope = JinjaVariables(environment: environment) { name in
            .template(.string("{{ v\((Int(name.dropFirst()) ?? 0) + 1) }}"))
        }
        #expect(code("{{ v0 }}", scope) == .limit)
    }

    @Test func includesInACircleAreBounded() {
        let environment = JinjaEnvironment(limits: Self.limits, loader: { _ in "{% include 'a' %}" })
        #expect(throws: JinjaError.self) { try environment.render("{% include 'a' %}", scope: JinjaDict()) }
        let extending = JinjaEnvironment(limits: Self.limits, loader: { _ in "{% extends 'a' %}" })
        #expect(throws: JinjaError.self) { try extending.render("{% extends 'a' %}", scope: JinjaDict()) }
    }

    @Test(arguments: ["exists", "file", "directory", "link"])
    func filesOfTheControllerAreOutOfReach(test: String) {
        #expect(code("{{ '/etc/passwd' is \(test) }}") == .refused)
    }

    @Test func internalsAreOutOfReach() {
        #expect(code("{{ ''.__class__.__mro__ }}") == .undefined)
        #expect(code("{{ range.__globals__ }}") == .undefined)
        #expect(code("{{ lookup('pipe', 'id') }}") == .notFound)
        #expect(code("{{ self }}") == .undefined)
    }

    /// Whatever bytes a template is made of, it renders or throws.
    @Test func randomTextNeverTraps() {
        let pieces = [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "'", "\"", "(", ")", "[", "]", "{", "}", ".", ",",
            "|", ":", "=",
            "if", "else", "endif", "for", "in", "endfor", "x", "1", "2.5", "is", "not", "and", "or", "defined", "set",
            "raw", "endraw", "upper",
            "macro", "endmacro", "call", "~", "*", "**", "//", "%", "\\", "\u{e9}", "\u{1f600}", "loop", "[1,2]",
            "join", "x.y", "[::-1]", "0x",
        ]
        var generator = SplitMix(state: 42)
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...14, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = try? environment.render("{{ \(text) }}", scope: ["x": "v"] as JinjaDict)
            _ = try? environment.render(text, scope: ["x": [1, 2]] as JinjaDict)
        }
    }
}

/// A repeatable source of randomness.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
