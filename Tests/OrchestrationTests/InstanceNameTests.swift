import ConnectorAPI
import Operations
import Testing

/// Names of machines at their providers.
@Suite struct InstanceNameTests {
    @Test(
        "As the document names it, else made of the system's name",
        arguments: [
            ("", ["node-0", "node-1"]), ("instance_name = 'mine' and", ["mine", "mine"]),
            ("instance_name = 'web-#N#' and", ["web-0", "web-1"]),
            ("instance_name = 'node' and", ["node-0", "node-1"]),
            ("instance_name = '' and", ["node-0", "node-1"]),
        ])
    func names(feature: String, names: [String]) async throws {
        let connector = WrappedConnector()
        let fixture = try Fixture(dummy: connector)
        let document = Fixture.document(2).replacing("system node (", with: "system node (\n\(feature)")
        let (_, operation) = try await fixture.deploy(document)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        #expect(connector.launched.map(\.name).sorted() == names)
    }
}
