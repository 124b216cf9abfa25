import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let callChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "call.unannounced", title: "what was not announced is unsupported",
            rules: ["G8"],
            mend: "Answer every method that is not among the announced capabilities with the error "
                + "`unsupported` or -32601; with an SDK, do not implement it.",
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
            id: "call.announced", title: "what was announced is there",
            rules: ["G8"],
            mend: "Announce only what is implemented: the host relies on it.", isDestructive: false
        ) { run in
            let session = try await run.open()
            let connector = run.connector
            let catalog = CatalogRequest(session: session)
            let machines = MachinesRequest(session: session, ids: ["no-such-machine"])
            let machine = MachineRequest(session: session, id: "no-such-machine")
            let calls: [(Capability, @Sendable () async throws -> ConnectorError?)] = [
                (
                    .flavors,
                    {
                        _ = try await connector.flavors(catalog, context: CallContext()); return nil
                    }
                ),
                (
                    .images,
                    {
                        _ = try await connector.images(catalog, context: CallContext()); return nil
                    }
                ),
                (
                    .networks,
                    {
                        _ = try await connector.networks(catalog, context: CallContext()); return nil
                    }
                ),
                (
                    .quotas,
                    {
                        _ = try await connector.quotas(catalog, context: CallContext()); return nil
                    }
                ),
                (.start, { failure(try await connector.start(machines, context: CallContext()).first) }),
                (.stop, { failure(try await connector.stop(machines, context: CallContext()).first) }),
                (.reboot, { failure(try await connector.reboot(machines, context: CallContext()).first) }),
                (
                    .console,
                    {
                        _ = try await connector.console(machine, context: CallContext()); return nil
                    }
                ),
                (
                    .resume,
                    {
                        let request = ContinueRequest(session: session, state: "no-such-state")
                        return failure(try await connector.resume(request, context: CallContext()))
                    }
                ),
                (
                    .resize,
                    {
                        let request = ResizeRequest(session: session, id: "no-such-machine", flavor: "no-such-flavor")
                        return failure(try await connector.resize(request, context: CallContext()))
                    }
                ),
            ]
            for (capability, call) in calls where run.has(capability) {
                let error: ConnectorError?
                do {
                    error = try await call()
                } catch let thrown as ConnectorError {
                    error = thrown
                }
                try run.expect(
                    error?.code != .unsupported,
                    "'\(capability.rawValue)' is announced, and its call is \(error.map { "\($0)" } ?? "")")
            }
            let creating: [(Capability, Resource.Kind)] = [
                (.securityGroups, .securityGroup), (.keyPairs, .keyPair), (.volumes, .volume),
                (.publicAddresses, .publicAddress),
            ]
            for (capability, kind) in creating where run.has(capability) {
                do {
                    let request = DeleteResourceRequest(session: session, kind: kind, id: "no-such-thing")
                    _ = try await connector.delete(request, context: CallContext())
                } catch let error as ConnectorError {
                    try run.expect(
                        error.code != .unsupported,
                        "'\(capability.rawValue)' is announced, and resource.delete of one is \(error)")
                }
            }
        },
        ConformanceCheck(
            id: "call.error-codes", title: "errors have a code of the list and say something",
            rules: ["E1"],
            mend:
                "Map every error of the provider to a code of the page, `internal` where nothing fits, and say in the "
                + "message what failed, on which object, and what to do next.", isDestructive: false
        ) { run in
            let session = try await run.open()
            let codes: Set<ConnectorError.Code> = [
                .invalidArgument, .unauthenticated, .permissionDenied, .notFound, .alreadyExists, .quotaExceeded,
                .unavailable, .throttled, .aborted, .unsupported, .timeout, .cancelled, .internal,
            ]
            func judge(_ error: ConnectorError, _ what: String) throws {
                try run.expect(codes.contains(error.code), "\(what) has the code '\(error.code.rawValue)'")
                try run.expect(error.message.count >= 5, "\(what) says only '\(error.message)'")
                if let delay = error.retryAfterMs { try run.expect(delay >= 0, "\(what) asks for \(delay) ms") }
            }
            if case .failed(let error)? = try await run.describe(session, ["no-such-machine"]).first {
                try judge(error, "the error of describing an unknown machine")
            }
            do {
                _ = try await run.list(SessionID(rawValue: "no-such-session"), tags: run.tags)
            } catch let error as ConnectorError {
                try judge(error, "the error of an unknown session")
            }
        },
        ConformanceCheck(
            id: "call.concurrent", title: "calls at the same time do not mix",
            rules: ["G4", "G9"],
            mend: "Keep what belongs to one call in that call; look for variables, buffers and connections that calls "
                + "share.", isDestructive: false
        ) { run in
            let session = try await run.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let ids = (0...number % 7).map { "no-such-machine-\(number)-\($0)" }
                        let outcomes = try await run.describe(session, ids)
                        try run.expect(
                            outcomes.count == ids.count, "\(outcomes.count) outcomes for \(ids.count) ids")
                    }
                }
                try await group.waitForAll()
            }
        },
        ConformanceCheck(
            id: "call.repeat-ten", title: "calls can be repeated ten times",
            rules: ["G3", "S5", "M4"],
            mend: "See which call fails when it comes again: its second run must find what the first one did.",
            isDestructive: false
        ) { run in
            let session = try await run.open()
            for round in 1...10 {
                let found = try await run.list(session, tags: run.tags)
                try run.expect(found.isEmpty, "round \(round): the list has \(found.map(\.id))")
                let seen = try await run.describe(session, ["no-such-machine"])
                try run.expect(seen.count == 1, "round \(round): \(seen.count) outcomes for 1 id")
                for outcome in try await run.terminate(session, ["no-such-machine"]) {
                    _ = try run.done(outcome, "round \(round): ending an unknown machine")
                }
                try await run.connector.closeSession(SessionID(rawValue: "no-such-session"), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "call.deadline", title: "a call ends when its deadline passes",
            rules: ["G5"],
            mend: "Start a timer of deadlineMs when a call is read, and answer `timeout` when it fires first; "
                + "give requests to the provider that limit.",
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
            rules: ["G6"],
            mend: "At $/cancel stop the work and answer `cancelled`; a connector that cannot stop answers with "
                + "the result.", isDestructive: false
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
            rules: ["W7"],
            mend: "Read lines of any length up to 16 MiB; a provider's limit is `invalidArgument`.",
            isDestructive: false
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
            rules: ["G7"],
            mend: "Take the members that are known and leave the others alone; no strict decoding.", facilities: [.raw],
            isDestructive: false
        ) { run in
            guard let raw = run.subject.raw else { return }
            let session = try await run.open()
            let request: JSONValue = [
                "session": .string(session.rawValue), "tags": ["gantry-conformance": .string(run.token())],
                "futureField": ["a": [1, 2, 3]], "_meta": ["futureMeta": "x"],
            ]
            let answer = try await raw("resource.list", request)
            run.transcript.record("resource.list", sent: Transcript.json(request), received: Transcript.json(answer))
            guard case .array(let items)? = answer["items"] else {
                throw CheckEnd.failed("resource.list with unknown fields answered \(Transcript.json(answer))")
            }
            try run.expect(items.isEmpty, "a list by an unknown tag has \(items.count) entries")
        },
        ConformanceCheck(
            id: "call.unknown-method", title: "an unknown method is refused and nothing breaks",
            rules: ["W4", "G8"],
            mend: "Answer the JSON-RPC error -32601 with the id of the call, and read on.", facilities: [.raw],
            isDestructive: false
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
            rules: ["W4"],
            mend: "Check parameters before anything is done with them: -32602, or `invalidArgument` with "
                + "`field`.", facilities: [.raw], isDestructive: false
        ) { run in
            guard let raw = run.subject.raw else { return }
            let session = try await run.open()
            try await run.expectError(.invalidArgument, what: "machine.describe with a number for its ids") {
                try await raw("machine.describe", ["session": .string(session.rawValue), "ids": 7])
            }
            _ = try await run.list(session, tags: run.tags)
        },
    ]

    private static func failure<Value>(_ outcome: Outcome<Value>?) -> ConnectorError? {
        if case .failed(let error)? = outcome { error } else { nil }
    }
}
