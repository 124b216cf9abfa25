import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Support
import Testing

/// What the manager answers when things go wrong below it, and how it waits.
@Suite struct ManagerTests {
    @Test func whatTheStoreRefusesIsToldWithoutItsPath() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-manager-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStateStore(folder: folder)
        let fixture = try Fixture(store: store)
        await store.close()
        let manager = fixture.manager
        let id = InfrastructureID.random()
        let request = fixture.request(Fixture.document(1), name: "web")
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await manager.infrastructures(caller: .local) },
            { _ = try await manager.snapshot(id, caller: .local) },
            { _ = try await manager.deploy(request) },
            { _ = try await manager.destroy(id, caller: .local) },
            { _ = try await manager.events(of: id, caller: .local) },
            { _ = try await manager.counts() },
        ]
        for call in calls {
            let error = await #expect(throws: ManagerError.self) { try await call() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains(folder) == false)
            #expect(error?.cause?.contains(folder) == true)
        }
    }

    @Test func aNewInfrastructureWithoutAnyMachineIsDestroyed() async throws {
        let fixture = try Fixture()
        let clouds = [
            CloudCredential(
                id: "dummy", type: "Dummy",
                values: Secret([
                    "type": "Dummy", "faults": #"[{"call": "machine.launch", "error": "invalidArgument"}]"#,
                ]))
        ]
        let service = Task { try await fixture.manager.run() }
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(2), clouds: clouds))
        let error = await #expect(throws: ManagerError.self) {
            try await fixture.manager.waitUntilLaunched(submitted, caller: .local)
        }
        #expect(error?.code == .launchFailed)
        #expect(error?.message.hasPrefix("Error adding VMs: ") == true)
        let destroy = try #require(try await fixture.manager.destroy(submitted.infrastructure, caller: .local))
        #expect(try await fixture.manager.waitForEnd(of: destroy).status == .succeeded)
        service.cancel()
        _ = await service.result
    }

    @Test func anInterruptedOperationSaysByWhat() async throws {
        let fixture = try Fixture()
        let slow = [CloudCredential(id: "dummy", type: "Dummy", values: Secret(["type": "Dummy", "bootMs": "60000"]))]
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(1), clouds: slow))
        async let create = fixture.manager.follow(submitted)
        while try await fixture.store.operation(submitted.operation)?.status != .running { await Task.yield() }
        _ = try await fixture.destroy(submitted.infrastructure)
        #expect(try await create.error == "interrupted by destroy")
    }

    /// Nobody polls for what this process itself stores: with a poll of an hour, waiting still ends at once.
    @Test(.timeLimit(.minutes(1))) func waitingEndsWithTheCommit() async throws {
        let fixture = try Fixture(commandPoll: .seconds(3600))
        let service = Task { try await fixture.manager.run() }
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(3)))
        try await fixture.manager.waitUntilLaunched(submitted, caller: .local)
        #expect(try await fixture.manager.waitForEnd(of: submitted).status == .succeeded)
        service.cancel()
        _ = await service.result
    }

    @Test func whatWasDestroyedIsFoundForItsLog() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(1), name: "web")
        #expect(
            try await fixture.manager.lastOperation(of: submitted.infrastructure, caller: .local)?.kind
                == .operationFinished)
        _ = try await fixture.destroy(submitted.infrastructure)
        let error = await #expect(throws: ManagerError.self) { try await fixture.manager.find("web", caller: .local) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("'web' was destroyed; `gantry log web`") == true)
        #expect(
            try await fixture.manager.find("web", caller: .local, includingDestroyed: true) == submitted.infrastructure)
        let (again, _) = try await fixture.deploy(Fixture.document(1), name: "web")
        #expect(try await fixture.manager.find("web", caller: .local, includingDestroyed: true) == again.infrastructure)
    }

    @Test(arguments: ["", "a\nb", "\u{1B}[31m", String(repeating: "x", count: 129)])
    func namesThatAreNoneAreRefused(name: String) async throws {
        let fixture = try Fixture()
        let error = await #expect(throws: ManagerError.self) {
            try await fixture.manager.plan(fixture.request(Fixture.document(1), name: name))
        }
        #expect(error?.code == .invalidDocument)
    }

    @Test func keysThatNothingReadsAreWarnedOf() async throws {
        let fixture = try Fixture()
        let cloud = CloudCredential(
            id: "d", type: "Dummy",
            values: Secret(["id": "d", "type": "Dummy", "username": "marker", "passwrd": "marker", "bootMs": "1"]))
        let plan = try await fixture.manager.plan(fixture.request(Fixture.document(1), clouds: [cloud]))
        #expect(plan.warnings.count == 1)
        let warning = plan.warnings.first ?? ""
        #expect(warning.hasPrefix("the cloud 'd': nothing reads 'passwrd'; keys of type Dummy are "), "\(warning)")
        #expect(plan.warnings.first?.contains("marker") == false)
    }
}
