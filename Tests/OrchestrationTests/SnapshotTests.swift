import ConnectorAPI
import InfrastructureModel
import Operations
import Orchestration
import Support
import Testing

/// Images of disks.
@Suite struct SnapshotTests {
    private func images(_ fixture: Fixture) async throws -> [String] {
        try await fixture.manager.images(of: "dummy", among: Fixture.clouds).map(\.name).filter {
            !$0.hasPrefix("Image Name")
        }
    }

    private func make(
        _ fixture: Fixture, _ id: InfrastructureID, _ name: String, deletes: Bool
    ) async throws -> CloudImage {
        try await fixture.manager.makeImage(
            named: name, ofDisk: 0, ofMachine: 0, in: id, deletesWithInfrastructure: deletes, caller: .local)
    }

    @Test func someGoWithTheInfrastructureAndOthersStay() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        let kept = try await make(fixture, id, "kept", deletes: false)
        #expect(kept == CloudImage(uri: "mock0://linux.for.ev.er/kept", name: "kept"))
        _ = try await make(fixture, id, "first", deletes: true)
        _ = try await make(fixture, id, "second", deletes: true)
        #expect(try await make(fixture, id, "second", deletes: true).name == "second", "made once")
        #expect(try await fixture.destroy(id)?.status == .succeeded)
        let left = try await fixture.cloudMachines(id)
        #expect(left.isEmpty)
        #expect(try await images(fixture) == ["kept"])
    }

    @Test func whatCannotBeIsRefused() async throws {
        let fixture = try Fixture(dummy: WrappedConnector(without: [.snapshot]))
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        await #expect {
            _ = try await make(fixture, id, "x", deletes: false)
        } throws: {
            ($0 as? ManagerError)?.message == "connector 'dummy' cannot make images of disks"
        }
        let other = try Fixture(dummy: WrappedConnector(without: [.imageDelete]))
        let otherID = try await other.deploy(Fixture.document(1)).0.infrastructure
        await #expect {
            _ = try await make(other, otherID, "x", deletes: true)
        } throws: {
            ($0 as? ManagerError)?.code == .invalidDocument
        }
    }

    @Test func anImageIsDeletedByItsURL() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        let image = try await make(fixture, id, "golden", deletes: false)
        #expect(try await images(fixture) == ["golden"])
        try await fixture.manager.deleteImage(image.uri, of: "dummy", among: Fixture.clouds)
        #expect(try await images(fixture).isEmpty)
        await #expect {
            let cloud = CloudCredential(
                id: "dummy", type: "Dummy", values: Secret(["type": "Dummy", "missingImages": "[\"mock0://none\"]"]))
            try await fixture.manager.deleteImage("mock0://none", of: "dummy", among: [cloud])
        } throws: {
            let error = $0 as? ManagerError
            return error?.code == .notFound && error?.message == "cloud 'dummy' has no image 'mock0://none'"
        }
        let other = try Fixture(dummy: WrappedConnector(without: [.imageDelete]))
        await #expect {
            try await other.manager.deleteImage(image.uri, of: "dummy", among: Fixture.clouds)
        } throws: {
            ($0 as? ManagerError)?.message == "connector 'dummy' of cloud 'dummy' cannot delete images"
        }
    }
}
