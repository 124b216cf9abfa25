public import ConnectorAPI
import Foundation

/// A connector with what the kit needs to exercise it.
public struct ConnectorUnderTest: Sendable {
    public var connector: any Connector
    public var settings: ConformanceSettings
    /// Where it runs, for the report, such as `in process`.
    public var placement: String
    /// Kills its process with SIGKILL; the next call starts another.
    public var restart: (@Sendable () async throws -> Void)?
    /// Sends a request as JSON and gives the result as JSON; throws ``ConnectorError``.
    public var raw: (@Sendable (_ method: String, _ params: JSONValue) async throws -> JSONValue)?
    /// All that it wrote to standard error, unredacted.
    public var standardError: (@Sendable () -> String)?
    /// Starts a process of its own with `describe` or `serve`, as the host does or, `byHand`, without `CONNECTOR_COOKIE`.
    public var dialogue: (@Sendable (_ verb: String, _ byHand: Bool) throws -> any ConnectorDialogue)?

    public init(
        connector: any Connector, settings: ConformanceSettings = ConformanceSettings(),
        placement: String = "in process", restart: (@Sendable () async throws -> Void)? = nil,
        raw: (@Sendable (_ method: String, _ params: JSONValue) async throws -> JSONValue)? = nil,
        standardError: (@Sendable () -> String)? = nil,
        dialogue: (@Sendable (_ verb: String, _ byHand: Bool) throws -> any ConnectorDialogue)? = nil
    ) {
        self.connector = connector
        self.settings = settings
        self.placement = placement
        self.restart = restart
        self.raw = raw
        self.standardError = standardError
        self.dialogue = dialogue
    }

    func has(_ facility: ConformanceCheck.Facility) -> Bool {
        switch facility {
        case .restart: restart != nil
        case .raw: raw != nil
        case .standardError: standardError != nil
        case .dialogue: dialogue != nil
        }
    }
}

/// What the kit uses at the provider. In JSON all members may be left out.
public struct ConformanceSettings: Sendable, Codable {
    public var endpoint: String?
    /// Settings of the session.
    public var config: [String: JSONValue]
    /// Kept apart in a file of its own.
    public var credentials: Credentials
    /// Credentials that the provider refuses; nil: whether it refuses any is not checked.
    public var badCredentials: Credentials?
    /// Image of the machines; nil: the first of the catalog.
    public var image: String?
    /// Flavor of the machines; nil: the one with the least memory.
    public var flavor: String?
    /// Addresses of machines that already run, for connectors with ``Capability/existingMachines``.
    public var addresses: [String]
    /// Provider's id of a network for the machines; nil: the default one.
    public var network: String?
    /// The provider's own settings of every machine.
    public var provider: [String: JSONValue]
    /// Most time until a machine runs, or is gone.
    public var waitMs: Int
    /// Most time of one check.
    public var checkMs: Int
    /// Machines of the larger checks.
    public var machines: Int
    /// Most time of a launch that does not wait.
    public var promptMs = 30_000
    /// Most time for one answer, and for the end of a process that is told to end, where checks talk to it by themselves.
    public var answerMs = 20_000
    public var endMs = 10_000

    public init(
        endpoint: String? = nil, config: [String: JSONValue] = [:], credentials: Credentials = Credentials([:]),
        badCredentials: Credentials? = nil, image: String? = nil, flavor: String? = nil,
        addresses: [String] = ["192.0.2.1"], network: String? = nil, provider: [String: JSONValue] = [:],
        waitMs: Int = 120_000, checkMs: Int = 300_000, machines: Int = 10
    ) {
        self.endpoint = endpoint
        self.config = config
        self.credentials = credentials
        self.badCredentials = badCredentials
        self.image = image
        self.flavor = flavor
        self.addresses = addresses
        self.network = network
        self.provider = provider
        self.waitMs = waitMs
        self.checkMs = checkMs
        self.machines = machines
    }

    private enum CodingKeys: String, CodingKey {
        case endpoint, config, badCredentials, image, flavor, addresses, network, provider, waitMs, checkMs, machines
        case promptMs, answerMs, endMs
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        config = try container.decodeIfPresent([String: JSONValue].self, forKey: .config) ?? config
        badCredentials = try container.decodeIfPresent(Credentials.self, forKey: .badCredentials)
        image = try container.decodeIfPresent(String.self, forKey: .image)
        flavor = try container.decodeIfPresent(String.self, forKey: .flavor)
        addresses = try container.decodeIfPresent([String].self, forKey: .addresses) ?? addresses
        network = try container.decodeIfPresent(String.self, forKey: .network)
        provider = try container.decodeIfPresent([String: JSONValue].self, forKey: .provider) ?? provider
        waitMs = try container.decodeIfPresent(Int.self, forKey: .waitMs) ?? waitMs
        checkMs = try container.decodeIfPresent(Int.self, forKey: .checkMs) ?? checkMs
        machines = max(2, try container.decodeIfPresent(Int.self, forKey: .machines) ?? machines)
        promptMs = try container.decodeIfPresent(Int.self, forKey: .promptMs) ?? promptMs
        answerMs = try container.decodeIfPresent(Int.self, forKey: .answerMs) ?? answerMs
        endMs = try container.decodeIfPresent(Int.self, forKey: .endMs) ?? endMs
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(endpoint, forKey: .endpoint)
        try container.encode(config, forKey: .config)
        try container.encodeIfPresent(image, forKey: .image)
        try container.encodeIfPresent(flavor, forKey: .flavor)
        try container.encode(addresses, forKey: .addresses)
        try container.encodeIfPresent(network, forKey: .network)
        try container.encode(provider, forKey: .provider)
        try container.encode(waitMs, forKey: .waitMs)
        try container.encode(checkMs, forKey: .checkMs)
        try container.encode(machines, forKey: .machines)
        try container.encode(promptMs, forKey: .promptMs)
        try container.encode(answerMs, forKey: .answerMs)
        try container.encode(endMs, forKey: .endMs)
    }
}
