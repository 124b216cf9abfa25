import ConnectorAPI
import InfrastructureModel
import Operations
import Orchestration
import RADL
import Support
import Testing

/// Machines that get another size and more disks.
@Suite struct AlterTests {
    private func deployed(_ fixture: Fixture, _ count: Int = 2) async throws -> InfrastructureID {
        try await fixture.deploy(Fixture.document(count, contextualize: ""), name: "i").0.infrastructure
    }

    private func alter(
        _ fixture: Fixture, _ id: InfrastructureID, _ features: String, system: String = "node"
    ) async throws -> DurableOperation? {
        let submitted = try await fixture.manager.alter(
            1, of: id, document: "system \(system) (\(features))", caller: .local)
        guard let submitted else { return nil }
        return try await fixture.manager.follow(submitted)
    }

    @Test(
        "the smallest size that will do is taken",
        arguments: [
            ("cpu.count = 4 and memory.size = 2048M", "dummy.large"), ("cpu.count = 2", "dummy.medium"),
            ("cpu.count = 2 and instance_type = '' and gpu.model = ''", "dummy.medium"),
            ("memory.size >= 20G", "dummy.memory"), ("instance_type = 'dummy.xlarge'", "dummy.xlarge"),
        ])
    func sizes(features: String, flavor: String) async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        let operation = try await alter(fixture, id, features)
        #expect(operation?.status == .succeeded, "\(operation?.error ?? "")")
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines
        #expect(machines.map(\.placement.flavor) == ["dummy.small", flavor])
        #expect(machines.map(\.state) == [.configured, .configured])
        #expect(machines[1].resize == nil)
        let there = try await fixture.cloudMachines(id).compactMap(\.machine).sorted { $0.id < $1.id }
        #expect(there.map(\.flavor) == ["dummy.small", flavor])
        #expect(await fixture.contextualizer.requests.count == 1, "it is not configured again")
        // The document is the same, so nothing is replaced by the next deployment.
        let plan = try await fixture.manager.plan(fixture.request(Fixture.document(2, contextualize: ""), name: "i"))
        #expect(plan.removed.isEmpty)
        #expect(plan.added.isEmpty)
    }

    @Test(
        "a machine can have a smaller size again",
        arguments: ["cpu.count = 1", "instance_type = 'dummy.small'", "memory.size = 1000M"])
    func smaller(features: String) async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        #expect(try await alter(fixture, id, "cpu.count = 4")?.status == .succeeded)
        #expect(try await alter(fixture, id, features)?.status == .succeeded)
        #expect(try await fixture.manager.snapshot(id, caller: .local).machines[1].placement.flavor == "dummy.small")
    }

    @Test func whatIsAsAskedIsLeft() async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        #expect(try await alter(fixture, id, "cpu.count >= 1 and memory.size >= 1GiB") == nil)
        #expect(try await alter(fixture, id, "disk.0.os.name = 'linux'") == nil)
    }

    @Test func disksComeAndGoWithTheirMachine() async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        #expect(try await alter(fixture, id, "disk.1.size = 10GB")?.status == .succeeded)
        #expect(try await alter(fixture, id, "disk.1.size = 10GB") == nil)
        #expect(try await alter(fixture, id, "disk.2.size = 20GB and cpu.count >= 2")?.status == .succeeded)
        let snapshot = try await fixture.manager.snapshot(id, caller: .local)
        #expect(snapshot.machines[1].disks?.map(\.index) == [1, 2])
        #expect(snapshot.resources.filter { $0.kind == "volume" }.count == 2)
        let document = try MachineDocument.make(snapshot.machines[1], of: snapshot)
        #expect(document.systems[0].features.bytes("disk.2.size") == 20_000_000_000)
        func volumes() async throws -> Int { try await fixture.cloudMachines(id).count { $0.kind == .volume } }
        #expect(try await volumes() == 2)
        var request = fixture.request("")
        request.update = InfrastructureUpdate(id, .remove([1]))
        #expect(try await fixture.manager.follow(try await fixture.manager.deploy(request)).status == .succeeded)
        #expect(try await volumes() == 0)
        #expect(try await fixture.manager.snapshot(id, caller: .local).resources.allSatisfy { $0.kind != "volume" })
    }

    @Test(
        "what cannot be is refused, and nothing is done",
        arguments: [
            ("cpu.count >= 1000", "node", "no size of cloud 'dummy' has cpu.count >= 1000"),
            ("cpu.count = 2", "other", "Incorrect RADL no system with name node provided."),
            ("disk.0.size = 100GB", "node", "the size of disk 0 cannot be changed"),
        ])
    func refusals(features: String, system: String, reason: String) async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        await #expect {
            _ = try await alter(fixture, id, features, system: system)
        } throws: {
            ($0 as? ManagerError)?.message.contains(reason) ?? false
        }
        #expect(try await fixture.manager.unfinishedOperations(of: id, caller: .local).isEmpty)
    }

    @Test func aProviderWithoutSizesChoosesOne() async throws {
        let connector = WrappedConnector(without: [.flavors])
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        let before = try await fixture.manager.snapshot(id, caller: .local).machines[1].placement
        #expect(before.flavor == "dummy.custom-1-512000000")
        #expect(try await alter(fixture, id, "cpu.count = 4")?.status == .succeeded)
        #expect(try await alter(fixture, id, "cpu.count = 4") == nil)
        #expect(try await alter(fixture, id, "memory.size >= 2000M")?.status == .succeeded)
        let after = try await fixture.manager.snapshot(id, caller: .local).machines.map(\.placement)
        #expect(after.map(\.flavor) == ["dummy.custom-1-512000000", "dummy.custom-4-2000000000"])
        #expect(connector.count("machine.resize") == 2)
        let there = try await fixture.cloudMachines(id).compactMap(\.machine).sorted { $0.id < $1.id }
        #expect(there.map(\.flavor) == after.map(\.flavor))
    }

    @Test func aSizeByNameIsAskedForAndRefusedWhereThereIsNone() async throws {
        let connector = WrappedConnector(without: [.flavors])
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        await #expect {
            _ = try await alter(fixture, id, "instance_type = 'foo'")
        } throws: {
            ($0 as? ManagerError)?.message.contains("has no machine with instance_type = 'foo'") == true
        }
        #expect(connector.planned.last?.provider == ["radl": ["instance_type": "foo"]])
    }

    @Test func whatTheConnectorCannotIsRefused() async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: [.resize, .volumes]))
        let id = try await deployed(fixture)
        for (features, reason) in [
            ("cpu.count >= 2", "cannot resize machines"), ("disk.1.size = 1GB", "cannot add disks to machines"),
        ] {
            await #expect {
                _ = try await alter(fixture, id, features)
            } throws: {
                ($0 as? ManagerError)?.message
                    == "machine 1 (node) cannot be altered: connector 'dummy' \(reason)"
            }
        }
    }

    @Test(
        "A size that its provider cannot give is refused, one that it cannot say is not",
        arguments: [
            (ConnectorError.Code.quotaExceeded, ManagerError.Code.invalidDocument),
            (.invalidArgument, .invalidDocument),
            (.internal, .unavailable),
        ])
    func refusals(_ code: ConnectorError.Code, _ expected: ManagerError.Code) async throws {
        let isAsked = LockedValue(false)
        let connector = WrappedConnector(without: [.flavors]) { call, _ in
            call == "machine.plan" && isAsked.withLock { $0 } ? ConnectorError(code: code, message: "too much") : nil
        }
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        isAsked.withLock { $0 = true }
        await #expect {
            _ = try await alter(fixture, id, "memory.size >= 2000M")
        } throws: {
            let error = $0 as? ManagerError
            return error?.code == expected && error?.message == "machine 1 (node) cannot be altered: too much"
        }
    }

    @Test func aDiskThatTheProviderHasNoRoomForIsRefusedBeforeItIsMade() async throws {
        let isAsked = LockedValue(false)
        let connector = WrappedConnector(without: [.flavors]) { call, _ in
            call == "machine.plan" && isAsked.withLock { $0 }
                ? ConnectorError(code: .quotaExceeded, message: "the pool has 1 GB") : nil
        }
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        isAsked.withLock { $0 = true }
        await #expect {
            _ = try await alter(fixture, id, "disk.1.size = 900TB")
        } throws: {
            let error = $0 as? ManagerError
            return error?.code == .invalidDocument && error?.message.hasSuffix("the pool has 1 GB") == true
        }
        #expect(connector.planned.last?.item?.disks.map(\.sizeBytes) == [900_000_000_000_000])
        #expect(connector.count("volume.ensure") == 0)
    }

    @Test func whatFailsIsToldAndNotTriedAgainUnasked() async throws {
        let connector = WrappedConnector { call, _ in
            call == "machine.resize" ? ConnectorError(code: .unsupported, message: "not today") : nil
        }
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        let operation = try await alter(fixture, id, "cpu.count >= 2")
        #expect(operation?.status == .failed)
        #expect(operation?.error?.contains("machine 1 cannot be altered") == true, "\(operation?.error ?? "")")
        let machine = try await fixture.manager.snapshot(id, caller: .local).machines[1]
        #expect(machine.resize == nil)
        #expect(machine.placement.flavor == "dummy.small")
        #expect(machine.state == .configured)
    }

    // MARK: Nobody came to carry it out

    /// As after a crash: what was asked for is on record, and nobody works on it.
    private func interrupted(_ fixture: Fixture, _ id: InfrastructureID, _ features: String) async throws {
        let submitted = try await fixture.manager.alter(
            1, of: id, document: "system node (\(features))", caller: .local)
        #expect(submitted != nil, "\(features)")
    }

    @Test("an alteration that was interrupted is done by the next deployment")
    func deploymentGoesOn() async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        try await interrupted(fixture, id, "cpu.count = 4")
        try await interrupted(fixture, id, "disk.1.size = 10GB")
        let plan = try await fixture.manager.plan(fixture.request(Fixture.document(2, contextualize: ""), name: "i"))
        #expect(plan.removed.isEmpty && plan.added.isEmpty)
        let (_, ended) = try await fixture.deploy(Fixture.document(2, contextualize: ""), name: "i")
        #expect(ended.status == .succeeded, "\(ended.error ?? "")")
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines
        #expect(machines.map(\.placement.flavor) == ["dummy.small", "dummy.large"])
        #expect(machines[1].resize == nil)
        #expect(machines[1].disks?.map(\.isAttached) == [true])
        #expect(try await fixture.manager.unfinishedOperations(of: id, caller: .local).isEmpty)
        // Once: the next deployment has nothing to alter.
        #expect(try await alter(fixture, id, "cpu.count = 1")?.status == .succeeded)
        _ = try await fixture.deploy(Fixture.document(2, contextualize: ""), name: "i")
        #expect(try await fixture.manager.snapshot(id, caller: .local).machines[1].placement.flavor == "dummy.small")
    }

    @Test func theSameAgainGoesOnAndAnotherSizeIsTheLastWord() async throws {
        let fixture = try Fixture()
        let id = try await deployed(fixture)
        try await interrupted(fixture, id, "cpu.count = 4 and disk.1.size = 10GB")
        #expect(try await alter(fixture, id, "cpu.count = 4 and disk.1.size = 10GB") == nil)
        #expect(try await fixture.manager.unfinishedOperations(of: id, caller: .local).count == 1)
        #expect(try await alter(fixture, id, "cpu.count = 1")?.status == .succeeded)
        let machine = try await fixture.manager.snapshot(id, caller: .local).machines[1]
        #expect(machine.placement.flavor == "dummy.small")
        #expect(machine.disks?.map(\.isAttached) == [true])
    }

    @Test("what is taken back before anybody came does not happen")
    func takenBack() async throws {
        let connector = WrappedConnector()
        let fixture = try Fixture(dummy: connector)
        let id = try await deployed(fixture)
        try await interrupted(fixture, id, "cpu.count = 4")
        try await interrupted(fixture, id, "cpu.count = 1")
        _ = try await fixture.deploy(Fixture.document(2, contextualize: ""), name: "i")
        #expect(connector.count("machine.resize") == 0)
    }
}
