/// Something at the provider that was created for an infrastructure. Its tags say whose it is.
public struct Resource: Sendable, Hashable, Codable {
    public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
        public var rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        public static let machine = Kind(rawValue: "machine")
        public static let volume = Kind(rawValue: "volume")
        public static let network = Kind(rawValue: "network")
        public static let subnet = Kind(rawValue: "subnet")
        public static let router = Kind(rawValue: "router")
        public static let securityGroup = Kind(rawValue: "securityGroup")
        public static let publicAddress = Kind(rawValue: "publicAddress")
        public static let keyPair = Kind(rawValue: "keyPair")
        public static let image = Kind(rawValue: "image")
        public static let other = Kind(rawValue: "other")
    }

    /// Names another resource.
    public struct Reference: Sendable, Hashable, Codable {
        public var kind: Kind
        public var id: String

        public init(kind: Kind, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    public var kind: Kind
    public var id: String
    public var name: String?
    public var tags: [String: String]
    /// What must be deleted after this one.
    public var dependsOn: [Reference]
    /// With a machine: its state and launch identity, so that one `list` is enough to adopt it.
    public var machine: Machine?
    public var provider: [String: JSONValue]?

    public init(
        kind: Kind, id: String, name: String? = nil, tags: [String: String] = [:], dependsOn: [Reference] = [],
        machine: Machine? = nil, provider: [String: JSONValue]? = nil
    ) {
        self.kind = kind
        self.id = id
        self.name = name
        self.tags = tags
        self.dependsOn = dependsOn
        self.machine = machine
        self.provider = provider
    }

    private enum CodingKeys: String, CodingKey {
        case kind, id, name, tags, dependsOn, machine, provider
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(Kind.self, forKey: .kind)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        tags = try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        dependsOn = try container.decodeIfPresent([Reference].self, forKey: .dependsOn) ?? []
        machine = try container.decodeIfPresent(Machine.self, forKey: .machine)
        provider = try container.decodeIfPresent([String: JSONValue].self, forKey: .provider)
    }
}

/// A network to be ensured.
public struct NetworkSpec: Sendable, Hashable, Codable {
    public var name: String
    /// Its range of addresses; nil: one of the connector's choice.
    public var cidr: String?
    /// Whether machines on it may have public addresses: it needs a way out.
    public var `public`: Bool
    public var dnsServers: [String]
    public var provider: [String: JSONValue]

    public init(
        name: String, cidr: String? = nil, public: Bool = false, dnsServers: [String] = [],
        provider: [String: JSONValue] = [:]
    ) {
        self.name = name
        self.cidr = cidr
        self.public = `public`
        self.dnsServers = dnsServers
        self.provider = provider
    }
}

/// A security group to be ensured. Members may always talk to each other.
public struct SecurityGroupSpec: Sendable, Hashable, Codable {
    public struct Rule: Sendable, Hashable, Codable {
        public enum TransportProtocol: String, Sendable, Hashable, Codable {
            case tcp, udp, icmp
        }

        public var transport: TransportProtocol
        public var fromPort: Int
        public var toPort: Int
        public var cidr: String

        public init(transport: TransportProtocol, fromPort: Int, toPort: Int, cidr: String = "0.0.0.0/0") {
            self.transport = transport
            self.fromPort = fromPort
            self.toPort = toPort
            self.cidr = cidr
        }
    }

    public var name: String
    public var description: String
    /// Provider's id of the network it belongs to; nil: the default one.
    public var network: String?
    public var rules: [Rule]

    public init(name: String, description: String, network: String? = nil, rules: [Rule]) {
        self.name = name
        self.description = description
        self.network = network
        self.rules = rules
    }
}

/// A key pair to be ensured: the public key in OpenSSH's form. Private keys never travel.
public struct KeyPairSpec: Sendable, Hashable, Codable {
    public var name: String
    public var publicKey: String

    public init(name: String, publicKey: String) {
        self.name = name
        self.publicKey = publicKey
    }
}

/// A volume to be ensured.
public struct VolumeSpec: Sendable, Hashable, Codable {
    public var name: String
    public var sizeBytes: Int64
    public var type: String?
    public var source: String?
    public var zone: String?
    /// Provider's id of the machine to attach it to.
    public var machine: String?
    public var device: String?
    /// Number of the machine's disk that it is. Where the guest can be told a serial number, it is `gantry-diskN`.
    /// Not a parameter of `init`: what is added after the first connectors were written changes no initializer.
    public var disk: Int?

    public init(
        name: String, sizeBytes: Int64, type: String? = nil, source: String? = nil, zone: String? = nil,
        machine: String? = nil, device: String? = nil
    ) {
        self.name = name
        self.sizeBytes = sizeBytes
        self.type = type
        self.source = source
        self.zone = zone
        self.machine = machine
        self.device = device
    }
}

/// A public address to be ensured.
public struct PublicAddressSpec: Sendable, Hashable, Codable {
    /// Pool or network of the provider.
    public var pool: String?
    /// A fixed address that the account already holds.
    public var address: String?
    /// Provider's id of the machine to attach it to, and the interface.
    public var machine: String?
    public var interface: Int?

    public init(pool: String? = nil, address: String? = nil, machine: String? = nil, interface: Int? = nil) {
        self.pool = pool
        self.address = address
        self.machine = machine
        self.interface = interface
    }
}
