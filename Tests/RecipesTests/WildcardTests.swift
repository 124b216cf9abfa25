import Testing

@testable import Recipes

@Suite struct WildcardTests {
    @Test(arguments: [
        ("*", "", true), ("a*", "a", true), ("a*c", "abbc", true), ("a*c", "abcb", false), ("*b*", "abc", true),
        ("?", "", false), ("?", "é", true), ("web[1-3]", "web2", true), ("web[1-3]", "web4", false),
        ("web[!1-3]", "web4", true), ("web[!1-3]", "web2", false), ("[]a]", "]", true), ("[!]a]", "]", false),
        ("[a", "[a", true), ("[!a", "[!a", true), ("[]", "[]", true), ("[a-]", "-", true), ("[z-a]", "m", false),
        ("a.b", "axb", false), ("*.example.org", "a.example.org", true), ("a**b", "ab", true), ("Web*", "web1", false),
    ])
    func means(pattern: String, text: String, holds: Bool) {
        #expect(Wildcard(pattern).matches(text) == holds)
    }

    /// Found by a fuzzer: with a regular expression for each name this took seconds.
    @Test(.timeLimit(.minutes(1)))
    func manyStars() {
        let text = String(repeating: "a", count: 4000)
        #expect(!Wildcard(String(repeating: "*a", count: 1000) + "b").matches(text))
        #expect(Wildcard(String(repeating: "*", count: 4000) + "a").matches(text))
    }

    /// One that takes too long with one name is told, and not tried with the next.
    @Test func anExpressionThatTakesTooLongIsTold() throws {
        let name = String(repeating: "a", count: 60)
        let inventory = try Inventory.parse((0..<50).map { "\(name)\($0)\n" }.joined(), name: "hosts")
        #expect(throws: RecipeError.self) { try HostPattern("~(a+)+(a+)+(a+)+$").hosts(in: inventory) }
    }
}
