import ArgumentParser
import Assembly
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

    @Test func theLimitIsASensibleNumber() throws {
        let list = try #require(
            try Gantry.parseAsRoot(["connector", "list"]) as? ConnectorCommand.ListCommand)
        #expect(list.timeout < 10)
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["connector", "list", "--timeout", "0"]) }
    }
}
