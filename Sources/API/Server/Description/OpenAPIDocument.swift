import HTTPTypes

/// The description of the REST interface as OpenAPI 3.1, made of the operations that are served.
struct OpenAPIDocument: Sendable {
    let operations: [RESTOperation]
    /// Of IM's interface.
    let version: String
    /// A path in front of all others; empty: none.
    let rootPath: String
    /// Whether tokens of OpenID Connect are a login, too.
    let takesTokens: Bool

    var json: OrderedJSON {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Gantry", "version": .text(version),
                "summary": "The interface of the Infrastructure Manager, as Gantry serves it.",
                "description": .text(Self.introduction),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": .text(rootPath.isEmpty ? "/" : rootPath)]],
            "tags": .list(
                RESTOperation.Section.allCases.filter { section in operations.contains { $0.section == section } }
                    .map { ["name": .text($0.rawValue)] }),
            "paths": paths,
            "components": [
                "schemas": OpenAPISchemas.all, "responses": responses, "parameters": pathParameters,
                "headers": Self.headers, "securitySchemes": securitySchemes,
            ],
        ]
    }

    static let introduction = """
        Each request says in its `Authorization` header who asks and with which clouds: lines `key = value; key = value` \
        with the two characters `\\n` between them, or a JSON array of objects. `HEAD` is answered wherever `GET` is, \
        `OPTIONS` everywhere. Refusals are JSON, HTML or text, as `Accept` asks for.
        """

    // MARK: Paths

    private var paths: OrderedJSON {
        var templates: [String] = []
        for operation in operations where !templates.contains(operation.template) {
            templates.append(operation.template)
        }
        return .object(
            templates.map { template in
                let members = operations.filter { $0.template == template }
                    .map { ($0.method.rawValue.lowercased(), Optional(item($0))) }
                return OrderedJSON.Member(template, .members(members))
            })
    }

    private func item(_ operation: RESTOperation) -> OrderedJSON {
        var parameters = operation.pathParameters.map { name -> OrderedJSON in
            // What has a path of its own is not asked for here.
            operation.name == RESTOperation.unknownProperty.name && name == "property"
                ? ["$ref": "#/components/parameters/otherProperty"]
                : ["$ref": .text("#/components/parameters/\(name)")]
        }
        parameters += operation.parameters.map { parameter in
            .members([
                ("name", .text(parameter.name)), ("in", "query"), ("description", .text(parameter.text)),
                ("required", .flag(parameter.isRequired)), ("schema", parameter.schema),
            ])
        }
        return .members([
            ("operationId", .text(operation.name)), ("tags", [.text(operation.section.rawValue)]),
            ("summary", .text(operation.summary)),
            ("description", operation.details.isEmpty ? nil : .text(operation.details)),
            ("security", security(operation)),
            ("parameters", parameters.isEmpty ? nil : .list(parameters)),
            ("requestBody", operation.body.map(Self.body)),
            ("responses", answers(operation)),
        ])
    }

    private static func body(_ body: RESTOperation.Body) -> OrderedJSON {
        [
            "description": .text(body.text), "required": .flag(body.isRequired),
            "content": content(body.contents),
        ]
    }

    private static func content(_ contents: [RESTOperation.Content]) -> OrderedJSON {
        .object(
            contents.map { content in
                OrderedJSON.Member(
                    content.type, .members([("schema", content.schema), ("example", content.example)]))
            })
    }

    // MARK: Answers

    private func answers(_ operation: RESTOperation) -> OrderedJSON {
        var answers: [(String, OrderedJSON?)] = []
        if !operation.answers.isEmpty {
            answers.append(
                (
                    "200",
                    .members([
                        ("description", "It is done."),
                        (
                            "headers",
                            operation.namesInfrastructure ? ["InfID": ["$ref": "#/components/headers/InfID"]] : nil
                        ),
                        ("content", Self.content(operation.answers)),
                    ])
                ))
        }
        for status in operation.statuses {
            answers.append((String(status), ["$ref": .text("#/components/responses/\(Self.names[status] ?? "")")]))
        }
        return .members(answers)
    }

    /// Names of refusals among the components.
    private static let names: [Int: String] = [
        400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
        408: "TooSlow", 409: "Conflict",
        413: "ContentTooLarge", 415: "UnsupportedMediaType", 429: "TooManyRequests", 431: "HeadersTooLarge",
        500: "InternalError", 501: "NotImplemented", 503: "Unavailable",
    ]

    /// What refusals mean.
    static let meanings: [Int: String] = [
        400: "Something in the request is wrong, or what was begun failed; the text says what.",
        401: "Nobody is logged in: the `Authorization` header is missing, or its login is not known.",
        403: "It belongs to somebody else, or is not allowed here.",
        404: "There is no such infrastructure, machine or property.",
        405: "The path has other methods, those in `Allow`.",
        408: "The body did not arrive in the time that it is given.",
        409: "Something else is under way; ask again after `Retry-After` seconds.",
        413: "The body is larger than is read.",
        415: "The body has a media type or an encoding that is not read, or the answer has none that is accepted.",
        429: "The user asks too often; ask again after `Retry-After` seconds.",
        431: "All headers together are larger than is read.",
        500: "A fault of the service; its log has it.",
        501: "The body is sent in a way that is not read.",
        503: "The service cannot work at present, or is stopping.",
    ]

    private var responses: OrderedJSON {
        .members(
            Self.names.sorted { $0.key < $1.key }.map { status, name in
                (
                    name,
                    .members([
                        ("description", .text(Self.meanings[status] ?? "")),
                        (
                            "headers",
                            [409, 429].contains(status)
                                ? ["Retry-After": ["$ref": "#/components/headers/RetryAfter"]] : nil
                        ),
                        (
                            "content",
                            Self.content([
                                .text, .json("Refusal"), RESTOperation.Content("text/html", ["type": "string"]),
                            ])
                        ),
                    ])
                )
            })
    }

    private static let headers: OrderedJSON = [
        "InfID": ["description": "Id of the infrastructure.", "schema": ["type": "string"]],
        "RetryAfter": [
            "description": "Seconds after which it may be asked for again.",
            "schema": ["type": "integer", "minimum": 1],
        ],
    ]

    // MARK: Parameters of paths

    /// What parts of paths are.
    static let partTexts: [(name: String, text: String)] = [
        ("id", "Id of an infrastructure."),
        ("vm", "Number of a machine, from 0."),
        ("disk", "Number of a disk, from 0."),
        (
            "property",
            "Name of a feature, such as `cpu.count` or `net_interface.0.ip`; `contmsg`; or `console`, what it has "
                + "written there."
        ),
        ("cloud", "Id of a cloud in the `Authorization` header."),
        ("otherProperty", "A name that is none of the properties."),
    ]

    private var pathParameters: OrderedJSON {
        .members(
            Self.partTexts.map { part in
                let isOther = part.name == "otherProperty"
                var schema: OrderedJSON = ["type": "string", "minLength": 1]
                if isOther {
                    let known = operations.filter {
                        $0.path.hasPrefix("/infrastructures/:id/") && $0.pathParameters == ["id"]
                    }
                    let names = Set(known.compactMap { $0.path.split(separator: "/").last.map(String.init) })
                    schema = [
                        "type": "string", "minLength": 1, "not": ["enum": .texts(names.sorted())],
                    ]
                }
                return (
                    part.name,
                    [
                        "name": .text(isOther ? "property" : part.name), "in": "path",
                        "description": .text(part.text), "required": true, "schema": schema,
                    ]
                )
            })
    }

    // MARK: Security

    private func security(_ operation: RESTOperation) -> OrderedJSON {
        if operation.isOpen { return [] }
        let lines: OrderedJSON = ["authorizationLines": []]
        return takesTokens ? [lines, ["token": []]] : [lines]
    }

    private var securitySchemes: OrderedJSON {
        .members([
            (
                "authorizationLines",
                [
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": .text(
                        "Lines of IM's authorization file with the two characters `\\n` between them: "
                            + "`type = InfrastructureManager; username = ada; password = one\\n"
                            + "id = dummy; type = Dummy`. Or a JSON array of objects with the same keys."),
                ]
            ),
            (
                "token",
                takesTokens
                    ? [
                        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                        "description": "A token of an issuer that is trusted here, without any cloud.",
                    ] : nil
            ),
        ])
    }
}
