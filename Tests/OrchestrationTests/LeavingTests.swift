import ContextualizationAPI
import ExistingHosts
import InfrastructureModel
import Operations
import Orchestration
import Testing

/// Machines that stay when their infrastructure goes.
@Suite struct LeavingTests {
    private static func document(_ systems: [String]) -> String {
        systems.enumerated().map { index, name in
            """
            system \(name) (
                net_interface.0.connection = 'public' and net_interface.0.ip = '192.0.2.\(index + 1)' and
                disk.0.os.name = 'linux' and disk.0.os.credentials.username = 'ada' and
                disk.0.os.credentials.password = 'x'
            )
            deploy \(name) 1

            """
        }.joined() + "network public (outbound = 'yes')\n"
    }

    private func fixture(advice: Advice = .commandLine) throws -> Fixture {
        try Fixture(dummy: ExistingHostsConnector(), advice: advice)
    }

    @Test func theyAreLeftWithTheLinesThatWereWritten() async throws {
        let fixture = try fixture()
        let (submitted, _) = try await fixture.deploy(Self.document(["web", "db"]), name: "i")
        let written = await fixture.contextualizer.requests.last?.machines.first?.basics.hostsEntries ?? []
        #expect(written.count == 2)
        let destroyed = try await fixture.destroy(submitted.infrastructure)
        #expect(destroyed?.status == .succeeded, "what fails there fails nothing")
        let left = await fixture.contextualizer.left
        #expect(left.map(\.id).sorted() == (0...1).map { "\(submitted.infrastructure).\($0)" })
        #expect(left.allSatisfy { $0.basics.hostsEntries == written })
        let told = try await fixture.manager.events(of: submitted.infrastructure, caller: .local).filter {
            $0.text == "the lines of this infrastructure stay in its /etc/hosts: it is off"
        }
        #expect(Set(told.compactMap(\.machine?.number)) == [0, 1])
    }

    @Test func oneThatIsRemovedIsLeftToo() async throws {
        let fixture = try fixture()
        _ = try await fixture.deploy(Self.document(["web", "db"]), name: "i")
        let (submitted, operation) = try await fixture.deploy(
            Self.document(["web", "db"]).replacing("deploy db 1", with: "deploy db 0"), name: "i")
        #expect(operation.status == .succeeded)
        #expect(await fixture.contextualizer.left.map(\.id) == ["\(submitted.infrastructure).1"])
    }

    @Test func oneWhoseSystemIsGoneCannotBeAsked() async throws {
        let fixture = try fixture()
        _ = try await fixture.deploy(Self.document(["web", "db"]), name: "i")
        let (submitted, operation) = try await fixture.deploy(Self.document(["web"]), name: "i")
        #expect(operation.status == .succeeded)
        #expect(await fixture.contextualizer.left.isEmpty)
        let events = try await fixture.manager.events(of: submitted.infrastructure, caller: .local)
        #expect(events.contains { $0.text.hasSuffix("the document no longer says how to log in there") })
    }

    @Test func oneThatNeverLetUsInIsNotAsked() async throws {
        let fixture = try fixture()
        let submitted = try await fixture.manager.deploy(fixture.request(Self.document(["web"]), name: "i"))
        _ = try await fixture.destroy(submitted.infrastructure)
        #expect(await fixture.contextualizer.left.isEmpty)
    }

    @Test func aChangedHostKeyIsForgottenByNumber() async throws {
        let fixture = try fixture()
        _ = try await fixture.deploy(Self.document(["web", "db"]), name: "i")
        let machines = await fixture.contextualizer.requests.last?.machines ?? []
        #expect(machines.count == 2)
        for (number, machine) in machines.enumerated() {
            #expect(machine.target.hostKeyAdvice?.hasSuffix("--new-host-key \(number)") == true)
        }
    }

    @Test func aServiceSpeaksToItsClients() async throws {
        let fixture = try fixture(advice: .service)
        _ = try await fixture.deploy(Self.document(["web"]), name: "i")
        let machine = try #require(await fixture.contextualizer.requests.last?.machines.first)
        #expect(
            machine.target.hostKeyAdvice
                == "if machine 0 (web) was reinstalled on purpose, delete the infrastructure and create it again")
    }
}
