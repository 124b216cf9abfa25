import Foundation
import Glibc
import Jinja
import Modules
import Testing

/// What the `environment` of a task may name: nothing of it leads a module's own program astray.
@Suite struct SurroundingsTests {
    private static let exports =
        "export IFS=','\nexport PATH=/opt/app/bin\nexport LC_ALL=C.UTF-8\n"
        + ["B", "V", "CK", "ch", "d", "e", "f", "fd", "gt", "p", "p0", "q", "s", "t", "u", "v", "x", "zp"]
        .map { "export \($0)=given,\($0)\n" }.joined()

    @Test("facts tell the environment as it was given", arguments: TestShell.allCases)
    func facts(shell: TestShell) async throws {
        let box = try Sandbox(shell, exports: Self.exports)
        let result = try await box.run("setup", ["gather_subset": ["min", "env"]])
        #expect(!result.failed, "\(result.message ?? "")")
        let facts = try #require(result.facts)
        let environment = try #require(facts["env"]?.dictValue)
        for name in ["B", "V", "f", "fd", "gt", "p", "x"] {
            #expect(environment[name] == .string("given,\(name)"))
        }
        #expect(environment["PATH"] == "/opt/app/bin" && environment["LC_ALL"] == "C.UTF-8")
        #expect(environment["IFS"] == ",")
        #expect(facts["system"] == "Linux" && facts["distribution"] != nil && facts["user_id"] != nil)
    }

    @Test("a file is edited as ever", arguments: TestShell.allCases)
    func edit(shell: TestShell) async throws {
        let box = try Sandbox(shell, exports: Self.exports)
        try box.write("a", "x\n", mode: 0o640)
        let result = try await box.run("lineinfile", ["path": .string(box.path("a")), "line": "y"])
        #expect(result.changed && !result.failed, "\(result.message ?? "")")
        #expect(box.read("a") == "x\ny\n" && box.mode("a") == 0o640)
        let copied = try await box.run("copy", ["dest": .string(box.path("b")), "content": "z"])
        #expect(copied.changed && box.read("b") == "z", "\(copied.message ?? "")")
        let found = try await box.run("find", ["paths": .string(box.root), "patterns": "a,b"])
        #expect(found["matched"] == 2, "\(found.message ?? "")")
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root).filter { $0.contains(".gantry.") }
        #expect(left == [])
    }

    @Test("a command gets it as it was given", arguments: TestShell.allCases)
    func command(shell: TestShell) async throws {
        let box = try Sandbox(shell, exports: Self.exports)
        for key in ["creates", "removes"] {
            let path: JinjaValue = .string(key == "creates" ? "/no/such*" : "/etc/pass*")
            let result = try await box.run(
                "shell", ["_raw_params": "/usr/bin/env; echo \"PATH is $PATH\"", key: path])
            let lines = result["stdout_lines"]?.listValue?.map(\.text) ?? []
            #expect(lines.contains("f=given,f") && lines.contains("x=given,x"), "\(result["stderr"]?.text ?? "")")
            #expect(lines.contains("LC_ALL=C.UTF-8") && lines.contains("PATH is /opt/app/bin"))
        }
    }
}
