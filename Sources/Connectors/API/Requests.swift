/// Names an open session. Opaque; holds no secret.
public struct SessionID: RawRepresentable, Sendable, Hashable, Codable {
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// Values of an auth line, such as `username` and `password`. Prints as `<redacted>`; coded only to reach a connector.
public struct Credentials: Sendable, Hashable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private var values: [String: String]

    public init(_ values: [String: String]) {
        self.values = values
    }

    public init(from decoder: any Decoder) throws {
        values = try [String: String](from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
    }

    /// The value of a key, in clear.
    public subscript(key: String) -> String? { values[key] }

    /// The keys that are set.
    public var keys: [String] { values.keys.sorted() }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Opens a session for one account.
public struct OpenSessionRequest: Sendable, Hashable, Codable {
    public var credentials: Credentials
    /// URL of the provider where it has no fixed one.
    public var endpoint: String?
    /// Settings by the connector's `configSchema`.
    public var config: [String: JSONValue]

    public init(credentials: Credentials, endpoint: String? = nil, config: [String: JSONValue] = [:]) {
        self.credentials = credentials
        self.endpoint = endpoint
        self.config = config
    }

    private enum CodingKeys: String, CodingKey {
        case credentials, endpoint, config
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        credentials = try container.decodeIfPresent(Credentials.self, forKey: .credentials) ?? Credentials([:])
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        config = try container.decodeIfPresent([String: JSONValue].self, forKey: .config) ?? [:]
    }
}

public struct OpenSessionResponse: Sendable, Hashable, Codable {
    public var session: SessionID
    /// A stable name of the account, the same in all its regions; no secret. Under another name credentials renew nothing.
    public var account: String
    /// After this many milliseconds the host opens a new one; nil: never.
    public var expiresAfterMs: Int?

    public init(session: SessionID, account: String, expiresAfterMs: Int? = nil) {
        self.session = session
        self.account = account
        self.expiresAfterMs = expiresAfterMs
    }
}

/// Starts one batch of machines.
public struct LaunchRequest: Sendable, Hashable, Codable {
    /// The tag under which a connector puts ``batchToken`` on every machine of the batch, beside ``tags``: with it the
    /// host finds what a launch made whose answer it never got.
    public static let batchTag = "gantry:batch"

    public var session: SessionID
    /// Was stored by the host before the call. At most 64 characters `[A-Za-z0-9-]`.
    public var batchToken: String
    public var items: [MachineSpec]
    /// Tags of every machine and of all that is created for it.
    public var tags: [String: String]

    public init(session: SessionID, batchToken: String, items: [MachineSpec], tags: [String: String]) {
        self.session = session
        self.batchToken = batchToken
        self.items = items
        self.tags = tags
    }
}

/// Names machines by the provider's ids.
public struct MachinesRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var ids: [String]

    public init(session: SessionID, ids: [String]) {
        self.session = session
        self.ids = ids
    }
}

public struct MachineRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var id: String

    public init(session: SessionID, id: String) {
        self.session = session
        self.id = id
    }
}

/// Asks for everything that carries all of these tags.
public struct ListRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var tags: [String: String]
    /// nil: all kinds.
    public var kinds: [Resource.Kind]?
    public var page: String?

    public init(
        session: SessionID, tags: [String: String], kinds: [Resource.Kind]? = nil, page: String? = nil
    ) {
        self.session = session
        self.tags = tags
        self.kinds = kinds
        self.page = page
    }
}

public struct DeleteResourceRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var kind: Resource.Kind
    public var id: String

    public init(session: SessionID, kind: Resource.Kind, id: String) {
        self.session = session
        self.kind = kind
        self.id = id
    }
}

public struct ContinueRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    /// From ``InProgress/state``.
    public var state: String

    public init(session: SessionID, state: String) {
        self.session = session
        self.state = state
    }
}

/// What a continued call yields: exactly one member, by the call that was begun; none for those without a value.
public struct StepResult: Sendable, Hashable, Codable {
    public var machine: Machine?
    public var resource: Resource?
    public var image: Image?

    public init(machine: Machine? = nil, resource: Resource? = nil, image: Image? = nil) {
        self.machine = machine
        self.resource = resource
        self.image = image
    }
}

/// One page of a catalog.
public struct CatalogRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    /// Ids or URLs that the answer must contain if they exist; nil: all.
    public var ids: [String]?
    /// The connector's own filters, such as `distribution`.
    public var filters: [String: String]?
    public var page: String?

    public init(
        session: SessionID, ids: [String]? = nil, filters: [String: String]? = nil, page: String? = nil
    ) {
        self.session = session
        self.ids = ids
        self.filters = filters
        self.page = page
    }
}

/// Requirements for clouds that choose by themselves. Sizes in bytes.
public struct PlanRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var cpuCountMin: Int?
    public var cpuCountMax: Int?
    public var memoryBytesMin: Int64?
    public var memoryBytesMax: Int64?
    public var architecture: String?
    public var images: [String]
    /// `radl.instance_type`: the size that the document names, if it names one. A connector that knows sizes by name answers
    /// with a flavor of this id or name, or refuses it.
    public var provider: [String: JSONValue]
    /// A machine as its launch would ask for it, but for the size and for what is made before a launch: networks,
    /// security groups, key pairs. What its launch would be refused for the plan should refuse already. nil: none is to be
    /// launched.
    public var item: MachineSpec?
    /// How many such machines are to be launched beside those that are there; nil: that is not known, or others leave
    /// first.
    public var count: Int?
    /// Networks that would be made for it, by their names in the document.
    public var networks: [NetworkSpec]?

    public init(
        session: SessionID, cpuCountMin: Int? = nil, cpuCountMax: Int? = nil, memoryBytesMin: Int64? = nil,
        memoryBytesMax: Int64? = nil, architecture: String? = nil, images: [String] = [],
        provider: [String: JSONValue] = [:]
    ) {
        self.session = session
        self.cpuCountMin = cpuCountMin
        self.cpuCountMax = cpuCountMax
        self.memoryBytesMin = memoryBytesMin
        self.memoryBytesMax = memoryBytesMax
        self.architecture = architecture
        self.images = images
        self.provider = provider
    }
}

public struct PlanCandidate: Sendable, Hashable, Codable {
    public var flavor: Flavor
    public var image: Image
    public var pricePerHour: Flavor.Price?

    public init(flavor: Flavor, image: Image, pricePerHour: Flavor.Price? = nil) {
        self.flavor = flavor
        self.image = image
        self.pricePerHour = pricePerHour
    }
}

public struct ResizeRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var id: String
    public var flavor: String

    public init(session: SessionID, id: String, flavor: String) {
        self.session = session
        self.id = id
        self.flavor = flavor
    }
}

public struct SnapshotRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var id: String
    /// Index of the disk.
    public var disk: Int
    public var name: String
    public var tags: [String: String]

    public init(session: SessionID, id: String, disk: Int, name: String, tags: [String: String]) {
        self.session = session
        self.id = id
        self.disk = disk
        self.name = name
        self.tags = tags
    }
}

/// Finds what is there under exactly these tags, or creates it with them.
public struct EnsureRequest<Spec: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    public var session: SessionID
    public var spec: Spec
    public var tags: [String: String]

    public init(session: SessionID, spec: Spec, tags: [String: String]) {
        self.session = session
        self.spec = spec
        self.tags = tags
    }
}

/// Where bulk data is: never in a message.
public struct BulkLocation: Sendable, Hashable, Codable {
    public var path: String?
    /// One-time URL.
    public var url: String?

    public init(path: String? = nil, url: String? = nil) {
        self.path = path
        self.url = url
    }
}

public struct UploadImageRequest: Sendable, Hashable, Codable {
    public var session: SessionID
    public var name: String
    public var source: BulkLocation
    /// Lower-case hexadecimal.
    public var sha256: String
    public var format: String
    public var tags: [String: String]

    public init(
        session: SessionID, name: String, source: BulkLocation, sha256: String, format: String,
        tags: [String: String]
    ) {
        self.session = session
        self.name = name
        self.source = source
        self.sha256 = sha256
        self.format = format
        self.tags = tags
    }
}
