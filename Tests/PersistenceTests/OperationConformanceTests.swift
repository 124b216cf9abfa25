import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// What every store does with operations: who gets one, who may write for it, and what a new one does to older ones.
@Suite struct OperationConformanceTests {
    private let one = InfrastructureID(rawValue: "one")

    // MARK: Claims

    @Test(arguments: StoreKind.allCases)
    func theOldestDueOneIsGivenOut(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            // Dates do not decide which is older: clocks of hosts differ.
            try await store.submit(
                Sample.operation("late", subject: "a", dueAt: Sample.start.addingTimeInterval(10)))
            try await store.submit(
                Sample.operation("second", subject: "b", createdAt: Sample.start.addingTimeInterval(5)))
            try await store.submit(Sample.operation("third", subject: "c"))
            #expect(
                try await store.unfinishedOperations(subject: nil).map(\.id.rawValue) == ["late", "second", "third"])
            #expect(
                try await store.unfinishedOperations(subject: OperationSubject(rawValue: "b")).map(\.id.rawValue) == [
                    "second"
                ])

            let second = try #require(try await store.claim())
            var expected = Sample.operation(
                "second", subject: "b", createdAt: Sample.start.addingTimeInterval(5))
            expected.status = .running
            expected.lease = Lease(
                operation: expected.id, holder: Sample.alive, epoch: 1,
                expiresAt: Sample.start.addingTimeInterval(30))
            #expect(second == expected)
            #expect(try await store.operation(second.id) == expected)
            #expect(try await store.claim()?.id.rawValue == "third")
            #expect(try await store.claim() == nil)
            #expect(try await store.claim(at: 10)?.id.rawValue == "late")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func subjectsLimitAClaim(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            for subject in ["a", "b \"quoted\"", "c"] {
                try await store.submit(Sample.operation("o-\(subject)", subject: subject))
            }
            #expect(try await store.claim(subjects: []) == nil)
            #expect(try await store.claim(subjects: ["x"]) == nil)
            #expect(try await store.claim(subjects: ["c", "b \"quoted\""])?.subject.rawValue == "b \"quoted\"")
            #expect(try await store.claim(subjects: ["c", "b \"quoted\""])?.subject.rawValue == "c")
            #expect(try await store.claim(subjects: ["c", "b \"quoted\""]) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func kindsLimitAClaim(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("image", subject: "a", kind: .build))
            try await store.submit(Sample.operation("up", subject: "b"))
            #expect(try await store.claim(kinds: []) == nil)
            #expect(try await store.claim(kinds: [.create, .converge])?.id.rawValue == "up")
            #expect(try await store.claim(kinds: [.create, .converge]) == nil)
            #expect(try await store.claim(kinds: [.build, .destroy])?.id.rawValue == "image")
        }
    }

    /// Who is asked at which second after a claim, and whether it is given the operation.
    @Test(
        arguments: StoreKind.allCases,
        [
            (holder: "alive", second: 29.0, isGiven: false),
            (holder: "alive", second: 30.0, isGiven: true),
            (holder: "elsewhere", second: 29.0, isGiven: false),
            (holder: "elsewhere", second: 31.0, isGiven: true),
            (holder: "dead", second: 1.0, isGiven: true),
        ])
    func lapsedAndDeadHoldersAreTakenOver(
        _ kind: StoreKind, _ row: (holder: String, second: Double, isGiven: Bool)
    ) async throws {
        let holders = ["alive": Sample.alive, "elsewhere": Sample.elsewhere, "dead": Sample.dead]
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("o"))
            _ = try await store.claim(by: #require(holders[row.holder]))
            let second = try await store.claim(at: row.second)
            #expect((second != nil) == row.isGiven)
            if let second {
                #expect(second.lease?.epoch == 2)
                #expect(second.lease?.holder == Sample.alive)
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oneAtATimePerSubject(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("create"))
            let create = try #require(try await store.claim(by: Sample.elsewhere))
            try await store.submit(Sample.operation("destroy", kind: .destroy), .interrupts)
            #expect(try await store.operation(create.id)?.cancelRequested == true)
            #expect(try await store.status("destroy") == .pending)
            #expect(try await store.claim() == nil)

            try await store.finish(
                #require(create.lease), status: .cancelled, error: "interrupted", now: Sample.start)
            #expect(try await store.claim()?.id.rawValue == "destroy")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anInterruptedOneThatIsReleasedDoesNotRunBesideItsSuccessor(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("create"))
            let create = try #require(try await store.claim(by: Sample.elsewhere))
            try await store.submit(Sample.operation("destroy", kind: .destroy), .interrupts)
            try await store.release(#require(create.lease), dueAt: Sample.start.addingTimeInterval(5))
            #expect(try await store.claim(at: 1)?.id.rawValue == "destroy")
            #expect(try await store.claim(at: 6) == nil)
        }
    }

    /// Every operation is given out exactly once, and no two of a subject at a time, whoever asks.
    @Test(arguments: StoreKind.allCases)
    func manyWorkersFinishEachOperationOnce(_ kind: StoreKind) async throws {
        let subjects = 10
        let perSubject = 8
        try await withStores(kind, count: 3) { stores in
            for subject in 0..<subjects {
                try await stores[0].submit(Sample.operation("\(subject)-0", subject: "s\(subject)"))
            }
            let finished = try await withThrowingTaskGroup(of: [String].self) { group in
                for worker in 0..<6 {
                    let store = stores[worker % stores.count]
                    group.addTask {
                        var mine: [String] = []
                        var misses = 0
                        while misses < 20 {
                            guard let operation = try await store.claim(), let lease = operation.lease else {
                                misses += 1
                                await Task.yield()
                                continue
                            }
                            misses = 0
                            mine.append(operation.id.rawValue)
                            let others = try await store.unfinishedOperations(subject: operation.subject)
                            #expect(others.map(\.id) == [operation.id])
                            try await store.finish(lease, status: .succeeded, error: nil, now: Sample.start)
                            let number = Int(operation.id.rawValue.split(separator: "-")[1]) ?? 0
                            guard number + 1 < perSubject else { continue }
                            let next = operation.id.rawValue.split(separator: "-")[0] + "-\(number + 1)"
                            try await store.submit(Sample.operation(String(next), subject: operation.subject.rawValue))
                        }
                        return mine
                    }
                }
                var all: [String] = []
                for try await some in group { all += some }
                return all
            }
            #expect(finished.count == subjects * perSubject)
            #expect(Set(finished).count == finished.count)
            #expect(try await stores[0].unfinishedOperations(subject: nil) == [])
        }
    }

    // MARK: Leases

    @Test(arguments: StoreKind.allCases)
    func aLeaseIsProlongedAndEnds(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            let later = Sample.start.addingTimeInterval(20)
            let renewed = try await store.renew(lease, now: later, duration: .milliseconds(30_500))
            #expect(renewed.expiresAt == later.addingTimeInterval(30.5))
            #expect(renewed.epoch == lease.epoch)
            #expect(try await store.operation(lease.operation)?.lease == renewed)
            #expect(try await store.claim(at: 50) == nil)

            try await store.finish(renewed, status: .failed, error: "no quota", now: later)
            let ended = try #require(try await store.operation(lease.operation))
            #expect(ended.status == .failed)
            #expect(ended.error == "no quota")
            #expect(ended.finishedAt == later)
            #expect(ended.lease == nil)
            #expect(try await store.unfinishedOperations(subject: nil) == [])
            #expect(try await store.claim(at: 1000) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aReleasedOneIsDueAgain(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            try await store.release(lease, dueAt: Sample.start.addingTimeInterval(5))
            let waiting = try #require(try await store.operation(lease.operation))
            #expect(waiting.status == .pending)
            #expect(waiting.lease == nil)
            #expect(try await store.claim(at: 4) == nil)
            #expect(try await store.claim(by: Sample.elsewhere, at: 5)?.lease?.epoch == 2)
        }
    }

    /// Every call of a holder whose lease was taken over, released or ended is refused and writes nothing.
    @Test(arguments: StoreKind.allCases, ["taken over", "released", "finished", "superseded"])
    func anOldHolderIsFenced(_ kind: StoreKind, _ loss: String) async throws {
        try await withStores(kind, count: 2) { stores in
            let (store, other) = (stores[0], stores[1])
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim(by: Sample.elsewhere)?.lease)
            try await store.record(
                InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]), lease: lease)
            let later = Sample.start.addingTimeInterval(60)
            switch loss {
            case "taken over": #expect(try await other.claim(at: 60) != nil)
            case "released": try await other.release(lease, dueAt: later)
            case "finished": try await other.finish(lease, status: .succeeded, error: nil, now: later)
            default: try await other.submit(Sample.operation("next", createdAt: later), .takeover)
            }

            let before = try await store.snapshot(one)
            let operation = try await store.operation(lease.operation)
            let counter = try await store.commitCounter()
            var machine = Sample.machine(0)
            machine.phase = .running(provider: "i-1")
            let change = InfrastructureChange(
                infrastructure: one, record: Sample.infrastructure(name: "other"),
                secrets: InfrastructureSecrets(document: "other"), machines: [machine, Sample.machine(1)],
                resources: [Sample.resource("r")], events: [Sample.event("e")])
            let codes = [
                await operationErrorCode { try await store.record(change, lease: lease) },
                await operationErrorCode {
                    try await store.record(InfrastructureChange(infrastructure: one), lease: lease)
                },
                await operationErrorCode { _ = try await store.renew(lease, now: later, duration: Sample.lease) },
                await operationErrorCode { try await store.release(lease, dueAt: later) },
                await operationErrorCode {
                    try await store.finish(lease, status: .succeeded, error: nil, now: later)
                },
            ]
            #expect(codes == Array(repeating: .leaseLost, count: codes.count))
            #expect(try await store.snapshot(one) == before)
            #expect(try await store.events(of: nil, after: 0, limit: 10) == [])
            #expect(try await store.operation(lease.operation) == operation)
            #expect(try await store.commitCounter() == counter)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aLeaseWithAForeignHolderOrEpochIsRefused(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            var forged = [lease, lease, lease]
            forged[0].epoch += 1
            forged[1].holder = Sample.elsewhere
            forged[2].operation = OperationID(rawValue: "unknown")
            for lease in forged {
                let code = await operationErrorCode {
                    try await store.record(
                        InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]), lease: lease)
                }
                #expect(code == .leaseLost)
            }
            #expect(try await store.snapshot(one)?.machines == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aLeaseIsForItsSubjectOnly(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create("one")
            try await store.create("two")
            try await store.submit(Sample.operation("o", subject: "two"))
            let lease = try #require(try await store.claim()?.lease)
            for change in [
                InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]),
                InfrastructureChange(infrastructure: one),
            ] {
                #expect(await operationErrorCode { try await store.record(change, lease: lease) } == .leaseLost)
            }
            #expect(try await store.snapshot(one)?.machines == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aLapsedLeaseThatNobodyTookStillWrites(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(
                try await store.claim(
                    holder: Sample.alive, kinds: [.converge], subjects: nil,
                    now: Date(timeIntervalSinceReferenceDate: 1e9),
                    duration: .zero)?.lease)
            try await store.record(
                InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)]), lease: lease)
            #expect(try await store.snapshot(one)?.machines.count == 1)
        }
    }

    // MARK: Cancelling

    @Test(
        arguments: StoreKind.allCases,
        [
            (holder: "nobody", status: DurableOperation.Status.cancelled),
            (holder: "alive", status: .running),
            (holder: "elsewhere", status: .running),
            (holder: "dead", status: .cancelled),
        ])
    func cancellingAsksTheLivingAndEndsTheRest(
        _ kind: StoreKind, _ row: (holder: String, status: DurableOperation.Status)
    ) async throws {
        let holders = ["alive": Sample.alive, "elsewhere": Sample.elsewhere, "dead": Sample.dead]
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("o"))
            if let holder = holders[row.holder] { _ = try await store.claim(by: holder) }
            let id = OperationID(rawValue: "o")
            for _ in 0..<2 {
                try await store.requestCancel(id, now: Sample.start.addingTimeInterval(1))
                let operation = try #require(try await store.operation(id))
                #expect(operation.cancelRequested)
                #expect(operation.status == row.status)
                #expect((operation.finishedAt != nil) == (row.status == .cancelled))
                #expect((operation.lease == nil) == (row.status == .cancelled))
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func cancellingTheUnknownAndTheEnded(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let code = await operationErrorCode {
                try await store.requestCancel(OperationID(rawValue: "x"), now: Sample.start)
            }
            #expect(code == .notFound)
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            try await store.finish(lease, status: .succeeded, error: nil, now: Sample.start)
            let ended = try await store.operation(lease.operation)
            try await store.requestCancel(lease.operation, now: Sample.start)
            #expect(try await store.operation(lease.operation) == ended)
        }
    }

    // MARK: Submissions

    enum Outcome: Sendable { case busy, accepted, supersedes, asks }

    struct SubmissionCase: Sendable, CustomTestStringConvertible {
        var precedence: OperationSubmission.Precedence
        var older: String
        var outcome: Outcome

        var testDescription: String { "\(precedence) meets \(older): \(outcome)" }
    }

    static let submissionCases: [SubmissionCase] = [
        SubmissionCase(precedence: .exclusive, older: "none", outcome: .accepted),
        SubmissionCase(precedence: .exclusive, older: "ended", outcome: .accepted),
        SubmissionCase(precedence: .exclusive, older: "waiting", outcome: .busy),
        SubmissionCase(precedence: .exclusive, older: "held", outcome: .busy),
        SubmissionCase(precedence: .exclusive, older: "lapsed", outcome: .busy),
        SubmissionCase(precedence: .exclusive, older: "dead", outcome: .busy),
        SubmissionCase(precedence: .takeover, older: "none", outcome: .accepted),
        SubmissionCase(precedence: .takeover, older: "waiting", outcome: .supersedes),
        SubmissionCase(precedence: .takeover, older: "held", outcome: .busy),
        SubmissionCase(precedence: .queues, older: "waiting", outcome: .accepted),
        SubmissionCase(precedence: .queues, older: "held", outcome: .accepted),
        SubmissionCase(precedence: .queues, older: "dead", outcome: .accepted),
        SubmissionCase(precedence: .takeover, older: "lapsed", outcome: .supersedes),
        SubmissionCase(precedence: .takeover, older: "dead", outcome: .supersedes),
        SubmissionCase(precedence: .interrupts, older: "none", outcome: .accepted),
        SubmissionCase(precedence: .interrupts, older: "waiting", outcome: .supersedes),
        SubmissionCase(precedence: .interrupts, older: "held", outcome: .asks),
        SubmissionCase(precedence: .interrupts, older: "lapsed", outcome: .supersedes),
        SubmissionCase(precedence: .interrupts, older: "dead", outcome: .supersedes),
    ]

    @Test(arguments: StoreKind.allCases, submissionCases)
    func aSubmissionMeetsAnOlderOne(_ kind: StoreKind, _ row: SubmissionCase) async throws {
        try await withStore(kind) { store in
            try await store.create()
            if row.older != "none" {
                try await store.submit(Sample.operation("older"))
                switch row.older {
                case "held": _ = try await store.claim(by: Sample.alive, at: 59)
                case "lapsed": _ = try await store.claim(by: Sample.alive)
                case "dead": _ = try await store.claim(by: Sample.dead, at: 59)
                case "ended": try await store.requestCancel(OperationID(rawValue: "older"), now: Sample.start)
                default: break
                }
            }
            // What happens on other subjects does not matter.
            try await store.submit(Sample.operation("stranger", subject: "two"))
            let older = try await store.operation(OperationID(rawValue: "older"))
            let now = Sample.start.addingTimeInterval(60)
            let change = InfrastructureChange(
                infrastructure: one, machines: [Sample.machine(0)], events: [Sample.event("submitted")])
            let submission = OperationSubmission(
                Sample.operation("new", createdAt: now), precedence: row.precedence)
            let credential = Sample.credential()
            let code = await operationErrorCode {
                try await store.submit(submission, with: change, credentials: [credential])
            }

            let after = try await store.operation(OperationID(rawValue: "older"))
            let isRefused = row.outcome == .busy
            #expect(code == (isRefused ? .busy : nil))
            #expect(try await store.status("new") == (isRefused ? nil : .pending))
            #expect(try await store.snapshot(one)?.machines.count == (isRefused ? 0 : 1))
            #expect(try await store.events(of: nil, after: 0, limit: 9).count == (isRefused ? 0 : 1))
            // Credentials that a refused submission brought have renewed nothing.
            let stored = try await store.credential(store.credentialID(of: credential.key))
            #expect(stored == (isRefused ? nil : credential))
            #expect(try await store.status("stranger") == .pending)
            switch row.outcome {
            case .busy, .accepted:
                #expect(after == older)
            case .supersedes:
                #expect(after?.status == .cancelled)
                #expect(after?.lease == nil)
                #expect(after?.finishedAt == now)
                #expect(after?.error == "superseded by converge (new)")
            case .asks:
                #expect(after?.status == .running)
                #expect(after?.cancelRequested == true)
                #expect(after?.lease == older?.lease)
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRefusalNamesWhatRuns(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("older", kind: .create))
            _ = try await store.claim(by: Sample.elsewhere)
            let error = await #expect(throws: OperationError.self) {
                try await store.submit(Sample.operation("new"))
            }
            let message = try #require(error?.message)
            for word in ["one", "create", "older", "process 4711 at elsewhere"] {
                #expect(message.contains(word))
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aSecondInterruptionReplacesTheFirst(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.submit(Sample.operation("create"))
            _ = try await store.claim(by: Sample.elsewhere)
            try await store.submit(Sample.operation("destroy 1"), .interrupts)
            try await store.submit(Sample.operation("destroy 2"), .interrupts)
            #expect(try await store.status("create") == .running)
            #expect(try await store.status("destroy 1") == .cancelled)
            #expect(try await store.status("destroy 2") == .pending)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func submittingTheSameOperationAgainChangesNothing(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let operation = Sample.operation("o")
            try await store.submit(operation)
            let claimed = try await store.claim()
            try await store.submit(operation)
            #expect(try await store.operation(operation.id) == claimed)
            #expect(try await store.unfinishedOperations(subject: nil).count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anOperationMayBeSubmittedWithItsLease(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var operation = Sample.operation("o")
            operation.status = .running
            let lease = Lease(
                operation: operation.id, holder: Sample.elsewhere, epoch: 1,
                expiresAt: Sample.start.addingTimeInterval(30))
            operation.lease = lease
            try await store.submit(operation)
            #expect(try await store.operation(operation.id) == operation)
            #expect(try await store.claim() == nil)
            #expect(try await store.claim(at: 31)?.lease?.epoch == 2)
        }
    }
}
