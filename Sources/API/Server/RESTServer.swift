package import Authorization
import Foundation
import HTTPTypes
package import Hummingbird
import InfrastructureModel
package import Logging
package import Orchestration

/// The REST interface of Gantry, in IM's paths and shapes (im.md 4). A harness: it decodes, calls the manager, encodes.
package struct RESTServer: Sendable {
    private let harness: InfrastructureHarness
    private let metrics: MetricsPage
    private let allowedOrigin: String?
    private let logger: Logger

    /// - Parameters:
    ///   - access: Who may do what.
    ///   - allowedOrigin: Pages of which origin may use it, `*` for all; nil: of no other one.
    ///   - version: What `/version` answers: the version of IM's interface that is spoken.
    package init(
        manager: InfrastructureManager, access: AccessRules = AccessRules(), allowedOrigin: String? = nil,
        version: String = "2.0.0", logger: Logger
    ) {
        harness = InfrastructureHarness(
            calls: InfrastructureCalls(manager: manager, access: access), version: version, logger: logger)
        self.allowedOrigin = allowedOrigin
        metrics = MetricsPage(manager: manager)
        self.logger = logger
    }

    /// All routes.
    package func router() -> Router<BasicRequestContext> {
        let routes = routes()
        let router = Router(options: .autoGenerateHeadEndpoints)
        if let allowedOrigin {
            // As IM allows (im.md 4.1); nothing is known by cookies.
            router.add(
                middleware: CORSMiddleware(
                    allowOrigin: allowedOrigin == "*" ? .all : .custom(allowedOrigin),
                    allowHeaders: [.origin, .accept, .contentType, .authorization],
                    allowMethods: [.put, .get, .post, .delete, .options]))
        }
        router.add(
            middleware: ErrorMiddleware(
                paths: PathTable(routes), largestHeaders: HTTPListener.largestHeaders, logger: logger))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method, use: route.answer)
        }
        return router
    }

    private func routes() -> [Route] {
        let harness = harness
        let metrics = metrics
        return [
            Route(.get, "/version") { request, _ in try harness.version(request) },
            Route(.get, "/metrics") { _, _ in try await metrics.response() },
            Route(.get, "/infrastructures") { request, _ in try await harness.list(request) },
            Route(.post, "/infrastructures") { request, _ in try await harness.create(request) },
            Route(.put, "/infrastructures") { request, _ in try await harness.importInfrastructure(request) },
            Route(.get, "/infrastructures/:id") { request, context in
                try await harness.info(request, id: try context.parameters.require("id"))
            },
            Route(.delete, "/infrastructures/:id") { request, context in
                try await harness.destroy(request, id: try context.parameters.require("id"))
            },
            Route(.post, "/infrastructures/:id") { request, context in
                try await harness.add(request, id: try context.parameters.require("id"))
            },
            Route(.put, "/infrastructures/:id/reconfigure") { request, context in
                try await harness.reconfigure(request, id: try context.parameters.require("id"))
            },
            Route(.post, "/infrastructures/:id/authorization") { request, context in
                try await harness.share(request, id: try context.parameters.require("id"))
            },
            // What stands literally hides the other methods of what does not.
            Route(.get, "/infrastructures/:id/authorization") { request, context in
                try await harness.property(
                    request, id: try context.parameters.require("id"), name: "authorization")
            },
            Route(.get, "/infrastructures/:id/:property") { request, context in
                try await harness.property(
                    request, id: try context.parameters.require("id"),
                    name: try context.parameters.require("property"))
            },
            Route(.get, "/infrastructures/:id/vms/:vm") { request, context in
                try await harness.machine(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"))
            },
            Route(.delete, "/infrastructures/:id/vms/:vm") { request, context in
                try await harness.remove(
                    request, id: try context.parameters.require("id"), numbers: try context.parameters.require("vm"))
            },
            Route(.get, "/infrastructures/:id/vms/:vm/:property") { request, context in
                try await harness.machineProperty(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"),
                    name: try context.parameters.require("property"))
            },
        ] + machineRoutes() + powerRoutes() + cloudRoutes()
    }

    private func machineRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.put, "/infrastructures/:id/vms/:vm") { request, context in
                try await harness.alter(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"))
            },
            Route(.put, "/infrastructures/:id/vms/:vm/disks/:disk/snapshot") { request, context in
                try await harness.makeImage(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"),
                    disk: try context.parameters.require("disk"))
            },
        ]
    }

    private func cloudRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.get, "/clouds/:cloud/images") { request, context in
                try await harness.images(request, cloud: try context.parameters.require("cloud"))
            },
            Route(.get, "/clouds/:cloud/quotas") { request, context in
                try await harness.quotas(request, cloud: try context.parameters.require("cloud"))
            },
            Route(.get, "/stats") { request, _ in try await harness.statistics(request) },
        ]
    }

    /// IM reboots single machines only.
    private func powerRoutes() -> [Route] {
        let harness = harness
        return [PowerCall.start, .stop].map { call in
            Route(.put, "/infrastructures/:id/\(call.rawValue)") { request, context in
                try await harness.change(call, request, id: try context.parameters.require("id"))
            }
        }
            + PowerCall.allCases.map { call in
                Route(.put, "/infrastructures/:id/vms/:vm/\(call.rawValue)") { request, context in
                    try await harness.change(
                        call, request, id: try context.parameters.require("id"),
                        number: try context.parameters.require("vm"))
                }
            }
    }

    /// A server that listens. A `Service`: it stops gracefully.
    /// - Parameter tls: Its certificate; nil: without encryption.
    package func application(
        host: String, port: Int, tls: TLSFiles? = nil, logger: Logger
    ) throws -> some ApplicationProtocol {
        try HTTPListener.application(router().buildResponder(), host: host, port: port, tls: tls, logger: logger)
    }
}
