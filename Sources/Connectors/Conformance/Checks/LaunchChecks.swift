import ConnectorAPI

extension ConformanceSuite {
    static let launchChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "launch.outcomes", title: "a launch answers one outcome per item, in order",
            rules: ["G9", "L7"],
            mend: "Answer one outcome per item in the order of the items, with the provider's id and the "
                + "machineID of the item."
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 3)
            let token = run.token()
            let outcomes = try await run.launch(session, items, token: token)
            try run.expect(outcomes.count == 3, "\(outcomes.count) outcomes for 3 items")
            var ids: Set<String> = []
            for (item, outcome) in zip(items, outcomes) {
                let machine = try run.done(outcome, "launch of '\(item.machineID)'")
                try run.expect(!machine.id.isEmpty, "a machine has no id")
                try run.expect(ids.insert(machine.id).inserted, "two machines have the id '\(machine.id)'")
                try run.expect(
                    machine.machineID == item.machineID,
                    "the outcome of item '\(item.machineID)' has the machineID '\(machine.machineID ?? "none")'")
                try run.expectState(machine)
                try run.expect(
                    machine.state == .pending || machine.state == .running,
                    "a launched machine is \(machine.state.rawValue)")
                if let other = machine.batchToken {
                    try run.expect(other == token, "the machine has the batch token '\(other)'")
                }
            }
        },
        ConformanceCheck(
            id: "launch.idempotent", title: "the same token and items give the same machines",
            rules: ["L1", "G3"],
            mend: "Look for machines with this token first, and make only those that are missing."
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            let token = run.token()
            let first = try await ids(run, try await run.launch(session, items, token: token))
            for round in 1...3 {
                let again = try await ids(run, try await run.launch(session, items, token: token))
                try run.expect(again == first, "repeat \(round) gave \(again) instead of \(first)")
            }
            if !run.has(.existingMachines) {
                let there = try await run.listedMachines(session)
                try run.expect(there.count == 2, "\(there.count) machines are there after 4 calls for 2")
            }
        },
        ConformanceCheck(
            id: "launch.idempotent-session", title: "the token holds in another session",
            rules: ["L1", "G2"],
            mend: "Keep nothing of a launch in the session: the token is looked for at the provider."
        ) { run in
            let first = try await run.open()
            let items = try await run.specs(first, 1)
            let token = run.token()
            let before = try await ids(run, try await run.launch(first, items, token: token))
            try await run.connector.closeSession(first, context: CallContext())
            let second = try await run.open()
            let after = try await ids(run, try await run.launch(second, items, token: token))
            try run.expect(before == after, "the new session gave \(after) instead of \(before)")
        },
        ConformanceCheck(
            id: "launch.token-reuse", title: "a token with other items is refused",
            rules: ["L2"],
            mend: "Keep a digest of the items with the machines (a tag), and answer `alreadyExists` where it "
                + "differs.", except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            let token = run.token()
            _ = try await ids(run, try await run.launch(session, [items[0]], token: token))
            var refused = false
            do {
                let outcomes = try await run.launch(session, [items[1]], token: token)
                refused = outcomes.allSatisfy { outcome in
                    if case .failed(let error) = outcome { error.code == .alreadyExists } else { false }
                }
            } catch let error as ConnectorError {
                refused = error.code == .alreadyExists
            }
            try run.expect(refused, "the token was used again for another item and that was not alreadyExists")
            let there = try await run.listedMachines(session)
            try run.expect(there.count == 1, "\(there.count) machines are there instead of 1")
        },
        ConformanceCheck(
            id: "launch.impossible", title: "an item that can never succeed is invalidArgument",
            rules: ["L6", "E1"],
            mend: "Map what the provider says about an unknown image or size to `invalidArgument`."
        ) { run in
            let session = try await run.open()
            var item = try await run.specs(session, 1)[0]
            if run.has(.existingMachines) {
                item.interfaces = []
            } else {
                item.flavor = "no-such-flavor"
                item.image = "no-such-image"
            }
            let outcome: Outcome<Machine>
            do {
                let outcomes = try await run.launch(session, [item], token: run.token())
                try run.expect(outcomes.count == 1, "\(outcomes.count) outcomes for 1 item")
                outcome = outcomes[0]
            } catch let error as ConnectorError {
                outcome = .failed(error)
            }
            guard case .failed(let error) = outcome else {
                throw CheckEnd.failed("an impossible item was launched: \(Transcript.json(outcome))")
            }
            try run.expect(
                error.code == .invalidArgument || error.code == .notFound,
                "an impossible item is \(error.code.rawValue) instead of invalidArgument")
            try run.expect(!error.message.isEmpty, "the error has no message")
        },
        ConformanceCheck(
            id: "launch.partial", title: "an impossible item fails alone",
            rules: ["L6", "G9"],
            mend: "Judge each item by itself; where the provider refuses a whole request, make it again without the "
                + "item that it names.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            var items = try await run.specs(session, 3)
            items[1].flavor = "no-such-flavor"
            items[1].image = "no-such-image"
            let outcomes = try await run.launch(session, items, token: run.token())
            try run.expect(outcomes.count == 3, "\(outcomes.count) outcomes for 3 items")
            _ = try run.done(outcomes[0], "the item before the impossible one")
            _ = try run.done(outcomes[2], "the item after the impossible one")
            guard case .failed = outcomes[1] else {
                throw CheckEnd.failed("the impossible item gave \(Transcript.json(outcomes[1]))")
            }
            let there = try await run.listedMachines(session)
            try run.expect(there.count == 2, "\(there.count) machines are there for 2 items that are possible")
        },
        ConformanceCheck(
            id: "launch.prompt", title: "a launch does not wait for its machines", level: .should,
            rules: ["L8", "G1"],
            mend: "Answer with the state pending as soon as the provider has taken the request."
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            let start = ContinuousClock.now
            for outcome in try await run.launch(session, items, token: run.token()) {
                _ = try run.done(outcome, "the launch")
            }
            let passed = ContinuousClock.now - start
            try run.expect(passed < .milliseconds(run.settings.promptMs), "a launch of 2 machines took \(passed)")
        },
        ConformanceCheck(
            id: "launch.concurrent", title: "launches at the same time do not mix",
            rules: ["G4"],
            mend: "Keep what belongs to one call in that call; look for variables that calls share."
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, run.settings.machines)
            let found = try await withThrowingTaskGroup(of: (String, [Outcome<Machine>]).self) { group in
                for item in items {
                    let token = run.token()
                    group.addTask { (item.machineID, try await run.launch(session, [item], token: token)) }
                }
                var found: [String: String] = [:]
                for try await (machineID, outcomes) in group {
                    try run.expect(outcomes.count == 1, "\(outcomes.count) outcomes for 1 item")
                    let machine = try run.done(outcomes[0], "launch of '\(machineID)'")
                    try run.expect(
                        machine.machineID == machineID,
                        "the launch of '\(machineID)' answered '\(machine.machineID ?? "none")'")
                    found[machineID] = machine.id
                }
                return found
            }
            try run.expect(
                Set(found.values).count == items.count,
                "\(items.count) launches gave \(Set(found.values).count) machines")
        },
        ConformanceCheck(
            id: "launch.concurrent-token", title: "the same launch at the same time happens once",
            rules: ["L1"],
            mend: "Let calls of one token wait for each other, or answer `aborted` to the later one."
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 2)
            let token = run.token()
            let answers = try await withThrowingTaskGroup(of: [String]?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        do {
                            return try await ids(run, try await run.launch(session, items, token: token))
                        } catch let error as ConnectorError where error.code == .aborted {
                            return nil
                        }
                    }
                }
                var answers: Set<[String]> = []
                for try await answer in group { if let answer { answers.insert(answer) } }
                return answers
            }
            try run.expect(answers.count == 1, "5 calls with one token gave \(answers.sorted { $0.count < $1.count })")
            if !run.has(.existingMachines) {
                let there = try await run.listedMachines(session)
                try run.expect(there.count == 2, "\(there.count) machines are there after 5 calls for 2")
            }
        },
    ]

    static func ids(_ run: CheckRun, _ outcomes: [Outcome<Machine>]) async throws -> [String] {
        try outcomes.enumerated().map { try run.done($1, "launch of item \($0)").id }
    }
}
