import Jinja
import Testing

@testable import Recipes

/// YAML that tries to exhaust memory, time or the stack is refused, soon.
@Suite struct HostileYAMLTests {
    private func error(_ text: String) -> RecipeError? {
        do {
            _ = try Recipe.parse(text: text, name: "hostile")
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        String(repeating: "[", count: 500), String(repeating: "[", count: 100_000),
        String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
        String(repeating: "{a: ", count: 500) + String(repeating: "}", count: 500),
        String(repeating: "- ", count: 100_000),
        String(repeating: "? ", count: 100_000), (0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
    ])
    func deepNestingIsRefused(text: String) {
        #expect(error(text) != nil)
    }

    @Test(
        "too deep is told with place and limit, not in the parser's words",
        arguments: [
            ("- vars:\n    x: " + String(repeating: "[", count: 2000), 2),
            ("- vars:\n    x: " + String(repeating: "{a: ", count: 2000), 2),
            ("- vars:\n    x: " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200), 2),
            ("- vars:\n" + (0..<1500).map { String(repeating: " ", count: $0 + 2) + "a:\n" }.joined(), 1000),
        ])
    func deepNestingIsToldInWordsOfYAML(text: String, line: Int) {
        let error = error(text)
        #expect(error?.code == .limit)
        #expect(error?.message == "lists and mappings are nested deeper than the 100 levels that are read")
        #expect(
            (error?.position?.line).map { (line...(line + 5)).contains($0) } == true, "\(error?.description ?? "none")")
    }

    @Test func charactersThatYAMLRefusesHaveAPlace() {
        let error = error("- name: ä\n  shell: a\u{1}b\n")
        #expect(error?.message == "control characters are not allowed")
        #expect(error?.position == RecipePosition(line: 2, column: 11))
    }

    @Test func aliasesDoNotExplode() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(error(text)?.code == .limit)
    }

    @Test func aliasesInKeysDoNotExplode() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        for key in ["*a20 : v\n", "? *a20\n: v\n", "? [*a20]\n: v\n", "[*a20]: v\n", "{*a20 : v}: w\n"] {
            #expect(error(text + key)?.code == .limit, "\(key)")
        }
    }

    @Test func mergesDoNotExplode() {
        var text = "a0: &a0 {k: v}\n"
        for level in 1...30 {
            text +=
                "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)], k\(level): {<<: [*a\(level - 1), *a\(level - 1)]}}\n"
        }
        #expect(error(text)?.code == .limit)
    }

    @Test func hugeTextsAreRefused() {
        #expect(error(String(repeating: "- a\n", count: 3 << 20))?.code == .limit)
    }

    @Test func manyEqualKeysAreRefused() {
        #expect(error((0..<1000).map { "k\($0): 1\nk\($0): 2\n" }.joined())?.code == .limit)
    }

    @Test func encryptedContentNeedsAPassword() throws {
        let vault = "$ANSIBLE_VAULT;1.1;AES256\n616263\n"
        #expect(error(vault)?.code == .vault)
        let text = "- vars:\n    secret: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      616263\n  tasks: []\n"
        #expect(error(text)?.position == RecipePosition(line: 2, column: 13))
        let recipe = try Recipe.parse(text: text, name: "v", vault: { $0.hasPrefix("$ANSIBLE_VAULT") ? "opened" : "" })
        #expect(recipe.plays[0].attributes.vars == ["secret": "opened"])
        #expect(try Recipe.parse(text: vault, name: "v", vault: { _ in "- tasks: []\n" }).plays.count == 1)
    }

    @Test func unsafeTextIsNotRendered() throws {
        let value = try RecipeYAML.value("a: !unsafe \"{{ x }} 'q' \\\\ }}\"\nb: !unsafe plain\n")
        let rendered = try JinjaEnvironment().resolve(value, scope: JinjaDict())
        #expect(rendered == ["a": "{{ x }} 'q' \\ }}", "b": "plain"])
    }

    /// Whatever a recipe is made of, it is read or refused.
    @Test func randomTextNeverTraps() {
        let pieces = [
            "- ", "  ", "\n", ": ", "a", "tasks", "name", "command", "when", "block", "{", "}", "[", "]", "'", "\"",
            "{{ x }}", "|", ">", "&a", "*a",
            "<<", "#", "---", "!vault", "? ", "\t", "import_tasks", "x=1", "args", "loop", "1:30", "hosts", "roles",
            "\u{1f600}", "%", "@", ",",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...25, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let recipe = try? Recipe.parse(text: text, name: "random", loader: { _ in text }) else { continue }
            _ = recipe.check(supportedModules: ["command": []])
        }
    }
}
