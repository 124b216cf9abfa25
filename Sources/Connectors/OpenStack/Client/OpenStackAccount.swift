import ConnectorAPI
import HTTPTransport
import Support

/// Who asks, and where: an auth line in IM's words.
struct OpenStackAccount: Sendable {
    /// How Keystone is told who asks.
    enum Login: Sendable {
        case password(user: String, domain: String, password: Secret<String>, project: ProjectName)
        case applicationCredential(id: String, secret: Secret<String>)
    }

    /// A project by its id, or by name within a domain.
    struct ProjectName: Sendable, Hashable {
        var name: String?
        var id: String?
        var domain: String
    }

    /// Keystone's version 3: `https://keystone.example.org:5000/v3`.
    let identity: HTTPURL
    let login: Login
    /// Region of the endpoints; nil: the only one there is, or `RegionOne`.
    let region: String?
    /// `public`, `internal` or `admin`.
    let interface: String
    /// Endpoints that the auth line names itself.
    let endpoints: [OpenStackService: HTTPURL]
    /// Highest version of Nova's interface that shall be used; nil: what Nova has.
    let microversion: Microversion?

    /// Host by which URLs of images name this cloud.
    var host: String { identity.host }

    /// - Throws: ``ConnectorError/Code/unauthenticated`` when something of the credentials is missing,
    ///   `invalidArgument`
    ///   for what cannot be.
    init(_ request: OpenSessionRequest) throws(ConnectorError) {
        func value(_ key: String) -> String? {
            request.config[key]?.stringValue?.nonEmpty ?? request.credentials[key]?.nonEmpty
        }
        identity = try Self.identity(request.endpoint?.nonEmpty ?? value("host"))
        login = try Self.login(value, password: request.credentials["password"]?.nonEmpty)
        region = value("service_region") ?? value("region")
        interface = (value("interface") ?? "public").replacing("URL", with: "")
        guard ["public", "internal", "admin"].contains(interface) else {
            throw ConnectorError(
                code: .invalidArgument, message: "interface '\(interface)' is none of public, internal and admin",
                field: "config.interface")
        }
        var endpoints: [OpenStackService: HTTPURL] = [:]
        for (key, service) in [
            ("base_url", OpenStackService.compute), ("network_url", .network), ("image_url", .image),
            ("volume_url", .volume),
        ] {
            if let text = value(key) { endpoints[service] = try Self.url(text, field: "config.\(key)") }
        }
        self.endpoints = endpoints
        if let text = value("microversion"), text != "latest" {
            guard let version = Microversion(text) else {
                throw ConnectorError(
                    code: .invalidArgument, message: "microversion '\(text)' is no version such as 2.52",
                    field: "config.microversion")
            }
            microversion = version
        } else {
            microversion = nil
        }
    }

    /// The path is cut where it is a version or nothing, as IM does; others lead to a Keystone behind a prefix.
    private static func identity(_ host: String?) throws(ConnectorError) -> HTTPURL {
        guard let host else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "an account of OpenStack needs host, the URL of Keystone, such as "
                    + "https://keystone.example.org:5000",
                field: "endpoint")
        }
        var url = try url(host.contains("://") ? host : "https://\(host)", field: "endpoint")
        url.query = nil
        while url.path.hasSuffix("/") { url.path.removeLast() }
        if url.path.hasSuffix("/v2.0") { url.path.removeLast(5) }
        if !url.path.hasSuffix("/v3") { url.path += "/v3" }
        return url
    }

    private static func url(_ text: String, field: String) throws(ConnectorError) -> HTTPURL {
        do throws(HTTPError) {
            return try HTTPURL(text)
        } catch {
            throw ConnectorError(code: .invalidArgument, message: error.message, field: field)
        }
    }

    private static func login(
        _ value: (String) -> String?, password: String?
    ) throws(ConnectorError) -> Login {
        let version = value("auth_version") ?? "3.x_password"
        switch version {
        case "3.x_password", "3", "v3", "v3password", "password":
            guard let user = value("username"), let password else {
                throw ConnectorError(
                    code: .unauthenticated, message: "an account of OpenStack needs username, password and tenant")
            }
            let domain = value("domain") ?? "Default"
            let project = ProjectName(
                name: value("tenant"), id: value("tenant_id"), domain: value("tenant_domain_id") ?? domain)
            guard project.name != nil || project.id != nil else {
                throw ConnectorError(
                    code: .unauthenticated,
                    message: "the auth line of OpenStack user '\(user)' names no project; add tenant = NAME")
            }
            return .password(user: user, domain: domain, password: Secret(password), project: project)
        case "3.x_appcred", "v3applicationcredential":
            guard let id = value("username"), let password else {
                throw ConnectorError(
                    code: .unauthenticated,
                    message: "an application credential of OpenStack needs username (its id) and password (its secret)")
            }
            return .applicationCredential(id: id, secret: Secret(password))
        case _ where version.hasPrefix("2.0"):
            throw ConnectorError(
                code: .invalidArgument,
                message: "auth_version '\(version)' is Keystone's version 2, which no longer exists; "
                    + "use auth_version = 3.x_password and domain",
                field: "auth_version")
        default:
            throw ConnectorError(
                code: .invalidArgument,
                message: "auth_version '\(version)' is not supported; use 3.x_password or 3.x_appcred",
                field: "auth_version")
        }
    }

    /// Who and what for, without secrets: for messages.
    var name: String {
        switch login {
        case .password(let user, let domain, _, let project):
            "user '\(user)' of domain '\(domain)' in project '\(project.name ?? project.id ?? "")'"
        case .applicationCredential(let id, _): "application credential '\(id)'"
        }
    }
}

/// What a session is opened with, as JSON Schema.
enum OpenStackSchema {
    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "description": .string(description)]
    }

    static let config: JSONValue = [
        "type": "object",
        "properties": [
            "service_region": text("Region of the endpoints; RegionOne where there are several"),
            "interface": text("Kind of endpoint: public, internal or admin"),
            "microversion": text("Highest version of Nova's interface to use, such as 2.79"),
            "base_url": text("Endpoint of Nova in place of the catalog's"),
            "network_url": text("Endpoint of Neutron in place of the catalog's"),
            "image_url": text("Endpoint of Glance in place of the catalog's"),
            "volume_url": text("Endpoint of Cinder in place of the catalog's"),
        ],
    ]

    static let credentials: JSONValue = [
        "type": "object",
        "required": ["host", "username", "password"],
        "properties": [
            "host": text("URL of Keystone, such as https://keystone.example.org:5000"),
            "username": text("User, or id of the application credential"),
            "password": [
                "type": "string", "description": "Password, or secret of the application credential",
                "writeOnly": true,
            ],
            "tenant": text("Project"),
            "tenant_id": text("Id of the project, in place of its name"),
            "domain": text("Domain of the user; Default where none is given"),
            "tenant_domain_id": text("Domain of the project where it is another"),
            "auth_version": text("3.x_password (where none is given) or 3.x_appcred"),
        ],
    ]
}

extension String {
    /// nil for an empty text.
    var nonEmpty: String? { isEmpty ? nil : self }
}
