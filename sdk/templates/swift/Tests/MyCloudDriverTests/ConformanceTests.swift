import ConnectorAPI
import ConnectorConformance
import Foundation
import MyCloudDriver
import Testing

/// The contract, check by check, without a process. `connector-check` runs more of them, over the executable.
@Suite struct ConformanceTests {
    @Test(arguments: ConformanceSuite.checks.map(\.id))
    func theContractIsKept(check: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mycloud-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = ConformanceSettings(
            config: ["folder": .string(folder.path)],
            credentials: Credentials(["username": "ada", "password": "a-secret"]),
            badCredentials: Credentials(["username": "ada", "password": "wrong"]))
        let checks = try #require(ConformanceSuite.checks(named: [check]))
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: MyCloudConnector(), settings: settings), checks: checks)
        for failure in report.failures { Issue.record("\(failure.id): \(failure.verdict)") }
    }
}
