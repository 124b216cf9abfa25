import Foundation
import Glibc
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// Prints what large changes cost, as time of this process's CPU next to time by the clock. Nothing is expected of the
/// times: this machine may be loaded, the build may be a debug one.
@Suite(.serialized) struct StoreTimingTests {
    private let one = InfrastructureID(rawValue: "one")

    @Test(arguments: StoreKind.allCases, [1_000, 5_000])
    func manyMachinesInOneChange(_ kind: StoreKind, _ count: Int) async throws {
        try await withStore(kind) { store in
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            var change = InfrastructureChange(
                infrastructure: one, machines: (0..<count).map { Sample.machine($0) },
                events: (0..<(2 * count)).map { Sample.event("machine \($0) is launched on ost1 as t3.micro") })
            let inserted = try await measure { try await store.record(change, lease: lease) }
            for index in change.machines.indices { change.machines[index].phase = .running(provider: "i-\(index)") }
            let replaced = try await measure { try await store.record(change, lease: lease) }
            for index in change.events.indices { change.events[index].payload = Data(#"{"task":"install"}"#.utf8) }
            let sealed = try await measure {
                try await store.record(
                    InfrastructureChange(infrastructure: one, events: change.events), lease: lease)
            }
            let read = try await measure { _ = try await store.snapshot(one) }
            let events = try await measure { _ = try await store.events(of: one, after: 0, limit: .max) }
            print(
                "\(kind.rawValue), \(count) machines and \(2 * count) events: insert \(milliseconds(inserted)), "
                    + "replace \(milliseconds(replaced)), sealed events alone \(milliseconds(sealed)), "
                    + "snapshot \(milliseconds(read)), \(6 * count) events \(milliseconds(events))")
            #expect(try await store.snapshot(one)?.machines.count == count)
            #expect(try await store.events(of: one, after: 0, limit: .max).count == 6 * count)
        }
    }

    @Test func smallCallsAndOpening() async throws {
        try await withFolder { folder in
            var store = try SQLiteStateStore(folder: folder)
            try await store.create()
            let machine = Sample.machine(0)
            let commits = try await measure {
                for _ in 0..<200 {
                    try await store.write(
                        InfrastructureChange(infrastructure: one, machines: [machine], events: [Sample.event("e")]))
                }
            }
            let counters = try await measure {
                for _ in 0..<200 { _ = try await store.commitCounter() }
            }
            let claims = try await measure {
                for _ in 0..<200 { _ = try await store.claim() }
            }
            await store.close()
            let opening = try await measure { store = try SQLiteStateStore(folder: folder) }
            print(
                "sqlite: commit \(milliseconds(commits, of: 200)), counter \(milliseconds(counters, of: 200)), "
                    + "claim of nothing \(milliseconds(claims, of: 200)), opening \(milliseconds(opening))")
            #expect(try await store.events(of: one, after: 0, limit: .max).count == 200)
            await store.close()
        }
    }

    private struct Cost {
        var wall: Duration
        var cpu: Duration
    }

    private func measure(_ body: () async throws -> Void) async rethrows -> Cost {
        let (start, cpu) = (ContinuousClock.now, processTime())
        try await body()
        return Cost(wall: .now - start, cpu: processTime() - cpu)
    }

    private func processTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func milliseconds(_ cost: Cost, of count: Int = 1) -> String {
        let values = [cost.cpu, cost.wall].map { ($0 / .milliseconds(1) / Double(count) * 100).rounded() / 100 }
        return "\(values[0]) ms CPU (\(values[1]) ms)"
    }
}
