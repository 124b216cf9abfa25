import Foundation
import Testing

/// `kill -9` around everything that is asked of EC2, and answers that get lost; afterwards the same command ends as asked,
/// and the cloud holds exactly the machines, groups and key pairs that were asked for.
@Suite("EC2 and crashes", .enabled(if: EC2Endpoint.isNamed), .serialized, .timeLimit(.minutes(5)))
struct EC2CrashTests {
    /// Points of the operation that talk of no write of the store: those are `CrashTests`' own.
    private static func visited(_ path: String) -> [String] {
        DummyScenario.visited(path).filter { !$0.hasPrefix("store.") }
    }

    private func expect(
        _ again: Program.Ended, _ scenario: EC2Scenario, _ cloud: EC2Scenario.Cloud, after point: String
    ) async throws {
        // Killed after its end was recorded, there is nothing left to destroy.
        let isOver = cloud == .empty && again.errors.contains("was destroyed")
        #expect(again.status == 0 || isOver, "\(point): \(again.output)\(again.errors)")
        let found = try await scenario.cloud()
        #expect(found == cloud, "after \(point)")
    }

    @Test func everyFailpointOfCreateAndDestroy() async throws {
        let scenario = try EC2Scenario(region: "eu-west-3")
        try scenario.document(3)
        #expect(try await scenario.up(log: scenario.scratch.path("create")).status == 0)
        #expect(try await scenario.cloud() == .holding(3))
        #expect(try await scenario.destroy(log: scenario.scratch.path("destroy")).status == 0)
        #expect(try await scenario.cloud() == .empty)
        let creating = Self.visited(scenario.scratch.path("create"))
        for step in ["prepare", "launch", "describe"] {
            for moment in ["intent", "done", "recorded"] { #expect(creating.contains("\(step).\(moment)")) }
        }
        let destroying = Self.visited(scenario.scratch.path("destroy"))
        for step in ["terminate", "sweep"] {
            for moment in ["intent", "done", "recorded"] { #expect(destroying.contains("\(step).\(moment)")) }
        }
        for place in 0..<max(creating.count, destroying.count) {
            let create = creating[place % creating.count]
            #expect(try await scenario.up(failpoints: "\(create)=kill").status == -9, "\(create)")
            try await expect(try await scenario.up(), scenario, .holding(3), after: create)
            let destroy = destroying[place % destroying.count]
            #expect(try await scenario.destroy(failpoints: "\(destroy)=kill").status == -9, "\(destroy)")
            try await expect(try await scenario.destroy(), scenario, .empty, after: destroy)
        }
    }

    @Test func everyFailpointOfConverge() async throws {
        let scenario = try EC2Scenario(region: "eu-north-1")
        try scenario.document(1)
        #expect(try await scenario.up().status == 0)
        var points: [Int: [String]] = [:]
        for count in [3, 1] {
            try scenario.document(count)
            #expect(try await scenario.up(log: scenario.scratch.path("\(count)")).status == 0)
            points[count] = Self.visited(scenario.scratch.path("\(count)"))
        }
        let adding = try #require(points[3])
        let removing = try #require(points[1])
        #expect(adding.contains("launch.done") && removing.contains("terminate.done"))
        for place in 0..<max(adding.count, removing.count) {
            for (count, points) in [(3, adding), (1, removing)] {
                let point = points[place % points.count]
                try scenario.document(count)
                #expect(try await scenario.up(failpoints: "\(point)=kill").status == -9, "\(point)")
                try await expect(try await scenario.up(), scenario, .holding(count), after: point)
            }
        }
        try await expect(try await scenario.destroy(), scenario, .empty, after: "all")
    }

    /// The request was carried out, and nobody heard of it.
    @Test(arguments: [
        "RunInstances", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ImportKeyPair", "TerminateInstances",
        "DeleteSecurityGroup", "DeleteKeyPair",
    ])
    func theAnswerIsLost(_ action: String) async throws {
        let proxy = try ChaosProxy()
        let scenario = try EC2Scenario(region: "eu-south-1", url: proxy.url)
        try scenario.document(3)
        try await proxy.rules(#"[{"action": "^\#(action)$", "first": 1, "reset": "after"}]"#)
        try await expect(try await scenario.up(), scenario, .holding(3), after: action)
        try await expect(try await scenario.destroy(), scenario, .empty, after: action)
        #expect(try await proxy.faults() == 1, "the answer to \(action) was not lost")
    }

    /// Killed while EC2 works on a request: it is carried out although the process that sent it is gone.
    @Test func killedInFlight() async throws {
        let proxy = try ChaosProxy()
        let scenario = try EC2Scenario(region: "ap-south-1", url: proxy.url)
        try scenario.document(3)
        var generator = SystemRandomNumberGenerator()
        for moment in 0..<4 {
            try await proxy.rules(#"[{"delay": [0.02, 0.2]}]"#)
            let first = Duration.milliseconds(Int.random(in: 200...1_500, using: &generator))
            _ = try await scenario.up(killAfter: first)
            try await proxy.rules("[]")
            try await expect(try await scenario.up(), scenario, .holding(3), after: "\(moment), \(first)")
            try await proxy.rules(#"[{"delay": [0.02, 0.2]}]"#)
            let second = Duration.milliseconds(Int.random(in: 50...800, using: &generator))
            _ = try await scenario.destroy(killAfter: second)
            try await proxy.rules("[]")
            try await expect(try await scenario.destroy(), scenario, .empty, after: "\(moment), \(second)")
        }
    }
}
