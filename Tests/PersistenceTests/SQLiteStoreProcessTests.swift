import Foundation
import GRDB
import Glibc
import InfrastructureModel
import Operations
import Support
import Testing

@testable import Persistence

/// Several processes on one folder, and processes that are killed.
@Suite struct SQLiteStoreProcessTests {
    private let one = InfrastructureID(rawValue: "one")

    /// A process that is killed while it holds an operation is succeeded at once, not after its lease.
    @Test func aKilledHolderIsSucceededAtOnce() async throws {
        try await withFolder { folder in
            let store = try SQLiteStateStore(folder: folder)
            try await store.create()
            try await store.submit(Sample.operation("o"))
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                let store = try SQLiteStateStore(folder: folder)
                let lease = try #require(try await store.claim()?.lease)
                try await store.record(
                    InfrastructureChange(
                        infrastructure: InfrastructureID(rawValue: "one"), machines: [Sample.machine(0)]),
                    lease: lease)
                kill(getpid(), SIGKILL)
            }
            let abandoned = try #require(try await store.operation(OperationID(rawValue: "o")))
            #expect(abandoned.status == .running)
            #expect(abandoned.lease?.holder.process != getpid())
            #expect(abandoned.lease?.holder.isKnownDead == true)
            #expect(try await store.claim()?.lease?.epoch == 2)
            #expect(try await store.snapshot(one)?.machines == [Sample.machine(0)])
            await store.close()
        }
    }

    /// A process killed within a transaction leaves nothing of it; one killed after the commit leaves all of it.
    @Test(arguments: [("store.written", 1), ("store.committed", 1), ("store.written", 3), ("store.committed", 3)])
    func aTransactionIsThereAsAWholeOrNotAtAll(_ failpoint: String, _ count: Int) async throws {
        try await withFolder { folder in
            try await SQLiteStateStore(folder: folder).close()
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = folder as String, failpoint = failpoint as String, count = count as Int] in
                setenv("GANTRY_FAILPOINTS", "\(failpoint)=kill@\(count)", 1)
                let store = try SQLiteStateStore(folder: folder)
                for number in 0..<5 {
                    let id = "i\(number)"
                    let record = Sample.infrastructure(id, name: id)
                    try await store.submit(
                        OperationSubmission(Sample.operation(id, subject: id), precedence: .exclusive),
                        with: InfrastructureChange(
                            infrastructure: record.id, record: record,
                            secrets: InfrastructureSecrets(document: "d"),
                            machines: (0..<50).map { Sample.machine($0, of: id) },
                            events: [Sample.event("e", of: id)]),
                        credentials: [Sample.credential()])
                }
            }
            let store = try SQLiteStateStore(folder: folder)
            let expected = failpoint == "store.committed" ? count : count - 1
            #expect(try await store.infrastructures(includingDestroyed: true).count == expected)
            #expect(try await store.events(of: nil, after: 0, limit: 99).count == expected)
            #expect(try await store.unfinishedOperations(subject: nil).count == expected)
            #expect(try await store.commitCounter() == Int64(expected))
            for number in 0..<expected {
                let snapshot = try await store.snapshot(InfrastructureID(rawValue: "i\(number)"))
                #expect(snapshot?.machines.count == 50)
            }
            let check = try await store.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
            #expect(check == "ok")
            await store.close()
        }
    }
}
