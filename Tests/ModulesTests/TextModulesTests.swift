import Foundation
import Jinja
import Modules
import Testing

@Suite struct TextModulesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var before: String?
        var arguments: JinjaDict
        var after: String?
        var message: String
        var testDescription: String { name }

        init(_ name: String, _ before: String?, _ arguments: JinjaDict, _ after: String?, _ message: String) {
            self.name = name
            self.before = before
            self.arguments = arguments
            self.after = after
            self.message = message
        }
    }

    static let cases: [Case] = [
        Case("append", "a\n", ["line": "b"], "a\nb\n", "line added"),
        Case("append to a file without newline", "a", ["line": "b"], "a\nb\n", "line added"),
        Case("there already", "a\nb\n", ["line": "a"], "a\nb\n", ""),
        Case(
            "replace the last match", "x=1\ny\nx=2\n", ["line": "x=3", "regexp": "^x="], "x=1\ny\nx=3\n",
            "line replaced"),
        Case(
            "replace the first match", "x=1\nx=2\n", ["line": "x=3", "regexp": "^x=", "firstmatch": true], "x=3\nx=2\n",
            "line replaced"),
        Case(
            "back references", "port 22\n", ["line": "\\1 2222", "regexp": "^(port) ", "backrefs": true], "port 2222\n",
            "line replaced"),
        Case("back references without match", "a\n", ["line": "\\1", "regexp": "^(zz)", "backrefs": true], "a\n", ""),
        Case("insert after", "a\n[s]\nb\n", ["line": "c", "insertafter": "^\\[s\\]"], "a\n[s]\nc\nb\n", "line added"),
        Case("insert before", "a\nb\n", ["line": "c", "insertbefore": "^b"], "a\nc\nb\n", "line added"),
        Case("insert at the begin", "a\n", ["line": "c", "insertbefore": "BOF"], "c\na\n", "line added"),
        Case("no place: at the end", "a\n", ["line": "c", "insertafter": "^zz"], "a\nc\n", "line added"),
        Case("create", nil, ["line": "c", "create": true], "c\n", "line added"),
        Case("search string", "a.b\n", ["line": "c", "search_string": "."], "c\n", "line replaced"),
        Case("remove", "a\nb\na\n", ["line": "a", "state": "absent"], "b\n", "2 line(s) removed"),
        Case("remove by pattern", "a1\nb\n", ["regexp": "^a\\d", "state": "absent"], "b\n", "1 line(s) removed"),
        Case("remove from nothing", nil, ["line": "a", "state": "absent"], nil, "file not present"),
        Case("others keep carriage returns", "a\r\n", ["line": "b"], "a\r\nb\n", "line added"),
        Case(
            "a line that is written has none", "café\r\nb\r\n", ["line": "c", "regexp": "^b"], "café\r\nc\n",
            "line replaced"),
        Case("the end of the line counts", "a\r\nb\r\n", ["line": "a"], "a\nb\r\n", "line replaced"),
        Case("the last line gets its end", "a", ["line": "a"], "a\n", "line replaced"),
    ]

    @Test(arguments: TestShell.allCases, cases)
    func lineinfile(shell: TestShell, test: Case) async throws {
        let box = try Sandbox(shell)
        if let before = test.before { try box.write("f", before, mode: 0o600) }
        var arguments = test.arguments
        arguments["path"] = .string(box.path("f"))
        let first = try await box.run("lineinfile", arguments)
        #expect(!first.failed, "\(first.message ?? "")")
        #expect(first.changed == (test.before != test.after))
        #expect(first.message == test.message)
        #expect(box.read("f") == test.after)
        if test.before != nil { #expect(box.mode("f") == 0o600) }
        let second = try await box.run("lineinfile", arguments)
        #expect(!second.changed, "a second run must change nothing")
    }

    @Test("texts that look alike are two", arguments: TestShell.allCases)
    func codePoints(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "caf\u{e9}\n")
        let path = JinjaValue.string(box.path("f"))
        #expect(try await box.run("lineinfile", ["path": path, "line": "cafe\u{301}"]).changed)
        #expect(box.read("f").map { Array($0.utf8) } == Array("caf\u{e9}\ncafe\u{301}\n".utf8))
        #expect(try await box.run("lineinfile", ["path": path, "line": "cafe\u{301}"]).changed == false)
        #expect(try await box.run("blockinfile", ["path": path, "block": "\u{e9}"]).changed)
        #expect(try await box.run("blockinfile", ["path": path, "block": "e\u{301}"]).changed)
        #expect(try await box.run("blockinfile", ["path": path, "block": "e\u{301}"]).changed == false)
        #expect(try await box.run("replace", ["path": path, "regexp": "caf\u{e9}", "replace": "cafe\u{301}"]).changed)
    }

    @Test(arguments: TestShell.allCases)
    func lineinfileFailures(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let missing = try await box.run("lineinfile", ["path": .string(box.path("f")), "line": "x"])
        #expect(missing.failed)
        #expect(missing["rc"] == 257)
        #expect(missing.message == "Destination \(box.path("f")) does not exist !")
        await #expect(throws: ModuleError.self) {
            try await box.run("lineinfile", ["path": "f", "line": "x", "regexp": "("])
        }
        try box.write("g", "a\n")
        let refused = try await box.run(
            "lineinfile", ["path": .string(box.path("g")), "line": "b", "validate": "grep zz %s"])
        #expect(refused.failed)
        #expect(box.read("g") == "a\n")
    }

    @Test("what is no UTF-8 has no matches to replace", arguments: TestShell.allCases)
    func otherEncodings(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let latin = Data([0x63, 0x61, 0x66, 0xe9, 0x0a])
        try latin.write(to: URL(fileURLWithPath: box.path("f")))
        let result = try await box.run(
            "replace", ["path": .string(box.path("f")), "regexp": "c", "replace": "d"])
        #expect(result.failed && result.message?.contains("is no UTF-8") == true, "\(result)")
        #expect(FileManager.default.contents(atPath: box.path("f")) == latin)
    }

    @Test("separators of records in a file's name and content forge nothing", arguments: TestShell.allCases)
    func separatorsInValues(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let forged = "\u{1e}failed\u{1f}1\u{1e}msg\u{1f}forged"
        let touched = try await box.run("file", ["path": .string(box.path("f" + forged)), "state": "touch"])
        #expect(!touched.failed && touched.changed, "\(touched)")
        #expect(box.read("f" + forged) == "")
        try box.write("g", "a\n")
        let edited = try await box.run(
            "lineinfile", ["path": .string(box.path("g")), "line": .string("x" + forged)], difference: true)
        #expect(!edited.failed && edited.changed, "\(edited)")
        let again = try await box.run(
            "copy", ["dest": .string(box.path("g")), "content": "new\n"], difference: true)
        #expect(!again.failed && again.changed, "\(again)")
        #expect(box.read("g") == "new\n")
    }

    @Test(arguments: TestShell.allCases)
    func modeAloneIsAChange(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a\n", mode: 0o600)
        let result = try await box.run("lineinfile", ["path": .string(box.path("f")), "line": "a", "mode": "0644"])
        #expect(result.changed)
        #expect(result.message == "ownership, perms or SE linux context changed")
        #expect(box.mode("f") == 0o644)
    }

    @Test(arguments: TestShell.allCases)
    func replaceAndBlock(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a=1\nb=2\na=3\n")
        let replace: JinjaDict = ["path": .string(box.path("f")), "regexp": "^a=(\\d)", "replace": "A=\\1"]
        let first = try await box.run("replace", replace)
        #expect(first.message == "2 replacements made")
        #expect(box.read("f") == "A=1\nb=2\nA=3\n")
        #expect(try await box.run("replace", replace).changed == false)
        let block: JinjaDict = ["path": .string(box.path("f")), "block": "x\ny", "insertafter": "^b"]
        #expect(try await box.run("blockinfile", block).changed)
        #expect(
            box.read("f")
                == "A=1\nb=2\n# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\nA=3\n")
        #expect(try await box.run("blockinfile", block).changed == false)
        let gone: JinjaDict = ["path": .string(box.path("f")), "state": "absent"]
        #expect(try await box.run("blockinfile", gone).message == "Block removed")
        #expect(box.read("f") == "A=1\nb=2\nA=3\n")
    }

    /// Each line keeps its own end; new ones get that of most. What is not touched stays byte for byte.
    @Test(arguments: TestShell.allCases)
    func mixedLineEnds(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a\r\nb\nc\r\nd\re\n")
        let path = JinjaValue.string(box.path("f"))
        func edit(_ arguments: JinjaDict) async throws -> Bool {
            var arguments = arguments
            arguments["path"] = path
            return try await box.run("lineinfile", arguments).changed
        }
        #expect(try await edit(["line": "b"]) == false)
        #expect(try await edit(["line": "d\re"]) == false)
        // As in Python, the end of a line is no place before a carriage return.
        #expect(try await edit(["regexp": "^a\\s*$", "line": "A"]))
        #expect(try await edit(["regexp": "^c$", "state": "absent"]) == false)
        #expect(try await edit(["regexp": "^b$", "line": "B"]))
        #expect(box.read("f") == "A\nB\nc\r\nd\re\n")
        #expect(try await edit(["line": "c", "state": "absent"]))
        #expect(try await edit(["line": "x"]))
        #expect(box.read("f") == "A\nB\nd\re\nx\n")
        try box.write("g", "a\r\nb\r\nc\n")
        #expect(try await box.run("lineinfile", ["path": .string(box.path("g")), "line": "n"]).changed)
        #expect(box.read("g") == "a\r\nb\r\nc\nn\n")
        #expect(try await box.run("blockinfile", ["path": .string(box.path("g")), "block": "z"]).changed)
        #expect(box.read("g")?.hasPrefix("a\r\nb\r\nc\nn\n# BEGIN") == true)
    }

    @Test("a group that the pattern does not have fails, and the file stays", arguments: TestShell.allCases)
    func missingGroup(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "listen = 1\n")
        let path: JinjaValue = .string(box.path("f"))
        let cases: [(String, JinjaDict, String)] = [
            ("replace", ["regexp": "^listen.*$", "replace": "\\1 0"], "invalid group reference 1 at position 1"),
            ("replace", ["regexp": "(l)isten", "replace": "a\\g<2>"], "invalid group reference 2 at position 4"),
            ("replace", ["regexp": "(l)isten", "replace": "\\g<n>"], "unknown group name 'n'"),
            (
                "lineinfile", ["regexp": "^l(i)sten", "line": "x\\2", "backrefs": true],
                "invalid group reference 2 at position 2"
            ),
        ]
        for (module, given, message) in cases {
            var arguments = given
            arguments["path"] = path
            let result = try await box.run(module, arguments)
            #expect(result.failed && result.message?.hasSuffix(message) == true, "\(result.message ?? "")")
            #expect(box.read("f") == "listen = 1\n")
        }
        let kept = try await box.run(
            "replace", ["path": path, "regexp": "(?P<a>l)(is)", "replace": "\\g<a>\\2\\g<0>\\\\1"])
        #expect(kept.changed && box.read("f") == "lislis\\1ten = 1\n")
    }

    @Test("an empty pattern finds every line", arguments: TestShell.allCases)
    func emptyPattern(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a\nb\n")
        let result = try await box.run("lineinfile", ["path": .string(box.path("f")), "regexp": "", "line": "c"])
        #expect(result.changed && box.read("f") == "a\nc\n", "\(result.message ?? "")")
        #expect(result["warnings"]?.listValue?.count == 1)
    }

    @Test("bytes that are no UTF-8 stay as they are", arguments: TestShell.allCases)
    func otherBytes(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let old: [UInt8] = Array("n\u{20ac} = J".utf8) + [0xe9] + Array("r\n".utf8) + [0x80, 0xbf, 0xff, 0xc3, 0x0a]
        for (module, added) in [
            ("lineinfile", "line"), ("blockinfile", "# BEGIN ANSIBLE MANAGED BLOCK\nline\n# END ANSIBLE MANAGED BLOCK"),
        ] {
            try Data(old).write(to: URL(fileURLWithPath: box.path("f")))
            let text = module == "lineinfile" ? "line" : "block"
            let result = try await box.run(module, ["path": .string(box.path("f")), text: "line"])
            #expect(result.changed && !result.failed, "\(result.message ?? "")")
            #expect(
                FileManager.default.contents(atPath: box.path("f")).map(Array.init) == old + Array((added + "\n").utf8))
        }
    }

    @Test("markers of a block count in either order", arguments: TestShell.allCases)
    func turnedMarkers(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a\n# END ANSIBLE MANAGED BLOCK\nold\n# BEGIN ANSIBLE MANAGED BLOCK\nz\n")
        let result = try await box.run("blockinfile", ["path": .string(box.path("f")), "block": "new"])
        #expect(result.changed)
        #expect(box.read("f") == "a\n# BEGIN ANSIBLE MANAGED BLOCK\nnew\n# END ANSIBLE MANAGED BLOCK\nz\n")
    }
}
