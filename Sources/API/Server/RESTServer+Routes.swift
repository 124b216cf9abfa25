import HTTPTypes
import Hummingbird
import InfrastructureModel

/// The table of what is served. What it does is told beside the operations.
extension RESTServer {
    /// All routes.
    func routes() -> [Route] {
        let served =
            serviceRoutes() + infrastructureRoutes() + reportRoutes() + propertyRoutes() + machineRoutes()
            + powerRoutes() + cloudRoutes()
        return describing(served)
    }

    /// These routes and those that tell of them all.
    private func describing(_ routes: [Route]) -> [Route] {
        let operations = [RESTOperation.home, .documentation, .description]
        let document = document(operations + routes.map(\.operation))
        let json = document.json.description
        let html = DocumentationPage(document: document).html
        let page: Route.Answer = { _, _ in
            .text(
                html, type: "text/html",
                headers: [
                    .contentSecurityPolicy: DocumentationPage.policy, .xContentTypeOptions: "nosniff",
                    .cacheControl: "no-cache",
                ])
        }
        return [
            Route(.home) { request, context in
                // IM 1.19 has the document here, 2.0 a page.
                let accept = request.headers[.accept] ?? ""
                guard accept.contains("application/json"), !accept.contains("text/html") else {
                    return try await page(request, context)
                }
                return .rawJSON(json)
            },
            Route(.documentation, page),
            Route(.description) { _, _ in .rawJSON(json) },
        ] + routes
    }

    private func serviceRoutes() -> [Route] {
        let harness = harness
        let metrics = metrics
        return [
            Route(.version) { request, _ in try harness.version(request) },
            Route(.metrics) { _, _ in try await metrics.response() },
        ]
    }

    private func infrastructureRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.list) { request, _ in try await harness.list(request) },
            Route(.create) { request, _ in try await harness.create(request) },
            Route(.importing) { request, _ in try await harness.importInfrastructure(request) },
            Route(.info) { request, context in
                try await harness.info(request, id: try context.parameters.require("id"))
            },
            Route(.destroy) { request, context in
                try await harness.destroy(request, id: try context.parameters.require("id"))
            },
            Route(.add) { request, context in
                try await harness.add(request, id: try context.parameters.require("id"))
            },
            Route(.reconfigure) { request, context in
                try await harness.reconfigure(request, id: try context.parameters.require("id"))
            },
            Route(.share) { request, context in
                try await harness.share(request, id: try context.parameters.require("id"))
            },
        ]
    }

    /// What IM does not have.
    private func reportRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.summaries) { request, _ in try await harness.summaries(request) },
            Route(.summary) { request, context in
                try await harness.summary(request, id: try context.parameters.require("id"))
            },
            Route(.events) { request, context in
                try await harness.events(request, id: try context.parameters.require("id"))
            },
        ]
    }

    private func propertyRoutes() -> [Route] {
        let harness = harness
        let known: [RESTOperation] = [
            .state, .radl, .contextualizationMessage, .owners, .template, .outputs, .export,
        ]
        return known.map { operation in
            let name = operation.path.split(separator: "/").last.map(String.init) ?? ""
            return Route(operation) { request, context in
                try await harness.property(request, id: try context.parameters.require("id"), name: name)
            }
        } + [
            Route(.unknownProperty) { request, context in
                try await harness.property(
                    request, id: try context.parameters.require("id"),
                    name: try context.parameters.require("property"))
            }
        ]
    }

    private func machineRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.machine) { request, context in
                try await harness.machine(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"))
            },
            Route(.alter) { request, context in
                try await harness.alter(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"))
            },
            Route(.remove) { request, context in
                try await harness.remove(
                    request, id: try context.parameters.require("id"), numbers: try context.parameters.require("vm"))
            },
            Route(.machineProperty) { request, context in
                try await harness.machineProperty(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"),
                    name: try context.parameters.require("property"))
            },
            Route(.snapshot) { request, context in
                try await harness.makeImage(
                    request, id: try context.parameters.require("id"), number: try context.parameters.require("vm"),
                    disk: try context.parameters.require("disk"))
            },
        ]
    }

    private func cloudRoutes() -> [Route] {
        let harness = harness
        return [
            Route(.images) { request, context in
                try await harness.images(request, cloud: try context.parameters.require("cloud"))
            },
            Route(.quotas) { request, context in
                try await harness.quotas(request, cloud: try context.parameters.require("cloud"))
            },
            Route(.statistics) { request, _ in try await harness.statistics(request) },
        ]
    }

    /// IM reboots single machines only.
    private func powerRoutes() -> [Route] {
        let harness = harness
        let whole: [(PowerCall, RESTOperation)] = [(.start, .start), (.stop, .stop)]
        return whole.map { call, operation in
            Route(operation) { request, context in
                try await harness.change(call, request, id: try context.parameters.require("id"))
            }
        }
            + PowerCall.allCases.map { call in
                Route(.power(call)) { request, context in
                    try await harness.change(
                        call, request, id: try context.parameters.require("id"),
                        number: try context.parameters.require("vm"))
                }
            }
    }
}
