import Foundation
package import Hummingbird
package import Logging
package import Orchestration

/// The REST interface of Gantry, in IM's paths and shapes (im.md 4). A harness: it decodes, calls the manager, encodes.
package struct RESTServer: Sendable {
    private let harness: InfrastructureHarness
    private let metrics: MetricsPage
    private let logger: Logger

    /// - Parameter version: What `/version` answers: the version of IM's interface that is spoken.
    package init(manager: InfrastructureManager, version: String = "2.0.0", logger: Logger) {
        harness = InfrastructureHarness(manager: manager, version: version, logger: logger)
        metrics = MetricsPage(manager: manager)
        self.logger = logger
    }

    /// All routes.
    package func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ErrorMiddleware(logger: logger))
        let harness = harness
        let metrics = metrics
        router.get("/version") { request, _ in try harness.version(request) }
        router.get("/metrics") { _, _ in try await metrics.response() }
        router.get("/infrastructures") { request, _ in try await harness.list(request) }
        router.post("/infrastructures") { request, _ in try await harness.create(request) }
        router.get("/infrastructures/:id") { request, context in
            try await harness.info(request, id: try context.parameters.require("id"))
        }
        router.delete("/infrastructures/:id") { request, context in
            try await harness.destroy(request, id: try context.parameters.require("id"))
        }
        router.get("/infrastructures/:id/:property") { request, context in
            try await harness.property(
                request, id: try context.parameters.require("id"), name: try context.parameters.require("property"))
        }
        router.get("/infrastructures/:id/vms/:vm") { request, context in
            try await harness.machine(
                request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"))
        }
        router.get("/infrastructures/:id/vms/:vm/:property") { request, context in
            try await harness.machineProperty(
                request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"),
                name: try context.parameters.require("property"))
        }
        return router
    }

    /// A server that listens. A `Service`: it stops gracefully.
    package func application(host: String, port: Int, logger: Logger) -> some ApplicationProtocol {
        Application(
            router: router(),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "gantry"),
            logger: logger)
    }
}
