import ArgumentParser
import Assembly
import Foundation
import Glibc
import Logging
import Orchestration
import Testing

@testable import gantry

/// Files that users name: every command tells of them in the same words, with the same status.
@Suite struct FileTests {
    private final class Folder: Sendable {
        let root = NSTemporaryDirectory() + "gantry-files-" + UUID().uuidString

        init(_ files: [String: [UInt8]]) throws {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func path(_ name: String) -> String { root + "/" + name }
    }

    private static let playbook = "- hosts: all\n  gather_facts: false\n  tasks: []\n"

    private func folder() throws -> Folder {
        try Folder([
            "good.radl": Array("system a ()\n".utf8), "bad.radl": Array("sistem a ()\n".utf8),
            "latin1": [0x73, 0xE9, 0x0A], "site.yml": Array(Self.playbook.utf8), "hosts": Array("[web]\n".utf8),
            "key": Array("k\n".utf8), "bad.yml": Array("- hosts: all\n  tasks: [{nosuch: x}]\n".utf8),
            "broken.yml": Array("- hosts: [\n".utf8), "bad.hosts": Array("[web\n".utf8),
        ])
    }

    /// The commands with a place for each kind of file.
    private static let places: [[String]] = [
        ["radl", "check", "FILE"], ["radl", "check", "bad.radl", "FILE", "good.radl"],
        ["plan", "FILE"], ["up", "FILE"],
        ["plan", "good.radl", "-a", "FILE"], ["up", "good.radl", "-a", "FILE"],
        ["recipe", "run", "FILE", "-i", "hosts"], ["recipe", "run", "site.yml", "-i", "FILE"],
        ["recipe", "run", "site.yml", "-i", "hosts", "--private-key", "FILE"],
    ]

    @Test("what cannot be read ends every command with 64", arguments: places, ["nosuch", "latin1", "."])
    func unreadable(words: [String], file: String) async throws {
        let folder = try folder()
        let names: Set = ["good.radl", "bad.radl", "hosts", "site.yml"]
        let command = words.map { word in
            word == "FILE" ? folder.path(file) : names.contains(word) ? folder.path(word) : word
        }
        let more = ["up", "plan"].contains(words[0]) ? ["-n", "x"] : []
        // What is no text has a place that can be shown.
        let isShown = words[0] == "radl" && file == "latin1"
        // A folder may be an inventory; its wrong files are shown.
        let isFolderOfHosts = command.suffix(2) == ["-i", folder.path(".")]
        let expected: Int32 = isFolderOfHosts ? 4 : isShown ? 2 : 64
        #expect(try await Gantry.status(command + more) == expected, "\(command)")
    }

    /// `recipe run` has Ansible's numbers.
    @Test("what can be read and is wrong ends every command with 2, or 4")
    func refused() async throws {
        let folder = try folder()
        let state = folder.path("state")
        for command in [
            ["radl", "check", folder.path("bad.radl")],
            ["radl", "check", folder.path("bad.radl"), folder.path("good.radl")],
            ["plan", folder.path("bad.radl"), "--state-dir", state],
            ["up", folder.path("bad.radl"), "--state-dir", state],
            ["recipe", "run", folder.path("bad.yml"), "-i", folder.path("hosts")],
            ["recipe", "run", folder.path("broken.yml"), "-i", folder.path("hosts")],
            ["recipe", "run", folder.path("site.yml"), "-i", folder.path("bad.hosts")],
        ] {
            #expect(try await Gantry.status(command) == (command[0] == "recipe" ? 4 : 2), "\(command)")
        }
        #expect(try await Gantry.status(["radl", "check", folder.path("good.radl")]) == 0)
    }

    @Test func pipesAreLeftToTheirReader() throws {
        let folder = try folder()
        let path = folder.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        try UserFile.check(path, "playbook")
    }

    // MARK: Mistakes in recipes

    @Test("every mistake of every recipe is told at its place, also of sections with one id, in the document's order")
    func allMistakesOfRecipes() async throws {
        let text = """
            system web ()
            configure web (
            @begin
            - tasks:
                - nosuch: x
                - debug: {mesg: x}
            - just text
            @end
            )
            configure b (
            @begin
            - tasks: ]
            @end
            )
            configure web (
            @begin
            - tasks:
                - nosuch: y
                - debug: msg=x
                  wehn: x
            @end
            )
            configure a (
            @begin
            - tasks:
                - other: x
            @end
            )
            configure web (
            @begin
            - tasks:
                - third: x
            @end
            )
            """
        let check = await DocumentCheck(
            text, name: "a.radl",
            contextualizer: ContextualizerAssembly.checker(logger: Logger(label: "test")))
        let error = #expect(throws: ManagerError.self) { try check.valid() }
        let heads = (error?.message ?? "").split(separator: "\n").filter { $0.hasPrefix("a.radl:") }
        let expected = [
            (15, "there is a configure section 'web' already"), (29, "there is a configure section 'web' already"),
            (5, "'nosuch'"), (6, "mesg"), (7, "must be a mapping"), (12, "recipe 'b'"), (18, "'nosuch'"),
            // Nothing runs the recipe 'a': what cannot be run in it stops nothing.
            (20, "'wehn'"), (32, "'third'"),
        ]
        #expect(heads.count == expected.count, "\(heads)")
        for (head, (line, word)) in zip(heads, expected) {
            #expect(head.hasPrefix("a.radl:\(line):") && head.contains(word), "\(line): \(head)")
        }
    }
}
