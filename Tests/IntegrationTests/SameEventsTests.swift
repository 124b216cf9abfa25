import Foundation
import HTTPTransport
import Testing

/// The same scenario through `gantry up` and through `gantryd`: the same events.
@Suite(.serialized, .timeLimit(.minutes(3))) struct SameEventsTests {
    /// What is compared of an event.
    private struct Event: Decodable, Hashable, CustomStringConvertible {
        var kind: String
        var machine: Int?
        var text: String

        var description: String { "\(machine.map(String.init) ?? "-") \(kind): \(text)" }
    }

    /// Events by machine, in their order: those of different machines may come in any order.
    private func events(_ infrastructure: String, state: String, masking masks: [String]) async throws -> [String] {
        let log = try await Program(name: "gantry").run(["log", infrastructure, "--json", "--state-dir", state])
        try #require(log.status == 0, "\(log.errors)")
        let events = try log.output.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
        // Whether a host has its names from an earlier test differs.
        let order = Dictionary(
            grouping: events.filter { !$0.text.contains("Write /etc/hosts") }.enumerated(),
            by: { $0.element.machine ?? -1 })
        return order.sorted { $0.key < $1.key }.flatMap(\.value).map { event in
            var text = event.element.description
            for mask in masks { text = text.replacingOccurrences(of: mask, with: "…") }
            // Durations, addresses and ids of a run.
            for pattern in [
                #"\b\d+(\.\d+)? ?m?s\b"#, #"\b\d+\.\d+\.\d+\.\d+\b"#, #"[0-9a-f]{8}-[0-9a-f-]{27}"#, #"\b\d{6,}\b"#,
            ] {
                text = text.replacingOccurrences(of: pattern, with: "…", options: .regularExpression)
            }
            return text
        }
    }

    /// So many events, or those that there are after a while: machines are configured one commit before the operation ends.
    private func events(
        _ infrastructure: String, state: String, masking masks: [String], atLeast count: Int
    ) async throws -> [String] {
        let limit = ContinuousClock.now + .seconds(20)
        while true {
            let events = try await events(infrastructure, state: state, masking: masks)
            if events.count >= count || .now > limit { return events }
        }
    }

    @Test func ofMachinesOfACloud() async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up().status == 0)
        let direct = try await events("web", state: scenario.scratch.path("state"), masking: [])

        let other = try DummyScenario()
        let daemon = try await Daemon(
            state: other.scratch.path("state"),
            authorization: [
                "id = dummy; type = Dummy; stateFile = \(other.scratch.path("cloud")); bootMs = 30; addresses = unique"
            ], log: other.scratch.path("log"))
        let id = try await daemon.create(String(contentsOfFile: other.scratch.path("web.radl"), encoding: .utf8))
        #expect(try await daemon.settledState(id) == "configured")
        #expect(try await other.cloud().machines == 3)
        let served = try await events(
            id, state: other.scratch.path("state"), masking: [], atLeast: direct.count)
        #expect(direct.count > 10)
        #expect(direct == served)

        let destroyed = try await scenario.destroy()
        #expect(destroyed.status == 0)
        try await daemon.call(.delete, "/infrastructures/\(id)")
        #expect(try await other.cloud() == (0, 0))
    }

    @Test func ofMachinesThatAreConfigured() async throws {
        let hosts = try TestHost.all().filter { $0.traits.isEmpty }
        try #require(hosts.count >= 2)
        let scratch = try Scratch()
        func document(_ host: TestHost) -> String {
            """
            network public (outbound = 'yes')
            system node (
            \(host.features)
            )
            configure node (
            @begin
            - tasks:
              - file: path=/srv/same state=directory
              - copy: dest=/srv/same/page content="from {{ IM_INFRASTRUCTURE_RADL | length > 0 }}"
                register: page
                notify: said
              - command: cat /srv/same/page
                register: read
                changed_when: false
              - debug: var=read.stdout
              - command: "false"
                ignore_errors: true
              handlers:
              - name: said
                debug: msg=changed
            @end
            )
            deploy node 1
            """
        }
        try scratch.write("node.radl", document(hosts[0]))
        let up = try await Program(name: "gantry").run(
            ["up", scratch.path("node.radl"), "--state-dir", scratch.path("one"), "--yes"])
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        let direct = try await events("node", state: scratch.path("one"), masking: [hosts[0].name])

        let daemon = try await Daemon(state: scratch.path("two"), authorization: [], log: scratch.path("log"))
        let id = try await daemon.create(document(hosts[1]))
        #expect(try await daemon.settledState(id) == "configured", "\(daemon.logText)")
        let served = try await events(
            id, state: scratch.path("two"), masking: [hosts[1].name], atLeast: direct.count)
        #expect(direct.count > 10)
        #expect(direct == served)
    }
}
