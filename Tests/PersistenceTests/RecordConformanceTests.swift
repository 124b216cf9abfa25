import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// What every store does with infrastructures, machines, resources, credentials and events.
@Suite struct RecordConformanceTests {
    private let one = InfrastructureID(rawValue: "one")

    @Test(arguments: StoreKind.allCases)
    func everythingComesBackEqual(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let phases: [MachineRecord.Phase] = [
                .planned, .launching(batch: BatchToken(rawValue: "b")), .starting(provider: "i-1"),
                .running(provider: "i-2"), .stopped(provider: "i-3"), .terminating(provider: nil),
                .terminating(provider: "i-4"), .terminated, .failed(message: "no quota: \"ñ\"\n", provider: nil),
                .vanished,
            ]
            var machines = phases.enumerated().map { number, phase in
                var machine = Sample.machine(number)
                machine.phase = phase
                return machine
            }
            machines[3].configuration = .failed(message: "task 12")
            machines[3].endpoint = MachineRecord.Endpoint(host: "158.42.0.1", port: 2222)
            machines[3].hostKeys = ["ssh-ed25519 AAAA"]
            machines[3].attempts = ["t2.micro: throttled"]
            machines[4].goal = .absent
            var secrets = InfrastructureSecrets(
                document: "system front (ñ)", privateKey: "-----BEGIN", publicKey: "ssh-ed25519 AAAA")
            secrets.token = "ey.1"
            let expected = InfrastructureSnapshot(
                infrastructure: Sample.infrastructure(name: "cluster"), secrets: secrets,
                machines: machines, resources: [Sample.resource("net-1"), Sample.resource("net-0")],
                launches: [BatchToken(rawValue: "b"): Data([0, 255, 1])])
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: expected.infrastructure, secrets: expected.secrets,
                    machines: machines.reversed(), resources: expected.resources, launches: expected.launches))
            let snapshot = try await store.snapshot(one)
            #expect(snapshot == expected)
            #expect(try await store.infrastructure(one) == expected.infrastructure)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func onlyNamedRowsAreTouched(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let machines = [9, 10, 11].map { Sample.machine($0) }
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: Sample.infrastructure(),
                    secrets: InfrastructureSecrets(document: "a"), machines: machines))
            var changed = machines[1]
            changed.phase = .running(provider: "i-10")
            try await store.write(InfrastructureChange(infrastructure: one, machines: [changed]))
            let snapshot = try await store.snapshot(one)
            #expect(snapshot?.machines == [machines[0], changed, machines[2]])
            #expect(snapshot?.secrets.document == "a")

            try await store.write(
                InfrastructureChange(infrastructure: one, secrets: InfrastructureSecrets(document: "b")))
            #expect(try await store.snapshot(one)?.secrets.document == "b")
            #expect(try await store.snapshot(one)?.machines.count == 3)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func launchesAreKeptUntilTheyEnd(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let (a, b, c) = (BatchToken(rawValue: "a"), BatchToken(rawValue: "b"), BatchToken(rawValue: "c"))
            for id in ["one", "two"] {
                try await store.create(id)
                try await store.write(
                    InfrastructureChange(
                        infrastructure: InfrastructureID(rawValue: id),
                        launches: [a: Data("1".utf8), b: Data("2".utf8)]))
            }
            try await store.write(
                InfrastructureChange(infrastructure: one, launches: [b: Data("3".utf8), c: Data("4".utf8)]))
            #expect(
                try await store.snapshot(one)?.launches
                    == [a: Data("1".utf8), b: Data("3".utf8), c: Data("4".utf8)])
            // One that is not there is not missed.
            try await store.write(
                InfrastructureChange(infrastructure: one, endedLaunches: [a, c, BatchToken(rawValue: "d")]))
            #expect(try await store.snapshot(one)?.launches == [b: Data("3".utf8)])
            #expect(try await store.snapshot(InfrastructureID(rawValue: "two"))?.launches.count == 2)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anUnknownInfrastructureIsNil(_ kind: StoreKind) async throws {
        try await withStore(kind) { store async throws in
            #expect(try await store.snapshot(one) == nil)
            #expect(try await store.infrastructure(one) == nil)
            #expect(try await store.infrastructure(named: "x", owner: "ada") == nil)
            #expect(try await store.infrastructures(includingDestroyed: true) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func rowsOfAnUnknownInfrastructureAreRefused(_ kind: StoreKind) async throws {
        try await withStore(kind) { store async throws in
            let changes = [
                InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]),
                InfrastructureChange(infrastructure: one, resources: [Sample.resource("r")]),
                InfrastructureChange(infrastructure: one, events: [Sample.event("e")]),
                InfrastructureChange(infrastructure: one, secrets: InfrastructureSecrets(document: "d")),
                InfrastructureChange(infrastructure: one, launches: [BatchToken(rawValue: "b"): Data()]),
            ]
            for change in changes {
                #expect(await operationErrorCode { try await store.write(change) } == .notFound)
            }
            #expect(try await store.commitCounter() == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func infrastructuresAreListedNewestLast(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            for (id, age) in [("b", 1.0), ("c", 0), ("a", 2), ("d", 0)] {
                let record = Sample.infrastructure(id, createdAt: Sample.start.addingTimeInterval(-age))
                try await store.write(InfrastructureChange(infrastructure: record.id, record: record))
            }
            #expect(
                try await store.infrastructures(includingDestroyed: false).map(\.id.rawValue) == ["a", "b", "c", "d"])
            var destroyed = Sample.infrastructure("b", createdAt: Sample.start.addingTimeInterval(-1))
            destroyed.phase = .destroyed
            try await store.write(InfrastructureChange(infrastructure: destroyed.id, record: destroyed))
            #expect(try await store.infrastructures(includingDestroyed: false).map(\.id.rawValue) == ["a", "c", "d"])
            #expect(
                try await store.infrastructures(includingDestroyed: true).map(\.id.rawValue) == ["a", "b", "c", "d"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNameBelongsToItsOwner(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            func create(_ id: String, _ name: String?, _ owner: String) async throws {
                let record = Sample.infrastructure(id, name: name, owner: owner)
                try await store.write(
                    InfrastructureChange(
                        infrastructure: record.id, record: record, machines: [Sample.machine(0, of: id)]))
            }
            try await create("one", "web", "ada")
            try await create("two", "web", "bob")
            try await create("three", nil, "ada")
            try await create("four", nil, "ada")
            #expect(try await store.infrastructure(named: "web", owner: "ada") == one)
            #expect(try await store.infrastructure(named: "web", owner: "bob")?.rawValue == "two")
            #expect(try await store.infrastructure(named: "web", owner: "eve") == nil)

            // A second one of the same name is refused, with all that it brings.
            #expect(await operationErrorCode { try await create("five", "web", "ada") } == .busy)
            #expect(try await store.snapshot(InfrastructureID(rawValue: "five")) == nil)

            // A change of the first is no second one; once it is destroyed, the name is free.
            var record = Sample.infrastructure("one", name: "web")
            record.generation = 1
            try await store.write(InfrastructureChange(infrastructure: one, record: record))
            record.phase = .destroyed
            try await store.write(InfrastructureChange(infrastructure: one, record: record))
            #expect(try await store.infrastructure(named: "web", owner: "ada") == nil)
            try await create("five", "web", "ada")
            #expect(try await store.infrastructure(named: "web", owner: "ada")?.rawValue == "five")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyThatCreateTheSameNameOneWins(_ kind: StoreKind) async throws {
        try await withStores(kind, count: 3) { stores in
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<12 {
                    let store = stores[number % stores.count]
                    group.addTask {
                        let record = Sample.infrastructure("i\(number)", name: "web")
                        let code = await operationErrorCode {
                            try await store.write(
                                InfrastructureChange(infrastructure: record.id, record: record))
                        }
                        #expect(code == nil || code == .busy)
                        return code == nil
                    }
                }
                var count = 0
                for try await isCreated in group where isCreated { count += 1 }
                return count
            }
            #expect(created == 1)
            #expect(try await stores[0].infrastructures(includingDestroyed: true).count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func resourcesAreKeptByCloudRegionKindAndID(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create()
            var changed = Sample.resource("a")
            changed.problem = "in use"
            try await store.write(
                InfrastructureChange(
                    infrastructure: one,
                    resources: [
                        Sample.resource("a"), Sample.resource("a", cloud: "ost2"),
                        Sample.resource("a", region: "north"), Sample.resource("b"), Sample.resource("d"),
                        Sample.resource("d", region: "north"),
                    ]))
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, resources: [changed, Sample.resource("c")],
                    removedResources: [Sample.resource("b"), Sample.resource("unknown"), Sample.resource("d")]))
            #expect(
                try await store.snapshot(one)?.resources
                    == [
                        changed, Sample.resource("a", cloud: "ost2"), Sample.resource("a", region: "north"),
                        Sample.resource("d", region: "north"), Sample.resource("c"),
                    ])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func eventsAreNumberedOverAllInfrastructures(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create("one")
            try await store.create("two")
            let two = InfrastructureID(rawValue: "two")
            let first = try await store.write(
                InfrastructureChange(
                    infrastructure: one, events: [Sample.event("a"), Sample.event("b", generation: 3, payload: "{}")]))
            let second = try await store.write(
                InfrastructureChange(infrastructure: two, events: [Sample.event("c", of: "two")]))
            let third = try await store.write(
                InfrastructureChange(infrastructure: one, events: [Sample.event("d")]))
            #expect((first + second + third).map(\.sequence) == [1, 2, 3, 4])
            #expect(first[1].payload == Data("{}".utf8))

            #expect(try await store.events(of: nil, after: 0, limit: 10) == first + second + third)
            #expect(try await store.events(of: one, after: 0, limit: 10) == first + third)
            #expect(try await store.events(of: one, after: 1, limit: 1) == [first[1]])
            #expect(try await store.events(of: one, after: 2, limit: 10) == third)
            #expect(try await store.lastEvent(of: one) == 4)
            #expect(try await store.lastEvent(of: two) == 3)
            #expect(try await store.lastEvent(of: InfrastructureID(rawValue: "three")) == 0)
            #expect(try await store.events(of: nil, after: 4, limit: 10) == [])
            #expect(try await store.events(of: nil, after: 99, limit: 10) == [])
            #expect(try await store.events(of: nil, after: 0, limit: 0) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func historyIsThatOfOneContextualization(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create("one")
            try await store.create("two")
            let events = [
                Sample.event("a", kind: .contextualization, generation: 1, payload: "1"),
                Sample.event("b", kind: .contextualization, generation: 2, payload: "2"),
                Sample.event("c", kind: .message, generation: 2, payload: "3"),
                Sample.event("d", kind: .contextualization, generation: 2),
                Sample.event("e", kind: .contextualization, generation: 2, payload: "5"),
            ]
            let stored = try await store.write(InfrastructureChange(infrastructure: one, events: events))
            try await store.write(
                InfrastructureChange(
                    infrastructure: InfrastructureID(rawValue: "two"),
                    events: [Sample.event("f", of: "two", kind: .contextualization, generation: 2, payload: "6")]))
            #expect(
                try await store.contextualizationHistory(of: one, generation: 2) == [stored[1], stored[4]])
            #expect(try await store.contextualizationHistory(of: one, generation: 3) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func credentialsAreRenewedByOwnerCloudTypeAndAccount(_ kind: StoreKind) async throws {
        try await withStores(kind, count: 2) { stores in
            let (store, reader) = (stores[0], stores[1])
            try await store.create()
            let old = Sample.credential("old")
            let first = try await store.use(old)
            let others = [
                Sample.credential("his", owner: "bob"), Sample.credential("another", cloud: "ost2"),
                Sample.credential("of another account", account: "other project"),
                // What is told apart by the place of a separator only.
                Sample.credential("a", cloud: "ost1 ", account: "project"),
            ]
            for other in others { #expect(try await store.use(other) != first) }
            #expect(try await store.credential(first) == old)
            let new = Sample.credential("new")
            #expect(try await store.use(new) == first)
            #expect(try await reader.credential(first) == new)
            for other in others {
                #expect(try await reader.credential(reader.credentialID(of: other.key)) == other)
            }
        }
    }

    /// With the end of an infrastructure goes what is secret of it, and no more.
    @Test(arguments: StoreKind.allCases)
    func nothingSecretOutlivesItsInfrastructure(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create("one")
            try await store.create("two")
            let shared = try await store.use(Sample.credential("shared", account: "shared"))
            _ = try await store.use(Sample.credential("shared", account: "shared"), for: "two")
            let own = try await store.use(Sample.credential("own"))
            for id in ["one", "two"] {
                try await store.write(
                    InfrastructureChange(
                        infrastructure: InfrastructureID(rawValue: id),
                        secrets: InfrastructureSecrets(document: "password", privateKey: "key"),
                        machines: [Sample.machine(0, of: id)],
                        launches: [BatchToken(rawValue: "b"): Data("password".utf8)],
                        events: [Sample.event("told", of: id, kind: .contextualization, generation: 1, payload: "p")]))
            }
            try await store.submit(Sample.operation("o", kind: .destroy))
            let lease = try #require(try await store.claim()?.lease)
            var destroyed = Sample.infrastructure("one")
            destroyed.phase = .destroyed
            try await store.record(InfrastructureChange(infrastructure: one, record: destroyed), lease: lease)
            // Nor can anything secret be added.
            let late = try await store.record(
                InfrastructureChange(
                    infrastructure: one, secrets: InfrastructureSecrets(document: "late"),
                    launches: [BatchToken(rawValue: "l"): Data("late".utf8)],
                    events: [Sample.event("late", kind: .contextualization, generation: 1, payload: "late")]),
                lease: lease)

            let left = try #require(try await store.snapshot(one))
            #expect(left.infrastructure == destroyed)
            #expect(left.secrets == InfrastructureSecrets(document: ""))
            #expect(left.launches.isEmpty)
            let events = try await store.events(of: one, after: 0, limit: 9)
            #expect(events.map(\.text) == ["told", "late"])
            #expect(events.allSatisfy { $0.payload == nil })
            #expect(late.map(\.sequence) == [events[1].sequence])
            #expect(try await store.credential(own) == nil)

            let two = InfrastructureID(rawValue: "two")
            #expect(try await store.snapshot(two)?.secrets.privateKey == "key")
            #expect(try await store.contextualizationHistory(of: two, generation: 1).count == 1)
            #expect(try await store.credential(shared) != nil)
            destroyed = Sample.infrastructure("two")
            destroyed.phase = .destroyed
            try await store.write(InfrastructureChange(infrastructure: two, record: destroyed))
            #expect(try await store.credential(shared) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theCounterGrowsWithEveryCommitAndOnlyThen(_ kind: StoreKind) async throws {
        try await withStores(kind, count: 2) { stores in
            let (writer, reader) = (stores[0], stores[1])
            var last = try await reader.commitCounter()
            func expectCommit(_ isCommit: Bool, _ name: String, _ body: () async throws -> Void) async throws {
                try await body()
                let now = try await reader.commitCounter()
                #expect((now > last) == isCommit, "\(name)")
                last = now
            }
            try await expectCommit(true, "record") { try await writer.create() }
            try await expectCommit(true, "submit") { try await writer.submit(Sample.operation("o")) }
            try await expectCommit(true, "claim") { _ = try await writer.claim() }
            let lease = try #require(try await writer.operation(OperationID(rawValue: "o"))?.lease)
            try await expectCommit(true, "renew") {
                _ = try await writer.renew(lease, now: Sample.start, duration: Sample.lease)
            }
            try await expectCommit(true, "cancel") {
                try await writer.requestCancel(lease.operation, now: Sample.start)
            }
            var ended = Sample.operation("ended")
            ended.status = .succeeded
            try await expectCommit(true, "credential") { [ended] in
                try await writer.submit(
                    OperationSubmission(ended, precedence: .interrupts),
                    with: InfrastructureChange(infrastructure: one), credentials: [Sample.credential()])
            }
            try await expectCommit(false, "claim of nothing") { _ = try await writer.claim() }
            try await expectCommit(false, "empty change") {
                try await writer.record(InfrastructureChange(infrastructure: one), lease: lease)
            }
            try await expectCommit(false, "reads") {
                _ = try await writer.snapshot(one)
                _ = try await writer.events(of: nil, after: 0, limit: 1)
            }
            try await expectCommit(false, "refused submission") {
                _ = await operationErrorCode { try await writer.submit(Sample.operation("p")) }
            }
            try await expectCommit(true, "release") { try await writer.release(lease, dueAt: Sample.start) }
            try await expectCommit(false, "lost lease") {
                _ = await operationErrorCode { try await writer.release(lease, dueAt: Sample.start) }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aVerifierTellsEqualPasswordsOnly(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let verifier = store.verifier(for: "hunter2")
            #expect(verifier == store.verifier(for: "hunter2"))
            #expect(verifier != store.verifier(for: "hunter3"))
            #expect(store.verifier(for: "") != verifier)
            #expect(!verifier.contains("hunter2"))
            try await withStore(kind) { other in
                #expect(other.verifier(for: "hunter2") != verifier)
            }
        }
    }
}
