import Foundation
import Testing

/// `kill -9` at every failpoint of commands that change parts of an infrastructure; afterwards another command goes on with
/// what is on record, and everything is there once.
@Suite(.serialized) struct ChangeCrashTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var words: [String]
        /// Goes on with it.
        var again: [String]
        /// Machines and other resources at the end.
        var machines: Int
        var others: Int
        /// What `show` says of the whole.
        var state: String

        var testDescription: String { words[0] }
    }

    private static let changes = [
        Change(words: ["stop", "web"], again: ["stop", "web"], machines: 3, others: 2, state: "stopped"),
        Change(
            words: ["alter", "web", "1", "--cpus", "2", "--disk", "1=5GB"],
            again: ["alter", "web", "1", "--cpus", "2", "--disk", "1=5GB"], machines: 3, others: 3,
            state: "configured"),
        Change(
            words: ["add", "web", "MORE"], again: ["reconfigure", "web"], machines: 4, others: 2, state: "configured"),
        Change(
            words: ["remove", "web", "1"], again: ["reconfigure", "web"], machines: 2, others: 2, state: "configured"),
    ]

    private func run(
        _ scenario: DummyScenario, _ words: [String], failpoints: String? = nil, log: String? = nil
    ) async throws -> Program.Ended {
        var program = scenario.gantry
        program.environment["GANTRY_FAILPOINTS"] = failpoints
        program.environment["GANTRY_FAILPOINTS_LOG"] = log
        let more = scenario.scratch.path("more.radl")
        let clouds = words[0] == "add" ? ["-a", scenario.scratch.path("auth")] : []
        return try await program.run(
            words.map { $0 == "MORE" ? more : $0 } + clouds
                + ["--state-dir", scenario.scratch.path("state"), "--yes"])
    }

    private func deployed() async throws -> DummyScenario {
        let scenario = try DummyScenario()
        try scenario.scratch.write("more.radl", "system node\ndeploy node 1\n")
        #expect(try await scenario.up().status == 0)
        return scenario
    }

    @Test(arguments: changes)
    func everyFailpoint(_ change: Change) async throws {
        let probe = try await deployed()
        let first = try await run(probe, change.words, log: probe.scratch.path("points"))
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let points = DummyScenario.visited(probe.scratch.path("points"))
        #expect(points.count >= 6, "\(points)")
        for point in points {
            let scenario = try await deployed()
            let killed = try await run(scenario, change.words, failpoints: "\(point)=kill")
            #expect(killed.status == -9, "\(point): \(killed)")
            // What was not committed was never asked for.
            let again = try await run(scenario, point == "store.written" ? change.words : change.again)
            #expect(again.status == 0, "\(point): \(again.output)\(again.errors)")
            let cloud = try await scenario.cloud()
            #expect(cloud == (change.machines, change.others), "after \(point)")
            let shown = try await scenario.gantry.run(
                ["show", "web", "--json", "--state-dir", scenario.scratch.path("state")])
            #expect(shown.output.contains(#""state" : "\#(change.state)""#), "after \(point): \(shown.output)")
            #expect(try await scenario.destroy().status == 0)
            #expect(try await scenario.cloud() == (0, 0), "after \(point)")
        }
    }

    @Test("an alteration that was killed is done by the next deployment, and shown as what goes on")
    func alterationsThenUp() async throws {
        let words = ["alter", "web", "1", "--cpus", "2", "--disk", "1=5GB"]
        for point in ["store.written", "operation.claimed", "alter.intent", "alter.done", "operation.concluded"] {
            let scenario = try await deployed()
            let state = ["--state-dir", scenario.scratch.path("state")]
            #expect(try await run(scenario, words, failpoints: "\(point)=kill").status == -9, "\(point)")
            let shown = try await scenario.gantry.run(["show", "web"] + state)
            let isAsked = point != "store.written"
            #expect(
                shown.output.contains("the same command or `gantry up` goes on") == isAsked,
                "\(point): \(shown.output)")
            let again = try await scenario.up()
            #expect(again.status == 0, "\(point): \(again.output)\(again.errors)")
            let cloud = try await scenario.cloud()
            #expect(cloud == (3, isAsked ? 3 : 2), "after \(point)")
            let json = try await scenario.gantry.run(["show", "web", "--json"] + state)
            #expect(json.output.contains(#""cpus" : 2"#) == isAsked, "after \(point): \(json.output)")
            #expect(try await scenario.destroy().status == 0)
            #expect(try await scenario.cloud() == (0, 0), "after \(point)")
        }
    }
}
