import ArgumentParser
import Foundation
import Testing

@testable import gantry

/// `gantry connector new`: names, files, and what stands in its way. That what is written works is shown by
/// `IntegrationTests/ConnectorNewTests`.
@Suite struct ConnectorNewTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func template(
        _ name: String, _ language: ConnectorTemplate.Language, _ dependency: ConnectorTemplate.Dependency? = nil
    ) -> ConnectorTemplate {
        ConnectorTemplate(name: name, language: language, dependency: dependency)
    }

    @Test(arguments: [
        ("mycloud", true), ("my-cloud", true), ("a1", true), ("x", true), ("", false), ("MyCloud", false),
        ("1cloud", false), ("my--cloud", false), ("-a", false), ("a-", false), ("a_b", false), ("a/b", false),
        ("..", false), ("a b", false), ("ü", false), ("check", false), ("dummy", false),
        (String(repeating: "a", count: 40), true), (String(repeating: "a", count: 41), false),
    ])
    func names(name: String, isGood: Bool) {
        #expect((ConnectorTemplate.problem(withName: name, taken: ["dummy", "ec2"]) == nil) == isGood)
    }

    @Test(arguments: [("mycloud", "Mycloud"), ("my-cloud", "MyCloud"), ("a1-b2", "A1B2")])
    func namesOfTypes(name: String, type: String) {
        #expect(Self.template(name, .sh).typeName == type)
    }

    @Test(arguments: ConnectorTemplate.Language.allCases)
    func theNameIsEverywhere(language: ConnectorTemplate.Language) throws {
        let own = Self.template("blue-sky", language, .path("/opt/gantry")).files
            .filter { !$0.path.hasPrefix("gantry_connector/") }
        #expect(own.contains { $0.path == "README.md" })
        #expect(own.contains { $0.path.contains("connector-blue-sky") })
        #expect(own.contains { $0.path.lowercased().contains("test") })
        for file in own {
            for word in ["mycloud", "MyCloud", "GANTRY_DEPENDENCY", "GANTRY_PACKAGE"] {
                #expect(!file.text.contains(word) && !file.path.contains(word), "\(word) in \(file.path)")
            }
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
        }
    }

    @Test func aSwiftPackageFindsGantry() throws {
        func manifest(_ dependency: ConnectorTemplate.Dependency) throws -> String {
            try #require(Self.template("x", .swift, dependency).files.first { $0.path == "Package.swift" }).text
        }
        let path = try manifest(.path("/opt/a \"b\"/Gantry-1"))
        #expect(path.contains(#".package(path: "/opt/a \"b\"/Gantry-1")"#))
        #expect(path.contains(#"package: "Gantry-1""#))
        let url = try manifest(.url("https://example.org/team/gantry.git"))
        #expect(url.contains(#".package(url: "https://example.org/team/gantry.git", branch: "main")"#))
        #expect(url.contains(#"package: "gantry""#))
    }

    @Test func onlyProgramsAreExecutable() {
        for language in ConnectorTemplate.Language.allCases {
            let programs = Self.template("x", language).files.filter(\.isExecutable).map(\.path).sorted()
            let expected: [ConnectorTemplate.Language: [String]] = [
                .python: ["connector-x"], .sh: ["connector-x", "test"], .swift: [],
            ]
            #expect(programs == expected[language])
        }
    }

    /// After a change of `sdk`: `scripts/embed-templates`.
    @Test func whatIsEmbeddedIsWhatStandsInTheSDK() throws {
        var folders = [("sdk/python/src", ConnectorTemplate.pythonSDK)]
        folders += [
            ("sdk/templates/python", ConnectorTemplate.pythonFiles), ("sdk/templates/sh", ConnectorTemplate.shFiles),
            ("sdk/templates/swift", ConnectorTemplate.swiftFiles),
        ]
        for (folder, files) in folders {
            let root = Self.repository.appending(path: folder)
            for file in files {
                let url = root.appending(path: file.path)
                #expect(try String(contentsOf: url, encoding: .utf8) == file.text, "\(folder)/\(file.path)")
                let isExecutable = FileManager.default.isExecutableFile(atPath: url.path)
                #expect(isExecutable == file.isExecutable, "\(folder)/\(file.path)")
            }
            let there = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
            let wanted = there.filter { path in
                var isFolder: ObjCBool = false
                let url = root.appending(path: path)
                let isFile = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
                return isFile && !isFolder.boolValue && !path.contains("__pycache__") && !path.contains(".egg-info")
            }
            #expect(Set(wanted) == Set(files.map(\.path)), "\(folder)")
        }
    }

    @Test func whatIsThereStays() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "gantry-new-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
        let files = [ConnectorTemplate.File(path: "a/b", isExecutable: true, text: "text\n")]

        let target = scratch.appending(path: "new").path
        try ConnectorCommand.NewCommand.write(files, to: target)
        #expect(try String(contentsOfFile: target + "/a/b", encoding: .utf8) == "text\n")
        #expect(FileManager.default.isExecutableFile(atPath: target + "/a/b"))

        try FileManager.default.createSymbolicLink(
            atPath: scratch.appending(path: "link").path, withDestinationPath: "nowhere")
        try Data("mine".utf8).write(to: scratch.appending(path: "file"))
        for name in ["new", "link", "file"] {
            let error = #expect(throws: UsageError.self) {
                try ConnectorCommand.NewCommand.write(files, to: scratch.appending(path: name).path)
            }
            #expect(error?.description.contains("is there already") == true)
        }
        let below = scratch.appending(path: "file/below").path
        let error = #expect(throws: UsageError.self) { try ConnectorCommand.NewCommand.write(files, to: below) }
        #expect(error?.description.contains("Error Domain") == false, "\(error?.description ?? "")")
        #expect(try names() == ["file", "link", "new"])
    }

    @Test func wrongOptions() {
        for words in [["x"], ["--language", "python"], ["x", "--language", "cobol"]] {
            #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["connector", "new"] + words) }
        }
    }
}
