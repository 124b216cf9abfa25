import Foundation
import Glibc
import Jinja
import Modules
import Testing

@Suite struct FileModulesTests {
    @Test(arguments: TestShell.allCases)
    func copyWritesOnceWithMode(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let arguments: JinjaDict = ["content": "hello\n", "dest": .string(box.path("f")), "mode": "0600"]
        let first = try await box.run("copy", arguments)
        #expect(first.changed)
        #expect(first["checksum"] == "f572d396fae9206628714fb2ce00f72e94f2258f")
        #expect(first["mode"] == "0600")
        #expect(box.read("f") == "hello\n")
        #expect(box.mode("f") == 0o600)
        let second = try await box.run("copy", arguments)
        #expect(!second.changed)
        #expect(!second.failed)
    }

    @Test(arguments: TestShell.allCases)
    func copyRepairsOnlyWhatDiffers(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "old", mode: 0o640)
        let result = try await box.run("copy", ["content": "new", "dest": .string(box.path("f")), "backup": true])
        #expect(result.changed)
        #expect(box.mode("f") == 0o640)
        let backup = try #require(result["backup_file"]?.stringValue)
        #expect(FileManager.default.contents(atPath: backup) == Data("old".utf8))
        let mode = try await box.run("copy", ["content": "new", "dest": .string(box.path("f")), "mode": "a+x"])
        #expect(mode.changed)
        #expect(box.mode("f") == 0o751)
        let left = try FileManager.default.contentsOfDirectory(atPath: box.root).filter { $0.contains(".gantry.") }
        #expect(left.isEmpty)
    }

    @Test(arguments: TestShell.allCases)
    func largeContentGoesOnlyWhereItIsNeeded(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let text = String(repeating: "0123456789\n", count: 2000)
        let first = try await box.run("copy", ["content": .string(text), "dest": .string(box.path("f"))])
        #expect(first.changed)
        #expect(box.read("f") == text)
        let second = try await box.run("copy", ["content": .string(text), "dest": .string(box.path("f"))])
        #expect(!second.changed)
        let check = try await box.run(
            "copy", ["content": .string(text + "x"), "dest": .string(box.path("f"))], check: true)
        #expect(check.changed)
        #expect(box.read("f") == text)
    }

    @Test(arguments: TestShell.allCases)
    func copyFailuresNameThePlace(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let missing = try await box.run("copy", ["content": "x", "dest": .string(box.path("no/such/f"))])
        #expect(missing.failed)
        #expect(missing.message == "Destination directory \(box.path("no/such")) does not exist")
        let folder = try await box.run("copy", ["content": "x", "dest": .string(box.root)])
        #expect(folder.message == "can not use content with a dir as dest")
        let owner = try await box.run("copy", ["content": "x", "dest": .string(box.path("f")), "owner": "nobody-here"])
        #expect(owner.message == "chown failed: failed to look up user nobody-here")
        let invalid = try await box.run(
            "copy", ["content": "x", "dest": .string(box.path("v")), "validate": "sh -n %s.nothing"])
        #expect(invalid.failed)
        #expect(box.read("v") == nil)
    }

    @Test(arguments: TestShell.allCases)
    func differenceIsAnswered(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "a\n")
        let result = try await box.run(
            "copy", ["content": "b\n", "dest": .string(box.path("f"))], check: true, difference: true)
        let diff = try #require(result["diff"]?.listValue?.first)
        #expect(diff["before"] == "a\n")
        #expect(diff["after"] == "b\n")
        #expect(box.read("f") == "a\n")
    }

    @Test(arguments: TestShell.allCases)
    func folderOfTheControllerIsCopied(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let source = ModuleSource(
            .directory([
                .init(path: "sub", content: Payload([]), mode: 0o755, isDirectory: true),
                .init(path: "sub/a b", content: Payload(Array("1".utf8)), mode: 0o644, isDirectory: false),
                .init(path: "c", content: Payload(Array("2".utf8)), mode: 0o644, isDirectory: false),
            ]))
        let sources = [SourceRequest(kind: .file, path: "tree/"): source]
        let arguments: JinjaDict = ["src": "tree/", "dest": .string(box.path("d"))]
        let first = try await box.run("copy", arguments, sources: sources)
        #expect(first.changed)
        #expect(box.read("d/sub/a b") == "1")
        #expect(box.read("d/c") == "2")
        let second = try await box.run("copy", arguments, sources: sources)
        #expect(!second.changed)
        try box.write("d/c", "spoiled")
        let third = try await box.run("copy", arguments, sources: sources)
        #expect(third.changed)
        #expect(box.read("d/c") == "2")
    }

    @Test("results name what Ansible's do", arguments: TestShell.allCases)
    func keysOfResults(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let written = try await box.run("copy", ["content": "hello\n", "dest": .string(box.path("f"))])
        #expect(written["md5sum"] == "b1946ac92492d2347c6235b4d2611184")
        #expect(written["src"]?.text.hasSuffix("/c") == true)
        let copied = try await box.run(
            "copy", ["src": .string(box.path("f")), "dest": .string(box.path("g")), "remote_src": true])
        #expect(copied["md5sum"] == written["md5sum"] && copied["src"] == .string(box.path("f")))
        let pages = try TestPages()
        defer { pages.stop() }
        let loaded = try await box.run(
            "get_url", ["url": .string(pages.address + "/file.txt"), "dest": .string(box.path("h"))])
        #expect(loaded["md5sum"]?.text.utf8.count == 32 && loaded["src"] != nil && loaded["elapsed"]?.intValue != nil)
        let asked = try await box.run("uri", ["url": .string(pages.address + "/file.txt")])
        #expect(asked["elapsed"]?.intValue != nil, "\(asked)")
        var info = stat()
        try #require(lstat(box.path("f"), &info) == 0)
        let file = try await box.run("stat", ["path": .string(box.path("f"))])["stat"]
        #expect(file?["blocks"] == .int(info.st_blocks) && file?["block_size"] == .int(Int(info.st_blksize)))
        #expect(file?["device_type"] == 0)
        #expect(
            file?["mimetype"]?.stringValue != nil && file?["charset"]?.stringValue != nil, "\(file ?? JinjaValue.none)")
        #expect(file?["attr_flags"]?.stringValue != nil && file?["attributes"]?.listValue != nil)
        try #require(lstat("/dev/null", &info) == 0)
        let device = try await box.run("stat", ["path": "/dev/null", "get_attributes": false])["stat"]
        #expect(device?["device_type"] == .int(Int(info.st_rdev)))
        #expect(device?["version"] == nil)
    }

    /// A file that is opened as text has one kind of line ends in Python.
    @Test(arguments: TestShell.allCases)
    func linesOfAnyEndAreFound(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("a.conf", "x\r\nbb\r\n")
        try box.write("b.conf", "bb y\n")
        try box.write("c.txt", "bb\n")
        let found = try await box.run(
            "find", ["paths": .string(box.path("")), "patterns": ["*.conf"], "contains": "bb$"])
        #expect(found["files"]?.listValue?.map { $0["path"] } == [.string(box.path("a.conf"))], "\(found)")
    }

    /// Needs root, as giving files away does.
    @Test(
        "folders and links of a copied folder get the owner", .enabled(if: getuid() == 0), arguments: TestShell.allCases
    )
    func ownersOfFolders(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        var dangling = ModuleSource.Entry(path: "dangling", content: Payload([]), mode: 0o777, isDirectory: false)
        dangling.link = "nowhere"
        let source = ModuleSource(
            .directory([
                .init(path: "sub", content: Payload([]), mode: 0o755, isDirectory: true),
                .init(path: "sub/f", content: Payload(Array("1".utf8)), mode: 0o644, isDirectory: false),
                .init(path: "empty", content: Payload([]), mode: 0o755, isDirectory: true), dangling,
            ]))
        let sources = [SourceRequest(kind: .file, path: "tree/"): source]
        try FileManager.default.createDirectory(atPath: box.path("a"), withIntermediateDirectories: true)
        let arguments: JinjaDict = [
            "src": "tree/", "dest": .string(box.path("a/new/c2")), "owner": "65534", "group": "65534",
            "mode": "0640",
        ]
        let first = try await box.run("copy", arguments, sources: sources)
        #expect(first.changed && !first.failed, "\(first)")
        func owner(_ name: String) -> [UInt32] {
            var info = stat()
            return lstat(box.path(name), &info) == 0 ? [info.st_uid, info.st_gid] : []
        }
        for name in ["new", "new/c2", "new/c2/sub", "new/c2/sub/f", "new/c2/empty", "new/c2/dangling"] {
            #expect(owner("a/" + name) == [65534, 65534], "\(name)")
        }
        #expect(owner("a") == [0, 0], "what was there above is not given away")
        #expect(box.mode("a/new/c2/sub") == 0o755)
        #expect(try await box.run("copy", arguments, sources: sources).changed == false)
        chown(box.path("a/new/c2/empty"), 0, 0)
        chown(box.path("a/new/c2"), 0, 0)
        let repaired = try await box.run("copy", arguments, sources: sources)
        #expect(repaired.changed)
        #expect(owner("a/new/c2/empty") == [65534, 65534])
        #expect(owner("a/new/c2") == [0, 0], "a destination that was there keeps its owner")
    }

    @Test("touch gives a new file its times", arguments: TestShell.allCases)
    func timesOfTouch(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        func times(_ name: String) -> [Int] {
            var info = stat()
            return lstat(box.path(name), &info) == 0 ? [Int(info.st_mtim.tv_sec), Int(info.st_atim.tv_sec)] : []
        }
        var reference = tm()
        reference.tm_year = 120
        reference.tm_mon = 1
        reference.tm_mday = 3
        reference.tm_hour = 4
        reference.tm_min = 5
        reference.tm_sec = 6
        reference.tm_isdst = -1
        let wanted = mktime(&reference)
        let arguments: JinjaDict = [
            "path": .string(box.path("t")), "state": "touch", "modification_time": "202002030405.06",
            "access_time": "202002030405.06",
        ]
        #expect(try await box.run("file", arguments, check: true).changed)
        #expect(times("t") == [])
        let first = try await box.run("file", arguments)
        #expect(first.changed && !first.failed, "\(first)")
        #expect(times("t") == [wanted, wanted])
        #expect(try await box.run("file", arguments).changed == false)
        #expect(try await box.run("file", arguments, check: true).changed == false)
        var other = arguments
        other["modification_time"] = "202102030405.06"
        #expect(try await box.run("file", other, check: true).changed)
        #expect(try await box.run("file", other).changed)
        #expect(times("t")[0] > wanted && times("t")[1] == wanted)
        other["modification_time"] = "tomorrow"
        #expect(try await box.run("file", other).failed)
        let now: JinjaDict = ["path": .string(box.path("t")), "state": "touch"]
        #expect(try await box.run("file", now).changed)
        #expect(times("t").allSatisfy { $0 > wanted + 100_000_000 })
    }

    @Test(arguments: TestShell.allCases)
    func remoteSourceIsCopied(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("a", "1", mode: 0o750)
        let arguments: JinjaDict = [
            "src": .string(box.path("a")), "dest": .string(box.path("b")), "remote_src": true, "mode": "preserve",
        ]
        #expect(try await box.run("copy", arguments).changed)
        #expect(box.mode("b") == 0o750)
        #expect(try await box.run("copy", arguments).changed == false)
        try FileManager.default.createDirectory(atPath: box.path("t/x y"), withIntermediateDirectories: true)
        try box.write("t/x y/f", "3")
        let tree: JinjaDict = [
            "src": .string(box.path("t")), "dest": .string(box.path("u")), "remote_src": true,
        ]
        let first = try await box.run("copy", tree)
        #expect(first.changed, "\(first)")
        #expect(box.read("u/t/x y/f") == "3")
    }

    @Test(arguments: TestShell.allCases)
    func fileMakesFoldersLinksAndFiles(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let folder: JinjaDict = ["path": .string(box.path("a/b/c")), "state": "directory", "mode": "0750"]
        let made = try await box.run("file", folder)
        #expect(made.changed)
        #expect(made["state"] == "directory")
        #expect(box.mode("a") == 0o750)
        #expect(box.mode("a/b/c") == 0o750)
        #expect(try await box.run("file", folder).changed == false)

        let link: JinjaDict = ["path": .string(box.path("l")), "state": "link", "src": .string(box.path("a"))]
        #expect(try await box.run("file", link).changed)
        #expect(try await box.run("file", link).changed == false)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: box.path("l")) == box.path("a"))

        let touch: JinjaDict = [
            "path": .string(box.path("t")), "state": "touch", "access_time": "preserve",
            "modification_time": "preserve",
        ]
        #expect(try await box.run("file", touch).changed)
        #expect(try await box.run("file", touch).changed == false)

        let hard: JinjaDict = ["path": .string(box.path("h")), "state": "hard", "src": .string(box.path("t"))]
        #expect(try await box.run("file", hard).changed)
        #expect(try await box.run("file", hard).changed == false)

        let absent: JinjaDict = ["path": .string(box.path("a")), "state": "absent"]
        #expect(try await box.run("file", absent).changed)
        #expect(box.mode("a") == nil)
        let again = try await box.run("file", absent)
        #expect(!again.changed)
        #expect(again["state"] == "absent")
    }

    @Test(arguments: TestShell.allCases)
    func fileRecursesAndFails(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try FileManager.default.createDirectory(atPath: box.path("r/s"), withIntermediateDirectories: true)
        try box.write("r/s/f", "x", mode: 0o600)
        let recurse: JinjaDict = [
            "path": .string(box.path("r")), "state": "directory", "recurse": true, "mode": "u=rwX,go=rX",
        ]
        #expect(try await box.run("file", recurse).changed)
        #expect(box.mode("r/s/f") == 0o644)
        #expect(box.mode("r/s") == 0o755)
        #expect(try await box.run("file", recurse).changed == false)
        let missing = try await box.run("file", ["path": .string(box.path("none")), "mode": "0644"])
        #expect(missing.message == "file (\(box.path("none"))) is absent, cannot continue")
        let clash = try await box.run("file", ["path": .string(box.path("r/s/f")), "state": "directory"])
        #expect(clash.message == "\(box.path("r/s/f")) already exists as a file")
        let dangling = try await box.run(
            "file", ["path": .string(box.path("d")), "state": "link", "src": .string(box.path("none"))])
        #expect(dangling.failed)
    }

    @Test(arguments: TestShell.allCases)
    func statTellsWhatIsThere(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("f", "hello\n", mode: 0o640)
        let stat = try #require(try await box.run("stat", ["path": .string(box.path("f"))])["stat"])
        #expect(stat["exists"] == true)
        #expect(stat["isreg"] == true)
        #expect(stat["mode"] == "0640")
        #expect(stat["size"] == 6)
        #expect(stat["checksum"] == "f572d396fae9206628714fb2ce00f72e94f2258f")
        let none = try #require(try await box.run("stat", ["path": .string(box.path("none"))])["stat"])
        #expect(none["exists"] == false)
    }

    @Test(arguments: [
        ("0644", "m=0644"), ("755", "m=0755"), ("u+x", "m=$((m|(0100)))"),
        ("=r", "m=$(((m&~06777)|((04|040|0400)&~$(umask))))"),
    ])
    func modesBecomeArithmetic(text: String, arithmetic: String) throws {
        let mode = try FileMode(text)
        if text != "=r" {
            #expect(mode.shellArithmetic == arithmetic)
        } else {
            #expect(mode.shellArithmetic.contains("$(umask)"))
        }
    }

    @Test(arguments: ["9", "rwx", "u+q", "", "07777777"])
    func wrongModesAreRefused(text: String) {
        #expect(throws: ModuleError.self) { try FileMode(text) }
    }

    @Test("what refuses a content is told as Ansible tells it", arguments: TestShell.allCases)
    func refusedContent(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        try box.write("check", "echo out\necho err >&2\nexit 3\n")
        try box.write("source", "x")
        let command = JinjaValue.string("sh \(box.path("check")) %s")
        let place = JinjaValue.string(box.path("f"))
        for source: JinjaDict in [["content": "x"], ["src": .string(box.path("source")), "remote_src": true]] {
            var arguments = source
            arguments["dest"] = place
            arguments["validate"] = command
            let result = try await box.run("copy", arguments)
            #expect(result.failed && !result.changed && result.message == "failed to validate")
            #expect(result["exit_status"] == 3)
            #expect(result["stdout"] == "out\n" && result["stdout_lines"] == ["out"])
            #expect(result["stderr"] == "err\n" && result["stderr_lines"] == ["err"])
            #expect(source["content"] == nil || result["checksum"]?.text.utf8.count == 40)
        }
        let line = try await box.run(
            "lineinfile", ["path": place, "line": "x", "create": true, "validate": command])
        #expect(line.message == "failed to validate: rc:3 error:err")
        #expect(box.read("f") == nil)
    }

    @Test("a request without a client on the machine has a status", arguments: TestShell.allCases)
    func requestWithoutClient(shell: TestShell) async throws {
        let box = try Sandbox(shell, search: "/nowhere")
        let result = try await box.run("uri", ["url": "http://127.0.0.1:1/"])
        #expect(result.failed && result.message?.hasPrefix("uri needs curl") == true, "\(result)")
        #expect(result["status"] == -1 && result["redirected"] == false && result["elapsed"] == 0)
        #expect(result["url"] == "http://127.0.0.1:1/")
    }

    @Test func pingFailsAsToldTo() async throws {
        let box = try Sandbox(.dash)
        #expect(try await box.run("ping", [:])["ping"] == "pong")
        let result = try await box.run("ping", ["data": "crash"])
        #expect(result.failed && result.message == "Task failed: Module failed: boom")
    }
}
