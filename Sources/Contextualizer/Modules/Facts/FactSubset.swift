/// Which facts `gather_subset` asks for, by Ansible's collectors.
struct FactSubset {
    /// Always gathered, but for `!min`.
    private static let minimal: Set<String> = [
        "apparmor", "caps", "cmdline", "date_time", "distribution", "dns", "env", "fips", "local", "lsb", "pkg_mgr",
        "platform", "python", "selinux", "service_mgr", "ssh_pub_keys", "user",
    ]
    private static let collectors = minimal.union([
        "chroot", "facter", "fibre_channel_wwn", "hardware", "iscsi", "loadavg", "network", "nvme", "ohai", "systemd",
        "virtual",
    ])
    /// Facts that may be asked for by their own names, which brings all of their collector.
    private static let named: [String: [String]] = [
        "hardware": ["devices", "mounts", "processor", "processor_cores", "processor_count"],
        "network": ["all_ipv4_addresses", "all_ipv6_addresses", "default_ipv4", "default_ipv6", "interfaces"],
        "virtual": [
            "virtualization_role", "virtualization_tech_guest", "virtualization_tech_host", "virtualization_type",
        ],
        "distribution": ["distribution_major_version", "distribution_release", "distribution_version", "os_family"],
        "platform": [
            "architecture", "kernel", "kernel_version", "machine", "machine_id", "python_version", "system",
        ],
        "ssh_pub_keys": [
            "ssh_host_key_dsa_public", "ssh_host_key_ecdsa_public", "ssh_host_key_ed25519_public",
            "ssh_host_key_rsa_public", "ssh_host_pub_keys",
        ],
        "user": [
            "effective_group_ids", "effective_user_id", "real_user_id", "user_dir", "user_gecos", "user_gid", "user_id",
            "user_shell", "user_uid",
        ],
        "caps": ["system_capabilities", "system_capabilities_enforced"], "chroot": ["is_chroot"],
    ]
    private static let owners = named.reduce(into: [String: String]()) { owners, entry in
        for fact in entry.value { owners[fact] = entry.key }
    }
    /// Collectors that others look at; their facts come along.
    private static let needs: [String: [String]] = [
        "network": ["distribution", "platform"], "hardware": ["platform"], "pkg_mgr": ["distribution"],
        "service_mgr": ["distribution", "platform"],
    ]

    private let wanted: Set<String>

    /// - Parameter words: As given: names, `all`, `min`, and each behind a `!`.
    init(_ words: [String]) throws(ModuleError) {
        var added = Self.minimal
        var excluded: Set<String> = []
        var explicit: Set<String> = []
        for word in words {
            switch word {
            case "all": added.formUnion(Self.collectors)
            case "min": added.formUnion(Self.minimal)
            case "!all": excluded.formUnion(Self.collectors.subtracting(Self.minimal))
            case "!min": excluded.formUnion(Self.minimal)
            case _ where word.hasPrefix("!"):
                let name = String(word.dropFirst())
                excluded.formUnion([name] + (Self.named[name] ?? []))
            case _ where Self.collectors.contains(word) || Self.owners[word] != nil:
                added.insert(word)
                explicit.insert(word)
            default:
                let known = Self.collectors.union(Self.owners.keys).sorted().joined(separator: ", ")
                throw ModuleError(
                    code: .invalidArgument,
                    message: "Bad subset '\(word)' given to Ansible. gather_subset options allowed: all, \(known)")
            }
        }
        added.subtract(excluded.subtracting(explicit))
        var wanted = Set(added.map { Self.owners[$0] ?? $0 })
        for name in wanted { wanted.formUnion(Self.needs[name] ?? []) }
        self.wanted = wanted
    }

    /// - Parameter fact: Without the prefix `ansible_`.
    func contains(_ fact: String) -> Bool { wanted.contains(Self.collector(of: fact)) }

    private static func collector(of fact: String) -> String {
        if let owner = owners[fact] { return owner }
        if minimal.contains(fact) || fact == "loadavg" { return fact }
        for (prefix, collector) in prefixes where fact.hasPrefix(prefix) { return collector }
        // Each interface is a fact.
        return "network"
    }

    private static let prefixes = [
        ("distribution", "distribution"), ("effective_", "user"), ("real_", "user"), ("ssh_host_key_", "ssh_pub_keys"),
        ("bios_", "hardware"), ("mem", "hardware"), ("processor_", "hardware"), ("product_", "hardware"),
        ("swap", "hardware"), ("system_vendor", "hardware"), ("uptime_seconds", "hardware"), ("domain", "platform"),
        ("fqdn", "platform"), ("hostname", "platform"), ("nodename", "platform"), ("userspace_", "platform"),
    ]
}
