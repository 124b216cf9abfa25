import ConnectorAPI

extension ConformanceSuite {
    static let launchChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "launch.outcomes", title: "a launch answers one outcome per item, in order",
            rule: "machine.launch answers [Outcome<Machine>], one per item, in order; a machine carries the host's id."
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
            rule: "The same token and items give the same machines, also after a crash of anybody."
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
            rule: "Nothing that a restart would lose decides an answer: identity lives in tags at the provider."
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
            rule: "The same token with other items is alreadyExists.", except: [.existingMachines]
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
            rule: "invalidArgument: the request can never succeed; the host tries the next candidate."
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
                throw CheckEnd.failed("an impossible item was launched: \(outcome)")
            }
            try run.expect(
                error.code == .invalidArgument || error.code == .notFound,
                "an impossible item is \(error.code.rawValue) instead of invalidArgument")
            try run.expect(!error.message.isEmpty, "the error has no message")
        },
        ConformanceCheck(
            id: "launch.concurrent", title: "launches at the same time do not mix",
            rule: "Any number of calls may run at the same time."
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
            rule: "The same token and items give the same machines; a call may be answered with aborted while another "
                + "with its token is in flight."
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
