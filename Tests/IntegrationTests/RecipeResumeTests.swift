import Foundation
import Testing

/// `gantry` is killed in the middle of a recipe; the same command goes on where it was.
///
/// Each task appends its number to a file on the host, which no module would hide: what ran twice stands there twice.
@Suite(.serialized) struct RecipeResumeTests {
    private static let file = "/srv/resume-lines"

    /// Tasks 1 to `count`; the command of one of them may be another.
    private static func tasks(_ count: Int, pause: String = "0.05", but special: [Int: String] = [:]) -> String {
        (1...count).map { number in
            let command = special[number] ?? "echo \(number) >> \(file); sleep \(pause)"
            return "- name: task \(number)\n  shell: \(command)"
        }.joined(separator: "\n")
    }

    private static func lines(_ host: TestHost) async throws -> [Int] {
        try await HostScenario.shell(host, "cat \(file) 2>/dev/null || true").split(separator: "\n").compactMap {
            Int($0)
        }
    }

    private static func prepared(_ names: [String]) async throws -> [HostScenario.Member] {
        var members: [HostScenario.Member] = []
        for (index, name) in names.enumerated() {
            let host = try TestHost.named(name)
            try await HostScenario.shell(host, "rm -f \(file)")
            members.append(.init(system: "node\(index)", host: host))
        }
        return members
    }

    /// Task 12 waits for a file, so that the kill comes in it and not near it; it adds its line at its end.
    @Test func aRecipeKilledAtTask12GoesOnThere() async throws {
        let members = try await Self.prepared(["host-1"])
        let host = members[0].host
        try await HostScenario.shell(host, "rm -f /srv/go")
        let waiting = "while [ ! -e /srv/go ]; do sleep 0.1; done; echo 12 >> \(Self.file)"
        let scenario = try HostScenario(members, tasks: Self.tasks(20, pause: "0", but: [12: waiting]))
        try await scenario.upKilled { $0.contains("work_node0: task 12") }
        #expect(try await Self.lines(host) == Array(1...11))

        try await HostScenario.shell(host, "touch /srv/go")
        let again = try await scenario.up()
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        let lines = try await Self.lines(host)
        #expect(lines.filter { $0 != 12 } == Array(1...11) + Array(13...20), "\(lines)")
        // Its end was not on record, so it runs again, after the first one has come to its end.
        #expect([1, 2].contains(lines.count { $0 == 12 }), "\(lines)")
        #expect(!again.output.contains("task 11"), "\(again.output)")
        #expect(again.output.contains("task 12"), "\(again.output)")
    }

    /// At a random task, with several hosts: on each host every task that was on record ran once, and at most the one in
    /// flight twice.
    @Test func severalHostsKilledAtARandomTask() async throws {
        let members = try await Self.prepared(["host-1", "host-2", "host-3"])
        let scenario = try HostScenario(members, tasks: Self.tasks(20))
        let task = Int.random(in: 2...19)
        let member = Int.random(in: 0..<members.count)
        try await scenario.upKilled { $0.contains("work_node\(member): task \(task)\n") }
        let again = try await scenario.up()
        #expect(again.status == 0, "killed at task \(task): \(again.output)\(again.errors)")
        for member in members {
            let lines = try await Self.lines(member.host)
            var unique: [Int] = []
            for line in lines where unique.last != line { unique.append(line) }
            #expect(unique == Array(1...20), "\(member.host.name), killed at task \(task): \(lines)")
            #expect(lines.count <= 21, "\(member.host.name), killed at task \(task): \(lines)")
        }
    }

    /// A long task ends with our connection; where it does not, who takes over recognizes it by its mark and waits for it.
    /// Only then the task runs again, since its result is lost: never two of them at a time.
    @Test func aLongTaskInFlightIsRepeatedAlone() async throws {
        let members = try await Self.prepared(["host-3"])
        let host = members[0].host
        let long = "echo 201 >> \(Self.file); sleep 3; echo 202 >> \(Self.file)"
        let scenario = try HostScenario(members, tasks: Self.tasks(4, pause: "0", but: [2: long]))
        try await scenario.upKilled { _ in try await Self.lines(host).last == 201 }
        let again = try await scenario.up()
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        let lines = try await Self.lines(host)
        let wasAwaited = again.output.contains("for the program of an interrupted run")
        #expect(lines == (wasAwaited ? [1, 201, 202, 201, 202, 3, 4] : [1, 201, 201, 202, 3, 4]), "\(lines)")
        #expect(try await HostScenario.shell(host, "find / /run -xdev -name '.gantry-run-*'").isEmpty)
    }
}
