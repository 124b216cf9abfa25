import Foundation
import Glibc
import Jinja
import Modules
import Support
import Testing

/// What modules of files do, as a comparison with ansible-core 2.19 found it.
@Suite struct FileParityTests {
    @Test("links out of an archive get the owner, what they lead to does not", arguments: TestShell.allCases)
    func ownerOfLinks(shell: TestShell) async throws {
        guard geteuid() == 0 else { return }
        let box = try Sandbox(shell)
        try box.write("outside", "")
        let made = try ChildCommand(
            ["/bin/sh", "-ec", "mkdir s d; cd s; echo 1 >a; ln -s ../outside l; ln -s none m; tar cf ../t.tar a l m"],
            environment: ["PATH": "/usr/bin:/bin"], directory: box.root
        ).run()
        try #require(made.ending.status == 0)
        let arguments: JinjaDict = [
            "src": .string(box.path("t.tar")), "dest": .string(box.path("d")), "remote_src": true, "owner": "games",
            "group": "games",
        ]
        #expect(try await box.run("unarchive", arguments).changed)
        for (name, owner) in [("d/a", "games"), ("d/l", "games"), ("d/m", "games"), ("outside", "root")] {
            let attributes = try FileManager.default.attributesOfItem(atPath: box.path(name))
            #expect(attributes[.ownerAccountName] as? String == owner, "\(name)")
        }
        #expect(try await box.run("unarchive", arguments).changed == false)
    }

    @Test("members of an archive are called as the options of tar say", arguments: TestShell.allCases)
    func strippedArchive(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let made = try ChildCommand(
            ["/bin/sh", "-ec", "mkdir -p r/sub d; echo 1 >r/a; echo 2 >r/sub/b; tar cf t.tar r"],
            environment: ["PATH": "/usr/bin:/bin"], directory: box.root
        ).run()
        try #require(made.ending.status == 0)
        let arguments: JinjaDict = [
            "src": .string(box.path("t.tar")), "dest": .string(box.path("d")), "remote_src": true, "mode": "0750",
            "extra_opts": ["--strip-components=1"], "list_files": true,
        ]
        let first = try await box.run("unarchive", arguments)
        #expect(first.changed && !first.failed, "\(first.message ?? "")")
        #expect(box.mode("d/sub") == 0o750 && box.mode("d/a") == 0o750 && box.mode("d/sub/b") == 0o750)
        #expect(Set(first["files"]?.listValue?.map(\.text) ?? []) == ["", "a", "sub/", "sub/b"])
        #expect(try await box.run("unarchive", arguments).changed == false)
    }

    @Test("a folder of the machine is copied below a destination that is not there", arguments: TestShell.allCases)
    func folderToNewPlace(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("s"), withIntermediateDirectories: false)
        try box.write("s/f", "x")
        for (source, destination, file) in [("s", "d1", "d1/s/f"), ("s/", "d2", "d2/f"), ("s", "d3/", "d3/s/f")] {
            let result = try await box.run(
                "copy", ["src": .string(box.path(source)), "dest": .string(box.path(destination)), "remote_src": true])
            #expect(!result.failed && box.read(file) == "x", "\(result.message ?? "")")
        }
    }

    @Test("state=directory works on the folder behind a link, and tells of it", arguments: TestShell.allCases)
    func folderBehindLink(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("real"), withIntermediateDirectories: false)
        symlink("real", box.path("l"))
        var arguments: JinjaDict = ["path": .string(box.path("l")), "state": "directory", "mode": "0711"]
        let result = try await box.run("file", arguments)
        #expect(result.changed && result["state"] == "directory" && result["mode"] == "0711")
        #expect(result["path"]?.text.hasSuffix("/real") == true && box.mode("real") == 0o711)
        arguments["follow"] = false
        let other = try await box.run("file", arguments)
        #expect(other.failed && other.message == "\(box.path("l")) already exists as a link")
    }

    @Test("who may not look is told so", arguments: TestShell.allCases)
    func notSearchable(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("d"), withIntermediateDirectories: false)
        try box.write("d/f", "x")
        try box.write("g", "x")
        let below = try await box.run("stat", ["path": .string(box.path("g/h/i"))])
        #expect(below.failed && below.message == "Not a directory")
        let missing = try await box.run("stat", ["path": .string(box.path("d/h/i"))])
        #expect(missing["stat"] == ["exists": false])
        guard geteuid() != 0 else { return }
        chmod(box.path("d"), 0o600)
        let hidden = try await box.run("stat", ["path": .string(box.path("d/f/g"))])
        chmod(box.path("d"), 0o700)
        #expect(hidden.failed && hidden.message == "Permission denied")
    }

    @Test("what cannot be looked at is no file that is not there", arguments: TestShell.allCases)
    func notSearchableDestination(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("g", "x")
        let path = box.path("g/h")
        let why = "Failed to get information on remote file (\(path)): Not a directory"
        for check in [false, true] {
            let copied = try await box.run("copy", ["dest": .string(path), "content": "y"], check: check)
            #expect(copied.failed && copied.message == why && copied["checksum"] == nil)
        }
        let brought = try await box.run("fetch", ["src": .string(path), "dest": "x"])
        #expect(brought.failed && brought.message == why && brought["file"] == .string(path))
        let soft = try await box.run("fetch", ["src": .string(path), "dest": "x", "fail_on_missing": false])
        #expect(!soft.failed && soft.message == why + ", ignored")
        let folder = try await box.run("copy", ["dest": .string(box.path("none/")), "content": "y"])
        #expect(folder.message == "can not use content with a dir as dest")
        guard geteuid() != 0 else { return }
        try FileManager.default.createDirectory(atPath: box.path("d"), withIntermediateDirectories: false)
        try box.write("d/f", "x")
        chmod(box.path("d"), 0o600)
        let hidden = try await box.run("slurp", ["src": .string(box.path("d/f"))])
        let copied = try await box.run("copy", ["dest": .string(box.path("d/f")), "content": "x", "force": false])
        chmod(box.path("d"), 0o700)
        #expect(hidden.message == "File is not readable: \(box.path("d/f"))")
        #expect(copied.failed && copied.message?.hasSuffix(": Permission denied") == true)
    }

    @Test("where nothing can be found is warned of", arguments: TestShell.allCases)
    func warnings(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let path = box.path("none")
        let result = try await box.run("find", ["paths": [.string(path)]])
        #expect(
            result["warnings"] == [
                .string("Skipped '\(path)' path due to this access issue: '\(path)' is not a directory")
            ])
    }

    @Test("a new owner takes setuid away, and who has no name is called by number", arguments: TestShell.allCases)
    func owners(shell: TestShell) async throws {
        guard geteuid() == 0 else { return }
        let box = try Sandbox(shell)
        try box.write("f", "x", mode: 0o4755)
        let result = try await box.run("copy", ["dest": .string(box.path("f")), "content": "y", "owner": "4242"])
        #expect(result.changed && result["owner"] == "4242", "\(result.message ?? "")")
        #expect(box.mode("f") == 0o755)
        let again = try await box.run("file", ["path": .string(box.path("f")), "mode": "4755", "owner": "0"])
        #expect(again["owner"] == "root" && box.mode("f") == 0o4755)
    }

    @Test("a folder for temporary files that is not there is passed over", arguments: TestShell.allCases)
    func temporaryFile(shell: TestShell) async throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).path
        let box = try Sandbox(shell, exports: "export TMPDIR=/no/such TEMP=\(folder)\n")
        let result = try await box.run("tempfile", ["state": "file"])
        let path = try #require(result["path"]?.text)
        #expect(!result.failed && path.hasPrefix(folder + "/ansible."))
        unlink(path)
    }
}
