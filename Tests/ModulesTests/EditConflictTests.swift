import Foundation
import Jinja
import Modules
import Support
import Testing

/// Edits of one file at the same time: none is lost, and none fails.
@Suite struct EditConflictTests {
    static let edits: [(module: String, arguments: JinjaDict, before: String?, between: String, after: String)] = [
        ("lineinfile", ["line": "b", "create": true], nil, "a\n", "a\nb\n"),
        ("lineinfile", ["line": "b"], "x\n", "x\na\n", "x\na\nb\n"),
        ("lineinfile", ["line": "x", "state": "absent"], "x\ny\n", "x\ny\na\n", "y\na\n"),
        ("replace", ["regexp": "x", "replace": "z"], "x\n", "x\nx\n", "z\nz\n"),
        (
            "blockinfile", ["block": "b"], "", "a\n",
            "a\n# BEGIN ANSIBLE MANAGED BLOCK\nb\n# END ANSIBLE MANAGED BLOCK\n"
        ),
        ("known_hosts", ["name": "b", "key": "b ssh-x AAAA"], nil, "a ssh-x AAAA\n", "a ssh-x AAAA\nb ssh-x AAAA\n"),
    ]

    @Test("what another one writes in between is kept", arguments: TestShell.allCases, edits.indices)
    func betweenReadAndWrite(shell: TestShell, number: Int) async throws {
        let (module, given, before, between, after) = Self.edits[number]
        let box = try Sandbox(shell)
        if let before { try box.write("f", before, mode: 0o600) }
        var arguments = given
        arguments["path"] = .string(box.path("f"))
        if module == "lineinfile" { arguments["mode"] = "0640" }
        let result = try await box.run(module, arguments) { program in
            if program == 2 { try box.write("f", between, mode: 0o600) }
        }
        #expect(!result.failed && result.changed, "\(result.message ?? "")")
        #expect(box.read("f") == after)
        #expect(result["conflict"] == nil)
        if module == "lineinfile" { #expect(box.mode("f") == 0o640) }
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root).filter { $0.contains(".gantry.") }
        #expect(left == [])
    }

    @Test("a file that is always changed is given up", arguments: TestShell.allCases)
    func givenUp(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "0\n")
        let programs = LockedValue(0)
        let result = try await box.run("lineinfile", ["path": .string(box.path("f")), "line": "a"]) { program in
            try box.write("f", "\(program)\n")
            programs.withLock { $0 = program }
        }
        #expect(result.failed && result.message?.hasSuffix("was changed by somebody else at the same time") == true)
        #expect(programs.withLock(\.self) == 40, "twenty tries of two programs")
    }
}
