import Foundation
import Glibc
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

    @Test("what dead writers left goes, what living ones write stays", arguments: TestShell.allCases)
    func leftovers(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let dead = try ChildCommand(["/bin/sh", "-c", "echo $$"]).run()
        let ended = String(decoding: dead.output, as: UTF8.self).filter { !$0.isNewline }
        let names = [".gantry.f.\(ended)", ".gantry.f.\(getpid())", ".gantry.f.conf.\(getpid())", ".gantry.f.old"]
        for name in names { try box.write(name, "x") }
        let result = try await box.run("copy", ["content": "new", "dest": .string(box.path("f"))])
        #expect(!result.failed, "\(result.message ?? "")")
        #expect(names.map { box.read($0) } == [nil, "x", "x", "x"])
        try box.write(".gantry.f.conf.\(ended)", "x")
        _ = try await box.run("lineinfile", ["path": .string(box.path("f")), "line": "b"])
        #expect(box.read(".gantry.f.conf.\(ended)") == nil, "a name with a dot more belongs to no living writer, too")
    }

    @Test("many may put one file in place at the same time", arguments: TestShell.allCases)
    func writersOfOneFile(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try await withThrowingTaskGroup(of: ModuleResult.self) { group in
            for number in 0..<12 {
                group.addTask {
                    try await box.run("copy", ["content": .string("\(number)"), "dest": .string(box.path("b.com"))])
                }
                group.addTask {
                    try await box.run("copy", ["content": .string("\(number)"), "dest": .string(box.path("b.com.x"))])
                }
            }
            for try await result in group { #expect(!result.failed, "\(result.message ?? "")") }
        }
        #expect((0..<12).map { String($0) }.contains(box.read("b.com") ?? "none"))
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root).filter { $0.contains(".gantry.") }
        #expect(left == [])
    }
}
