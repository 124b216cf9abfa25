/// A machine size. Sizes in bytes.
public struct Flavor: Sendable, Hashable, Codable {
    public struct GPU: Sendable, Hashable, Codable {
        public var vendor: String?
        public var model: String?
        public var count: Int

        public init(vendor: String? = nil, model: String? = nil, count: Int) {
            self.vendor = vendor
            self.model = model
            self.count = count
        }
    }

    public struct Price: Sendable, Hashable, Codable {
        public var amount: Double
        /// ISO 4217.
        public var currency: String

        public init(amount: Double, currency: String) {
            self.amount = amount
            self.currency = currency
        }
    }

    public var id: String
    public var name: String
    public var cpuCount: Int
    public var memoryBytes: Int64
    /// Size of the root disk that comes with it.
    public var diskBytes: Int64?
    /// `x86_64`, `i386`, `aarch64`; where a size runs several, one entry each.
    public var architecture: String?
    public var gpus: [GPU]?
    public var pricePerHour: Price?
    public var zones: [String]?
    public var provider: [String: JSONValue]?

    public init(
        id: String, name: String, cpuCount: Int, memoryBytes: Int64, diskBytes: Int64? = nil,
        architecture: String? = nil, gpus: [GPU]? = nil, pricePerHour: Price? = nil, zones: [String]? = nil,
        provider: [String: JSONValue]? = nil
    ) {
        self.id = id
        self.name = name
        self.cpuCount = cpuCount
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.architecture = architecture
        self.gpus = gpus
        self.pricePerHour = pricePerHour
        self.zones = zones
        self.provider = provider
    }
}

/// An image that machines can be launched from.
public struct Image: Sendable, Hashable, Codable {
    public struct OperatingSystem: Sendable, Hashable, Codable {
        /// `linux`, `windows`, `mac os x`.
        public var name: String
        /// `debian`, `ubuntu`, `rocky`.
        public var flavour: String?
        public var version: String?

        public init(name: String, flavour: String? = nil, version: String? = nil) {
            self.name = name
            self.flavour = flavour
            self.version = version
        }
    }

    public var id: String
    /// As a document would name it, such as `aws://eu-west-1/ami-…`.
    public var uri: String
    public var name: String
    public var os: OperatingSystem?
    public var architecture: String?
    public var minDiskBytes: Int64?
    /// User that the image lets in by key, such as `admin`.
    public var loginUser: String?
    public var provider: [String: JSONValue]?

    public init(
        id: String, uri: String, name: String, os: OperatingSystem? = nil, architecture: String? = nil,
        minDiskBytes: Int64? = nil, loginUser: String? = nil, provider: [String: JSONValue]? = nil
    ) {
        self.id = id
        self.uri = uri
        self.name = name
        self.os = os
        self.architecture = architecture
        self.minDiskBytes = minDiskBytes
        self.loginUser = loginUser
        self.provider = provider
    }
}

/// A network that is there.
public struct Network: Sendable, Hashable, Codable {
    public var id: String
    public var name: String
    public var cidr: String?
    /// Whether machines on it get addresses that are reachable from everywhere.
    public var `public`: Bool
    /// Used where a document names none.
    public var isDefault: Bool?
    public var provider: [String: JSONValue]?

    public init(
        id: String, name: String, cidr: String? = nil, public: Bool, isDefault: Bool? = nil,
        provider: [String: JSONValue]? = nil
    ) {
        self.id = id
        self.name = name
        self.cidr = cidr
        self.public = `public`
        self.isDefault = isDefault
        self.provider = provider
    }
}

/// A limit of the account.
public struct Quota: Sendable, Hashable, Codable {
    /// `cores`, `ram` (bytes), `instances`, `floating_ips`, `security_groups`, or the provider's own name; one
    /// that ends with `_storage` counts bytes.
    public var name: String
    public var used: Int64
    /// -1: no limit.
    public var limit: Int64

    public init(name: String, used: Int64, limit: Int64) {
        self.name = name
        self.used = used
        self.limit = limit
    }
}
