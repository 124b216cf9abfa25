import ConnectorAPI
import Foundation
import InfrastructureModel
import Orchestration
import Support
import Testing

/// What clouds are asked for beside machines, and figures about what there is.
@Suite struct CloudTests {
    @Test func imagesAreListedAndFiltered() async throws {
        let manager = try Fixture().manager
        let all = try await manager.images(of: "dummy", among: Fixture.clouds)
        #expect(
            all == [
                CloudImage(uri: "mock0://linux.for.ev.er/image1", name: "Image Name1"),
                CloudImage(uri: "mock0://linux.for.ev.er/image2", name: "Image Name2"),
            ])
        let second = try await manager.images(
            of: "dummy", among: Fixture.clouds, filters: ["distribution": "DUMMY", "version": "2"])
        #expect(second.map(\.name) == ["Image Name2"])
        let none = try await manager.images(of: "dummy", among: Fixture.clouds, filters: ["distribution": "debian"])
        #expect(none.isEmpty)
    }

    @Test func quotasAreListed() async throws {
        let quotas = try await Fixture().manager.quotas(of: "dummy", among: Fixture.clouds)
        #expect(quotas.map(\.name) == ["cores", "ram", "instances", "floating_ips", "security_groups"])
        #expect(quotas[1] == CloudQuota(name: "ram", used: 1 << 30, limit: 10 << 30))
    }

    @Test func whatCannotBeAskedIsRefused() async throws {
        let manager = try Fixture(dummy: WrappedConnector(without: [.quotas])).manager
        await #expect {
            _ = try await manager.images(of: "nope", among: Fixture.clouds)
        } throws: {
            ($0 as? ManagerError)?.message == "Cloud ID nope not found."
        }
        await #expect {
            _ = try await manager.quotas(of: "dummy", among: Fixture.clouds)
        } throws: {
            ($0 as? ManagerError)?.message == "connector 'dummy' of cloud 'dummy' cannot tell quotas"
        }
        let rejected = CloudCredential(
            id: "dummy", type: "Dummy", values: Secret(["username": "eve", "rejectUsers": "[\"eve\"]"]))
        await #expect {
            _ = try await manager.images(of: "dummy", among: [rejected])
        } throws: {
            ($0 as? ManagerError)?.code == .noCloud
        }
    }

    // MARK: Estimates

    @Test func anEstimateMakesNothing() async throws {
        let fixture = try Fixture()
        let clouds = [
            CloudCredential(
                id: "one", type: "Dummy", values: Secret(["type": "Dummy", "host": "https://dummy.example/path"]))
        ]
        let document = """
            network public (outbound = 'yes')
            network private ()
            system a (cpu.count >= 2 and net_interface.0.connection = 'private' and disk.0.image.url = 'dummy://i')
            system b (
                net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://i' and disk.0.size = 20GB and
                disk.1.size = 5GB and disk.1.type = 'fast'
            )
            deploy a 2
            deploy b 1
            """
        let estimates = try await fixture.manager.estimate(fixture.request(document, clouds: clouds))
        let estimate = try #require(estimates.first)
        #expect(estimates.count == 1)
        #expect(estimate.cloudID == "one")
        #expect(estimate.cloudType == "Dummy")
        #expect(estimate.endpoint == "https://dummy.example:443/path")
        #expect(estimate.machines.map(\.system) == ["a", "a", "b"])
        #expect(estimate.machines.map(\.cpuCount) == [2, 2, 1])
        #expect(estimate.machines.map(\.hasPublicAddress) == [false, false, true])
        #expect(estimate.machines.map(\.diskBytes) == [nil, nil, 20_000_000_000])
        #expect(estimate.volumes.map(\.sizeBytes) == [20_000_000_000, 5_000_000_000])
        #expect(estimate.volumes.map(\.type) == [nil, "fast"])
        #expect(try await fixture.manager.infrastructures(caller: .local, includingDestroyed: true).isEmpty)
        #expect(try await fixture.manager.estimate(fixture.request("network n ()")).isEmpty)
    }

    @Test(
        "hosts of auth lines",
        arguments: [
            ("server", "http://server:80"), ("https://server", "https://server:443"),
            ("https://server:5000/v3", "https://server:5000/v3"), ("http://[::1]:80/", "http://[::1]:80/"),
            ("[::1]", "http://[::1]:80"), ("", ""),
        ])
    func endpoints(host: String, url: String) {
        #expect(CloudEndpoint(host: host).url == url)
    }

    // MARK: Statistics

    @Test func statisticsOutliveWhatTheyAreAbout() async throws {
        let fixture = try Fixture()
        let clouds = [
            CloudCredential(id: "one", type: "Dummy", values: Secret(["type": "Dummy", "host": "dummy.example:80"]))
        ]
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(2), clouds: clouds))
        _ = try await fixture.manager.follow(submitted)
        var request = fixture.request("network public\nsystem node\ndeploy node 1", clouds: clouds)
        request.update = InfrastructureUpdate(submitted.infrastructure, .add)
        _ = try await fixture.manager.follow(try await fixture.manager.deploy(request))
        var rows = try await fixture.manager.statistics(caller: .local)
        #expect(rows.map(\.machineCount) == [3])
        #expect(rows.map(\.cpuCount) == [3])
        #expect(rows.map(\.memoryBytes) == [3 << 30])
        #expect(rows.map(\.isDestroyed) == [false])
        _ = try await fixture.destroy(submitted.infrastructure)
        rows = try await fixture.manager.statistics(caller: .local)
        let row = try #require(rows.first)
        #expect(row.machineCount == 3)
        #expect(row.isDestroyed)
        #expect(row.cloudType == "Dummy")
        #expect(row.cloudHost == "dummy.example")
        #expect(!row.isHybrid)
        #expect(row.owner == "local")
        #expect(row.lastActivityAt > row.createdAt)
        let created = row.createdAt
        #expect(try await fixture.manager.statistics(from: created, caller: .local).count == 1)
        #expect(try await fixture.manager.statistics(before: created, caller: .local).isEmpty)
        let stranger = Caller.user("eve", .password("x"))
        #expect(try await fixture.manager.statistics(caller: stranger).isEmpty)
    }
}
