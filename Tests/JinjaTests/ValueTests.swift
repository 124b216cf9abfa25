import Testing

@testable import Jinja

@Suite struct ValueTests {
    @Test func dictKeepsOrderAndPythonKeys() {
        var dict: JinjaDict = ["z": 1, "a": 2]
        for number in 0..<20 { dict[.int(number)] = .int(number) }
        #expect(dict.keys.prefix(2) == ["z", "a"])
        #expect(dict[.double(3)] == 3)
        #expect(dict[.bool(true)] == 1)
        dict[.bool(true)] = "new"
        #expect(dict[.int(1)] == "new")
        #expect(dict.count == 22)
        #expect(dict.removeValue(forKey: "z") == 1)
        #expect(dict["z"] == nil)
        #expect(dict[.int(19)] == 19)
        #expect(dict.keys.first == "a")
    }

    @Test func equalityIsExactAndPythonsIsApart() {
        #expect(JinjaValue.int(1) != .double(1))
        #expect(JinjaValue.int(1).isEqual(to: .double(1)))
        #expect((["a": 1, "b": 2] as JinjaValue) == ["b": 2, "a": 1])
        #expect(!JinjaValue.string("1").isEqual(to: .int(1)))
        #expect(!JinjaValue.double(.nan).isEqual(to: .double(.nan)))
        #expect(!JinjaValue.int(Int.max).isEqual(to: .double(9_223_372_036_854_775_808)))
    }

    @Test(arguments: [
        #"{"b": [1, 2.5, null, true], "a": {"é": "\n\u0001"}}"#, "[]", "{}", "-0.0", "\"\\ud83d\\ude00\"", "1e400",
        "123456789012345678901234567890",
    ])
    func jsonRoundTrip(text: String) throws {
        let value = try JinjaValue(json: text)
        #expect(try JinjaValue(json: value.json()) == value)
        #expect(try JinjaValue(json: value.json(indent: 2, escapesNonASCII: true)) == value)
    }

    @Test func jsonKeepsOrder() throws {
        #expect(
            try JinjaValue(json: #"{"z":1,"a":[{"y":0,"b":null}]}"#).json() == #"{"z": 1, "a": [{"y": 0, "b": null}]}"#)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "01", "tru", "\"\u{01}\"", "\"\\x\"", "1 2", "{1:2}", "+1", ".5", "\"a",
    ])
    func brokenJSONThrows(text: String) {
        #expect(throws: JinjaError.self) { try JinjaValue(json: text) }
    }

    @Test(arguments: [
        ("upper", "uper"), ("lineinfile", "linein_file"), ("when", "whne"), ("register", "regster"),
    ])
    func nearestWord(word: String, typed: String) {
        #expect(NearestWord.find(typed, among: ["upper", "lineinfile", "when", "register", "x"]) == word)
    }

    @Test func nearestWordIsNotForced() {
        #expect(NearestWord.find("docker_container", among: ["file", "copy"]) == nil)
        #expect(NearestWord.find("xyz", among: ["abc"]) == nil)
    }

    /// As many digits as Python prints; what is more is an error, and never another number.
    @Test func integersThatDoNotFitThrow() {
        let environment = JinjaEnvironment()
        for expression in [
            "10 ** 4400", "10 ** 2200 * 10 ** 2200", "2 ** 9223372036854775807", "(10 ** 4000) ** 2",
            "'\(String(repeating: "9", count: 4400))' | int", String(repeating: "9", count: 4400),
        ] {
            #expect(throws: JinjaError.self) { try environment.evaluate(expression: expression, scope: JinjaDict()) }
        }
    }
}
