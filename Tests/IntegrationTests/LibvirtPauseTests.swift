import Foundation
import Testing

/// A machine that somebody has paused at its host, past Gantry.
@Suite("libvirt and paused machines", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(10)))
struct LibvirtPauseTests {
    private func domain(_ scenario: LibvirtScenario) async throws -> String {
        let shown = try await scenario.gantry(["show", "web", "--json"])
        let found = try #require(shown.output.firstMatch(of: /"provider" : "([0-9a-f-]{36})"/), "\(shown.output)")
        return String(found.1)
    }

    @Test("It is shown with the reason, goes on when it is started or deployed, and ends when it is stopped")
    func paused() async throws {
        let scenario = try LibvirtScenario()
        let made = try await scenario.up()
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        let domain = try await domain(scenario)
        func suspend() async throws {
            _ = try await LibvirtTestBed.virsh("suspend", domain)
            #expect(try await LibvirtTestBed.virsh("domstate", domain, "--reason").lines == ["paused (user)"])
        }

        // What was seen is on record before anything is done about it.
        try await suspend()
        #expect(try await scenario.gantry(["start", "web"], failpoints: "start.intent=kill").status == -9)
        let shown = try await scenario.gantry(["show", "web"])
        let row = shown.output.lines.first { $0.hasPrefix("0 ") } ?? ""
        #expect(row.contains("stopped"), "\(shown.output)")
        #expect(
            row.contains("its host has paused it (virsh suspend); `gantry start` lets it go on"), "\(shown.output)")
        #expect(shown.output.contains("the same command goes on"), "\(shown.output)")
        let process = try await LibvirtTestBed.virsh("domid", domain)
        let started = try await scenario.gantry(["start", "web"])
        #expect(started.status == 0, "\(started.output)\(started.errors)")
        #expect(try await LibvirtTestBed.virsh("domstate", domain).lines == ["running"])

        try await suspend()
        let deployed = try await scenario.up()
        #expect(deployed.status == 0, "\(deployed.output)\(deployed.errors)")
        #expect(try await LibvirtTestBed.virsh("domstate", domain).lines == ["running"])
        #expect(try await LibvirtTestBed.virsh("domid", domain) == process, "it went on, and was not started anew")
        let after = try await scenario.gantry(["show", "web"])
        #expect(after.output.contains("configured") && !after.output.contains("paused"), "\(after.output)")

        try await suspend()
        let stopped = try await scenario.gantry(["stop", "web", "--yes"])
        #expect(stopped.status == 0, "\(stopped.output)\(stopped.errors)")
        #expect(try await LibvirtTestBed.virsh("domstate", domain).lines == ["shut off"])
        let gone = try await scenario.destroy()
        #expect(gone.status == 0, "\(gone.output)\(gone.errors)")
    }
}
