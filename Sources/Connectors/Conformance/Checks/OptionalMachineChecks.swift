import ConnectorAPI
import Foundation

extension ConformanceSuite {
    /// Calls on machines that a connector may announce.
    static let optionalMachineChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "machine.reboot", title: "a machine runs after a reboot",
            rules: ["O4"],
            mend: "Ask the provider to reboot and answer the machine; unknown ones are `notFound`.",
            needs: [.reboot]
        ) { run in
            let session = try await run.open()
            let id = try await aRunningMachine(run, session)
            let request = MachinesRequest(session: session, ids: [id, "no-such-machine"])
            let outcomes = try await run.connector.reboot(request, context: CallContext())
            try run.expect(outcomes.count == 2, "\(outcomes.count) outcomes for 2 ids")
            let machine = try await run.finish(session, outcomes[0], "reboot") { $0.machine }
            try run.expect(machine.id == id, "the reboot of '\(id)' answered '\(machine.id)'")
            guard case .failed(let error) = outcomes[1], error.code == .notFound else {
                throw CheckEnd.failed(
                    "the reboot of 'no-such-machine' gave \(Transcript.json(outcomes[1])) instead of notFound")
            }
            _ = try await run.wait("the machine's state running after the reboot") { () -> Bool? in
                try run.done(try await run.describe(session, [id])[0], "describing it").state == .running ? true : nil
            }
        },
        ConformanceCheck(
            id: "machine.resize", title: "a machine gets another flavor, once",
            rules: ["O4", "O1"],
            mend: "Look at the machine's flavor first; several steps at the provider are `inProgress` and `continue`.",
            needs: [.resize, .flavors]
        ) { run in
            let session = try await run.open()
            let page = try await run.connector.flavors(CatalogRequest(session: session), context: CallContext())
            let flavors = page.items.sorted { ($0.memoryBytes, $0.id) < ($1.memoryBytes, $1.id) }
            let id = try await aRunningMachine(run, session)
            let first = try run.done(try await run.describe(session, [id])[0], "describing '\(id)'").flavor
            let architecture = flavors.first { $0.id == first }?.architecture
            guard let other = flavors.first(where: { $0.id != first && $0.architecture == architecture }) else {
                throw run.skip("the catalog has one flavor only")
            }
            for round in 1...2 {
                let outcome = try await run.connector.resize(
                    ResizeRequest(session: session, id: id, flavor: other.id), context: CallContext())
                let machine = try await run.finish(session, outcome, "resize, round \(round)") { $0.machine }
                try run.expect(
                    machine.flavor == other.id,
                    "round \(round): the flavor is '\(machine.flavor ?? "none")' instead of '\(other.id)'")
            }
            let unknown = ResizeRequest(session: session, id: "no-such-machine", flavor: other.id)
            try await run.expectFailure(.notFound, what: "the resize of 'no-such-machine'") {
                try await run.connector.resize(unknown, context: CallContext())
            }
        },
        ConformanceCheck(
            id: "machine.snapshot", title: "a snapshot is made once for one name",
            rules: ["O4"],
            mend: "Look for an image of that name before making one.",
            needs: [.snapshot]
        ) { run in
            let session = try await run.open()
            let id = try await aRunningMachine(run, session)
            let request = SnapshotRequest(
                session: session, id: id, disk: 0, name: "check-\(UUID().uuidString.prefix(8))", tags: run.tags)
            var ids: Set<String> = []
            for round in 1...2 {
                let outcome = try await run.connector.snapshot(request, context: CallContext())
                ids.insert(try await run.finish(session, outcome, "snapshot, round \(round)") { $0.image }.id)
            }
            try run.expect(ids.count == 1, "two snapshots of one name gave \(ids.sorted())")
        },
        ConformanceCheck(
            id: "machine.console", title: "a console has a place",
            rules: ["O7"],
            mend: "Answer {\"url\": …}, or write what the provider gives to a file and answer {\"path\": …}.",
            needs: [.console]
        ) { run in
            let session = try await run.open()
            let id = try await aRunningMachine(run, session)
            let place = try await run.connector.console(
                MachineRequest(session: session, id: id), context: CallContext())
            try run.expect(
                place.path?.isEmpty == false || place.url?.isEmpty == false, "the console has neither path nor url")
            try await run.expectError(.notFound, what: "the console of 'no-such-machine'") {
                try await run.connector.console(
                    MachineRequest(session: session, id: "no-such-machine"), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "continue.repeatable", title: "`continue` with the same state can be repeated",
            rules: ["O1"],
            mend: "Put all that the next step needs into the state, and let the step look at what is there already.",
            needs: [.resume]
        ) { run in
            let session = try await run.open()
            guard let progress = try await somethingSlow(run, session) else {
                throw run.skip("nothing answered inProgress")
            }
            let request = ContinueRequest(session: session, state: progress.state)
            let first = try await run.connector.resume(request, context: CallContext())
            let again = try await run.connector.resume(request, context: CallContext())
            for outcome in [first, again] {
                if case .failed(let error) = outcome { throw CheckEnd.failed("continue: \(error)") }
            }
            let one = try await run.finish(session, first, "the first") { $0 }
            let other = try await run.finish(session, again, "the repeated one") { $0 }
            try run.expect(
                one.resource?.id == other.resource?.id && one.machine?.id == other.machine?.id,
                "the same state gave two results: \(Transcript.json(one)) and \(Transcript.json(other))")
        },
    ]

    /// A running machine with the tags of the check.
    private static func aRunningMachine(_ run: CheckRun, _ session: SessionID) async throws -> String {
        let id = try await run.machines(session, 1)[0].id
        _ = try await run.wait("the machine's state running") { () -> Bool? in
            let seen = try run.done(try await run.describe(session, [id])[0], "describing '\(id)'")
            return seen.state == .running ? true : nil
        }
        return id
    }

    /// Begins what takes several steps at most providers.
    private static func somethingSlow(_ run: CheckRun, _ session: SessionID) async throws -> InProgress? {
        let name = "check-\(UUID().uuidString.prefix(8))"
        if run.has(.volumes) {
            let spec = VolumeSpec(name: name, sizeBytes: 1 << 30)
            let request = EnsureRequest(session: session, spec: spec, tags: run.tags)
            let outcome = try await run.connector.ensureVolume(request, context: CallContext())
            if case .inProgress(let progress) = outcome { return progress }
        }
        if run.has(.networks) {
            let spec = NetworkSpec(name: name, cidr: "10.98.0.0/24")
            let request = EnsureRequest(session: session, spec: spec, tags: run.tags)
            let outcome = try? await run.connector.ensureNetwork(request, context: CallContext())
            if case .inProgress(let progress)? = outcome { return progress }
        }
        return nil
    }
}
