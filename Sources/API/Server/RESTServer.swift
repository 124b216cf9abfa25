package import Authorization
import Foundation
import HTTPTypes
package import Hummingbird
import InfrastructureModel
package import Logging
package import Orchestration

/// The REST interface of Gantry, in IM's paths and shapes (im.md 4). A harness: it decodes, calls the manager, encodes.
package struct RESTServer: Sendable {
    let harness: InfrastructureHarness
    let metrics: MetricsPage
    let access: AccessRules
    private let allowedOrigin: String?
    private let logger: Logger

    /// - Parameters:
    ///   - access: Who may do what.
    ///   - allowedOrigin: Pages of which origin may use it, `*` for all; nil: of no other one.
    ///   - rootPath: A path in front of all others, as a proxy has it: requests with and without it are answered, and
    ///     links have it.
    ///   - version: What `/version` answers: the version of IM's interface that is spoken.
    package init(
        manager: InfrastructureManager, access: AccessRules = AccessRules(), allowedOrigin: String? = nil,
        rootPath: String = "", version: String = "2.0.0", logger: Logger
    ) {
        harness = InfrastructureHarness(
            calls: InfrastructureCalls(manager: manager, access: access), version: version,
            rootPath: rootPath.split(separator: "/").map { "/\($0)" }.joined(), logger: logger)
        self.access = access
        self.allowedOrigin = allowedOrigin
        metrics = MetricsPage(manager: manager)
        self.logger = logger
    }

    // MARK: Answering

    /// Answers requests, with the root path and without it.
    package func responder() -> CallbackResponder<BasicRequestContext> {
        let responder = router().buildResponder()
        let rootPath = harness.rootPath
        return CallbackResponder { request, context in
            guard !rootPath.isEmpty, let path = request.head.path, path.hasPrefix(rootPath) else {
                return try await responder.respond(to: request, context: context)
            }
            let rest = path.dropFirst(rootPath.count)
            guard rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") else {
                return try await responder.respond(to: request, context: context)
            }
            var head = request.head
            head.path = rest.hasPrefix("/") ? String(rest) : "/\(rest)"
            return try await responder.respond(to: Request(head: head, body: request.body), context: context)
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let routes = routes()
        let router = Router(options: .autoGenerateHeadEndpoints)
        if let allowedOrigin {
            router.add(middleware: OriginMiddleware(allowed: allowedOrigin))
        }
        router.add(
            middleware: ErrorMiddleware(
                paths: PathTable(routes), largestHeaders: HTTPListener.largestHeaders, logger: logger))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method, use: route.answer)
        }
        return router
    }

    /// A server that listens. A `Service`: it stops gracefully.
    /// - Parameters:
    ///   - tls: Its certificate; nil: without encryption.
    ///   - patience: How long a connection may be silent; nil: a minute.
    ///   - bodyPatience: How long the body of a request may take; nil: five minutes.
    package func application(
        host: String, port: Int, tls: TLSFiles? = nil, patience: Duration? = nil,
        bodyPatience: Duration? = nil, logger: Logger
    ) throws -> some ApplicationProtocol {
        try HTTPListener.application(
            responder(), host: host, port: port, tls: tls, patience: patience,
            bodyPatience: bodyPatience, logger: logger)
    }

    // MARK: Description

    /// What is served, as OpenAPI 3.1 in JSON.
    package var openAPI: String { document(routes().map(\.operation)).json.description }

    func document(_ operations: [RESTOperation]) -> OpenAPIDocument {
        OpenAPIDocument(
            operations: operations, version: harness.version, rootPath: harness.rootPath,
            takesTokens: access.tokens != nil)
    }
}
