import ConnectorAPI

/// A page of servers.
struct NovaServers: Decodable, Sendable {
    struct Link: Decodable, Sendable {
        var rel: String
    }

    var servers: [NovaServer]
    private var links: [Link]?

    /// Where the next page begins; nil on the last one.
    var marker: String? {
        links?.contains { $0.rel == "next" } == true ? servers.last?.id : nil
    }

    private enum CodingKeys: String, CodingKey {
        case servers
        case links = "servers_links"
    }
}

/// A server as `GET /servers/detail` has it up to microversion 2.46.
struct NovaServer: Decodable, Sendable, Hashable {
    struct Address: Decodable, Sendable, Hashable {
        var address: String
        var version: Int
        var kind: String?

        private enum CodingKeys: String, CodingKey {
            case version
            case address = "addr"
            case kind = "OS-EXT-IPS:type"
        }
    }

    struct Fault: Decodable, Sendable, Hashable {
        var code: Int?
        var message: String
    }

    private struct Named: Decodable {
        var id: String
    }

    var id: String
    var name: String
    var status: String
    var taskState: String?
    var created: String?
    var flavor: String?
    var image: String?
    var zone: String?
    var keyName: String?
    var metadata: [String: String]
    /// By the name of the network.
    var addresses: [String: [Address]]
    var fault: Fault?

    private enum CodingKeys: String, CodingKey {
        case id, name, status, created, flavor, image, metadata, addresses, fault
        case taskState = "OS-EXT-STS:task_state"
        case zone = "OS-EXT-AZ:availability_zone"
        case keyName = "key_name"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
        status = try container.decodeIfPresent(String.self, forKey: .status) ?? "UNKNOWN"
        taskState = try container.decodeIfPresent(String.self, forKey: .taskState)
        created = try container.decodeIfPresent(String.self, forKey: .created)
        flavor = try container.decodeIfPresent(Named.self, forKey: .flavor)?.id
        // An empty text for a server whose root disk is a volume.
        image = try? container.decodeIfPresent(Named.self, forKey: .image)?.id
        zone = try container.decodeIfPresent(String.self, forKey: .zone)?.nonEmpty
        keyName = try container.decodeIfPresent(String.self, forKey: .keyName)
        metadata = try container.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
        addresses = try container.decodeIfPresent([String: [Address]].self, forKey: .addresses) ?? [:]
        fault = try container.decodeIfPresent(Fault.self, forKey: .fault)
    }
}

/// `{"server": …}` with all of it.
struct NovaServerAnswer: Decodable, Sendable {
    var server: NovaServer
}

/// The answer to `POST /servers`.
struct NovaServerMade: Decodable, Sendable {
    struct Server: Decodable, Sendable {
        var id: String
    }
    var server: Server
}

struct NovaFlavors: Decodable, Sendable {
    struct Link: Decodable, Sendable {
        var rel: String
    }

    struct Flavor: Decodable, Sendable, Hashable {
        var id: String
        var name: String
        var ram: Int64
        var disk: Int64
        var vcpus: Int
        var isDisabled: Bool?
        var extraSpecs: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case id, name, ram, disk, vcpus
            case isDisabled = "OS-FLV-DISABLED:disabled"
            case extraSpecs = "extra_specs"
        }
    }

    var flavors: [Flavor]
    private var links: [Link]?

    var marker: String? {
        links?.contains { $0.rel == "next" } == true ? flavors.last?.id : nil
    }

    private enum CodingKeys: String, CodingKey {
        case flavors
        case links = "flavors_links"
    }
}

struct NovaKeyPair: Decodable, Sendable, Hashable {
    var name: String
    var publicKey: String?

    private enum CodingKeys: String, CodingKey {
        case name
        case publicKey = "public_key"
    }
}

struct NovaKeyPairs: Decodable, Sendable {
    struct Entry: Decodable, Sendable {
        var keypair: NovaKeyPair
    }
    var keypairs: [Entry]
}

struct NovaLimits: Decodable, Sendable {
    struct Limits: Decodable, Sendable {
        var absolute: [String: Int64]
    }
    var limits: Limits
}

struct NovaConsole: Decodable, Sendable {
    struct Console: Decodable, Sendable {
        var url: String
    }
    var console: Console

    private enum CodingKeys: String, CodingKey {
        case console = "remote_console"
    }
}

struct NovaConsoleOutput: Decodable, Sendable {
    var output: String?
}
