public import Foundation

/// What a machine to be launched shall be: requirements were already matched by the host.
public struct MachineSpec: Sendable, Hashable, Codable {
    /// A disk beside or instead of what the image brings.
    public struct Disk: Sendable, Hashable, Codable {
        /// 0 is the root disk.
        public var index: Int
        public var sizeBytes: Int64?
        /// Image, snapshot or volume to take the content from.
        public var source: String?
        /// The provider's volume type.
        public var type: String?
        /// Device name wished for, such as `hdb`.
        public var device: String?
        public var filesystem: String?

        public init(
            index: Int, sizeBytes: Int64? = nil, source: String? = nil, type: String? = nil, device: String? = nil,
            filesystem: String? = nil
        ) {
            self.index = index
            self.sizeBytes = sizeBytes
            self.source = source
            self.type = type
            self.device = device
            self.filesystem = filesystem
        }
    }

    /// A network interface.
    public struct Interface: Sendable, Hashable, Codable {
        public var index: Int
        /// Provider's id of the network; nil: the account's default one.
        public var network: String?
        public var fixedAddress: String?
        /// Whether it shall have an address that is reachable from everywhere.
        public var `public`: Bool
        /// Provider's ids of security groups.
        public var groups: [String]

        public init(
            index: Int, network: String? = nil, fixedAddress: String? = nil, public: Bool = false,
            groups: [String] = []
        ) {
            self.index = index
            self.network = network
            self.fixedAddress = fixedAddress
            self.public = `public`
            self.groups = groups
        }
    }

    /// A wish for a spot or preemptible machine.
    public struct Spot: Sendable, Hashable, Codable {
        /// Most per hour, in the provider's currency.
        public var maxPrice: Double?

        public init(maxPrice: Double? = nil) {
            self.maxPrice = maxPrice
        }
    }

    /// The host's id of the machine. Comes back in ``Machine/machineID``.
    public var machineID: String
    /// Name for people; not unique.
    public var name: String
    /// Id from the catalog, or the URL of the document.
    public var image: String
    /// Id from the catalog; empty for connectors without ``Capability/flavors``.
    public var flavor: String
    /// Size for connectors without a flavor; what a flavor has where there is one.
    public var cpuCount: Int?
    public var memoryBytes: Int64?
    public var disks: [Disk]
    public var interfaces: [Interface]
    /// Provider's id of a key pair.
    public var keyPair: String?
    /// For cloud-init, at most 16 KiB before base64.
    public var userData: Data?
    public var zone: String?
    public var spot: Spot?
    /// Tags of this machine beside those of the batch.
    public var tags: [String: String]
    /// The provider's own settings, namespaced by connector: `{"ec2": {…}}`. Features of the document that the host does
    /// not interpret arrive under `"radl"`.
    public var provider: [String: JSONValue]

    public init(
        machineID: String, name: String, image: String, flavor: String, cpuCount: Int? = nil,
        memoryBytes: Int64? = nil, disks: [Disk] = [], interfaces: [Interface] = [], keyPair: String? = nil,
        userData: Data? = nil, zone: String? = nil,
        spot: Spot? = nil, tags: [String: String] = [:], provider: [String: JSONValue] = [:]
    ) {
        self.machineID = machineID
        self.name = name
        self.image = image
        self.flavor = flavor
        self.cpuCount = cpuCount
        self.memoryBytes = memoryBytes
        self.disks = disks
        self.interfaces = interfaces
        self.keyPair = keyPair
        self.userData = userData
        self.zone = zone
        self.spot = spot
        self.tags = tags
        self.provider = provider
    }
}

/// A machine as the provider sees it.
public struct Machine: Sendable, Hashable, Codable {
    /// The provider's state, mapped to one list for all.
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case pending, running, stopping, stopped, terminated, failed, unknown
    }

    /// Why a machine is ``State/failed``.
    public struct Failure: Sendable, Hashable, Codable {
        public var code: String
        public var message: String

        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }

        private enum CodingKeys: String, CodingKey {
            case code, message
        }

        /// The message becomes one line: it is shown among others' words.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            code = OneLine.text(try container.decode(String.self, forKey: .code))
            message = OneLine.text(try container.decode(String.self, forKey: .message))
        }
    }

    /// An address of the machine.
    public struct Address: Sendable, Hashable, Codable {
        public enum Family: String, Sendable, Hashable, Codable {
            case ipv4, ipv6
        }

        /// Index of the interface.
        public var interface: Int
        public var address: String
        public var family: Family
        public var `public`: Bool

        public init(interface: Int, address: String, family: Family = .ipv4, public: Bool) {
            self.interface = interface
            self.address = address
            self.family = family
            self.public = `public`
        }
    }

    /// The provider's id.
    public var id: String
    /// The host's id, from the launch index or a tag.
    public var machineID: String?
    public var batchToken: String?
    public var state: State
    /// The word that the connector said for its state where ``State`` has none like it: ``state`` is
    /// ``State/unknown`` then. Only read, never written.
    public private(set) var unlistedState: String?
    public var failure: Failure?
    public var addresses: [Address]
    public var flavor: String?
    public var image: String?
    public var zone: String?
    public var launchedAt: Date?
    /// Port of its SSH server where it is not 22.
    public var sshPort: Int?
    /// Host keys that the machine was given at its start, `TYPE BASE64` as in a `.pub` file: the host then logs in only
    /// where the SSH server shows one of them. Empty: not known, and the first key that is seen is trusted.
    public var hostKeys: [String] = []
    /// What is special about how it runs, one line for people, such as `emulated: a start by KVM failed`; nil: nothing.
    public var remark: String?
    public var tags: [String: String]
    public var provider: [String: JSONValue]

    public init(
        id: String, machineID: String? = nil, batchToken: String? = nil, state: State, failure: Failure? = nil,
        addresses: [Address] = [], flavor: String? = nil, image: String? = nil, zone: String? = nil,
        launchedAt: Date? = nil, sshPort: Int? = nil, tags: [String: String] = [:],
        provider: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.machineID = machineID
        self.batchToken = batchToken
        self.state = state
        self.failure = failure
        self.addresses = addresses
        self.flavor = flavor
        self.image = image
        self.zone = zone
        self.launchedAt = launchedAt
        self.sshPort = sshPort
        self.tags = tags
        self.provider = provider
    }

    /// What is wrong with the word that the connector said for the state, for people; nil: nothing.
    public var stateProblem: String? {
        unlistedState.map { word in
            "its state is '\(word)', which is none of " + State.allCases.map(\.rawValue).joined(separator: ", ")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, machineID, batchToken, state, failure, addresses, flavor, image, zone, launchedAt, sshPort, hostKeys
        case remark, tags, provider
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        machineID = try container.decodeIfPresent(String.self, forKey: .machineID)
        batchToken = try container.decodeIfPresent(String.self, forKey: .batchToken)
        let word = try container.decode(String.self, forKey: .state)
        state = State(rawValue: word) ?? .unknown
        if word != state.rawValue { unlistedState = OneLine.text(word) }
        failure = try container.decodeIfPresent(Failure.self, forKey: .failure)
        addresses = try container.decodeIfPresent([Address].self, forKey: .addresses) ?? []
        flavor = try container.decodeIfPresent(String.self, forKey: .flavor)
        image = try container.decodeIfPresent(String.self, forKey: .image)
        zone = try container.decodeIfPresent(String.self, forKey: .zone)
        launchedAt = try container.decodeIfPresent(Date.self, forKey: .launchedAt)
        sshPort = try container.decodeIfPresent(Int.self, forKey: .sshPort)
        hostKeys = try container.decodeIfPresent([String].self, forKey: .hostKeys) ?? []
        remark = try container.decodeIfPresent(String.self, forKey: .remark).map(OneLine.text)
        tags = try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        provider = try container.decodeIfPresent([String: JSONValue].self, forKey: .provider) ?? [:]
    }
}
