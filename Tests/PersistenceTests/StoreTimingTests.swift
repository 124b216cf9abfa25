import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// Prints what large changes cost. The limits are loose, for loaded machines and debug builds: they catch a change of
/// order, not of percent.
@Suite(.serialized) struct StoreTimingTests {
    private let one = InfrastructureID(rawValue: "one")
    private let clock = ContinuousClock()

    @Test(arguments: StoreKind.allCases, [1_000, 5_000])
    func manyMachinesInOneChange(_ kind: StoreKind, _ count: Int) async throws {
        try await withStore(kind) { store in
            try await store.create()
            try await store.submit(Sample.operation("o"))
            let lease = try #require(try await store.claim()?.lease)
            var change = InfrastructureChange(
                infrastructure: one, machines: (0..<count).map { Sample.machine($0) },
                events: (0..<(2 * count)).map { Sample.event("machine \($0) is launched on ost1 as t3.micro") })
            let inserted = try await clock.measure { try await store.record(change, lease: lease) }
            for index in change.machines.indices { change.machines[index].phase = .running(provider: "i-\(index)") }
            let replaced = try await clock.measure { try await store.record(change, lease: lease) }
            for index in change.events.indices { change.events[index].payload = Data(#"{"task":"install"}"#.utf8) }
            let sealed = try await clock.measure {
                try await store.record(
                    InfrastructureChange(infrastructure: one, events: change.events), lease: lease)
            }
            let read = try await clock.measure { _ = try await store.snapshot(one) }
            let events = try await clock.measure { _ = try await store.events(of: one, after: 0, limit: .max) }
            print(
                "\(kind.rawValue), \(count) machines and \(2 * count) events: insert \(milliseconds(inserted)), "
                    + "replace \(milliseconds(replaced)), sealed events alone \(milliseconds(sealed)), "
                    + "snapshot \(milliseconds(read)), \(6 * count) events \(milliseconds(events))")
            #expect(try await store.snapshot(one)?.machines.count == count)
            #expect(inserted < .seconds(10))
            #expect(read < .seconds(10))
        }
    }

    @Test func smallCallsAndOpening() async throws {
        try await withFolder { folder in
            var store = try SQLiteStateStore(folder: folder)
            try await store.create()
            let machine = Sample.machine(0)
            let commits = try await clock.measure {
                for _ in 0..<200 {
                    try await store.record(
                        InfrastructureChange(infrastructure: one, machines: [machine], events: [Sample.event("e")]),
                        lease: nil)
                }
            }
            let counters = try await clock.measure {
                for _ in 0..<200 { _ = try await store.commitCounter() }
            }
            let claims = try await clock.measure {
                for _ in 0..<200 { _ = try await store.claim() }
            }
            await store.close()
            let opening = try clock.measure { store = try SQLiteStateStore(folder: folder) }
            print(
                "sqlite: commit \(milliseconds(commits / 200)), counter \(milliseconds(counters / 200)), "
                    + "claim of nothing \(milliseconds(claims / 200)), opening \(milliseconds(opening))")
            #expect(opening < .seconds(2))
            await store.close()
        }
    }

    private func milliseconds(_ duration: Duration) -> String {
        let value = duration / .milliseconds(1)
        return "\((value * 100).rounded() / 100) ms"
    }
}
