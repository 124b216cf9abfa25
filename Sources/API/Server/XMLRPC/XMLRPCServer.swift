package import Hummingbird
package import Logging
package import Orchestration

/// The XML-RPC interface of Gantry, as IM 1.19 has it (im.md 3): the same calls as REST, one method each.
package struct XMLRPCServer: Sendable {
    private let harness: XMLRPCHarness

    /// - Parameter version: What `GetVersion` answers: the version of IM's interface that is spoken.
    package init(manager: InfrastructureManager, version: String = "1.19.1", logger: Logger) {
        harness = XMLRPCHarness(
            methods: XMLRPCMethods(calls: InfrastructureCalls(manager: manager), version: version), logger: logger)
    }

    /// Answers requests at `/` and `/RPC2`.
    package func responder() -> CallbackResponder<BasicRequestContext> {
        let harness = harness
        return CallbackResponder { request, _ in await harness.respond(to: request) }
    }

    /// A server that listens. A `Service`: it stops gracefully.
    /// - Parameter patience: How long a connection may be silent; nil: a minute.
    package func application(
        host: String, port: Int, patience: Duration? = nil, logger: Logger
    ) -> some ApplicationProtocol {
        HTTPListener.application(
            responder(), host: host, port: port, patience: patience ?? HTTPListener.patience, logger: logger)
    }
}
