import ConnectorAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Support
import Testing

/// Under which id credentials rest, and when they are renewed.
@Suite struct CredentialTests {
    private func clouds(account: String, password: String, extra: [String: String] = [:]) -> [CloudCredential] {
        let values = ["type": "Dummy", "username": account, "password": password].merging(extra) { $1 }
        return [CloudCredential(id: "dummy", type: "Dummy", values: Secret(values))]
    }

    /// Password of the credentials that each machine refers to, by machine.
    private func passwords(_ fixture: Fixture, _ id: InfrastructureID) async throws -> [String?] {
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines
        var passwords: [String?] = []
        for machine in machines {
            let record = try await fixture.store.credential(machine.placement.cloud.credential)
            passwords.append(record?.values.expose()["password"])
        }
        return passwords
    }

    private func deploy(_ fixture: Fixture, _ count: Int, _ clouds: [CloudCredential]) async throws -> InfrastructureID
    {
        let submitted = try await fixture.manager.deploy(
            fixture.request(Fixture.document(count), name: "web", clouds: clouds))
        #expect(try await fixture.manager.follow(submitted).status == .succeeded)
        return submitted.infrastructure
    }

    @Test func theSameAccountIsRenewed() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, 1, clouds(account: "ada", password: "old"))
        #expect(try await passwords(fixture, id) == ["old"])
        // Also where no machine is added.
        _ = try await deploy(fixture, 1, clouds(account: "ada", password: "new"))
        #expect(try await passwords(fixture, id) == ["new"])
        _ = try await deploy(fixture, 2, clouds(account: "ada", password: "newer"))
        #expect(try await passwords(fixture, id) == ["newer", "newer"])
    }

    @Test func runningMachinesKeepTheirAccountUnderAnIDThatMeansAnother() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, 1, clouds(account: "ada", password: "hers"))
        _ = try await deploy(fixture, 1, clouds(account: "bob", password: "his"))
        #expect(try await passwords(fixture, id) == ["hers"])
        _ = try await deploy(fixture, 2, clouds(account: "bob", password: "his"))
        #expect(try await passwords(fixture, id) == ["hers", "his"])
    }

    @Test func credentialsThatAreNotAcceptedRenewNothing() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, 1, clouds(account: "ada", password: "old"))
        _ = try await deploy(fixture, 1, clouds(account: "ada", password: "bad", extra: ["rejectUsers": "[\"ada\"]"]))
        #expect(try await passwords(fixture, id) == ["old"])
    }

    @Test func aCallOfAnyKindMayRenew() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, 1, clouds(account: "ada", password: "old"))
        func renew(_ clouds: [CloudCredential]) async throws {
            try await fixture.manager.renewCredentials(of: id, with: clouds, caller: .local)
        }
        try await renew(clouds(account: "ada", password: "new"))
        #expect(try await passwords(fixture, id) == ["new"])
        try await renew(clouds(account: "bob", password: "his"))
        try await renew(clouds(account: "ada", password: "bad", extra: ["rejectUsers": "[\"ada\"]"]))
        try await renew([])
        #expect(try await passwords(fixture, id) == ["new"])
    }

    @Test func aRefusedDeploymentRenewsNothing() async throws {
        let fixture = try Fixture()
        let slow = clouds(account: "ada", password: "old", extra: ["bootMs": "60000"])
        let submitted = try await fixture.manager.deploy(
            fixture.request(Fixture.document(1), name: "web", clouds: slow))
        let id = submitted.infrastructure
        let running = Task { try await fixture.manager.follow(submitted) }
        while try await fixture.store.operation(submitted.operation)?.status != .running { await Task.yield() }
        await #expect {
            _ = try await fixture.manager.deploy(
                fixture.request(
                    Fixture.document(2), name: "web", clouds: clouds(account: "ada", password: "new")))
        } throws: {
            ($0 as? ManagerError)?.code == .busy
        }
        #expect(try await passwords(fixture, id) == ["old"])
        running.cancel()
        _ = await running.result
    }

    @Test func nothingSecretIsLeftAfterDestroy() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, 1, clouds(account: "ada", password: "old"))
        let credential = try await fixture.manager.snapshot(id, caller: .local).machines[0].placement.cloud.credential
        #expect(try await fixture.destroy(id)?.status == .succeeded)
        #expect(try await fixture.store.credential(credential) == nil)
        let left = try #require(try await fixture.store.snapshot(id))
        #expect(left.secrets == InfrastructureSecrets(document: ""))
        #expect(left.infrastructure.phase == .destroyed)
    }
}

/// What a worker leaves to others.
@Suite struct WorkerTests {
    @Test func operationsOfOtherKindsAreLeftToOthers() async throws {
        let fixture = try Fixture()
        let build = DurableOperation(
            id: .random(), subject: OperationSubject(rawValue: "image"), kind: OperationKind(rawValue: "image.build"),
            dueAt: .distantPast, createdAt: .distantPast)
        try await fixture.store.submit(OperationSubmission(build, precedence: .exclusive))
        let service = Task { try await fixture.manager.run() }
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(1)))
        #expect(try await fixture.manager.waitForEnd(of: submitted).status == .succeeded)
        #expect(try await fixture.store.operation(build.id) == build)
        service.cancel()
        _ = await service.result
    }
}
