import ConnectorAPI

/// What a list of Neutron's goes on with.
struct NeutronLink: Decodable, Sendable {
    var rel: String
}

struct NeutronNetwork: Decodable, Sendable, Hashable {
    var id: String
    var name: String
    var description: String?
    var project: String?
    var subnets: [String]
    var isExternal: Bool?
    var isShared: Bool?
    var isDefault: Bool?
    var hasPortSecurity: Bool?
    var tags: [String]?

    private enum CodingKeys: String, CodingKey {
        case id, name, description, subnets, tags
        case project = "project_id"
        case isExternal = "router:external"
        case isShared = "shared"
        case isDefault = "is_default"
        case hasPortSecurity = "port_security_enabled"
    }
}

struct NeutronNetworks: Decodable, Sendable {
    var networks: [NeutronNetwork]
}

struct NeutronSubnet: Decodable, Sendable, Hashable {
    var id: String
    var network: String
    var version: Int
    var cidr: String

    private enum CodingKeys: String, CodingKey {
        case id, cidr
        case network = "network_id"
        case version = "ip_version"
    }
}

struct NeutronSubnets: Decodable, Sendable {
    var subnets: [NeutronSubnet]
}

struct NeutronPort: Decodable, Sendable, Hashable {
    struct FixedAddress: Decodable, Sendable, Hashable {
        var address: String
        var subnet: String?

        private enum CodingKeys: String, CodingKey {
            case address = "ip_address"
            case subnet = "subnet_id"
        }
    }

    var id: String
    var name: String?
    var description: String?
    var device: String?
    var network: String?
    var groups: [String]?
    var fixedAddresses: [FixedAddress]?

    var label: ResourceLabel? { ResourceLabel(description: description) }

    private enum CodingKeys: String, CodingKey {
        case id, name, description
        case device = "device_id"
        case network = "network_id"
        case groups = "security_groups"
        case fixedAddresses = "fixed_ips"
    }
}

struct NeutronPorts: Decodable, Sendable {
    var ports: [NeutronPort]
    private var links: [NeutronLink]?

    var marker: String? {
        links?.contains { $0.rel == "next" } == true ? ports.last?.id : nil
    }

    private enum CodingKeys: String, CodingKey {
        case ports
        case links = "ports_links"
    }
}

struct NeutronAddress: Decodable, Sendable, Hashable {
    var id: String
    var address: String
    var description: String?
    var port: String?
    var network: String?

    var label: ResourceLabel? { ResourceLabel(description: description) }

    private enum CodingKeys: String, CodingKey {
        case id, description
        case address = "floating_ip_address"
        case port = "port_id"
        case network = "floating_network_id"
    }
}

struct NeutronAddresses: Decodable, Sendable {
    var addresses: [NeutronAddress]

    private enum CodingKeys: String, CodingKey {
        case addresses = "floatingips"
    }
}

struct NeutronAddressAnswer: Decodable, Sendable {
    var address: NeutronAddress

    private enum CodingKeys: String, CodingKey {
        case address = "floatingip"
    }
}

struct NeutronGroup: Decodable, Sendable, Hashable {
    struct Rule: Decodable, Sendable, Hashable {
        var id: String
        var direction: String
        var ethertype: String
        var transport: String?
        var fromPort: Int?
        var toPort: Int?
        var prefix: String?
        var group: String?

        private enum CodingKeys: String, CodingKey {
            case id, direction, ethertype
            case transport = "protocol"
            case fromPort = "port_range_min"
            case toPort = "port_range_max"
            case prefix = "remote_ip_prefix"
            case group = "remote_group_id"
        }
    }

    var id: String
    var name: String?
    var description: String?
    var rules: [Rule]?

    var label: ResourceLabel? { ResourceLabel(description: description) }

    private enum CodingKeys: String, CodingKey {
        case id, name, description
        case rules = "security_group_rules"
    }
}

struct NeutronGroups: Decodable, Sendable {
    var groups: [NeutronGroup]

    private enum CodingKeys: String, CodingKey {
        case groups = "security_groups"
    }
}

struct NeutronGroupAnswer: Decodable, Sendable {
    var group: NeutronGroup

    private enum CodingKeys: String, CodingKey {
        case group = "security_group"
    }
}

/// `GET /quotas/PROJECT/details`: what is used and allowed of each kind.
struct NeutronQuotas: Decodable, Sendable {
    struct Entry: Decodable, Sendable {
        var used: Int64
        var limit: Int64
    }
    var quota: [String: Entry]
}
