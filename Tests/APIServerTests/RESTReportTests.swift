import ConnectorAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// What IM does not have: names, plans, summaries and events, which `gantry --server` asks for.
@Suite struct RESTReportTests {
    private static func document(_ count: Int) -> [UInt8] {
        Array(
            """
            network public (outbound = 'yes')
            system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
            deploy node \(count)

            """.utf8)
    }

    private func json(_ client: any TestClientProtocol, _ path: String) async throws -> JSONValue {
        let answer = try await Served.ask(client, .get, path)
        #expect(answer.status == .ok, "\(path): \(answer.text)")
        return try JSONDecoder().decode(JSONValue.self, from: Data(answer.text.utf8))
    }

    /// Waits until nothing is under way.
    private func settled(_ client: any TestClientProtocol, _ name: String) async throws -> JSONValue {
        let text = try await Served.wait(client, "/infrastructures/\(name)/summary") {
            $0.contains(#""underWay":[]"#)
        }
        return try #require(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))["summary"])
    }

    @Test("a second request of the same name makes no second infrastructure")
    func namesConverge() async throws {
        try await Served.serve { client in
            let path = "/infrastructures?name=my%20cluster"
            let first = try await Served.ask(client, .post, path, body: Self.document(2))
            #expect(first.status == .ok, "\(first.text)")
            let summary = try await settled(client, "my%20cluster")
            #expect(summary["name"] == "my cluster" && summary["state"] == "configured")
            let again = try await Served.ask(client, .post, path, body: Self.document(2))
            #expect(again.text == first.text)
            _ = try await settled(client, "my%20cluster")
            let id = try #require(summary["id"]?.stringValue)
            #expect(
                first.text.hasSuffix("/" + id)
                    && first.headers.contains { $0.name.canonicalName == "infid" && $0.value == id })
            #expect(try await json(client, "/infrastructures/\(id)/summary")["summary"]?["id"] == summary["id"])

            // A plan names what would go; only what was agreed to goes.
            let plan = try await Served.ask(client, .post, path + "&dry_run=yes", body: Self.document(1))
            #expect(plan.text.contains(#""removed":[{"id":"\#(id).1""#), "\(plan.text)")
            let refused = try await Served.ask(client, .post, path, body: Self.document(1))
            #expect(refused.status == .conflict && refused.text.contains("more is to be removed"), "\(refused.text)")
            let agreed = try await Served.ask(
                client, .post, path + "&removes=\(id).1", body: Self.document(1))
            #expect(agreed.status == .ok, "\(agreed.text)")
            guard case .array(let machines)? = try await settled(client, id)["machines"] else {
                Issue.record("no machines")
                return
            }
            #expect(machines.count == 1)
            guard case .array(let all)? = try await json(client, "/summaries")["summaries"] else {
                Issue.record("no summaries")
                return
            }
            #expect(all.count == 1 && all[0]["name"] == "my cluster")
        }
    }

    @Test func eventsComeInOrderAndLastLongerThanTheInfrastructure() async throws {
        try await Served.serve { client in
            _ = try await Served.ask(client, .post, "/infrastructures?name=a", body: Self.document(1))
            let id = try #require(try await settled(client, "a")["id"]?.stringValue)
            guard case .array(let events)? = try await json(client, "/infrastructures/\(id)/events")["events"] else {
                Issue.record("no events")
                return
            }
            #expect(events.contains { $0["kind"] == "machine.configured" && $0["machine"] == 0 })
            let last = try #require(events.last?["sequence"])
            guard case .integer(let sequence) = last else {
                Issue.record("\(last)")
                return
            }
            let rest = try await Served.ask(client, .get, "/infrastructures/\(id)/events?after=\(sequence)")
            #expect(rest.text == #"{"events":[]}"#)
            #expect(
                try await Served.ask(client, .get, "/infrastructures/\(id)/events?after=x").status == .badRequest)
            _ = try await Served.ask(client, .delete, "/infrastructures/\(id)")
            #expect(try await Served.ask(client, .get, "/infrastructures/a/summary").status == .notFound)
            let gone = try await json(client, "/infrastructures/a/summary?destroyed=yes")
            #expect(gone["summary"]?["state"] == "destroyed")
            #expect(try await Served.ask(client, .get, "/infrastructures/\(id)/events").status == .ok)
            #expect(try await Served.ask(client, .get, "/summaries").text == #"{"summaries":[]}"#)
        }
    }

    @Test func othersSeeNothing() async throws {
        try await Served.serve { client in
            _ = try await Served.ask(client, .post, "/infrastructures?name=a", body: Self.document(1))
            let id = try #require(try await settled(client, "a")["id"]?.stringValue)
            let other = Served.headers("type = InfrastructureManager; username = other; password = pass")
            for path in ["a/summary", "\(id)/summary"] {
                let answer = try await Served.ask(client, .get, "/infrastructures/\(path)", other)
                #expect(answer.status == .notFound && !answer.text.contains("there are"), "\(answer.text)")
            }
            #expect(try await Served.ask(client, .get, "/infrastructures/\(id)/events", other).status == .forbidden)
            #expect(try await Served.ask(client, .get, "/summaries", other).text == #"{"summaries":[]}"#)
        }
    }
}
