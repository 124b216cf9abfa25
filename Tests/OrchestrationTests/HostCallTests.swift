import ConnectorAPI
import Dummy
import Foundation
import InfrastructureModel
import Operations
import Support
import Testing

@testable import Orchestration

/// What the host makes of the calls of the contract.
@Suite struct HostCallTests {
    private static let document = """
        network inner (create = 'yes' and cidr = '10.9.*.0/24' and outports = '8080')
        network unused (create = 'yes')
        network public (outbound = 'yes')
        system node (
            net_interface.0.connection = 'public' and net_interface.1.connection = 'inner' and
            disk.0.image.url = 'dummy://image'
        )
        deploy node 2
        contextualize ()
        """

    @Test func networksAreMadeBeforeWhatIsInThem() async throws {
        let fixture = try Fixture()
        let (submitted, operation) = try await fixture.deploy(Self.document, name: "nets")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let id = submitted.infrastructure
        let there = try await fixture.cloudMachines(id)
        let networks = there.filter { $0.kind == .network }
        #expect(networks.map(\.name) == ["gantry-\(id)-inner"])
        let network = try #require(networks.first)
        let groups = there.filter { $0.kind == .securityGroup }
        #expect(groups.count == 2)
        let inner = try #require(groups.first { !$0.dependsOn.isEmpty })
        #expect(inner.dependsOn == [Resource.Reference(kind: .network, id: network.id)])
        let snapshot = try await fixture.manager.snapshot(id, caller: .local)
        #expect(snapshot.resources.contains { $0.kind == "network" && $0.id == network.id })
        let batches = snapshot.machines.map {
            LaunchBatch(token: BatchToken(rawValue: "t"), cloud: $0.placement.cloud, machines: [$0.id])
        }
        let plan = try LaunchPlan(snapshot: snapshot)
        let cloud = try #require(snapshot.machines.first).placement.cloud
        let asked = plan.networks(at: cloud)
        #expect(asked.map(\.cidr) == ["10.9.0.0/24"])
        #expect(asked.map(\.public) == [true])
        for batch in batches {
            let items = try LaunchPlan.specifications(of: batch, items: try plan.items(of: batch))
            #expect(items.first?.interfaces.map(\.network) == [nil, network.id])
            #expect(items.first?.interfaces.last?.groups == [inner.id])
        }
        // Another machine finds the network that is there.
        let change = try await fixture.manager.deploy(
            fixture.request(Self.document.replacing("deploy node 2", with: "deploy node 3"), name: "nets"))
        #expect(try await fixture.manager.follow(change).status == .succeeded)
        #expect(try await fixture.cloudMachines(id).filter { $0.kind == .network }.map(\.id) == [network.id])
        #expect(try await fixture.destroy(id)?.status == .succeeded)
        #expect(try await fixture.cloudMachines(id).isEmpty)
    }

    /// Which lists networks but cannot make any.
    @Test func whereNoneCanBeMadeThoseThatAreThereServe() async throws {
        let fixture = try Fixture(dummy: WrappedConnector())
        let (submitted, operation) = try await fixture.deploy(Self.document)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(events.filter { $0.text.contains("it makes no networks; machines of ") }.count == 1)
    }

    @Test func aConnectorTellsHowFarItIs() async throws {
        let connector = WrappedConnector { call, _ in
            guard call == "machine.launch" else { return nil }
            for part in 1...50 {
                CallContext.reportProgress(fraction: Double(part) / 100, message: "copying\nthe image")
            }
            return nil
        }
        let fixture = try Fixture(dummy: connector)
        let (submitted, operation) = try await fixture.deploy(Fixture.document(1))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(events.filter { $0.text.contains("copying") }.map(\.text) == ["dummy: copying the image (1 %)"])
    }

    @Test func aConnectorThatHangsIsToldOf() async throws {
        let fixture = try Fixture(
            dummy: WrappedConnector(launchTime: .milliseconds(400)), silence: .milliseconds(100))
        let (submitted, operation) = try await fixture.deploy(Fixture.document(1))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(events.contains { $0.text == "dummy: no answer for 0 s" }, "\(events.map(\.text))")
    }

    @Test(arguments: [true, false])
    func whoIsHeardIsNotSilent(_ isHeard: Bool) async throws {
        let silence = CallSilence()
        let told = LockedValue(0)
        try await silence.watch(.milliseconds(100), tell: { _ in told.withLock { $0 += 1 } }) {
            if isHeard { silence.heard(until: .now + .seconds(60)) }
            try await Task.sleep(for: .milliseconds(400))
        }
        #expect((told.withLock { $0 } == 0) == isHeard)
    }

    @Test func reportsAreAsFarApartAsPeopleRead() {
        let pace = ReportPace()
        let start = ContinuousClock.now
        #expect(pace.text(of: ProgressReport(message: "a"), now: start) == "a")
        #expect(pace.text(of: ProgressReport(message: "b"), now: start + .milliseconds(999)) == nil)
        let late = ProgressReport(fraction: 7, message: "c")
        #expect(pace.text(of: late, now: start + .seconds(1)) == "c (100 %)")
        let odd = ProgressReport(fraction: .nan, message: "d")
        #expect(pace.text(of: odd, now: start + .seconds(3)) == "d")
    }

    @Test func deletionsThatGoOnAreContinued() async throws {
        let fixture = try Fixture()
        let slow = CloudCredential(id: "dummy", type: "Dummy", values: Secret(["type": "Dummy", "steps": "3"]))
        let submitted = try await fixture.manager.deploy(fixture.request(Self.document, clouds: [slow]))
        #expect(try await fixture.manager.follow(submitted).status == .succeeded)
        #expect(try await fixture.destroy(submitted.infrastructure)?.status == .succeeded)
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(!events.contains { $0.text.contains("still in use") })
        #expect(try await fixture.cloudMachines(submitted.infrastructure).isEmpty)
    }

    @Test func oneRefusedItemShowsThatTheCloudIsBusy() {
        let busy = ConnectorError(code: .throttled, message: "slow down")
        let other = ConnectorError(code: .unavailable, message: "down")
        func isThrottled(_ value: any Sendable) -> Bool? { (value as? any MayBeThrottled)?.isThrottled }
        #expect(isThrottled([Outcome<Empty>.done(Empty()), .failed(busy)]) == true)
        #expect(isThrottled([Outcome<Empty>.done(Empty()), .failed(other)]) == false)
        #expect(isThrottled(Outcome<Machine>.failed(busy)) == true)
        #expect(isThrottled(Page<Resource>(items: [])) == nil)
    }
}
