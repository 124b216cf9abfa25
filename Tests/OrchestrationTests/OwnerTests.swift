import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Support
import Testing

/// Infrastructures that belong to several users.
@Suite struct OwnerTests {
    private static let ada = Caller.user("ada", .password("one"))
    private static let bob = Caller.user("bob", .password("two"))

    private func deploy(
        _ fixture: Fixture, _ caller: Caller, password: String = "adas",
        _ document: String = Fixture.document(1), _ update: InfrastructureUpdate? = nil
    ) async throws -> SubmittedOperation {
        let values = ["type": "Dummy", "username": "shared", "password": password]
        var request = DeploymentRequest(
            document: document, clouds: [CloudCredential(id: "dummy", type: "Dummy", values: Secret(values))],
            caller: caller)
        request.update = update
        return try await fixture.manager.deploy(request)
    }

    @Test func aCoOwnerMayDoEverything() async throws {
        let fixture = try Fixture()
        let submitted = try await deploy(fixture, Self.ada)
        let id = submitted.infrastructure
        _ = try await fixture.manager.follow(submitted)
        await #expect {
            _ = try await fixture.manager.snapshot(id, caller: Self.bob)
        } throws: {
            ($0 as? ManagerError)?.code == .accessDenied
        }
        try await fixture.manager.share(id, with: [Self.bob], caller: Self.ada)
        try await fixture.manager.share(id, with: [Self.bob], caller: Self.ada)
        let owners = try await fixture.manager.snapshot(id, caller: Self.bob).infrastructure.owners.map(\.username)
        #expect(owners == ["ada", "bob"])
        #expect(try await fixture.manager.infrastructures(caller: Self.bob).map(\.id) == [id])
    }

    @Test func aCoOwnersCredentialNeverTakesThePlaceOfTheOwners() async throws {
        let fixture = try Fixture()
        let submitted = try await deploy(fixture, Self.ada)
        let id = submitted.infrastructure
        _ = try await fixture.manager.follow(submitted)
        try await fixture.manager.share(id, with: [Self.bob], caller: Self.ada)
        let added = try await deploy(
            fixture, Self.bob, password: "bobs", "network public\nsystem node\ndeploy node 1",
            InfrastructureUpdate(id, .add))
        #expect(try await fixture.manager.follow(added).status == .succeeded)
        var passwords: [String?] = []
        for machine in try await fixture.manager.snapshot(id, caller: Self.ada).machines {
            let record = try await fixture.store.credential(machine.placement.cloud.credential)
            passwords.append(record?.values.expose()["password"])
        }
        #expect(passwords == ["adas", "bobs"])
    }

    @Test func ownershipMayChangeWhileSomethingIsCarriedOut() async throws {
        let fixture = try Fixture()
        let submitted = try await deploy(fixture, Self.ada)
        let id = submitted.infrastructure
        let running = Task { try await fixture.manager.follow(submitted) }
        try await fixture.manager.share(id, with: [Self.bob], replacing: true, caller: Self.ada)
        #expect(try await running.value.status == .succeeded)
        let owners = try await fixture.manager.snapshot(id, caller: Self.bob).infrastructure.owners
        #expect(owners.map(\.username) == ["bob"])
        await #expect {
            try await fixture.manager.share(id, with: [Self.ada], caller: Self.ada)
        } throws: {
            ($0 as? ManagerError)?.code == .accessDenied
        }
    }

    @Test func nobodyIsNoOwner() async throws {
        let fixture = try Fixture()
        let submitted = try await deploy(fixture, Self.ada)
        await #expect {
            try await fixture.manager.share(submitted.infrastructure, with: [], replacing: true, caller: Self.ada)
        } throws: {
            ($0 as? ManagerError)?.message.hasPrefix("Invalid new infrastructure data provided: ") ?? false
        }
    }
}
