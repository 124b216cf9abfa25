import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let callChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "call.unannounced", title: "what was not announced is unsupported",
            rule: "The host never calls what was not announced; calling it anyway answers unsupported.",
            isDestructive: false
        ) { run in
            let session = try await run.open()
            let connector = run.connector
            let catalog = CatalogRequest(session: session)
            let machines = MachinesRequest(session: session, ids: [])
            let calls: [(Capability, @Sendable () async throws -> Void)] = [
                (.flavors, { _ = try await connector.flavors(catalog, context: CallContext()) }),
                (.images, { _ = try await connector.images(catalog, context: CallContext()) }),
                (.quotas, { _ = try await connector.quotas(catalog, context: CallContext()) }),
                (.start, { _ = try await connector.start(machines, context: CallContext()) }),
                (.stop, { _ = try await connector.stop(machines, context: CallContext()) }),
                (.reboot, { _ = try await connector.reboot(machines, context: CallContext()) }),
            ]
            for (capability, call) in calls where !run.has(capability) {
                let what = "calling '\(capability.rawValue)', which is not announced"
                try await run.expectError(.unsupported, what: what) { try await call() }
            }
        },
        ConformanceCheck(
            id: "call.deadline", title: "a call ends when its deadline passes",
            rule: "Each request carries deadlineMs: by then it is answered, with its result or timeout.",
            isDestructive: false
        ) { run in
            let session = try await run.open()
            let start = ContinuousClock.now
            do {
                _ = try await run.connector.list(
                    ListRequest(session: session, tags: run.tags), context: CallContext(deadlineMs: 1000))
            } catch let error as ConnectorError {
                try run.expect(
                    error.code == .timeout || error.code == .cancelled, "a call with a deadline failed: \(error)")
            }
            let passed = ContinuousClock.now - start
            try run.expect(passed < .milliseconds(2500), "a call with a deadline of 1,000 ms took \(passed)")
        },
        ConformanceCheck(
            id: "call.cancel", title: "a cancelled call ends",
            rule: "A cancelled call still answers, with cancelled or its result.", isDestructive: false
        ) { run in
            let session = try await run.open()
            for delay in [0, 1, 5] {
                let call = Task { try await run.describe(session, ["no-such-machine"]) }
                if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
                call.cancel()
                do {
                    let outcomes = try await limited(10_000, "a cancelled call") { try await call.value }
                    try run.expect(outcomes.count == 1, "\(outcomes.count) outcomes for 1 id")
                } catch let error as ConnectorError {
                    try run.expect(error.code == .cancelled, "a cancelled call failed otherwise: \(error)")
                }
            }
            _ = try await run.list(session, tags: run.tags)
        },
        ConformanceCheck(
            id: "call.large", title: "a message of 1 MiB is read",
            rule: "One message per line, at most 16 MiB.", isDestructive: false
        ) { run in
            let session = try await run.open()
            let name = String(repeating: "x", count: 1 << 20)
            let start = ContinuousClock.now
            do {
                let page = try await run.connector.list(
                    ListRequest(session: session, tags: ["gantry-conformance": name]), context: CallContext())
                try run.expect(page.items.isEmpty, "a tag of 1 MiB finds \(page.items.map(\.id))")
            } catch let error as ConnectorError {
                // The provider may have a smaller limit; the connector must have read the message.
                try run.expect(error.code == .invalidArgument, "a message of 1 MiB failed: \(error)")
            }
            try run.expect(
                ContinuousClock.now - start < .seconds(60), "a message of 1 MiB took \(ContinuousClock.now - start)")
        },
        ConformanceCheck(
            id: "call.unknown-fields", title: "unknown fields are ignored",
            rule: "Unknown fields must be ignored by both sides.", facilities: [.raw], isDestructive: false
        ) { run in
            guard let raw = run.subject.raw else { return }
            let session = try await run.open()
            let request: JSONValue = [
                "session": .string(session.rawValue), "tags": ["gantry-conformance": .string(run.token())],
                "futureField": ["a": [1, 2, 3]], "_meta": ["futureMeta": "x"],
            ]
            let answer = try await raw("resource.list", request)
            run.transcript.record("resource.list", sent: "\(request)", received: "\(answer)")
            guard case .array(let items)? = answer["items"] else {
                throw CheckEnd.failed("resource.list with unknown fields answered \(answer)")
            }
            try run.expect(items.isEmpty, "a list by an unknown tag has \(items.count) entries")
        },
        ConformanceCheck(
            id: "call.unknown-method", title: "an unknown method is refused and nothing breaks",
            rule: "Unknown methods answer -32601.", facilities: [.raw], isDestructive: false
        ) { run in
            guard let raw = run.subject.raw else { return }
            let session = try await run.open()
            try await run.expectError(.unsupported, what: "the unknown method 'future.method'") {
                try await raw("future.method", ["session": .string(session.rawValue)])
            }
            _ = try await run.list(session, tags: run.tags)
        },
        ConformanceCheck(
            id: "call.wrong-params", title: "wrong parameters are invalidArgument and nothing breaks",
            rule: "invalidArgument: the request can never succeed.", facilities: [.raw], isDestructive: false
        ) { run in
            guard let raw = run.subject.raw else { return }
            let session = try await run.open()
            try await run.expectError(.invalidArgument, what: "machine.describe with a number for its ids") {
                try await raw("machine.describe", ["session": .string(session.rawValue), "ids": 7])
            }
            _ = try await run.list(session, tags: run.tags)
        },
    ]

    static let processChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "process.restart", title: "a token holds after kill -9",
            rule: "The same token and items give the same machines, also after a crash of anybody.",
            facilities: [.restart]
        ) { run in
            guard let restart = run.subject.restart else { return }
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            let token = run.token()
            let before = try await ids(run, try await run.launch(session, items, token: token))
            try await restart()
            let after = try await ids(run, try await run.launch(session, items, token: token))
            try run.expect(before == after, "after kill -9 the same launch gave \(after) instead of \(before)")
            let seen = try await run.describe(session, before)
            for (id, outcome) in zip(before, seen) { _ = try run.done(outcome, "describing '\(id)' after kill -9") }
        },
        ConformanceCheck(
            id: "process.killed-in-flight", title: "kill -9 during a launch makes no machine twice",
            rule: "The same token and items give the same machines, also after a crash of anybody: between the request "
                + "to the provider and the answer, too.",
            except: [.existingMachines], facilities: [.restart]
        ) { run in
            guard let restart = run.subject.restart else { return }
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            for delay in [0, 1, 3, 10, 30] {
                let token = run.token()
                let call = Task { try await run.launch(session, items, token: token) }
                if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
                try await restart()
                // Whether it got its answer or not, the host repeats what it has no record of.
                _ = try? await call.value
                let launched = try await ids(run, try await run.launch(session, items, token: token))
                let there = try await run.listedMachines(session).map(\.id)
                try run.expect(
                    Set(there) == Set(launched),
                    "killed \(delay) ms after the call, \(there.count) machines are there for 2 that were asked for")
                for outcome in try await run.terminate(session, launched) { _ = try run.done(outcome, "ending them") }
                _ = try await run.wait("the end of the machines") {
                    try await run.listedMachines(session).isEmpty ? true : nil
                }
            }
        },
    ]
}
