extension FeatureRule {
    /// The name of a section's feature that somebody probably meant.
    ///
    /// - Parameter pattern: What was written, with `N` and `M` for numbers; no name of the section.
    static func nearest(to pattern: String, in section: Section) -> String? {
        if let known = words[section]?[plain(pattern)] { return known }
        if let known = plainNames[section]?[plain(pattern)] { return known }
        let known = names[section] ?? []
        if section == .system {
            for prefix in ["disk.N.", "net_interface.N."] where !pattern.hasPrefix(prefix) {
                // `image.url`, `dns_name`, but no word of one part such as `type`, which may be somebody's own.
                guard pattern.utf8.contains(UInt8(ascii: ".")) || pattern.utf8.contains(UInt8(ascii: "_")) else {
                    break
                }
                if known.contains(prefix + pattern) { return prefix + pattern }
            }
        }
        return Vocabulary.nearest(to: pattern, among: known)
    }

    /// Without what divides words: `cpu_count` is `cpu.count`.
    private static func plain(_ name: String) -> String {
        String(name.lowercased().filter { !"._-".contains($0) })
    }

    private static let plainNames: [Section: [String: String]] = names.mapValues { names in
        Dictionary(names.map { (plain($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Words that other tools use, and the beginnings of names, by their ``plain(_:)`` form.
    private static let words: [Section: [String: String]] = [
        .system: [
            "cpu": "cpu.count", "cpus": "cpu.count", "vcpu": "cpu.count", "vcpus": "cpu.count", "cores": "cpu.count",
            "numcpus": "cpu.count", "cpunumber": "cpu.count", "arch": "cpu.arch", "architecture": "cpu.arch",
            "memory": "memory.size", "mem": "memory.size", "ram": "memory.size", "memsize": "memory.size",
            "gpu": "gpu.count", "gpus": "gpu.count", "diskN": "disk.N.size", "disksize": "disk.N.size",
            "diskNimage": "disk.N.image.url", "diskNurl": "disk.N.image.url", "image": "disk.N.image.url",
            "imageurl": "disk.N.image.url", "imageid": "disk.N.image.url", "diskNos": "disk.N.os.name",
            "os": "disk.N.os.name", "diskNmount": "disk.N.mount_path", "diskNmountpoint": "disk.N.mount_path",
            "diskNpath": "disk.N.mount_path", "diskNfilesystem": "disk.N.fstype",
            "diskNapplication": "disk.N.applications", "applications": "disk.N.applications",
            "softwares": "disk.N.applications", "software": "disk.N.applications",
            "diskNosusername": "disk.N.os.credentials.username", "diskNosuser": "disk.N.os.credentials.username",
            "diskNoscredentialsuser": "disk.N.os.credentials.username",
            "diskNospassword": "disk.N.os.credentials.password",
            "username": "disk.N.os.credentials.username", "user": "disk.N.os.credentials.username",
            "password": "disk.N.os.credentials.password", "privatekey": "disk.N.os.credentials.private_key",
            "publickey": "disk.N.os.credentials.public_key", "keyname": "disk.N.os.credentials.public_key",
            "netinterfaceN": "net_interface.N.connection", "netinterfaceNnetwork": "net_interface.N.connection",
            "netinterface": "net_interface.N.connection", "network": "net_interface.N.connection",
            "connection": "net_interface.N.connection", "netinterfaceNname": "net_interface.N.dns_name",
            "hostname": "net_interface.N.dns_name", "netinterfaceNhostname": "net_interface.N.dns_name",
            "flavor": "instance_type", "flavour": "instance_type", "zone": "availability_zone",
            "tags": "instance_tags", "vault": "vault.password", "vaultpass": "vault.password",
            "environment": "environment.variables", "env": "environment.variables",
        ].lowercasedKeys,
        .network: [
            "ports": "outports", "inports": "outports", "openports": "outports", "public": "outbound",
            "provider": "provider_id", "providername": "provider_id", "dns": "dnsserver", "securitygroup": "sg_name",
        ],
        .ansible: [
            "hostname": "host", "username": "credentials.username", "user": "credentials.username",
            "password": "credentials.password", "privatekey": "credentials.private_key",
        ],
        .application: ["role": "name", "ver": "version"],
        .option: ["ansible": "ansible_version"],
    ]
}

extension [String: String] {
    fileprivate var lowercasedKeys: [String: String] {
        Dictionary(uniqueKeysWithValues: map { ($0.key.lowercased(), $0.value) })
    }
}
