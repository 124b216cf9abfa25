import Foundation
import Glibc
import Testing

/// What `gantry connector new` writes works as it is: its own tests pass, the conformance kit among them.
@Suite struct ConnectorNewTests {
    private let scratch: Scratch
    private var gantry = Program(name: "gantry")

    init() throws {
        scratch = try Scratch()
        gantry.workingFolder = scratch.url
        gantry.environment = ["HOME": scratch.url.path]
    }

    /// Runs a program in the written folder, where the kit is found.
    private func inside(_ folder: String, _ program: String, _ arguments: [String]) async throws -> Program.Ended {
        var command = Program(name: program)
        command.executable = URL(fileURLWithPath: program)
        command.workingFolder = scratch.url.appending(path: folder)
        command.environment = [
            "HOME": scratch.url.path, "CONNECTOR_CHECK": Program.folder.appending(path: "connector-check").path,
        ]
        return try await command.run(arguments)
    }

    @Test func inPython() async throws {
        let written = try await gantry.run(["connector", "new", "blue-sky", "--language", "python"])
        #expect(written.status == 0, "\(written.errors)")
        #expect(written.output.contains("connector-check -- connector-blue-sky/connector-blue-sky"))
        let tested = try await inside("connector-blue-sky", "/usr/bin/python3", ["-m", "unittest", "-v"])
        #expect(tested.status == 0, "\(tested.errors)")
        #expect(!tested.errors.contains("skipped"), "\(tested.errors)")
    }

    @Test func inShell() async throws {
        let written = try await gantry.run(["connector", "new", "blue-sky", "--language", "sh", "--folder", "a b/c"])
        #expect(written.status == 0, "\(written.errors)")
        let tested = try await inside("a b/c", "/bin/sh", ["./test"])
        #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
        #expect(!tested.errors.contains("the kit did not run"), "\(tested.errors)")
    }

    /// `make conformance` builds it and runs the kit.
    @Test func inSwift() async throws {
        let written = try await gantry.run(["connector", "new", "blue-sky", "--language", "swift"])
        #expect(written.status == 0, "\(written.errors)")
        let manifest = try String(
            contentsOfFile: scratch.path("connector-blue-sky/Package.swift"), encoding: .utf8)
        #expect(manifest.contains(".package(path: \"/"), "\(manifest)")
    }

    @Test func anExistingFolderStays() async throws {
        try scratch.write("connector-mine", "mine")
        let refused = try await gantry.run(["connector", "new", "mine", "--language", "python"])
        #expect(refused.status == 64)
        #expect(refused.errors.contains("'connector-mine' is there already"), "\(refused.errors)")
        #expect(try String(contentsOfFile: scratch.path("connector-mine"), encoding: .utf8) == "mine")
        let named = try await gantry.run(["connector", "new", "Mine", "--language", "python"])
        #expect(named.status == 64 && named.errors.contains("is no name for a connector"), "\(named.errors)")
    }
}
