import Foundation
import Testing

/// `kill -9` at every failpoint and at random moments; afterwards the same command ends as asked, and the cloud's own file
/// holds exactly the machines that were asked for.
@Suite(.serialized) struct CrashTests {
    @Test func everyFailpointOfCreate() async throws {
        let probe = try DummyScenario()
        let first = try await probe.up(log: probe.scratch.path("points"))
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let points = DummyScenario.visited(probe.scratch.path("points"))
        #expect(points.count >= 12, "\(points)")
        for point in points {
            let scenario = try DummyScenario()
            let killed = try await scenario.up(failpoints: "\(point)=kill")
            #expect(killed.status == -9, "\(point): \(killed)")
            let again = try await scenario.up()
            #expect(again.status == 0, "\(point): \(again.output)\(again.errors)")
            #expect(try await scenario.cloud().machines == 3, "after \(point)")
        }
    }

    @Test func everyFailpointOfConverge() async throws {
        let probe = try DummyScenario()
        #expect(try await probe.up().status == 0)
        try probe.document(5)
        #expect(try await probe.up(log: probe.scratch.path("points")).status == 0)
        for point in DummyScenario.visited(probe.scratch.path("points")) {
            let scenario = try DummyScenario()
            #expect(try await scenario.up().status == 0)
            try scenario.document(2)
            let killed = try await scenario.up(failpoints: "\(point)=kill")
            // Removal passes other points than addition: those that it does not pass kill nothing.
            #expect(killed.status == -9 || killed.status == 0, "\(point): \(killed)")
            let again = try await scenario.up()
            #expect(again.status == 0, "\(point): \(again.output)\(again.errors)")
            #expect(try await scenario.cloud().machines == 2, "after \(point)")
            try scenario.document(5)
            _ = try await scenario.up(failpoints: "\(point)=kill")
            #expect(try await scenario.up().status == 0)
            #expect(try await scenario.cloud().machines == 5, "after \(point)")
        }
    }

    /// What a launch asked for is on record: another document does not make it another call, and nothing is forgotten.
    @Test(arguments: ["launch.intent", "launch.done"], ["larger", "renamed", "fewer"])
    func anEditedDocumentAfterAKillInALaunch(point: String, edit: String) async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up(failpoints: "\(point)=kill").status == -9)
        switch edit {
        case "larger": try scenario.document(3, features: "cpu.count >= 4")
        case "renamed": try scenario.document(3, system: "worker")
        default: try scenario.document(1)
        }
        let again = try await scenario.up()
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(try await scenario.cloud().machines == (edit == "fewer" ? 1 : 3))
        #expect(try await scenario.destroy().status == 0)
        #expect(try await scenario.cloud() == (0, 0))
    }

    /// One launch call has machines of several systems, and what each asks for is on record.
    @Test(arguments: ["launch.intent", "launch.done", "launch.recorded"])
    func aKillInALaunchOfSeveralSystems(point: String) async throws {
        let scenario = try DummyScenario()
        try scenario.document(systems: ["a", "b", "c", "d", "e"])
        #expect(try await scenario.up(failpoints: "\(point)=kill").status == -9)
        try scenario.document(systems: ["a", "x", "c", "y"])
        let again = try await scenario.up()
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(try await scenario.cloud().machines == 4)
        #expect(try await scenario.destroy().status == 0)
        #expect(try await scenario.cloud() == (0, 0))
    }

    @Test func everyFailpointOfDestroy() async throws {
        let probe = try DummyScenario()
        #expect(try await probe.up().status == 0)
        #expect(try await probe.destroy(log: probe.scratch.path("points")).status == 0)
        let points = DummyScenario.visited(probe.scratch.path("points"))
        #expect(points.count >= 8, "\(points)")
        for point in points {
            let scenario = try DummyScenario()
            #expect(try await scenario.up().status == 0)
            let killed = try await scenario.destroy(failpoints: "\(point)=kill")
            #expect(killed.status == -9, "\(point): \(killed)")
            let again = try await scenario.destroy()
            // Killed after its end was recorded, there is nothing left to destroy.
            #expect(again.status == 0 || again.errors.contains("was destroyed"), "\(point): \(again)")
            let left = try await scenario.cloud()
            #expect(left == (0, 0), "after \(point)")
        }
    }

    @Test func fiftyRandomMoments() async throws {
        var generator = SystemRandomNumberGenerator()
        for moment in 0..<50 {
            let scenario = try DummyScenario()
            let first = Duration.milliseconds(Int.random(in: 5...400, using: &generator))
            _ = try await scenario.up(killAfter: first)
            let up = try await scenario.up()
            #expect(up.status == 0, "\(moment), killed after \(first): \(up.output)\(up.errors)")
            #expect(try await scenario.cloud().machines == 3, "\(moment), killed after \(first)")
            let second = Duration.milliseconds(Int.random(in: 5...300, using: &generator))
            _ = try await scenario.destroy(killAfter: second)
            let destroy = try await scenario.destroy()
            #expect(
                destroy.status == 0 || destroy.errors.contains("was destroyed"),
                "\(moment), killed after \(second): \(destroy)")
            #expect(try await scenario.cloud() == (0, 0), "\(moment), killed after \(second)")
        }
    }
}
