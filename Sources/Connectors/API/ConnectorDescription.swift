/// What a connector is and can do: the answer of the handshake and of `connector-NAME describe`.
public struct ConnectorDescription: Sendable, Hashable, Codable {
    /// What the connector asks of its host.
    public struct Requirements: Sendable, Hashable, Codable {
        /// Most calls at the same time; nil: the host's own limit.
        public var maxConcurrentCalls: Int?
        /// Most items in one launch batch; nil: no limit of the provider.
        public var maxLaunchItems: Int?

        public init(maxConcurrentCalls: Int? = nil, maxLaunchItems: Int? = nil) {
            self.maxConcurrentCalls = maxConcurrentCalls
            self.maxLaunchItems = maxLaunchItems
        }
    }

    /// Short name, `[a-z0-9-]+`; its executable is `connector-NAME`.
    public var name: String
    /// Version of the connector.
    public var version: String
    /// Name for people.
    public var title: String
    /// The `type` values of auth lines that this connector serves, such as `EC2`.
    public var providerTypes: [String]
    /// URL schemes of images that this connector understands, such as `aws`; `*`: any; empty: none but ids of its
    /// catalog.
    public var imageSchemes: [String]
    /// Optional abilities with the version of each.
    public var capabilities: [Capability: Int]
    /// JSON Schema of ``OpenSessionRequest/config``.
    public var configSchema: JSONValue
    /// JSON Schema of ``OpenSessionRequest/credentials``; property names are the keys of auth lines.
    public var credentialSchema: JSONValue
    /// What the connector asks of its host.
    public var requirements: Requirements

    public init(
        name: String, version: String, title: String, providerTypes: [String], imageSchemes: [String] = [],
        capabilities: [Capability: Int] = [:], configSchema: JSONValue = .object([:]),
        credentialSchema: JSONValue = .object([:]), requirements: Requirements = Requirements()
    ) {
        self.name = name
        self.version = version
        self.title = title
        self.providerTypes = providerTypes
        self.imageSchemes = imageSchemes
        self.capabilities = capabilities
        self.configSchema = configSchema
        self.credentialSchema = credentialSchema
        self.requirements = requirements
    }

    private struct Identity: Codable {
        var name: String
        var version: String
        var title: String?
    }

    private enum CodingKeys: String, CodingKey {
        case connector, providerTypes, imageSchemes, capabilities, configSchema, credentialSchema, requirements
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let identity = try container.decode(Identity.self, forKey: .connector)
        name = identity.name
        version = identity.version
        title = identity.title ?? identity.name
        providerTypes = try container.decode([String].self, forKey: .providerTypes)
        imageSchemes = try container.decodeIfPresent([String].self, forKey: .imageSchemes) ?? []
        let named = try container.decodeIfPresent([String: Int].self, forKey: .capabilities) ?? [:]
        capabilities = Dictionary(uniqueKeysWithValues: named.map { (Capability(rawValue: $0.key), $0.value) })
        configSchema = try container.decodeIfPresent(JSONValue.self, forKey: .configSchema) ?? .object([:])
        credentialSchema = try container.decodeIfPresent(JSONValue.self, forKey: .credentialSchema) ?? .object([:])
        requirements = try container.decodeIfPresent(Requirements.self, forKey: .requirements) ?? Requirements()
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Identity(name: name, version: version, title: title), forKey: .connector)
        try container.encode(providerTypes, forKey: .providerTypes)
        try container.encode(imageSchemes, forKey: .imageSchemes)
        let named = Dictionary(uniqueKeysWithValues: capabilities.map { ($0.key.rawValue, $0.value) })
        try container.encode(named, forKey: .capabilities)
        try container.encode(configSchema, forKey: .configSchema)
        try container.encode(credentialSchema, forKey: .credentialSchema)
        try container.encode(requirements, forKey: .requirements)
    }
}

/// The name of an optional ability. New abilities are new names, never a new protocol number.
public struct Capability: RawRepresentable, Sendable, Hashable, Codable {
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let resume = Capability(rawValue: "continue")
    public static let flavors = Capability(rawValue: "flavors")
    public static let images = Capability(rawValue: "images")
    public static let plan = Capability(rawValue: "plan")
    public static let start = Capability(rawValue: "start")
    public static let stop = Capability(rawValue: "stop")
    public static let reboot = Capability(rawValue: "reboot")
    public static let resize = Capability(rawValue: "resize")
    public static let snapshot = Capability(rawValue: "snapshot")
    public static let console = Capability(rawValue: "console")
    public static let volumes = Capability(rawValue: "volumes")
    public static let networks = Capability(rawValue: "networks")
    public static let securityGroups = Capability(rawValue: "securityGroups")
    public static let publicAddresses = Capability(rawValue: "publicAddresses")
    public static let keyPairs = Capability(rawValue: "keyPairs")
    public static let imageUpload = Capability(rawValue: "imageUpload")
    public static let imageDelete = Capability(rawValue: "imageDelete")
    public static let quotas = Capability(rawValue: "quotas")
    public static let spot = Capability(rawValue: "spot")
    public static let price = Capability(rawValue: "price")
    public static let dns = Capability(rawValue: "dns")
    public static let progress = Capability(rawValue: "progress")
    /// User data (``MachineSpec/userData``) reaches the machine and is run by cloud-init.
    public static let userData = Capability(rawValue: "userData")
    /// A session is of one region, ``OpenSessionRequest/config``'s `region`, and an image's URL names its region,
    /// `SCHEME://REGION/…`: the host opens a session for each region that a document's images are in.
    public static let regions = Capability(rawValue: "regions")
    /// The machines already run and belong to somebody: nothing is created at launch nor removed at the end.
    public static let existingMachines = Capability(rawValue: "existingMachines")
}
