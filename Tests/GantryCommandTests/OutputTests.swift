import ArgumentParser
import Assembly
import Foundation
import Glibc
import InfrastructureModel
import Logging
import Orchestration
import Support
import Testing

@testable import gantry

/// Outputs that cannot be written, and commands that have nothing to do.
@Suite struct OutputTests {
    @Test("a full disk is an answer, not the end of the process")
    func fullDisk() {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        #expect(StandardStream.write("text\n", to: full) == ENOSPC)
        #expect(StandardStream.write("", to: full) == 0)
        #expect(StandardStream.write("text\n", to: -1) == EBADF)
    }

    @Test("all of a long text comes through a pipe that does not wait")
    func pipesThatDoNotWait() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        let text = String(repeating: "é0123456789\n", count: 40_000)
        let writer = Thread {
            StandardStream.write(text, to: writing)
            close(writing)
        }
        writer.start()
        let read = try await withCheckedThrowingContinuation { continuation in
            let reader = Thread { continuation.resume(with: Result { try TextFile.read(reading, name: "pipe") }) }
            reader.start()
        }
        close(reading)
        #expect(read == text)
    }

    @Test("what others say cannot play with the terminal")
    func controlCharacters() {
        #expect(Terminal.harmless("a\u{1B}[2J\u{9B}31m\rb\u{7F}\n\tü") == #"a\u{1B}[2J\u{9B}31m\u{D}b\u{7F}"# + "\n\tü")
        #expect(Terminal.harmless("a\r\nb") == "a\nb")
        let event = InfrastructureEvent(
            infrastructure: InfrastructureID(rawValue: "i"), time: Date(), kind: .message, text: "no\u{1B}[31m")
        #expect(!ProgressDisplay.plainLine(event).contains("\u{1B}"))
        #expect(!Table.text(["A"], [["x\u{1B}]0;y\u{7}"]]).contains("\u{1B}"))
    }

    @Test("what is destroyed is not asked about again")
    func destroyedTwice() async throws {
        let folder = NSTemporaryDirectory() + "gantry-output-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("system a ()\n".utf8).write(to: URL(fileURLWithPath: folder + "/a.radl"))
        let state = ["--state-dir", folder + "/state"]
        #expect(try await Gantry.status(["up", folder + "/a.radl", "-q"] + state) == 0)
        #expect(try await Gantry.status(["destroy", "a", "-q", "--yes"] + state) == 0)
        let services = try await GantryServices.make(
            GantryServices.Options(
                stateFolder: folder + "/state", connectorFolders: [], logger: Logger(label: "test"),
                manager: ManagerConfiguration()))
        let all = try await services.manager.infrastructures(caller: .local, includingDestroyed: true)
        await services.stop()
        let id = try #require(all.first?.id.rawValue)
        // Nobody can answer here: a question would end it with 2.
        #expect(try await Gantry.status(["destroy", id] + state) == 0)
        #expect(try await Gantry.status(["destroy", "a"] + state) == 3)
    }

    @Test(arguments: ["a", "=x", "a b=x", "b=x a", #"["a"]"#, "@vars.yml", "1a=x"])
    func variablesHaveNames(word: String) async throws {
        let folder = NSTemporaryDirectory() + "gantry-output-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("- hosts: all\n  tasks: []\n".utf8).write(to: URL(fileURLWithPath: folder + "/site.yml"))
        try Data("\n".utf8).write(to: URL(fileURLWithPath: folder + "/hosts"))
        let words = ["recipe", "run", folder + "/site.yml", "-i", folder + "/hosts", "-e"]
        #expect(try await Gantry.status(words + [word]) == 64)
        for good in ["a_1=x=y", "a=1 b=2", #"{"a": "b=c"}"#] {
            #expect(try await Gantry.status(words + [good]) == 0, "\(good)")
        }
    }
}
