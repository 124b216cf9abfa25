package import Authorization
package import Hummingbird
package import Logging
package import Orchestration

/// The XML-RPC interface of Gantry, as IM 1.19 has it (im.md 3): the same calls as REST, one method each.
package struct XMLRPCServer: Sendable {
    private let harness: XMLRPCHarness

    /// - Parameters:
    ///   - access: Who may do what.
    ///   - version: What `GetVersion` answers: the version of IM's interface that is spoken.
    package init(
        manager: InfrastructureManager, access: AccessRules = AccessRules(), version: String = "1.19.1", logger: Logger
    ) {
        let calls = InfrastructureCalls(manager: manager, access: access)
        harness = XMLRPCHarness(methods: XMLRPCMethods(calls: calls, version: version), logger: logger)
    }

    /// Answers requests at `/` and `/RPC2`.
    package func responder() -> CallbackResponder<BasicRequestContext> {
        let harness = harness
        return CallbackResponder { request, _ in await harness.respond(to: request) }
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
}
