import Jinja
import Testing

/// Messages name what is wrong and where.
@Suite struct ErrorTests {
    let environment = JinjaEnvironment()
    let scope: JinjaDict = ["d": ["a": 1], "l": [1], "s": "x"]

    @Test(arguments: [
        ("{{ nope }}", "'nope' is undefined"),
        ("{{ d.zz }}", "object of type 'dict' has no attribute 'zz'"),
        ("{{ d['zz'] }}", "object of type 'dict' has no attribute 'zz'"),
        ("{{ l[5] }}", "object of type 'list' has no element 5"),
        ("{{ d.zz.yy }}", "object of type 'dict' has no attribute 'zz'"),
        ("{{ s + 1 }}", "can only concatenate str (not \"int\") to str"),
        ("{{ 1 < s }}", "'<' not supported between instances of 'int' and 'str'"),
        ("{{ 1 > s }}", "'>' not supported between instances of 'int' and 'str'"),
        ("{{ s | nope }}", "No filter named 'nope'."),
        ("{{ s | uper }}", "No filter named 'uper'. Did you mean 'upper'?"),
        ("{{ s is nope }}", "No test named 'nope'. Did you mean 'none'?"),
        ("{{ s() }}", "'str' object is not callable"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ nope | mandatory }}", "Mandatory variable not defined: 'nope' is undefined"),
        ("{{ s | replace }}", "replace() needs the old and the new text"),
        ("{{ s | default(x=1) }}", "default() got an unexpected keyword argument 'x'"),
        ("{{ s | lower(1) }}", "lower() takes 1 arguments but 2 were given"),
        ("{{ [1, nope] }}", "'nope' is undefined"),
        (
            "{% if x %}",
            "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'."
        ),
        ("{% nope %}", "Encountered unknown tag 'nope'."),
        (
            "{% for i in l %}{% endif %}",
            "Encountered unknown tag 'endif'. The innermost block that needs to be closed is 'for'."
        ),
        ("{{ a b }}", "expected token 'end of print statement', got 'b'"),
        ("{{ (1 }}", "unexpected '}', expected ')'"),
    ])
    func messages(template: String, message: String) {
        let error = #expect(throws: JinjaError.self) { try environment.render(template, scope: scope) }
        #expect(error?.message == message)
    }

    @Test func placeIsThatOfTheStatement() {
        let template = "first\n{% if true %}\n  {{ d.a }}\n  {{ d.missing\n     | upper }}\n{% endif %}"
        let error = #expect(throws: JinjaError.self) {
            try environment.render(template, scope: scope, name: "motd.j2")
        }
        #expect(error?.line == 4)
        #expect(error?.template == "motd.j2")
        #expect(error?.excerpt == "{{ d.missing | upper }}")
        #expect(
            error?.description
                == "motd.j2:4: object of type 'dict' has no attribute 'missing' in '{{ d.missing | upper }}'")
    }

    @Test func syntaxErrorsHaveLines() {
        let error = #expect(throws: JinjaError.self) {
            try environment.render("a\nb\n{{ x |\n }}", scope: scope, name: "t")
        }
        #expect(error?.line == 4)
        #expect(error?.code == .syntax)
    }

    @Test func expressionsShowThemselves() {
        let error = #expect(throws: JinjaError.self) {
            try environment.evaluate(expression: "nope + 1", scope: scope)
        }
        #expect(error?.description == "'nope' is undefined in 'nope + 1'")
    }
}
