import Foundation
import Jinja
import Modules
import Testing

/// The machine's own facts, and the files of sections that they may be.
@Suite struct LocalFactTests {
    @Test("files and programs, and what is wrong with them", arguments: TestShell.allCases)
    func ownFacts(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("f"), withIntermediateDirectories: true)
        try box.write("f/good.fact", "#!/bin/sh\necho '{\"x\": 1}'; echo warned >&2\n", mode: 0o755)
        try box.write("f/bad.fact", "#! /bin/sh -e\necho '{}'; echo no >&2; exit 3\n", mode: 0o755)
        try box.write("f/words.fact", "hello world\n")
        try box.write(
            "f/ini.fact", "[s]\nA = 1\nb: 2\n ; c\nlong = one\n  two\n\n  three\nk = %(a)s!\n[DEFAULT]\nzz=9\n")
        try box.write("f/percent.fact", "[s]\na = 50%\n")
        try box.write("f/empty.fact", "")
        try box.write("f/twice.fact", "[s]\na=1\na=2\n")
        let result = try await box.run("setup", ["fact_path": .string(box.path("f"))])
        let facts = try #require(result.facts?["ansible_local"]?.dictValue)
        func unreadable(_ name: String) -> JinjaValue {
            .string("error loading facts as JSON or ini - please check content: \(box.path("f/\(name).fact"))")
        }
        #expect(facts["good"] == ["x": 1])
        #expect(
            facts["bad"] == .string("Failure executing fact script (\(box.path("f/bad.fact"))), rc: 3, err: no\n"))
        #expect(facts["words"] == unreadable("words") && facts["twice"] == unreadable("twice"))
        #expect(facts["ini"] == ["s": ["a": "1", "b": "2", "long": "one\ntwo\n\nthree", "k": "1!", "zz": "9"]])
        #expect(
            facts["percent"]?.text == "error loading facts as ini - please check content: "
                + "\(box.path("f/percent.fact")) ('%' must be followed by '%' or '(', found: '%')")
        #expect(facts["empty"] == .dict([:]))
        #expect(result["warnings"]?.listValue?.count == 4)
        #expect(result["ansible_facts"]?["ansible_local"]?["good"] == ["x": 1])
    }

    @Test("a program that cannot be started fails the task", arguments: TestShell.allCases)
    func unstartable(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("f"), withIntermediateDirectories: true)
        try box.write("plain", "")
        for (text, status) in [("echo hi\n", 8), ("", 8), ("#!/nope/sh\n", 2), ("#! \(box.path("plain")) x\n", 13)] {
            try box.write("f/x.fact", text, mode: 0o755)
            let arguments: JinjaDict = ["fact_path": .string(box.path("f"))]
            let result = try await box.run("setup", arguments)
            #expect(result.failed && result.message == "Error executing command.")
            #expect(result["rc"] == .int(status), "\(text)")
            #expect(result["cmd"] == .string(box.path("f/x.fact")))
            // Who does not ask for them does not hear of it.
            let other: JinjaDict = ["fact_path": .string(box.path("f")), "gather_subset": ["!all", "!min"]]
            #expect(try await box.run("setup", other).failed == false)
        }
    }

    @Test func sectionsAreReadAsByPython() throws {
        let text = """
            [DEFAULT]
            home = /srv
            [a]
            Path = %(home)s/%(name)s
            name: x ; y
            half = 50%%
            loop = %(loop)s
            lost = %(nowhere)s
            open = %(name
            alone = %
            [b [c]]
            = 3
            """
        let config = try ConfigText(text.replacing("\n= 3", with: ""))
        #expect(config.sections == ["a", "b [c]"])
        #expect(config.options(of: "b [c]") == ["home"])
        #expect(try config.value("PATH", of: "a") == "/srv/x ; y")
        #expect(try config.value("half", of: "a") == "50%")
        #expect(try config.value("none", of: "a") == nil)
        func message(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return (error as? ConfigText.Failure)?.message }
            return nil
        }
        let place = "option '%' in section 'a' contains an interpolation key "
        #expect(
            message { _ = try config.value("lost", of: "a") } == "Bad value substitution: "
                + place.replacing("%", with: "lost")
                + "'nowhere' which is not a valid option name. Raw value: '%(nowhere)s'")
        #expect(
            message { _ = try config.value("loop", of: "a") } == "Recursion limit exceeded in value substitution: "
                + place.replacing("%", with: "loop") + "which cannot be substituted in 10 steps. "
                + "Raw value: '%(loop)s'")
        #expect(message { _ = try config.value("open", of: "a") } == "bad interpolation variable reference '%(name'")
        #expect(
            message { _ = try config.value("alone", of: "a") } == "'%' must be followed by '%' or '(', found: '%'")
        #expect(try ConfigText(text.replacing("\n= 3", with: ""), interpolates: false).value("alone", of: "a") == "%")
        #expect(message { _ = try ConfigText(text) }?.hasPrefix("Source contains parsing errors:") == true)
        #expect(message { _ = try ConfigText("[s]\nflag\n") }?.hasPrefix("Source contains parsing errors:") == true)
        #expect(try ConfigText("[s]\nFlag\n", allowsNoValue: true, isCaseSensitive: true).options(of: "s") == ["Flag"])
        #expect(message { _ = try ConfigText("a=1\n") }?.hasPrefix("File contains no section headers.") == true)
        #expect(message { _ = try ConfigText("[s]\n[s]\n") } == "section 's' already exists")
        #expect(message { _ = try ConfigText("[s]\na=1\nA=2\n") } == "option 'a' in section 's' already exists")
    }
}
