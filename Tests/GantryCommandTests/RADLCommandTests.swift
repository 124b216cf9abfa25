import ArgumentParser
import Foundation
import Glibc
import RADL
import RADLLanguageServer
import Support
import Testing

@testable import gantry

/// `gantry radl …` as far as it touches files.
@Suite struct RADLCommandTests {
    private final class Folder: Sendable {
        let root = NSTemporaryDirectory() + "gantry-radl-" + UUID().uuidString

        init(_ files: [String: String]) throws {
            for (name, text) in files {
                let path = path(name)
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func path(_ name: String) -> String { root + "/" + name }

        func text(_ name: String) throws -> String {
            try String(contentsOf: URL(fileURLWithPath: path(name)), encoding: .utf8)
        }
    }

    private static let ugly = "system a (cpu.count>=1) # one\ndeploy a 2"
    private static let tidy = "system a (cpu.count >= 1)  # one\ndeploy a 2\n"

    @Test func formatReplacesInOneStep() async throws {
        let folder = try Folder(["ugly.radl": Self.ugly, "tidy.radl": Self.tidy])
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("ugly.radl"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.radl"), withDestinationPath: "ugly.radl")
        #expect(try await Gantry.status(["radl", "format", "--check", folder.path("ugly.radl")]) == 1)
        #expect(try folder.text("ugly.radl") == Self.ugly)
        #expect(try await Gantry.status(["radl", "format", folder.path("link.radl"), folder.path("tidy.radl")]) == 0)
        #expect(try folder.text("ugly.radl") == Self.tidy)
        #expect(FileStatus(path: folder.path("ugly.radl"))?.permissions == 0o640)
        #expect(FileStatus(path: folder.path("link.radl"), followsLinks: false)?.kind == .link)
        #expect(try await Gantry.status(["radl", "format", "--check", folder.path("link.radl")]) == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.root).count == 3)
    }

    @Test func whatCannotBeReadIsLeftAlone() async throws {
        let folder = try Folder(["bad.radl": "system a (x = \n", "ugly.radl": Self.ugly, "a.json": "[]"])
        let files = ["bad.radl", "ugly.radl"].map(folder.path)
        #expect(try await Gantry.status(["radl", "format"] + files) == 2)
        #expect(try folder.text("bad.radl") == "system a (x = \n")
        #expect(try folder.text("ugly.radl") == Self.tidy)
        #expect(try await Gantry.status(["radl", "format", folder.path("a.json")]) == 2)
        #expect(try await Gantry.status(["radl", "format", folder.path("nosuch")]) == 64)
    }

    @Test func convertsThereAndBack() async throws {
        let folder = try Folder([
            "a.radl": """
            network n (outbound = 'yes')
            system a (
                memory.size >= 1KiB and
                disk.0.size = 2GB
            )

            deploy a 2

            """,
            "bad.radl": "system",
        ])
        let json = folder.path("a.json")
        #expect(try await Gantry.status(["radl", "convert", "--to", "json", folder.path("a.radl"), "-o", json]) == 0)
        #expect(try folder.text("a.json").contains("\"memory.size_min\": 1024"))
        // The folder is made.
        for _ in 0..<2 {
            let convert = ["radl", "convert", "--to", "radl", json, "--output-dir", folder.path("out")]
            #expect(try await Gantry.status(convert) == 0)
        }
        #expect(
            try await Gantry.status(["radl", "convert", "--to", "radl", json, "--output-dir", folder.path("a.json/x")])
                == 64)
        #expect(try folder.text("out/a.radl").contains("    memory.size >= 1KiB and\n    disk.0.size = 2GB\n"))
        #expect(try await Gantry.status(["radl", "diff", folder.path("a.radl"), folder.path("out/a.radl")]) == 0)
        #expect(try await Gantry.status(["radl", "diff", folder.path("a.radl"), json]) == 0)
        #expect(try await Gantry.status(["radl", "convert", "--to", "json", folder.path("bad.radl")]) == 2)
        #expect(
            try await Gantry.status(["radl", "convert", "--to", "json", json, "-o", folder.path("no/x")]) == 64)
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["radl", "convert", "--to", "json", "a", "b"]) }
    }

    @Test func differencesAreAStatus() async throws {
        let folder = try Folder([
            "a.radl": "system a (memory.size >= 1GiB and cpu.count >= 1)\ndeploy a 1\n",
            "same.radl": "deploy a 1\n# moved\nsystem a (cpu.count>=1 and memory.size >= 1024MiB)\n",
            "b.radl": "system a (memory.size >= 2GiB and cpu.count >= 1)\nnetwork n ()\ndeploy a 3\n", "bad.radl": "sy",
        ])
        func status(_ other: String, _ more: String...) async throws -> Int32 {
            try await Gantry.status(["radl", "diff", folder.path("a.radl"), folder.path(other)] + more)
        }
        #expect(try await status("a.radl") == 0)
        #expect(try await status("b.radl") == 1)
        #expect(try await status("b.radl", "--json") == 1)
        #expect(try await status("bad.radl") == 2)
        #expect(try await status("nosuch") == 64)
    }

    @Test func checkAndExplain() async throws {
        let folder = try Folder([
            "good.radl": "network n ()\nsystem a (net_interface.0.connection = 'n')\ndeploy a 1\n",
            "good.json":
                "[{\"class\": \"system\", \"id\": \"a\"}, {\"class\": \"deploy\", \"system\": \"a\", \"vm_number\": 1}]",
            "bad.radl": "deploy a 1\n", "worse.radl": "system a (", "bad.json": "[{]",
            "recipe.radl": "system a ()\nconfigure a (\n@begin\n- tasks: [{copi: {}}]\n@end\n)\n",
            // Right, though not to be run here.
            "roles.radl": """
            system a ()
            system b ()
            configure a (
            @begin
            - roles: [grycap.nfs]
              tasks: [{community.general.ufw: {}}, {firewalld: {}}]
            @end
            )
            configure b (
            @begin
            $ANSIBLE_VAULT;1.1;AES256
            6162
            @end
            )
            configure lists (
            @begin
            tools: [a]
            @end
            )
            """,
            "two.json": "[{\"class\": \"system\", \"id\": \"a\", \"cpu.count\": \"x\"}]",
        ])
        try Data([UInt8]("system a (x = '".utf8) + [0xFF] + [UInt8]("')".utf8)).write(
            to: URL(fileURLWithPath: folder.path("bytes.radl")))
        for (file, check, explain) in [
            ("good.radl", 0, 0), ("good.json", 0, 0), ("bad.radl", 2, 2), ("worse.radl", 2, 2), ("bad.json", 2, 2),
            ("recipe.radl", 2, 0), ("roles.radl", 0, 0), ("two.json", 2, 2), ("bytes.radl", 2, 2), ("nosuch", 64, 64),
            ("/dev/zero", 64, 64),
        ] as [(String, Int32, Int32)] {
            let path = file.hasPrefix("/") ? file : folder.path(file)
            #expect(try await Gantry.status(["radl", "check", path]) == check, "\(file)")
            #expect(try await Gantry.status(["radl", "check", "--json", path]) == check, "\(file)")
            #expect(try await Gantry.status(["radl", "explain", path]) == explain, "\(file)")
        }
    }

    @Test func mistakesHaveTheirPlaceInEveryFile() async throws {
        let folder = try Folder([
            "main.radl": "include part\nsystem a (cpu.count = 'x')\n",
            "part.radl": "system b (y = 'ñ' and cpu.count = 'z')\n",
        ])
        let source = RADLSource(bytes: try DocumentFile.bytes(folder.path("main.radl")), file: "main.radl")
        let examined = await ExaminedDocument(source, path: folder.path("main.radl"), checksRecipes: false)
        // What is included stands where it is included.
        #expect(
            examined.errors.map { "\(($0.file as NSString?)?.lastPathComponent ?? ""):\($0.range?.line ?? 0)" } == [
                "part.radl:1", "main.radl:2",
            ])
        let data = DiagnosticData.list(examined.findings, in: source, examined.document.source?.parts ?? [])
        let json = JSONOutput.pretty(data)
        #expect(json.contains("\"character\" : 34") || json.contains("\"character\": 34"), "\(json)")
    }

    @Test func whatIsDrawnIsNoDifference() async throws {
        let text = "system a (disk.0.os.credentials.new.password = 'random(12)')\n"
        let folder = try Folder(["a.radl": text, "b.radl": text, "c.radl": text.replacing("12", with: "13")])
        #expect(try await Gantry.status(["radl", "diff", folder.path("a.radl"), folder.path("b.radl")]) == 0)
        #expect(try await Gantry.status(["radl", "diff", folder.path("a.radl"), folder.path("c.radl")]) == 1)
        let convert = ["radl", "convert", "--to", "radl", folder.path("a.radl"), "-o", folder.path("d.radl")]
        #expect(try await Gantry.status(convert) == 0)
        #expect(try folder.text("d.radl").contains("'random(12)'"))
    }

    // MARK: - Includes

    @Test func aWrongWordOfAnIncludeIsTold() async throws {
        let folder = try Folder([
            "a.radl": "include x (templat = 'x')\ninclude none ()\nsystem a (cpu.count = 'x')\ndeploy a 1\n",
            "x.radl": "",
        ])
        let path = folder.path("a.radl")
        for command in [["check"], ["explain"], ["convert", "--to", "json"], ["diff", path]] {
            #expect(try await Gantry.status(["radl"] + command + [path]) == 2, "\(command)")
        }
        let source = RADLSource(bytes: try DocumentFile.bytes(path), file: "a.radl")
        let examined = await ExaminedDocument(source, path: path, checksRecipes: false)
        #expect(examined.errors.map { $0.range?.line } == [1, 2, 3])
        #expect(examined.errors.first?.message == "an include has no feature 'templat'")
    }

    @Test func documentsOfTheFolderAreIncluded() async throws {
        let folder = try Folder([
            "a.radl": """
            include x (template = 'parts/net other')
            system a (net_interface.0.connection = 'n')
            deploy a 1
            """,
            "parts/net.radl": "network n (outbound = 'yes')\n", "other.radl": "network o ()\n", "out.radl": "",
        ])
        #expect(try await Gantry.status(["radl", "check", folder.path("a.radl")]) == 0)
        let convert = ["radl", "convert", "--to", "radl", folder.path("a.radl"), "-o", folder.path("out.radl")]
        #expect(try await Gantry.status(convert) == 0)
        let text = try folder.text("out.radl")
        #expect(text.contains("outbound = 'yes'") && text.contains("network o ()"), "\(text)")
        #expect(!text.contains("include"), "\(text)")
    }

    @Test(
        "nothing outside of the folder is opened",
        arguments: [
            "../secret", "/etc/hostname", "link", "linked/secret", "parts/../../secret", "./net", "nosuch", "parts",
            "pipe", "",
        ])
    func includesStayInTheFolder(template: String) async throws {
        let folder = try Folder([
            "in/a.radl": "include x (template = '\(template)')\nsystem a ()\n", "secret.radl": "network secret ()\n",
            "other/secret.radl": "network secret ()\n", "in/parts/x.radl": "", "in/net.radl": "network n ()\n",
        ])
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path("in/link.radl"), withDestinationPath: "../secret.radl")
        try files.createSymbolicLink(atPath: folder.path("in/linked"), withDestinationPath: "../other")
        #expect(mkfifo(folder.path("in/pipe.radl"), 0o600) == 0)
        #expect(try await Gantry.status(["radl", "check", folder.path("in/a.radl")]) == 2)
        #expect(
            try await Gantry.status(
                ["radl", "convert", "--to", "radl", folder.path("in/a.radl"), "-o", folder.path("out")]) == 2)
        #expect(!files.fileExists(atPath: folder.path("out")))
    }

    @Test func circlesEnd() async throws {
        let folder = try Folder([
            "a.radl": "include b (template = 'b')\nsystem a ()\n",
            "b.radl": "include a (template = 'a')\nsystem b ()\n",
        ])
        #expect(try await Gantry.status(["radl", "check", folder.path("a.radl")]) == 2)
    }
}
