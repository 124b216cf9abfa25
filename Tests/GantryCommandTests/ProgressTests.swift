import ArgumentParser
import Foundation
import InfrastructureModel
import Support
import Testing

@testable import gantry

@Suite struct ProgressTests {
    private static let id = InfrastructureID(rawValue: "i")
    private static let start = Date(timeIntervalSince1970: 0)

    private static func event(
        _ number: Int, _ kind: InfrastructureEvent.Kind, _ text: String, at seconds: Double = 0
    ) -> InfrastructureEvent {
        InfrastructureEvent(
            infrastructure: id, machine: MachineID(infrastructure: id, number: number),
            time: start.addingTimeInterval(seconds), kind: kind, text: text)
    }

    @Test func aLineAMachine() {
        var model = ProgressModel()
        model.apply(Self.event(0, .machinePlanned, "web planned at x"))
        model.apply(Self.event(1, .machinePlanned, "db planned at x"))
        model.apply(Self.event(0, .machineConfigured, "web is configured"))
        model.apply(Self.event(1, .machineFailed, "db failed: sold out", at: 2))
        let frame = ProgressDisplay.frame(
            model, now: Self.start.addingTimeInterval(75), columns: 60, rows: 10, started: Self.start)
        #expect(frame.count == 3)
        #expect(frame[0] == "2 machines, 2 done, 1 failed  1m15s")
        #expect(frame[1].contains("web") && frame[1].contains("configured"))
        #expect(frame[2].contains("sold out"))
        #expect(frame.allSatisfy { $0.count <= 60 })
    }

    @Test("a small window shows those that need attention, and how many there are beside them")
    func smallWindow() {
        var model = ProgressModel()
        for number in 0..<50 {
            model.apply(Self.event(number, .machineConfigured, "node is configured"))
        }
        model.apply(Self.event(44, .machineUnconfigured, "node is not configured: task failed"))
        let frame = ProgressDisplay.frame(model, now: Self.start, columns: 40, rows: 6, started: Self.start)
        #expect(frame.count == 6)
        #expect(frame.contains { $0.contains("44") })
        #expect(frame.last?.contains("and 46 more") == true)
    }

    @Test func commandsParse() throws {
        let up = try #require(
            Gantry.parseAsRoot(["up", "a/cluster.radl", "--yes", "--state-dir", "/tmp/x"]) as? UpCommand)
        #expect(up.document.file == "a/cluster.radl")
        #expect(up.operation.yes)
        #expect(up.place.state.folder == "/tmp/x")
        #expect(DocumentFile.stem("a/cluster.radl") == "cluster")
        let ssh = try #require(
            Gantry.parseAsRoot(["ssh", "cluster", "2", "--", "uptime", "-p"]) as? SSHCommand)
        #expect(ssh.machine == "2")
        #expect(ssh.command == ["uptime", "-p"])
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["up"]) }
    }
}
