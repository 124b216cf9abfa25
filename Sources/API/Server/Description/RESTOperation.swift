import HTTPTypes

/// What one method of one path does, as the description of the interface tells it. Every ``Route`` has one, so that what
/// is served and what is described are the same.
struct RESTOperation: Sendable {
    enum Section: String, Sendable, CaseIterable {
        case service = "Service"
        case infrastructures = "Infrastructures"
        case properties = "Properties of infrastructures"
        case machines = "Machines"
        case clouds = "Clouds and figures"
    }

    /// One parameter of the query.
    struct Parameter: Sendable {
        var name: String
        var text: String
        var schema: OrderedJSON
        var isRequired = false

        init(_ name: String, _ text: String, schema: OrderedJSON = ["type": "string"], isRequired: Bool = false) {
            self.name = name
            self.text = text
            self.schema = schema
            self.isRequired = isRequired
        }

        /// One that is yes or no.
        static func flag(_ name: String, _ text: String, default fallback: String = "no") -> Parameter {
            Parameter(
                name, text,
                schema: [
                    "type": "string",
                    "enum": ["yes", "no", "true", "false", "1", "0", "on", "off", "t", "f", "y", "n"],
                    "default": .text(fallback),
                ])
        }
    }

    /// One media type and what stands in it.
    struct Content: Sendable {
        var type: String
        var schema: OrderedJSON
        var example: OrderedJSON?

        init(_ type: String, _ schema: OrderedJSON, example: OrderedJSON? = nil) {
            self.type = type
            self.schema = schema
            self.example = example
        }

        /// A schema among the components.
        static func json(_ name: String) -> Content { Content("application/json", Self.component(name)) }
        static let text = Content("text/plain", ["type": "string"])
        static let empty = Content("text/plain", ["type": "string", "maxLength": 0])
        static let links = [
            Content("text/uri-list", ["type": "string"], example: "http://127.0.0.1:8800/infrastructures/ID"),
            .json("Links"),
        ]
        static let link = [
            Content("text/uri-list", ["type": "string"], example: "http://127.0.0.1:8800/infrastructures/ID"),
            .json("Link"),
        ]

        static func component(_ name: String) -> OrderedJSON { ["$ref": .text("#/components/schemas/\(name)")] }
    }

    /// What a request carries.
    struct Body: Sendable {
        var text: String
        var contents: [Content]
        var isRequired: Bool
    }

    var method: HTTPRequest.Method
    /// With `:name` where a part may be anything.
    var path: String
    /// Among all operations.
    var name: String
    var section: Section
    var summary: String
    var details = ""
    var parameters: [Parameter] = []
    var body: Body?
    /// What is answered with status 200.
    var answers: [Content]
    /// Whether that names the infrastructure in the header `InfID`.
    var namesInfrastructure = false
    /// Whether it is answered without a login.
    var isOpen = false
    /// Statuses of refusals beside those that every request may meet.
    var refusals: [Int] = []

    // MARK: Parts

    /// Parameters that stand in the path, in its order.
    var pathParameters: [String] {
        path.split(separator: "/").compactMap { $0.hasPrefix(":") ? String($0.dropFirst()) : nil }
    }

    /// The path as OpenAPI writes it: `/infrastructures/{id}`.
    var template: String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
    }

    /// All statuses of refusals, in their order.
    var statuses: [Int] {
        var statuses = Set(refusals)
        statuses.formUnion([431, 500, 503])
        if !isOpen { statuses.formUnion([401, 429]) }
        if body != nil { statuses.formUnion([400, 408, 413, 415, 501]) }
        if pathParameters.contains("id") { statuses.formUnion([400, 403, 404]) }
        return statuses.sorted()
    }
}
