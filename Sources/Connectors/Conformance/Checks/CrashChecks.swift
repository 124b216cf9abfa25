import ConnectorAPI

extension ConformanceSuite {
    /// What holds when the process ends in the middle.
    static let crashChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "process.restart", title: "a token holds after kill -9",
            rules: ["L1", "G2"],
            mend: "Find machines by the tag gantry:batch at the provider before making any; keep no table of "
                + "tokens in memory.",
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
            rules: ["L1", "G3"],
            mend: "Send the token with the request that makes the machine (client token, tag, metadata, name), "
                + "so that the next process finds it.",
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
