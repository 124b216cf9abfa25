import ConnectorAPI
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import Testing

/// Machines that are not reached tell what their consoles say.
@Suite(.serialized) struct ConsoleTests {
    private static let end = "its console ends with: two / three / four / Kernel panic - not syncing / 5"

    private func consoles() -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-test-consoles-\(getuid())")
        return (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    }

    /// The folder goes with its last file.
    private var hasFolder: Bool {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-test-consoles-\(getuid())")
        return FileManager.default.fileExists(atPath: folder.path)
    }

    @Test func anEmptyConsoleIsTold() {
        let empty = MachineConsole.text("\r\n\u{1b}[0m ")
        #expect(empty.end == nil)
        #expect(empty.endOfStart?.hasPrefix("its console is empty: a BIOS") == true)
        #expect(MachineConsole.text("a\n").endOfStart == "its console ends with: a")
        #expect(MachineConsole.page("https://c").endOfStart == nil)
    }

    @Test func aMachineThatNeverBoots() async throws {
        let connector = WrappedConnector()
        let fixture = try Fixture(
            dummy: connector,
            limits: .init(running: .milliseconds(300), firstPoll: .milliseconds(1), longestPoll: .milliseconds(20)))
        let clouds = [
            CloudCredential(id: "slow", type: "Dummy", values: Secret(["type": "Dummy", "bootMs": "600000"]))
        ]
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(1), clouds: clouds))
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .failed)
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        let told = events.filter { $0.text.contains("not running with an address") && $0.text.contains(Self.end) }
        #expect(!told.isEmpty, "\(events.map { $0.text })")
        #expect(connector.count("machine.console") > 0)
        #expect(consoles().isEmpty && !hasFolder)
    }

    @Test func aMachineWhoseSSHNeverAnswers() async throws {
        let contextualizer = ScriptedContextualizer { machine in .failed(step: nil, message: "it does not answer") }
        for (unreachable, isTold) in [(1, true), (0, false)] {
            var counts = ContextualizationReport.Counts()
            counts.unreachable = unreachable
            await contextualizer.count(counts)
            let fixture = try Fixture(dummy: WrappedConnector(), contextualizer: contextualizer)
            let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(1, contextualize: "")))
            _ = try await fixture.manager.follow(submitted)
            let machine = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).machines[0]
            let message = "it does not answer" + (isTold ? "; " + Self.end : "")
            #expect(machine.configuration == .failed(message: message))
        }
    }
}
