import APIServer
import ConnectorAPI
import ContextualizationAPI
import Dummy
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InfrastructureModel
import Logging
import Orchestration
import Persistence
import Support
import Testing

/// IM's paths and shapes over a manager with a Dummy cloud; a worker carries operations out beside the requests.
@Suite struct RESTServerTests {
    private static let login = "type = InfrastructureManager; username = ada; password = one"
    private static let header = login + #"\nid = dummy; type = Dummy"#
    private static let document = """
        network public (outbound = 'yes')
        system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
        deploy node 2
        contextualize ()
        """

    private func serve(
        _ store: (any StateStore)? = nil, _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let manager = InfrastructureManager(
            store: try store ?? InMemoryStateStore(), connectors: OneConnector(), contextualizer: AllGood(),
            configuration: ManagerConfiguration(
                limits: .init(firstPoll: .milliseconds(1), longestPoll: .milliseconds(5)),
                commandPoll: .milliseconds(10)), logger: logger,
            makeKeyPair: { .init(privateKey: Secret("private"), publicKey: "ssh-ed25519 AAAA") })
        let application = Application(router: RESTServer(manager: manager, logger: logger).router(), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await manager.run() }
            try await application.test(.router) { client in try await body(client) }
            group.cancelAll()
        }
    }

    private static func headers(
        _ authorization: String? = header, accept: String? = nil, type: String? = nil
    ) -> HTTPFields {
        var fields = HTTPFields()
        if let authorization { fields[.authorization] = authorization }
        if let accept { fields[.accept] = accept }
        if let type { fields[.contentType] = type }
        return fields
    }

    private static func create(_ client: any TestClientProtocol) async throws -> String {
        let response = try await client.execute(
            uri: "/infrastructures", method: .post, headers: headers(), body: ByteBuffer(string: document))
        let text = String(buffer: response.body)
        try #require(response.status == .ok, "\(text)")
        return try #require(text.split(separator: "/").last.map(String.init))
    }

    @Test func version() async throws {
        try await serve { client in
            let plain = try await client.execute(uri: "/version", method: .get)
            #expect(String(buffer: plain.body) == "2.0.0")
            let json = try await client.execute(
                uri: "/version", method: .get, headers: Self.headers(nil, accept: "application/json"))
            #expect(String(buffer: json.body) == #"{"version":"2.0.0"}"#)
        }
    }

    @Test func createStateInfoDelete() async throws {
        try await serve { client in
            let id = try await Self.create(client)
            let list = try await client.execute(uri: "/infrastructures", method: .get, headers: Self.headers())
            #expect(String(buffer: list.body).hasSuffix("/infrastructures/\(id)"))
            let info = try await client.execute(
                uri: "/infrastructures/\(id)", method: .get, headers: Self.headers(accept: "application/json"))
            #expect(String(buffer: info.body).contains("/vms/1"))
            var state = ""
            for _ in 0..<200 where !state.contains(#""state":"configured""#) {
                let answer = try await client.execute(
                    uri: "/infrastructures/\(id)/state", method: .get, headers: Self.headers())
                state = String(buffer: answer.body)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(
                state == #"{"state":{"state":"configured","vm_states":{"0":"configured","1":"configured"}}}"#)
            let machine = try await client.execute(
                uri: "/infrastructures/\(id)/vms/0", method: .get, headers: Self.headers())
            #expect(String(buffer: machine.body).contains("state = 'configured'"))
            let property = try await client.execute(
                uri: "/infrastructures/\(id)/vms/0/provider.type", method: .get, headers: Self.headers())
            #expect(String(buffer: property.body) == "Dummy")
            let gone = try await client.execute(
                uri: "/infrastructures/\(id)", method: .delete, headers: Self.headers())
            #expect(gone.status == .ok)
            let after = try await client.execute(
                uri: "/infrastructures/\(id)", method: .get, headers: Self.headers(accept: "application/json"))
            #expect(after.status == .notFound)
            #expect(String(buffer: after.body).contains(#""code":404"#))
        }
    }

    @Test func refusals() async throws {
        try await serve { client in
            let none = try await client.execute(uri: "/infrastructures", method: .get)
            #expect(none.status == .unauthorized)
            #expect(String(buffer: none.body) == "No authentication data provided")
            let noLogin = try await client.execute(
                uri: "/infrastructures", method: .get, headers: Self.headers("type = Dummy"))
            #expect(noLogin.status == .unauthorized)
            let bad = try await client.execute(
                uri: "/infrastructures", method: .post, headers: Self.headers(),
                body: ByteBuffer(string: "system a ("))
            #expect(bad.status == .badRequest)
            #expect(String(buffer: bad.body).hasPrefix("Error Creating Inf.: "))
            let media = try await client.execute(
                uri: "/infrastructures", method: .post, headers: Self.headers(type: "application/xml"),
                body: ByteBuffer(string: ""))
            #expect(media.status == .unsupportedMediaType)
            let accept = try await client.execute(
                uri: "/version", method: .get, headers: Self.headers(nil, accept: "image/png"))
            #expect(accept.status == .unsupportedMediaType)
            let unknown = try await client.execute(
                uri: "/infrastructures/nope", method: .get, headers: Self.headers())
            #expect(unknown.status == .notFound)
            let path = try await client.execute(uri: "/etc/passwd", method: .get, headers: Self.headers())
            #expect(path.status == .notFound)
        }
    }

    @Test func othersDoNotSeeIt() async throws {
        try await serve { client in
            let id = try await Self.create(client)
            let stranger = "type = InfrastructureManager; username = ada; password = two"
            let answer = try await client.execute(
                uri: "/infrastructures/\(id)/state", method: .get, headers: Self.headers(stranger))
            #expect(answer.status == .forbidden)
            let list = try await client.execute(
                uri: "/infrastructures", method: .get, headers: Self.headers(stranger))
            #expect(String(buffer: list.body).isEmpty)
        }
    }

    @Test func aFaultOfTheServerNamesNoPathOfIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-rest-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStateStore(folder: folder)
        await store.close()
        try await serve(store) { client in
            for path in ["/infrastructures", "/infrastructures/x", "/infrastructures/x/contmsg", "/metrics"] {
                let answer = try await client.execute(uri: path, method: .get, headers: Self.headers())
                #expect(answer.status == .serviceUnavailable, "\(path)")
                #expect(!String(buffer: answer.body).contains(folder))
                #expect(!String(buffer: answer.body).isEmpty)
            }
        }
    }

    @Test func metrics() async throws {
        try await serve { client in
            _ = try await Self.create(client)
            let answer = try await client.execute(uri: "/metrics", method: .get)
            #expect(String(buffer: answer.body).contains(#"gantry_infrastructures{phase="active"} 1"#))
        }
    }
}

private struct OneConnector: ConnectorDirectory {
    private let dummy = DummyConnector(configuration: .init())

    func connector(forType type: String) async -> (any Connector)? { type == "Dummy" ? dummy : nil }
    func connector(named name: String) async -> (any Connector)? { name == "dummy" ? dummy : nil }
    func descriptions() async -> [ConnectorDescription] { [dummy.description] }
}

private struct AllGood: Contextualizer {
    func run(
        _ request: ContextualizationRequest,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        var report = ContextualizationReport()
        for machine in request.machines { report.results[machine.id] = .configured }
        return report
    }

    func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] { [] }
}
