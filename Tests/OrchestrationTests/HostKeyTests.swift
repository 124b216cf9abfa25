import ContextualizationAPI
import InfrastructureModel
import Operations
import Orchestration
import Testing

/// Host keys that machines were given at their start, as their connector tells them.
@Suite struct HostKeyTests {
    private static let given = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIQVY20SEkjSDc2tmVGbyghDcbUpFDxprLr/9MmIHaNU"

    private func policies(_ credentials: String, hostKeys: [String] = [given]) async throws -> [HostKeyPolicy] {
        let fixture = try Fixture(dummy: WrappedConnector(hostKeys: hostKeys))
        let document = Fixture.document(1, contextualize: "configure node (\n@begin\n- tasks: []\n@end\n)")
        let system = document.replacing("system node (", with: "system node (\n\(credentials)")
        #expect(system != document)
        let (submitted, operation) = try await fixture.deploy(system)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let machine = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).machines[0]
        #expect(machine.hostKeys == hostKeys + ["ssh-ed25519 KEY\(machine.id)"], "what it showed is pinned, too")
        return await fixture.contextualizer.requests.flatMap { $0.machines.map(\.target.hostKey) }
    }

    @Test("The first login already asks for the key that the machine was given")
    func pinned() async throws {
        #expect(try await policies("") == [.pinned([Self.given])])
        #expect(try await policies("", hostKeys: []) == [.trustOnFirstUse])
    }

    @Test(
        "An image whose own login is used need not heed what it is given",
        arguments: [
            ("disk.0.os.credentials.password = 'secret-4711' and", false),
            ("disk.0.os.credentials.private_key = 'KEY' and", false),
            ("disk.0.os.credentials.private_key = 'KEY' and disk.0.os.credentials.public_key = 'PUB' and", true),
            ("disk.0.os.credentials.username = 'ubuntu' and", true),
        ])
    func ofTheImage(credentials: String, isPinned: Bool) async throws {
        #expect(try await policies(credentials) == [isPinned ? .pinned([Self.given]) : .trustOnFirstUse])
    }
}
