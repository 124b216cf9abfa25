import ConnectorAPI

extension ConformanceSuite {
    static let machineChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "describe.unknown", title: "an unknown machine is notFound, the others are described",
            rules: ["M1", "G9"],
            mend: "Ask for all ids with a filter, and answer `notFound` for those that did not come back."
        ) { run in
            let session = try await run.open()
            let known = try await run.machines(session, 2).map(\.id)
            let outcomes = try await run.describe(session, [known[0], "no-such-machine", known[1]])
            try run.expect(outcomes.count == 3, "\(outcomes.count) outcomes for 3 ids")
            for (index, id) in [(0, known[0]), (2, known[1])] {
                let machine = try run.done(outcomes[index], "describing '\(id)'")
                try run.expect(machine.id == id, "outcome \(index) is of '\(machine.id)' instead of '\(id)'")
            }
            guard case .failed(let error) = outcomes[1], error.code == .notFound else {
                throw CheckEnd.failed(
                    "describing 'no-such-machine' gave \(Transcript.json(outcomes[1])) instead of notFound")
            }
        },
        ConformanceCheck(
            id: "describe.running", title: "a machine comes to run and has an address",
            rules: ["M2"],
            mend: "Map the provider's states to the list of the page, and give the addresses once it runs."
        ) { run in
            let session = try await run.open()
            let machine = try await run.machines(session, 1)[0]
            let running = try await run.wait("the machine's state running with an address") { () -> Machine? in
                let seen = try run.done(try await run.describe(session, [machine.id])[0], "describing it")
                try run.expect(
                    seen.state != .failed && seen.state != .terminated,
                    "the machine is \(seen.state.rawValue): \(seen.failure?.message ?? "no reason given")")
                return seen.state == .running && !seen.addresses.isEmpty ? seen : nil
            }
            try run.expect(running.machineID == machine.machineID, "the machine lost its machineID")
        },
        ConformanceCheck(
            id: "describe.repeat", title: "describing changes nothing",
            rules: ["M2", "G3"],
            mend: "Describing only reads: look for a state that is kept between calls."
        ) { run in
            let session = try await run.open()
            let id = try await run.machines(session, 1)[0].id
            var first: Machine?
            for round in 1...10 {
                let seen = try run.done(try await run.describe(session, [id])[0], "describing it, round \(round)")
                try run.expect(
                    (first ?? seen).machineID == seen.machineID && seen.id == id,
                    "round \(round) gave another machine: \(Transcript.json(seen))")
                first = first ?? seen
            }
        },
        ConformanceCheck(
            id: "describe.batch", title: "no ids give nothing, the same id twice gives it twice",
            rules: ["G9"],
            mend: "Answer [] at once for no ids: many providers take no filter for everything. Map the answer by id to "
                + "the ids that were asked for."
        ) { run in
            let session = try await run.open()
            let none = try await run.describe(session, [])
            try run.expect(none.isEmpty, "describing nothing gave \(none.count) outcomes")
            let ended = try await run.terminate(session, [])
            try run.expect(ended.isEmpty, "ending nothing gave \(ended.count) outcomes")
            let id = try await run.machines(session, 1)[0].id
            let twice = try await run.describe(session, [id, id])
            try run.expect(twice.count == 2, "\(twice.count) outcomes for the same id twice")
            for outcome in twice {
                let seen = try run.done(outcome, "describing '\(id)' twice")
                try run.expect(seen.id == id, "describing '\(id)' twice gave '\(seen.id)'")
            }
        },
        ConformanceCheck(
            id: "terminate.idempotent", title: "ending machines twice, and unknown ones, succeeds",
            rules: ["M4", "G3"],
            mend: "Take the provider's \"not found\" as done."
        ) { run in
            let session = try await run.open()
            let id = try await run.machines(session, 1)[0].id
            for round in 1...3 {
                let outcomes = try await run.terminate(session, [id, "no-such-machine"])
                try run.expect(outcomes.count == 2, "\(outcomes.count) outcomes for 2 ids")
                _ = try run.done(outcomes[0], "ending '\(id)', round \(round)")
                _ = try run.done(outcomes[1], "ending 'no-such-machine', round \(round)")
            }
        },
        ConformanceCheck(
            id: "terminate.gone", title: "an ended machine is gone",
            rules: ["M5"],
            mend: "Report what the provider keeps showing of an ended machine as `terminated`, and leave it "
                + "out of lists.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let ids = try await run.machines(session, 2).map(\.id)
            _ = try run.done(try await run.terminate(session, [ids[0]])[0], "ending '\(ids[0])'")
            _ = try await run.wait("the end of the machine") { () -> Bool? in
                switch try await run.describe(session, [ids[0]])[0] {
                case .done(let machine): return machine.state == .terminated ? true : nil
                case .failed(let error):
                    try run.expect(error.code == .notFound, "describing an ended machine: \(error)")
                    return true
                case .inProgress: return nil
                }
            }
            let left = try await run.wait("the machine's leaving the list") { () -> [String]? in
                let left = try await run.listedMachines(session).map(\.id)
                return left.contains(ids[0]) ? nil : left
            }
            try run.expect(left == [ids[1]], "after ending one of two machines, \(left) are there")
        },
        ConformanceCheck(
            id: "machine.stop-start", title: "stopping and starting are idempotent",
            rules: ["O4"],
            mend: "Look at the state first: success when it is reached already.", needs: [.start, .stop]
        ) { run in
            let session = try await run.open()
            let id = try await run.machines(session, 1)[0].id
            try await reach(run, session, id, .running)
            let request = MachinesRequest(session: session, ids: [id])
            for round in 1...2 {
                let outcome = try await run.connector.stop(request, context: CallContext())[0]
                _ = try await run.finish(session, outcome, "stop, round \(round)") { $0.machine }
                try await reach(run, session, id, .stopped)
            }
            for round in 1...2 {
                let outcome = try await run.connector.start(request, context: CallContext())[0]
                _ = try await run.finish(session, outcome, "start, round \(round)") { $0.machine }
                try await reach(run, session, id, .running)
            }
        },
        ConformanceCheck(
            id: "machine.unknown", title: "optional calls on an unknown machine are notFound",
            rules: ["O4", "M1"],
            mend: "Map the provider's \"not found\" to the code `notFound`, for that item alone.",
            needs: [.start, .stop], isDestructive: false
        ) { run in
            let session = try await run.open()
            let request = MachinesRequest(session: session, ids: ["no-such-machine"])
            for (name, call) in [("start", run.connector.start), ("stop", run.connector.stop)] {
                let outcome: Outcome<Machine>
                do {
                    let outcomes = try await call(request, CallContext())
                    try run.expect(outcomes.count == 1, "\(name): \(outcomes.count) outcomes for 1 id")
                    outcome = outcomes[0]
                } catch let error as ConnectorError {
                    outcome = .failed(error)
                }
                guard case .failed(let error) = outcome, error.code == .notFound else {
                    throw CheckEnd.failed(
                        "\(name) of 'no-such-machine' gave \(Transcript.json(outcome)) instead of notFound")
                }
            }
        },
    ]

    private static func reach(
        _ run: CheckRun, _ session: SessionID, _ id: String, _ state: Machine.State
    ) async throws {
        _ = try await run.wait("the machine's state \(state.rawValue)") { () -> Bool? in
            let seen = try run.done(try await run.describe(session, [id])[0], "describing '\(id)'")
            try run.expect(seen.state != .failed, "the machine failed: \(seen.failure?.message ?? "no reason given")")
            return seen.state == state ? true : nil
        }
    }
}
