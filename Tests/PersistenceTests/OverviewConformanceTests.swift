import Foundation
import GRDB
import InfrastructureModel
import Operations
import Support
import Testing

@testable import Persistence

/// Readings that begin where an earlier one ended.
@Suite struct OverviewConformanceTests {
    private let one = InfrastructureID(rawValue: "one")
    private let two = InfrastructureID(rawValue: "two")

    /// Random changes by two users of a store; after each, a reading since any earlier one is the whole.
    @Test(arguments: StoreKind.allCases)
    func whatIsReadSinceAnyMomentIsTheWhole(_ kind: StoreKind) async throws {
        try await withStores(kind, count: 2) { stores in
            var random = SplitMix(seed: 11)
            var known: [StoredOverview?] = [nil]
            try await stores[0].write(
                InfrastructureChange(infrastructure: two, record: Sample.infrastructure("two", name: "other")))
            for step in 0..<40 {
                let store = stores[Int.random(in: 0..<2, using: &random)]
                var change = InfrastructureChange(infrastructure: one)
                if step == 0 || step.isMultiple(of: 7) {
                    var record = Sample.infrastructure()
                    record.generation = step
                    change.record = record
                }
                if step % 5 < 3 {
                    let numbers = Set((0..<3).map { _ in Int.random(in: 0..<60, using: &random) })
                    change.machines = numbers.map { number in
                        var machine = Sample.machine(number)
                        machine.attempts = ["\(step)"]
                        return machine
                    }
                }
                if change.isEmpty { change = InfrastructureChange(infrastructure: two, events: [Sample.event("a")]) }
                try await store.write(change)
                let snapshot = try #require(try await stores[0].snapshot(one))
                for earlier in known.shuffled(using: &random).prefix(6) + [nil, known.last ?? nil] {
                    let overview = try #require(try await stores[1].overview(one, since: earlier))
                    #expect(overview.overview == snapshot.overview, "step \(step)")
                    #expect(overview.unfinished.isEmpty)
                    #expect(try await stores[1].snapshot(one, since: earlier) == snapshot, "step \(step)")
                    #expect(overview.commits == (try await stores[0].commitCounter()))
                }
                known.append(try await stores[1].overview(one, since: known.last ?? nil))
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func unfinishedOperationsAreTold(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.write(InfrastructureChange(infrastructure: one, record: Sample.infrastructure()))
            let before = try await store.overview(one, since: nil)
            try await store.submit(OperationSubmission(Sample.operation("a", subject: "one"), precedence: .queues))
            try await store.submit(OperationSubmission(Sample.operation("b", subject: "two"), precedence: .queues))
            #expect(try await store.overview(one, since: before)?.unfinished.map(\.id.rawValue) == ["a"])
            let none = try await store.overview(InfrastructureID(rawValue: "none"), since: nil)
            #expect(none.map(\.commits) == nil)
        }
    }

    /// A store of the first version: its machines have no number of a commit.
    @Test func aStoreOfTheFirstVersionIsReadWhole() async throws {
        try await withFolder { folder in
            let old = try SQLiteStateStore(folder: folder)
            try await old.write(
                InfrastructureChange(
                    infrastructure: one, record: Sample.infrastructure(), machines: [0, 1].map { Sample.machine($0) }))
            let expected = try #require(try await old.snapshot(one))
            await old.close()
            let queue = try DatabaseQueue(path: folder + "/gantry.sqlite")
            try await queue.write { database in
                try database.execute(
                    sql: """
                        DROP INDEX machine_written;
                        ALTER TABLE machine DROP COLUMN written;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '2 %';
                        """)
            }
            try queue.close()
            let store = try SQLiteStateStore(folder: folder)
            let overview = try #require(try await store.overview(one, since: nil))
            #expect(overview.overview == expected.overview)
            var changed = Sample.machine(1)
            changed.phase = .vanished
            try await store.write(InfrastructureChange(infrastructure: one, machines: [changed]))
            #expect(
                try await store.overview(one, since: overview)?.overview.machines.map(\.phase)
                    == [expected.machines[0].phase, .vanished])
            await store.close()
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
