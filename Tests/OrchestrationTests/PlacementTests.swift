import ConnectorAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import RADL
import Support
import Testing

/// Which cloud and which size a document gets.
@Suite struct PlacementTests {
    private static let two = ["first", "second"].map {
        CloudCredential(id: $0, type: "Dummy", values: Secret(["type": "Dummy", "account": $0]))
    }

    private func plan(_ document: String, clouds: [CloudCredential] = Fixture.clouds) async throws -> DeploymentPlan {
        let fixture = try Fixture()
        return try await fixture.manager.plan(fixture.request(document, clouds: clouds))
    }

    @Test func theCheapestSizeIsTaken() async throws {
        let machine = try #require(try await plan(Fixture.document(1)).added.first)
        let prices = ([machine.placement] + machine.alternatives).compactMap(\.price)
        #expect(prices.count > 1)
        #expect(prices == prices.sorted())
    }

    @Test func aWishThatASizeGrantsOutweighsItsPrice() async throws {
        let plain = try #require(try await plan(Fixture.document(1)).added.first)
        let wish = try #require(
            try await plan(Fixture.document(1, extra: "and\nsoft 10 (memory.size >= 3G) and soft 1 (cpu.count >= 999)"))
                .added.first)
        #expect(try #require(plain.placement.memoryBytes) < 3_000_000_000)
        #expect(try #require(wish.placement.memoryBytes) >= 3_000_000_000)
        #expect(try #require(wish.placement.price) > #require(plain.placement.price))
    }

    @Test func wishesThatNobodyGrantsChangeNothing() async throws {
        let plain = try #require(try await plan(Fixture.document(1)).added.first)
        let wish = try #require(
            try await plan(Fixture.document(1, extra: "and\nsoft 10 (memory.size >= 900G)")).added.first)
        #expect(plain.placement.flavor == wish.placement.flavor)
    }

    @Test func aGrantedWishIsPartOfTheMachine() async throws {
        let fixture = try Fixture()
        let document = Fixture.document(
            1, extra: "and\nsoft 10 (disk.1.size = 7G and disk.1.device = 'hdb') and soft 5 (disk.1.size = 9G)")
        let (submitted, operation) = try await fixture.deploy(document)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        let system = try #require(try MachineDocument.make(snapshot.machines[0], of: snapshot).systems.first)
        #expect(system.disks.first { $0.index == 1 }?.size == 7_000_000_000)
        #expect(system.features.softs.isEmpty)
    }

    @Test func aProviderWithoutSizesIsAskedForOneAndWhatItSaysIsTold() async throws {
        let connector = WrappedConnector(without: [.flavors])
        let fixture = try Fixture(dummy: connector)
        let plan = try await fixture.manager.plan(fixture.request(Fixture.document(3)))
        #expect(plan.added.map(\.placement.flavor) == Array(repeating: "dummy.custom-1-512000000", count: 3))
        #expect(Set(PlanReport(plan).added.map(\.place.remark)) == ["made to measure"])
        #expect(connector.count("machine.plan") == 1, "machines that are alike are asked for once")
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        let events = try await fixture.manager.events(of: id, caller: .local)
        #expect(events.contains { $0.text == "node is launched at dummy, made to measure" })
    }

    @Test func aSizeByNameIsPlannedAndTheProviderMayRefuseIt() async throws {
        let connector = WrappedConnector(without: [.flavors])
        let fixture = try Fixture(dummy: connector)
        let document = Fixture.document(1, extra: " and instance_type = 'm1.small'")
        // One that knows no names of sizes takes them as they are.
        let plan = try await fixture.manager.plan(fixture.request(document))
        #expect(plan.added.map(\.placement.flavor) == ["m1.small"])
        #expect(connector.planned.last?.provider == ["radl": ["instance_type": "m1.small"]])
        let refusing = try Fixture(
            dummy: WrappedConnector(without: [.flavors]) { call, _ in
                call == "machine.plan" ? ConnectorError(code: .invalidArgument, message: "'m1.small' is no size") : nil
            })
        let error = await #expect(throws: ManagerError.self) {
            _ = try await refusing.manager.plan(refusing.request(document))
        }
        #expect(error?.message.contains("'m1.small' is no size") == true, "\(String(describing: error))")
    }

    @Test func whatIsTooLargeForAProviderWithoutSizesIsToldAndTheRestIsNot() async throws {
        let connector = WrappedConnector(without: [.flavors]) { call, _ in
            guard call == "machine.plan" else { return nil }
            return ConnectorError(code: .quotaExceeded, message: "4 processors are more than the host's 2")
        }
        let fixture = try Fixture(dummy: connector)
        let error = await #expect(throws: ManagerError.self) {
            _ = try await fixture.manager.plan(fixture.request(Fixture.document(1)))
        }
        #expect(error?.message.contains("more than the host's 2") == true, "\(String(describing: error))")
    }

    @Test func theFirstCloudOfTheAuthorizationWinsATie() async throws {
        let plan = try await plan(Fixture.document(2), clouds: Self.two)
        #expect(plan.added.map(\.placement.cloud.id) == ["first", "first"])
        #expect(plan.added[0].alternatives.contains { $0.cloud.id == "second" }, "a lone machine may go elsewhere")
    }

    @Test func machinesOfAPrivateNetworkStayTogether() async throws {
        let document = """
            network lan ()
            network public (outbound = 'yes')
            system front (
                net_interface.0.connection = 'lan' and net_interface.1.connection = 'public' and
                disk.0.image.url = 'dummy://image'
            )
            system node (net_interface.0.connection = 'lan' and disk.0.image.url = 'dummy://image')
            deploy node 2
            deploy front 1 second
            """
        let plan = try await plan(document, clouds: Self.two)
        #expect(plan.added.map(\.placement.cloud.id) == ["second", "second", "second"])
        #expect(plan.added.allSatisfy { $0.alternatives.allSatisfy { $0.cloud.id == "second" } })
        await #expect {
            _ = try await self.plan(
                document.replacingOccurrences(of: "deploy node 2", with: "deploy node 2 first"), clouds: Self.two)
        } throws: { error in
            guard let error = error as? ManagerError else { return false }
            return error.code == .invalidDocument && error.message.contains("'node' on first")
                && error.message.contains("'front' on second")
        }
    }

    @Test func anAddressWithoutAnImageIsAMachineThatRuns() async throws {
        let document = """
            network public (outbound = 'yes')
            system web (
                net_interface.0.connection = 'public' and net_interface.0.ip = '192.0.2.10' and
                disk.0.os.credentials.username = 'u' and disk.0.os.credentials.password = 'p'
            )
            deploy web 1
            """
        // No connector for it is among those of this test: a cloud must not take it instead.
        await #expect {
            _ = try await self.plan(document)
        } throws: { error in
            (error as? ManagerError)?.message.contains("192.0.2.10 and no image") == true
        }
    }

    @Test func aDocumentWithoutContentRemovesNothing() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "e")
        await #expect {
            _ = try await fixture.manager.deploy(fixture.request("# nothing\n", name: "e"))
        } throws: { error in
            (error as? ManagerError)?.code == .invalidDocument
        }
        #expect(try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }.count == 2)
    }

    @Test func deploysOfOneSystemMayNameDifferentClouds() async throws {
        let document = Fixture.document(1).replacing("deploy node 1", with: "deploy node 1 second\ndeploy node 2 first")
        let plan = try await plan(document, clouds: Self.two)
        #expect(plan.added.map(\.placement.cloud.id) == ["second", "first", "first"])
    }
}

/// Providers that plan machines themselves.
@Suite struct LaunchPreviewTests {
    private static let document = """
        network public (outbound = 'yes')
        network given (provider_id = 'lab')
        network own (create = 'yes' and cidr = '10.9.*.0/24')
        system node (
            cpu.count >= 1 and memory.size >= 512M and cpu.arch = 'x86_64' and
            net_interface.0.connection = 'public' and net_interface.1.connection = 'given' and
            net_interface.1.ip = '10.7.0.9' and net_interface.2.connection = 'own' and
            disk.0.image.url = 'dummy://image' and disk.1.size = 10G
        )
        deploy node 2
        """

    @Test("They are told what a launch would ask for, and how often; where none is missing, of no launch")
    func item() async throws {
        let connector = WrappedConnector(without: [.flavors], makesNetworks: true)
        let fixture = try Fixture(dummy: connector)
        _ = try await fixture.manager.plan(fixture.request(Self.document, name: "a"))
        let asked = try #require(connector.planned.last)
        #expect(asked.count == 2)
        #expect(asked.networks?.map(\.name) == ["own"])
        #expect(asked.networks?.first?.cidr == "10.9.0.0/24")
        let item = try #require(asked.item)
        #expect(item.image == "dummy://image" && item.memoryBytes == 512_000_000)
        // The network that is made is not known to the provider yet.
        #expect(item.interfaces.map(\.index) == [0, 1])
        #expect(item.interfaces[0].public && item.interfaces[0].network == nil)
        #expect(item.interfaces[1].network == "lab" && item.interfaces[1].fixedAddress == "10.7.0.9")
        #expect(item.disks.map(\.sizeBytes) == [10_000_000_000])
        #expect(item.provider["radl"]?["cpu.arch"] == "x86_64")

        let (_, operation) = try await fixture.deploy(Self.document, name: "a")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        _ = try await fixture.manager.plan(fixture.request(Self.document, name: "a"))
        #expect(connector.planned.last?.item == nil && connector.planned.last?.count == nil)
        // One more: the network is there.
        _ = try await fixture.manager.plan(
            fixture.request(Self.document.replacing("deploy node 2", with: "deploy node 3"), name: "a"))
        #expect(connector.planned.last?.count == 1)
        #expect(connector.planned.last?.item != nil && connector.planned.last?.networks == nil)
        // Others leave before it comes.
        _ = try await fixture.manager.plan(
            fixture.request(Self.document.replacing("disk.1.size = 10G", with: "disk.1.size = 20G"), name: "a"))
        #expect(connector.planned.last?.item != nil && connector.planned.last?.count == nil)
    }

    @Test func whatALaunchWouldBeRefusedForIsRefusedBeforeIt() async throws {
        let connector = WrappedConnector(without: [.flavors]) { call, _ in
            call == "machine.plan"
                ? ConnectorError(code: .invalidArgument, message: "there is no network 'lab'; there are: default") : nil
        }
        let fixture = try Fixture(dummy: connector)
        await #expect {
            _ = try await fixture.manager.deploy(fixture.request(Self.document, name: "a"))
        } throws: {
            let error = $0 as? ManagerError
            return error?.code == .noCloud && error?.message.contains("there are: default") == true
        }
        #expect(connector.launched.isEmpty)
        #expect(try await fixture.manager.infrastructures(caller: .local).isEmpty)
    }
}

/// Two `up` of one name at the same moment.
@Suite struct NameTests {
    @Test func onlyOneOfTwoSimultaneousDeploymentsGetsAName() async throws {
        for _ in 0..<20 {
            let fixture = try Fixture()
            let outcomes = await withTaskGroup(of: Result<SubmittedOperation, any Error>.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            return .success(
                                try await fixture.manager.deploy(fixture.request(Fixture.document(2), name: "web")))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                var all: [Result<SubmittedOperation, any Error>] = []
                for await outcome in group { all.append(outcome) }
                return all
            }
            var submitted: [SubmittedOperation] = []
            for outcome in outcomes {
                switch outcome {
                case .success(let operation): submitted.append(operation)
                case .failure(let error):
                    let error = try #require(error as? ManagerError)
                    #expect(error.code == .busy)
                    #expect(error.message.contains("web"), "\(error.message)")
                }
            }
            // Those that came later found the first one and converge it.
            #expect(Set(submitted.map(\.infrastructure)).count == 1)
            #expect(submitted.filter { $0.kind == .create }.count == 1)
            for operation in submitted { _ = try await fixture.manager.follow(operation) }
            let id = try #require(submitted.first?.infrastructure)
            #expect(try await fixture.cloudMachines(id).filter { $0.kind == .machine }.count == 2)
            #expect(try await fixture.manager.infrastructures(caller: .local).count == 1)
        }
    }
}
