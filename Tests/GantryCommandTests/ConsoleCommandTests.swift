import ArgumentParser
import ConnectorAPI
import Foundation
import Testing

@testable import Orchestration
@testable import gantry

/// What is shown of a machine's console, by the command and in messages.
@Suite struct ConsoleCommandTests {
    @Test(arguments: [
        ("a\nb\nc\n", 2, "b\nc\n"), ("a\nb\nc", 2, "b\nc"), ("a\n", 5, "a\n"), ("", 1, ""), ("a\n\n", 1, "\n"),
    ])
    func theLastLines(text: String, lines: Int, shown: String) {
        #expect(ConsoleCommand.end(text, lines: lines) == shown)
        #expect(ConsoleCommand.end(text, lines: nil) == text)
    }

    @Test func linesAreCountedFromOne() {
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["console", "a", "0", "--lines", "0"]) }
    }

    @Test func messagesHaveTheEnd() {
        let text = "one\n\u{1b}[31mtwo\u{1b}[0m\r\n\n  \nthree\n4\n5\n6\n" + String(repeating: "x", count: 200) + "\n"
        let end = MachineConsole.text(text).end
        #expect(end == "its console ends with: three / 4 / 5 / 6 / " + String(repeating: "x", count: 160))
        #expect(MachineConsole.text("\n \n").end == nil)
        #expect(MachineConsole.page("https://cloud/vnc").end == nil)
    }

    /// A file that a connector made for the question goes; one of its own stays.
    @Test func filesAreReadAndGo() throws {
        let made = FileManager.default.temporaryDirectory.appending(path: "gantry-console-\(UUID().uuidString)")
        try Data("booted \u{fffd}".utf8).write(to: made)
        #expect(try InfrastructureManager.console(at: BulkLocation(path: made.path)) == .text("booted \u{fffd}"))
        #expect(!FileManager.default.fileExists(atPath: made.path))
        #expect(try InfrastructureManager.console(at: BulkLocation(url: "data:text/plain,a%20b%0A")) == .text("a b\n"))
        let page = "https://cloud.example/console?token=x,y"
        #expect(try InfrastructureManager.console(at: BulkLocation(url: page)) == .page(page))
    }
}
