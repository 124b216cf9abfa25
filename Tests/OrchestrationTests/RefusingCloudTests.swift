import ConnectorAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import Testing

/// Clouds whose sessions do not open and calls that fail.
@Suite struct RefusingCloudTests {
    private static func cloud(_ id: String, rejected: Bool) -> CloudCredential {
        let values = ["type": "Dummy", "username": id].merging(rejected ? ["rejectUsers": "[\"\(id)\"]"] : [:]) { $1 }
        return CloudCredential(id: id, type: "Dummy", values: Secret(values))
    }

    /// A connector with catalogs is asked for them when a plan is made, one without is not.
    private static let withAndWithoutCatalogs: [Set<Capability>] = [[], [.flavors, .images]]

    @Test(arguments: withAndWithoutCatalogs, [true, false])
    func anotherCloudIsTakenWhereOneDoesNotLetUsIn(_ without: Set<Capability>, _ isFirst: Bool) async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: without))
        let clouds = [Self.cloud("bad", rejected: true), Self.cloud("good", rejected: false)]
        let request = fixture.request(
            Fixture.document(2).replacing("dummy://image", with: "mock0://linux.for.ev.er/image1"),
            clouds: isFirst ? clouds : clouds.reversed())
        let plan = try await fixture.manager.plan(request)
        #expect(plan.added.map(\.placement.cloud.id) == ["good", "good"])
        #expect(plan.added.allSatisfy { $0.alternatives.allSatisfy { $0.cloud.id == "good" } })
        #expect(plan.rejections.map(\.system) == ["*"])
        #expect(plan.rejections.first?.cloud == "bad")
        let submitted = try await fixture.manager.deploy(request)
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(events.filter { $0.text.hasPrefix("bad is not used: unauthenticated") }.count == 1)
    }

    @Test(arguments: withAndWithoutCatalogs)
    func aPlanIsRefusedWhereNoCloudLetsUsIn(_ without: Set<Capability>) async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: without))
        await #expect {
            _ = try await fixture.manager.deploy(
                fixture.request(
                    Fixture.document(2), clouds: ["a", "b"].map { Self.cloud($0, rejected: true) }))
        } throws: { error in
            guard let error = error as? ManagerError else { return false }
            return error.code == .noCloud && error.message.contains("a: unauthenticated")
                && error.message.contains("b: unauthenticated")
        }
    }

    @Test func eachPauseBeforeAnotherTryIsTold() async throws {
        let connector = WrappedConnector { call, count in
            guard call == "machine.launch", count <= 2 else { return nil }
            return ConnectorError(code: .unavailable, message: "the endpoint is down", retryAfterMs: count * 20)
        }
        let fixture = try Fixture(dummy: connector)
        let (submitted, operation) = try await fixture.deploy(Fixture.document(2))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        let pauses = events.filter { $0.text.contains("unavailable: the endpoint is down") }.map(\.text)
        #expect(pauses.count == 2)
        #expect(pauses.allSatisfy { $0.hasPrefix("dummy fails, tried again in 0.") })
    }

    /// What a call made whose answer was lost is found, whatever the next one says.
    @Test(arguments: [ConnectorError.Code.permissionDenied, .quotaExceeded, .unauthenticated, .timeout])
    func aRefusalAfterALostAnswerDoesNotCountAsNothingMade(_ code: ConnectorError.Code) async throws {
        let connector = WrappedConnector { call, count in
            switch (call, count) {
            case ("machine.launch done", 1): ConnectorError(code: .unavailable, message: "connection lost")
            case ("machine.launch", 2...): ConnectorError(code: code, message: "not now", retryAfterMs: 1)
            default: nil
            }
        }
        let fixture = try Fixture(dummy: connector, callPatience: .milliseconds(400))
        let (submitted, operation) = try await fixture.deploy(Fixture.document(2))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(snapshot.machines.allSatisfy { $0.attempts.isEmpty }, "no other candidate was tried")
        #expect(try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }.count == 2)
    }

    @Test func aCloudWhoseSessionNoLongerOpensFailsAsAWhole() async throws {
        let before = try Fixture(dummy: WrappedConnector(without: [.securityGroups, .keyPairs]))
        let submitted = try await before.manager.deploy(before.request(Fixture.document(1)))
        // Another process carries it out.
        let connector = WrappedConnector(without: [.securityGroups, .keyPairs]) { call, _ in
            guard call == "session.open" else { return nil }
            return ConnectorError(code: .unavailable, message: "it does not start", retryAfterMs: 1)
        }
        let fixture = try Fixture(store: before.store, dummy: connector, callPatience: .seconds(4))
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .failed)
        #expect(operation.error?.contains("it does not start") == true, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(snapshot.machines.map(\.state) == [.failed])
        #expect(snapshot.machines[0].attempts.count == 2)
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        let pauses = events.count { $0.text.contains("tried again in") && $0.text.contains("it does not start") }
        #expect(pauses > 0)
        // The first time, once more after each pause, and once for each other candidate.
        #expect(connector.count("session.open") <= 1 + pauses + 2, "it is waited for once, not for each candidate")
    }

    @Test(arguments: [ConnectorError.Code.permissionDenied, .unauthenticated, .unsupported, .invalidArgument])
    func whatFailsForGoodFailsAtOnce(_ code: ConnectorError.Code) async throws {
        let connector = WrappedConnector { call, _ in
            call == "machine.launch" ? ConnectorError(code: code, message: "never") : nil
        }
        let fixture = try Fixture(dummy: connector)
        let (submitted, operation) = try await fixture.deploy(Fixture.document(1))
        #expect(operation.status == .failed)
        #expect(operation.error?.contains("never") == true)
        // Once for each candidate; with a new session each once more.
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        let tries = (snapshot.machines[0].attempts.count + 1) * (code == .unauthenticated ? 2 : 1)
        #expect(connector.count("machine.launch") == tries)
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(!events.contains { $0.text.contains("tried again") })
    }
}
