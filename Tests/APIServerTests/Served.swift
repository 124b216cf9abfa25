import APIServer
import Authorization
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
import TOSCA
import Testing

/// A server over a manager with a Dummy cloud; a worker carries operations out beside the requests.
enum Served {
    static let login = "type = InfrastructureManager; username = ada; password = one"
    static let header = login + #"\nid = dummy; type = Dummy"#
    static let document = """
        network public (outbound = 'yes')
        system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
        deploy node 2
        contextualize ()
        """

    enum Interface {
        case rest, xmlrpc
    }

    /// - Parameters:
    ///   - interface: What is served.
    ///   - failure: What the contextualization of every machine fails with; nil: it succeeds.
    ///   - overNetwork: Whether requests go through the HTTP server on the loopback address, not to the router at once.
    ///   - patience: How long connections may be silent then.
    ///   - bodyPatience: How long bodies may take then.
    ///   - access: Who may do what.
    ///   - origin: Pages of which other origin may use it (REST).
    ///   - rootPath: A path in front of all others (REST).
    ///   - body: What is asked; every answer of REST is checked against the description of the interface.
    static func serve(
        _ store: (any StateStore)? = nil, _ interface: Interface = .rest, failure: String? = nil,
        overNetwork: Bool = false, patience: Duration? = nil, bodyPatience: Duration? = nil,
        access: AccessRules = AccessRules(), origin: String? = nil, rootPath: String = "",
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = ManagerConfiguration(
            limits: .init(firstPoll: .milliseconds(1), longestPoll: .milliseconds(5)),
            commandPoll: .milliseconds(10), advice: .service)
        configuration.templates = TOSCAResolver(fetcher: OneRecipe(), policy: .published)
        let manager = InfrastructureManager(
            store: try store ?? InMemoryStateStore(), connectors: OneConnector(),
            contextualizer: OneResult(failure: failure),
            configuration: configuration, logger: logger,
            makeKeyPair: { .init(privateKey: Secret("private"), publicKey: "ssh-ed25519 AAAA") })
        switch interface {
        case .rest:
            let server = RESTServer(
                manager: manager, access: access, allowedOrigin: origin, rootPath: rootPath, logger: logger)
            let checker = try AnswerChecker(server.openAPI)
            let checked: @Sendable (any TestClientProtocol) async throws -> Void = { client in
                try await body(CheckedClient(client: client, checker: checker))
            }
            if overNetwork {
                let application = try server.application(
                    host: "127.0.0.1", port: 0, patience: patience, bodyPatience: bodyPatience, logger: logger)
                try await run(application, .live, manager, checked)
            } else {
                try await run(
                    Application(responder: server.responder(), logger: logger), .router, manager, checked)
            }
        case .xmlrpc:
            let server = XMLRPCServer(manager: manager, access: access, logger: logger)
            if overNetwork {
                let application = try server.application(
                    host: "127.0.0.1", port: 0, patience: patience, bodyPatience: bodyPatience, logger: logger)
                try await run(application, .live, manager, body)
            } else {
                try await run(Application(responder: server.responder(), logger: logger), .router, manager, body)
            }
        }
    }

    private static func run(
        _ application: some ApplicationProtocol, _ setup: TestingSetup, _ manager: InfrastructureManager,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await manager.run() }
            try await application.test(setup) { client in try await body(client) }
            group.cancelAll()
        }
    }

    static func headers(
        _ authorization: String? = header, accept: String? = nil, type: String? = nil
    ) -> HTTPFields {
        var fields = HTTPFields()
        if let authorization { fields[.authorization] = authorization }
        if let accept { fields[.accept] = accept }
        if let type { fields[.contentType] = type }
        return fields
    }

    /// What a request is answered.
    struct Answer {
        var status: HTTPResponse.Status
        var text: String
        var headers: HTTPFields
    }

    static func ask(
        _ client: any TestClientProtocol, _ method: HTTPRequest.Method, _ path: String,
        _ headers: HTTPFields = headers(), body: [UInt8] = []
    ) async throws -> Answer {
        let answer = try await client.execute(
            uri: path, method: method, headers: headers, body: ByteBuffer(bytes: body))
        return Answer(status: answer.status, text: String(buffer: answer.body), headers: answer.headers)
    }

    /// The first answer to a GET that is as wished, or the last one of about five seconds.
    static func wait(
        _ client: any TestClientProtocol, _ path: String, until isGood: (String) -> Bool
    ) async throws -> String {
        var text = ""
        for _ in 0..<500 {
            text = try await ask(client, .get, path).text
            if isGood(text) { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        return text
    }

    static func create(_ client: any TestClientProtocol) async throws -> String {
        let response = try await client.execute(
            uri: "/infrastructures", method: .post, headers: headers(), body: ByteBuffer(string: document))
        let text = String(buffer: response.body)
        try #require(response.status == .ok, "\(text)")
        return try #require(text.split(separator: "/").last.map(String.init))
    }

    /// Creates, and waits until it is configured.
    static func configured(_ client: any TestClientProtocol) async throws -> String {
        let id = try await create(client)
        let state = try await wait(client, "/infrastructures/\(id)/state") {
            $0.contains(#""state":{"state":"configured""#)
        }
        try #require(state.contains(#""state":{"state":"configured""#), "\(state)")
        return id
    }
}

private struct OneConnector: ConnectorDirectory {
    private let dummy = DummyConnector(configuration: .init())

    func connector(forType type: String) async -> (any Connector)? { type == "Dummy" ? dummy : nil }
    func connector(named name: String) async -> (any Connector)? { name == "dummy" ? dummy : nil }
    func descriptions() async -> [ConnectorDescription] { [dummy.description] }
}

/// Stands in for the recipes of published collections.
private struct OneRecipe: TOSCAFetching {
    func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
        Array("---\n- hosts: all\n  tasks:\n    - debug: {msg: configured}\n".utf8)
    }
}

private struct OneResult: Contextualizer {
    let failure: String?

    func run(
        _ request: ContextualizationRequest,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        var report = ContextualizationReport()
        for machine in request.machines {
            // What a document asks to be told.
            let told = [machine.basics.token.map { "token \($0.expose())" }].compactMap(\.self)
            for text in told { try await sink(ContextualizationEvent(machine: machine.id, body: .message(text))) }
            report.results[machine.id] = failure.map { .failed(step: nil, message: $0) } ?? .configured
        }
        return report
    }

    func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] { [] }

    func log(of events: [ContextualizationEvent], host: String) -> [String]? {
        events.map { event in
            if case .message(let text) = event.body { "\(host): \(text)" } else { "\(host): \(event.body)" }
        }
    }
}
