import Assembly
import Foundation
import InfrastructureModel
import Logging
import Orchestration
import Testing

@testable import gantry

/// Commands that change an infrastructure by parts, and those that ask clouds, at a Dummy whose state is a file.
@Suite struct ChangeCommandTests {
    /// A folder with `a.radl`, `more.radl` and an authorization file.
    private static func makeFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "gantry-change-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let document = """
            network public (outbound = 'yes')
            system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
            deploy node 2
            contextualize ()

            """
        for (name, text) in [
            ("a.radl", document), ("more.radl", "system node\ndeploy node 1\n"),
            ("auth", "id = dummy; type = Dummy; stateFile = \(folder)/cloud\n"),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
        }
        return folder
    }

    /// Asks the manager itself.
    private func manager<Value: Sendable>(
        _ folder: String, _ body: (InfrastructureManager) async throws -> Value
    ) async throws -> Value {
        let services = try await GantryServices.make(
            GantryServices.Options(
                stateFolder: folder, connectorFolders: [], logger: Logger(label: "test"),
                manager: ManagerConfiguration()))
        do {
            let value = try await body(services.manager)
            await services.stop()
            return value
        } catch {
            await services.stop()
            throw error
        }
    }

    private func machines(_ folder: String) async throws -> [MachineRecord] {
        try await manager(folder + "/state") { manager in
            let id = try await manager.find("a", caller: .local)
            return try await manager.snapshot(id, caller: .local).machines.filter(\.isAlive)
        }
    }

    @Test func machinesComeChangeAndGo() async throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = ["--state-dir", folder + "/state"]
        let clouds = ["-a", folder + "/auth"]
        #expect(try await Gantry.status(["up", folder + "/a.radl", "-q"] + state + clouds) == 0)
        #expect(try await Gantry.status(["add", "a", folder + "/more.radl", "-q"] + state + clouds) == 0)
        #expect(try await machines(folder).map(\.id.number) == [0, 1, 2])
        #expect(try await Gantry.status(["remove", "a", "1", "-q", "--yes"] + state) == 0)
        #expect(try await Gantry.status(["remove", "a", "1", "-q", "--yes"] + state) == 64)
        #expect(try await machines(folder).map(\.id.number) == [0, 2])
        // Larger, and smaller again.
        #expect(try await Gantry.status(["alter", "a", "0", "--cpus", "4", "-q"] + state) == 0)
        #expect(
            try await Gantry.status(["alter", "a", "0", "--cpus", "2", "--disk", "1=5GB", "-q"] + state) == 0)
        #expect(try await Gantry.status(["alter", "a", "0", "--cpus", "2", "-q"] + state) == 0)
        #expect(try await Gantry.status(["alter", "a", "0", "--cpus", "2000", "-q"] + state) == 2)
        #expect(try await Gantry.status(["alter", "a", "0", "--memory", "much", "-q"] + state) == 64)
        #expect(try await machines(folder).map(\.placement.flavor) == ["dummy.medium", "dummy.small"])
        #expect(try await Gantry.status(["reconfigure", "a", "--machine", "0", "-q"] + state) == 0)
        #expect(try await Gantry.status(["snapshot", "a", "0", "--image", "golden"] + state) == 0)
        #expect(try await Gantry.status(["console", "a", "0"] + state) == 0)
        #expect(try await Gantry.status(["console", "a", "1"] + state) == 64)
        #expect(try await Gantry.status(["share", "a"] + state) == 0)
        #expect(try await Gantry.status(["stats"] + state) == 0)
        #expect(try await Gantry.status(["stats", "--from", "yesterday"] + state) == 64)
        #expect(try await Gantry.status(["destroy", "a", "-q", "--yes"] + state) == 0)
    }

    @Test func cloudsAreAsked() async throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = ["--state-dir", folder + "/state"]
        let clouds = ["-a", folder + "/auth"]
        #expect(try await Gantry.status(["images"] + state + clouds) == 0)
        let filter = ["images", "dummy", "--filter"]
        #expect(try await Gantry.status(filter + ["version=2", "--json"] + state + clouds) == 0)
        #expect(try await Gantry.status(filter + ["version"] + state + clouds) == 64)
        #expect(try await Gantry.status(["quota"] + state + clouds) == 0)
        #expect(try await Gantry.status(["quota", "nope"] + state + clouds) == 2)
    }

    @Test func oneGoesToAnotherState() async throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = ["--state-dir", folder + "/state"]
        let clouds = ["-a", folder + "/auth"]
        #expect(try await Gantry.status(["up", folder + "/a.radl", "-q"] + state + clouds) == 0)
        let text = try await manager(folder + "/state") { manager in
            try await manager.export(try await manager.find("a", caller: .local), caller: .local)
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/a.json"))
        #expect(try await Gantry.status(["export", "a", "--delete"] + state) == 2, "nobody agreed")
        #expect(try await Gantry.status(["export", "a", "--delete", "--yes"] + state) == 0)
        #expect(try await Gantry.status(["show", "a"] + state) == 3)
        let other = ["--state-dir", folder + "/other"]
        #expect(try await Gantry.status(["import", folder + "/a.json", "--name", "b"] + other) == 2)
        #expect(try await Gantry.status(["import", folder + "/a.json", "--name", "b"] + other + clouds) == 0)
        #expect(try await Gantry.status(["destroy", "b", "-q", "--yes"] + other) == 0)
        #expect(try await Gantry.status(["import", folder + "/none.json"] + other) == 64)
    }
}
