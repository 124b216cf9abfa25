import APIServer
import Testing

@Suite struct RESTWordsTests {
    @Test(
        arguments: [
            (
                "system 'a': no cloud is given; name an authorization file with -a, or address machines", nil,
                "Authorization header"
            ),
            (
                "  one: no connector serves type 'X'; see `gantry connector list`\n  two: b",
                "  one: no connector serves type 'X'; ", "\n  two: b"
            ),
            ("it broke; `gantry connector check` shows where it fails", "it broke; ", "tell who runs the service"),
            ("it broke, look with `gantry log x` for more; then go on", "it broke; then go on", nil),
            ("`gantry up` again", "", nil),
            ("a: b\n`gantry up` again\nc", "a: b\n\nc", nil),
            ("no words of ours; `ls -a` and gantry stay", "no words of ours; `ls -a` and gantry stay", nil),
        ] as [(String, String?, String?)])
    func commandsGo(_ message: String, _ start: String?, _ part: String?) {
        let text = RESTWords.text(message)
        #expect(!text.contains("`gantry") && !text.contains("with -a"), "\(text)")
        if let start { #expect(part == nil ? text == start : text.hasPrefix(start), "\(text)") }
        if let part { #expect(text.contains(part), "\(text)") }
    }

    @Test(
        .timeLimit(.minutes(1)), arguments: ["`gantry ", "; `gantry x`", "run `gantry up` with them", "-a, `gantry "])
    func longLinesTakeNoLongTime(_ part: String) {
        let begin = ContinuousClock.now
        let text = RESTWords.text(String(repeating: part, count: (256 << 10) / part.utf8.count))
        #expect(!text.contains("`gantry "))
        #expect(ContinuousClock.now - begin < .seconds(10))
    }
}
