import ArgumentParser
import Assembly
import ConnectorAPI
import ConnectorHost
import Foundation
import Logging
import Testing

@testable import gantry

/// Connectors of folders, of which some do not answer.
@Suite struct ConnectorListTests {
    private static let good = """
        #!/bin/sh
        echo '{"protocolVersion":1,"connector":{"name":"good","version":"1"},"providerTypes":["Good"]}'
        """

    @Test("one that hangs is told of in time; the others are there")
    func oneThatHangs() async throws {
        let folder = NSTemporaryDirectory() + "gantry-connectors-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in [("connector-a", "#!/bin/sh\nexec sleep 100\n"), ("connector-good", Self.good)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: folder + "/" + name)
        }
        let start = ContinuousClock.now
        let (registry, problems) = await BuiltInConnectors.registry(
            folders: [folder], logger: Logger(label: "test"), patience: .seconds(2))
        #expect(ContinuousClock.now - start < .seconds(9))
        #expect(await RegistryDirectory(registry: registry).connector(named: "good") != nil)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("connector-a' is not used") == true, "\(problems)")
        #expect(problems.first?.contains("did not end within 2.0 seconds") == true, "\(problems)")
    }

    @Test("the state folder says which are used, and how the last check of each ended")
    func theConfigurationOfTheStateFolder() async throws {
        let folder = NSTemporaryDirectory() + "gantry-connectors-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/connector-good"
        try Data(Self.good.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let file = URL(fileURLWithPath: folder + "/state/connectors.json")
        try Data(#"{"connectors": [{"name": "good", "path": "\#(path)"}, {"name": "dummy", "enabled": false}]}"#.utf8)
            .write(to: file)
        var (registry, problems) = await BuiltInConnectors.registry(
            folders: [], stateFolder: folder + "/state", logger: Logger(label: "test"))
        #expect(problems == [])
        #expect(registry.all.first?.description.name == "good")
        #expect(registry.connector(named: "dummy") == nil)
        #expect(FileManager.default.fileExists(atPath: folder + "/state/connectors.cache"))

        let description = try #require(registry.connector(named: "good")).description
        guard case .file(_, let sha256) = registry.source(of: "good") else { return #expect(Bool(false)) }
        var records = CheckRecords(path: BuiltInConnectors.checkRecords(stateFolder: folder + "/state"))
        #expect(ListedConnector(description, registry, records).row[4] == "never")
        let time = Date(timeIntervalSince1970: 1_700_000_000)
        try records.add(
            .init(name: "good", version: "1", time: time, passed: 9, failed: 1, skipped: 2),
            key: CheckRecords.key(name: "good", version: "1", sha256: sha256))
        let row = ListedConnector(description, registry, records).row
        #expect(row == ["good", "1", "Good", "", "2023-11-14 1 of 10 failed", path, ""])

        try Data("{".utf8).write(to: file)
        (registry, problems) = await BuiltInConnectors.registry(
            folders: [folder], stateFolder: folder + "/state", logger: Logger(label: "test"))
        #expect(registry.connector(named: "good") == nil && registry.connector(named: "dummy") != nil)
        #expect(problems.count == 1 && problems[0].contains("connectors.json' is no JSON"), "\(problems)")
    }

    @Test func theLimitIsASensibleNumber() throws {
        let list = try #require(
            try Gantry.parseAsRoot(["connector", "list"]) as? gantry.ConnectorCommand.ListCommand)
        #expect(list.timeout < 10)
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["connector", "list", "--timeout", "0"]) }
    }
}
