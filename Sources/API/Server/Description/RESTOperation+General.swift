import HTTPTypes

/// The service itself, its clouds and its figures.
extension RESTOperation {
    static let home = RESTOperation(
        method: .get, path: "/", name: "getHome", section: .service, summary: "This page",
        details: "For who accepts `application/json` and not `text/html`: the description of the interface.",
        answers: [Content("text/html", ["type": "string"]), .json("Description")], isOpen: true)

    static let documentation = RESTOperation(
        method: .get, path: "/docs", name: "getDocumentation", section: .service, summary: "This page",
        answers: [Content("text/html", ["type": "string"])], isOpen: true)

    static let description = RESTOperation(
        method: .get, path: "/openapi.json", name: "getDescription", section: .service,
        summary: "Description of the interface", details: "A document of OpenAPI 3.1.",
        answers: [.json("Description")], isOpen: true)

    static let version = RESTOperation(
        method: .get, path: "/version", name: "getVersion", section: .service,
        summary: "Version of IM's interface that is spoken",
        answers: [.text, .json("Version")], isOpen: true, refusals: [415])

    static let metrics = RESTOperation(
        method: .get, path: "/metrics", name: "getMetrics", section: .service, summary: "Figures for Prometheus",
        answers: [.text], isOpen: true)

    static let images = RESTOperation(
        method: .get, path: "/clouds/:cloud/images", name: "getImages", section: .clouds,
        summary: "Images of a cloud",
        parameters: [
            Parameter(
                "filters", "Features that images have to have, with commas between.",
                schema: [
                    "type": "string", "pattern": "^[^=,]*=[^,]*(,[^=,]*=[^,]*)*$",
                    "examples": ["distribution=debian,version=13"],
                ])
        ],
        answers: [.json("Images")], refusals: [400, 403, 404, 415])

    static let quotas = RESTOperation(
        method: .get, path: "/clouds/:cloud/quotas", name: "getQuotas", section: .clouds,
        summary: "Limits and use of an account", details: "Sizes in GiB; -1: no limit.",
        answers: [.json("Quotas")], refusals: [400, 403, 404, 415])

    static let statistics = RESTOperation(
        method: .get, path: "/stats", name: "getStatistics", section: .clouds,
        summary: "Figures of the caller's infrastructures, also of destroyed ones",
        parameters: [day("init_date", "First day of creation."), day("end_date", "Last day of creation.")],
        answers: [
            .json("Statistics"),
            Content("text/csv", ["type": "string"], example: "creation_date,tosca_name,vm_count"),
        ],
        refusals: [400, 415])

    private static func day(_ name: String, _ text: String) -> Parameter {
        Parameter(
            name, text,
            schema: [
                "type": "string", "pattern": "^([0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,2})?$", "examples": ["2026-01-31"],
            ])
    }
}
