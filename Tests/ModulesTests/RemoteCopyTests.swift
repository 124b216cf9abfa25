import Foundation
import Glibc
import Jinja
import Modules
import Support
import Testing

/// `copy` with `remote_src`, as a comparison with ansible-core 2.19 found it.
@Suite struct RemoteCopyTests {
    /// A folder `c` with modes of its own, a link to a file, one to a folder and one to nothing.
    private func tree(_ shell: TestShell) throws -> Sandbox {
        let box = try Sandbox(shell)
        let made = try ChildCommand(
            [
                "/bin/sh", "-ec",
                """
                umask 022; mkdir -p c/sub/deep "c/e e"; echo 1 >c/a; echo 2 >c/sub/b; ln -s a c/l; ln -s sub c/ld
                ln -s none c/dang; chmod 600 c/a; chmod 755 c/sub/b; chmod 750 c/sub; chmod 700 c/sub/deep; chmod 711 c
                """,
            ], environment: ["PATH": "/usr/bin:/bin"], directory: box.root
        ).run()
        try #require(made.ending.status == 0)
        return box
    }

    private func copy(_ box: Sandbox, _ source: String, _ destination: String, _ more: JinjaDict = [:]) async throws
        -> ModuleResult
    {
        var arguments: JinjaDict = [
            "src": .string(box.path(source)), "dest": .string(box.path(destination)), "remote_src": true,
        ]
        arguments.merge(more)
        return try await box.run("copy", arguments)
    }

    private func link(_ box: Sandbox, _ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: box.path(name))
    }

    @Test("what is copied keeps its modes and links, the mode is for the destination", arguments: TestShell.allCases)
    func modes(shell: TestShell) async throws {
        let box = try tree(shell)
        let result = try await copy(box, "c", "o", ["mode": "0750"])
        #expect(result.changed && !result.failed, "\(result.message ?? "")")
        #expect(result["dest"] == .string(box.path("o")) && result["mode"] == "0750")
        let modes = ["o", "o/c", "o/c/a", "o/c/sub", "o/c/sub/b", "o/c/sub/deep", "o/c/e e"].map { box.mode($0) }
        #expect(modes == [0o750, 0o711, 0o600, 0o750, 0o755, 0o700, 0o755])
        #expect(["o/c/l", "o/c/ld", "o/c/dang"].map { link(box, $0) } == ["a", "sub", "none"])
        // Then it is there, and the folder goes into it.
        let again = try await copy(box, "c", "o")
        #expect(!again.changed && again["dest"] == .string(box.path("o/c")) && again["mode"] == "0711")
        let content = try await copy(box, "c/", "p", ["mode": "u=rwX,g=rX,o="])
        #expect(content.changed && box.mode("p") == 0o750 && box.mode("p/a") == 0o600 && link(box, "p/l") == "a")
    }

    @Test("into a folder that is there comes what it has not, or has otherwise", arguments: TestShell.allCases)
    func merges(shell: TestShell) async throws {
        let box = try tree(shell)
        try FileManager.default.createDirectory(atPath: box.path("o/c/sub"), withIntermediateDirectories: true)
        try box.write("o/c/a", "old\n", mode: 0o666)
        try box.write("o/c/sub/b", "2\n", mode: 0o666)
        chmod(box.path("o/c/sub"), 0o777)
        let result = try await copy(box, "c", "o", ["mode": "0700"])
        #expect(result.changed && box.read("o/c/a") == "1\n", "\(result.message ?? "")")
        let modes = ["o/c", "o/c/a", "o/c/sub", "o/c/sub/b", "o/c/sub/deep"].map { box.mode($0) }
        #expect(modes == [0o700, 0o600, 0o777, 0o666, 0o700])
        #expect(try await copy(box, "c", "o", ["mode": "0700"]).changed == false)
        #expect(try await copy(box, "c", "o", ["mode": "preserve"]).changed && box.mode("o/c") == 0o711)
    }

    @Test("folders above get directory_mode, where the destination ends with a slash", arguments: TestShell.allCases)
    func directoryMode(shell: TestShell) async throws {
        let box = try tree(shell)
        let result = try await copy(box, "c", "o/x/", ["mode": "0750", "directory_mode": "0701"])
        #expect(result.changed && result["dest"] == .string(box.path("o/x/c")), "\(result.message ?? "")")
        #expect(["o", "o/x", "o/x/c", "o/x/c/sub"].map { box.mode($0) } == [0o701, 0o701, 0o750, 0o750])
        let file = try await copy(box, "c/a", "p/x/", ["mode": "0604", "directory_mode": "0701"])
        #expect(file.changed && ["p", "p/x", "p/x/a"].map { box.mode($0) } == [0o701, 0o701, 0o604])
        let deep = try await copy(box, "c/", "q/x", [:])
        #expect(deep.failed && deep.message == "Destination directory \(box.path("q")) does not exist")
    }

    @Test("links are followed where that is asked for", arguments: TestShell.allCases)
    func followed(shell: TestShell) async throws {
        let box = try tree(shell)
        let result = try await copy(box, "c/", "o", ["local_follow": true])
        #expect(!result.failed && box.read("o/l") == "1\n" && box.read("o/ld/b") == "2\n", "\(result.message ?? "")")
        #expect(link(box, "o/l") == nil && link(box, "o/dang") == "none")
    }

    @Test("what is there stays where nothing is forced", arguments: TestShell.allCases)
    func notForced(shell: TestShell) async throws {
        let box = try tree(shell)
        try box.write("o", "old")
        for source in ["c/a", "c/"] {
            let result = try await copy(box, source, "o", ["force": false])
            #expect(!result.changed && !result.failed && result.message == "file already exists")
        }
        #expect(box.read("o") == "old")
    }

    @Test("all below the destination gets the owner", arguments: TestShell.allCases)
    func owners(shell: TestShell) async throws {
        guard geteuid() == 0 else { return }
        let box = try tree(shell)
        #expect(try await copy(box, "c/", "o", ["owner": "games"]).changed)
        try box.write("o/other", "")
        #expect(try await copy(box, "c/", "o", ["owner": "games"]).changed)
        for name in ["o", "o/a", "o/sub/b", "o/dang", "o/other"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: box.path(name))
            #expect(attributes[.ownerAccountName] as? String == "games", "\(name)")
        }
        #expect(try await copy(box, "c/", "o", ["owner": "games"]).changed == false)
    }
}
