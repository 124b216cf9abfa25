extension FeatureRule {
    /// Every feature that means something to the service, a connector or EC3, by section and name.
    public static let all: [FeatureRule] =
        descriptionTable + ansibleTable + networkTable + systemTable + providerTable + interfaceTable + diskTable
        + applicationTable + clusterTable + optionTable

    /// Rules by what stands in a document with `N` and `M` for the numbers.
    private static let byPattern: [Section: [String: FeatureRule]] = {
        var table: [Section: [String: FeatureRule]] = [:]
        for rule in all { table[rule.section, default: [:]][rule.name] = rule }
        return table
    }()

    /// Names of a section's features, sorted; with `N` and `M` for numbers.
    static let names: [Section: [String]] = byPattern.mapValues { $0.keys.sorted() }

    /// The rule of a feature as it stands in a document: `disk.1.size` finds `disk.N.size`.
    ///
    /// - Returns: nil where nothing is known of the name: such features are kept, and nothing reads them.
    public static func rule(for name: String, in section: Section) -> FeatureRule? {
        guard let table = byPattern[section] else { return nil }
        return table[name] ?? table[pattern(of: name)]
    }

    /// The features of a section, sorted by name.
    public static func rules(in section: Section) -> [FeatureRule] {
        (names[section] ?? []).compactMap { byPattern[section]?[$0] }
    }

    /// A name with `N` and `M` in the place of its first and second number.
    static func pattern(of name: String) -> String {
        guard name.utf8.contains(where: { $0 &- 0x30 <= 9 }) else { return name }
        var letters = ["N", "M"][...]
        return name.split(separator: ".", omittingEmptySubsequences: false).map { part in
            guard !part.isEmpty, part.utf8.allSatisfy({ $0 &- 0x30 <= 9 }), let letter = letters.popFirst() else {
                return String(part)
            }
            return letter
        }.joined(separator: ".")
    }
}

extension FeatureRule {
    static let descriptionTable = [
        FeatureRule(
            "name", .description, .string(), "Name of the infrastructure, as lists show it.",
            example: "name = 'My cluster'"),
        FeatureRule(
            "kind", .description, .string(),
            "EC3: what the document is for: `main`, `images`, `component`.", example: "kind = 'component'"),
        FeatureRule(
            "short", .description, .string(), "EC3: summary in one line.", example: "short = 'Shares a folder by NFS'"),
        FeatureRule(
            "content", .description, .string(), "EC3: description, of several lines.",
            example: "content = 'Installs and configures NFS.'"),
    ]

    static let ansibleTable = [
        FeatureRule(
            "host", .ansible, .string(), "Name or address of the host that runs the contextualization.",
            example: "host = 'ansible.example.org'", isEnforced: true),
        FeatureRule(
            "credentials.username", .ansible, .string(), "User to log in to the host as.",
            example: "credentials.username = 'admin'", isEnforced: true),
        FeatureRule(
            "credentials.password", .ansible, .string(), "Password of the user; or else a private key.",
            example: "credentials.password = '…'", isEnforced: true),
        FeatureRule(
            "credentials.private_key", .ansible, .string(), "Private key of the user; or else a password.",
            example: "credentials.private_key = '-----BEGIN PRIVATE KEY-----…'", isEnforced: true),
    ]

    static let networkTable = [
        FeatureRule(
            "outbound", .network, .string(allowed: ["YES", "NO"]),
            "Machines get public addresses. Only `yes` in lower case does so.", example: "outbound = 'yes'",
            default: "no",
            isEnforced: true),
        FeatureRule(
            "outports", .network, .outports,
            "Ports that are reached from outside: `PORT[:LAST][/PROTOCOL][-PORT]`, separated by commas; `8080-80` leads"
                + " 8080 to port 80 of the machine, a CIDR before it limits who may.",
            example: "outports = '22,8080-80,9000:9100/udp'", default: "none but 22, which most connectors open",
            isEnforced: true),
        FeatureRule(
            "provider_id", .network, .string(),
            "Name of the network at the provider; on OpenStack the pool of addresses of a public network, on EC2"
                + " `vpc-ID.subnet-ID`.",
            example: "provider_id = 'vpc-1.subnet-2'", default: "chosen by the connector", isEnforced: true),
        FeatureRule("create", .network, .flag, "The network is made.", example: "create = 'yes'", default: "no"),
        FeatureRule(
            "cidr", .network, .string(),
            "Address range of a network that is made; `*` stands for the first number that is free.",
            example: "cidr = '10.0.*.0/24'", default: "10.0.*.0/24"),
        FeatureRule(
            "dnsserver", .network, .string(), "Name servers of a network that is made.",
            example: "dnsserver = '8.8.8.8'",
            default: "those of the site"),
        FeatureRule(
            "sg_name", .network, .string(), "Name of the security group that is made or used.",
            example: "sg_name = 'web'", default: "made of the ids of infrastructure and network"),
        FeatureRule(
            "router", .network, .string(),
            "Routes: an address range and the system that leads there; more behind a semicolon.",
            example: "router = '192.168.0.0/16,gateway'"),
        FeatureRule(
            "proxy_host", .network, .string(), "SSH proxy through which a private network is reached.",
            example: "proxy_host = 'user:password@host:22'"),
        FeatureRule(
            "proxy_key", .network, .string(), "Private key for the proxy.",
            example: "proxy_key = '-----BEGIN PRIVATE KEY-----…'"),
        FeatureRule(
            "libvirt.forward", .network, .string(allowed: ["NAT", "NONE"]),
            "libvirt: whether a network that is made has a way out, and which.", example: "libvirt.forward = 'nat'",
            default: "none", isEnforced: true),
        FeatureRule("rg_name", .network, .string(), "Azure: resource group.", example: "rg_name = 'group'"),
        FeatureRule("namespace", .network, .string(), "Kubernetes: namespace.", example: "namespace = 'default'"),
        inheritance(.network),
    ]

    static func inheritance(_ section: Section) -> FeatureRule {
        FeatureRule(
            "ec3_inherit_from", section, .inheritance,
            "EC3: features that are not set here are taken from another \(section.rawValue).",
            example: "ec3_inherit_from = \(section.rawValue) \(section == .system ? "wn" : "public")")
    }

    static let applicationTable = [
        FeatureRule(
            "name", .application, .nonEmptyString,
            "Name of the application; `ansible.roles.NAME` and `ansible.collections.NAME` install that role or collection.",
            example: "name = 'ansible.roles.grycap.nfs'", isEnforced: true),
        FeatureRule(
            "version", .application, .version(mayBeEmpty: true), "Version of the application.",
            example: "version >= '2.4'", isEnforced: true),
        FeatureRule(
            "path", .application, .nonEmptyString, "Where it is installed.", example: "path = '/opt/app'",
            isEnforced: true),
        FeatureRule(
            "preinstalled", .application, .string(allowed: ["YES", "NO"]),
            "`yes`: the image has to hold it; `no`: it may be installed afterwards.", example: "preinstalled = 'no'",
            isEnforced: true),
    ]

    static let optionTable = [
        FeatureRule(
            "ansible_version", .option, .string(), "Version of Ansible that runs the recipes.",
            example: "option ansible_version = '2.9'")
    ]
}
