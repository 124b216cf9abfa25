import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

/// What requests write while operations are carried out, in every store.
@Suite struct OwnerConformanceTests {
    private let one = InfrastructureID(rawValue: "one")
    private let bob = Owner(username: "bob", verifier: "v1:bb")

    @Test(arguments: StoreKind.allCases)
    func ownersChangeWhateverIsRecordedMeanwhile(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var record = Sample.infrastructure()
            let ada = record.owners
            try await store.write(InfrastructureChange(infrastructure: one, record: record))
            let before = try await store.commitCounter()
            let bob = bob
            try await store.changeOwners(of: one) { $0 + [bob] }
            #expect(try await store.commitCounter() > before)
            // Who works on it has the record as it was.
            record.generation = 7
            try await store.write(InfrastructureChange(infrastructure: one, record: record))
            var stored = try #require(try await store.infrastructure(one))
            #expect(stored.generation == 7)
            #expect(stored.owners == ada + [bob])
            await #expect(throws: CancellationError.self) {
                try await store.changeOwners(of: one) { _ in throw CancellationError() }
            }
            stored = try #require(try await store.infrastructure(one))
            #expect(stored.owners == ada + [bob])
            let code = await operationErrorCode {
                try await store.changeOwners(of: InfrastructureID(rawValue: "none")) { $0 }
            }
            #expect(code == .notFound)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oneThatWasDestroyedMayComeBackAsSomebodyElses(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var record = Sample.infrastructure()
            record.phase = .destroyed
            try await store.write(InfrastructureChange(infrastructure: one, record: record))
            record.phase = .active
            record.owners = [bob]
            try await store.write(
                InfrastructureChange(
                    infrastructure: one, record: record, secrets: InfrastructureSecrets(document: "new")))
            let snapshot = try await store.snapshot(one)
            #expect(snapshot?.infrastructure == record)
            #expect(snapshot?.secrets.document == "new")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func loginsOfMachinesAreSecrets(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            var secrets = InfrastructureSecrets(document: "d")
            secrets.logins[3] = MachineLogin(username: "u", password: "p", privateKey: "k")
            secrets.logins[0] = MachineLogin(username: "root")
            secrets.definitions[3] = "system node (cpu.count >= 2)"
            try await store.write(
                InfrastructureChange(infrastructure: one, record: Sample.infrastructure(), secrets: secrets))
            #expect(try await store.snapshot(one)?.secrets == secrets)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func machinesAreReadAlone(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            let machines = [10, 9].map { Sample.machine($0) }
            try await store.write(
                InfrastructureChange(infrastructure: one, record: Sample.infrastructure(), machines: machines))
            #expect(try await store.machines(of: one) == machines.reversed())
            #expect(try await store.machines(of: InfrastructureID(rawValue: "none")).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatWasMadeForAnOlderStateIsOutdated(_ kind: StoreKind) async throws {
        try await withStore(kind) { store in
            try await store.create()
            let subject = OperationSubject(rawValue: "one")
            let newest = try await store.newestOperation(subject: subject)
            try await store.submit(
                OperationSubmission(Sample.operation("a"), precedence: .queues, follows: newest))
            #expect(try await store.newestOperation(subject: subject)?.rawValue == "a")
            let change = InfrastructureChange(infrastructure: one, machines: [Sample.machine(0)])
            func submit(_ id: String, after other: OperationID?) async throws {
                try await store.submit(
                    OperationSubmission(Sample.operation(id), precedence: .queues, follows: other), with: change,
                    credentials: [])
            }
            let old = OperationID(rawValue: "older")
            #expect(await operationErrorCode { try await submit("b", after: old) } == .outdated)
            #expect(try await store.snapshot(one)?.machines.isEmpty == true)
            try await submit("b", after: OperationID(rawValue: "a"))
            #expect(try await store.newestOperation(subject: subject)?.rawValue == "b")
            // Nobody is given the second before the first has ended.
            #expect(try await store.claim()?.id.rawValue == "a")
            #expect(try await store.claim() == nil)
        }
    }
}
