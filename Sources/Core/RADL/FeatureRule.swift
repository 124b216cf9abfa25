/// What a feature may hold. The one table that checks, hints and documentation read.
struct FeatureRule: Sendable {
    enum Kind: Sendable {
        /// Any string, or one of some words in any case.
        case string(allowed: [String]? = nil)
        /// A string or a list of strings.
        case stringOrList
        /// Dotted numbers; any comparison.
        case version(mayBeEmpty: Bool)
        /// A number from 0.
        case number(Units)
        /// A whole number from 0.
        case integer(Units)
        /// A string that is not empty.
        case nonEmptyString
        /// Text of `outports`.
        case outports
        /// A password that is hard to guess.
        case strongPassword
        /// Id of an `ansible` host.
        case ansibleHost
        /// Id of a network.
        case network
        /// `contains` with such features.
        case set([String: FeatureRule])
    }

    enum Units: Sendable {
        case none, memory, performance

        /// Upper case, in IM's order.
        var allowed: [String] {
            switch self {
            case .none: []
            case .performance: ["ECU", "GCEU", "HRZ"]
            case .memory:
                [
                    "", "B", "K", "M", "G", "T", "KB", "MB", "GB", "TB", "KI", "MI", "GI", "KIB", "MIB", "GIB", "TIB",
                ]
            }
        }

        func allows(_ unit: RADLUnit) -> Bool {
            switch self {
            case .none: return unit.text.isEmpty
            case .performance: return allowed.contains(unit.text.uppercased())
            case .memory:
                if unit.text.isEmpty || unit.factor > 1 { return unit.text.utf8.count != 2 || !isTebi(unit) }
                return unit.text.uppercased() == "B"
            }
        }

        /// `Ti` alone is missing in IM's list, whatever the reason.
        private func isTebi(_ unit: RADLUnit) -> Bool { unit.factor == 1 << 40 }
    }

    var kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
    }

    private static let yesNo = FeatureRule(.string(allowed: ["YES", "NO"]))
    private static let text = FeatureRule(.string())

    /// Features of networks.
    static let network: [String: FeatureRule] = [
        "outbound": yesNo,
        "outports": FeatureRule(.outports),
        "provider_id": text,
    ]

    /// Features of ansible hosts.
    static let ansible: [String: FeatureRule] = [
        "host": text,
        "credentials.username": text,
        "credentials.password": text,
        "credentials.private_key": text,
    ]

    /// Features of systems, without those of interfaces and disks.
    static let system: [String: FeatureRule] = [
        "spot": yesNo,
        "image_type": FeatureRule(.string(allowed: ["VMDK", "QCOW", "QCOW2", "RAW"])),
        "virtual_system_type": text,
        "price": FeatureRule(.number(.none)),
        "cpu.count": FeatureRule(.number(.none)),
        "cpu.arch": FeatureRule(.string(allowed: ["I386", "X86_64"])),
        "cpu.performance": FeatureRule(.number(.performance)),
        "memory.size": FeatureRule(.integer(.memory)),
        "ansible_host": FeatureRule(.ansibleHost),
    ]

    /// Features of interfaces by what follows `net_interface.N.`.
    static let interface: [String: FeatureRule] = [
        "connection": FeatureRule(.network),
        "ip": text,
        "dns_name": text,
    ]

    /// Features of disks by what follows `disk.N.`.
    static let disk: [String: FeatureRule] = [
        "image.url": FeatureRule(.stringOrList),
        "image.name": text,
        "type": text,
        "device": text,
        "mount_path": text,
        "fstype": text,
        "size": FeatureRule(.number(.memory)),
        "free_size": FeatureRule(.number(.memory)),
        "os.name": FeatureRule(.string(allowed: ["LINUX", "WINDOWS", "MAC OS X"])),
        "os.flavour": text,
        "os.version": FeatureRule(.version(mayBeEmpty: true)),
        "os.credentials.username": text,
        "os.credentials.password": text,
        "os.credentials.private_key": text,
        "os.credentials.public_key": text,
        "os.credentials.new.password": FeatureRule(.strongPassword),
        "applications": FeatureRule(.set(application)),
    ]

    /// Features within `disk.N.applications`.
    static let application: [String: FeatureRule] = [
        "name": FeatureRule(.nonEmptyString),
        "path": FeatureRule(.nonEmptyString),
        "version": FeatureRule(.version(mayBeEmpty: true)),
        "preinstalled": yesNo,
    ]

    /// Further features of systems that mean something to the service or a connector but have no rule.
    static let otherNames: [String] = [
        "cpu.sgx", "cpu.sgx.epc_size", "gpu.count", "gpu.vendor", "gpu.model", "instance_type", "instance_name",
        "instance_tags", "instance_id", "availability_zone", "rg_name", "nat_instance", "vault.password",
        "ec2.associate_public_ip_address", "provider.type", "provider.host", "provider.port", "provider.zone", "state",
        "launch_time", "environment.variables", "command", "docker.privileged", "namespace",
    ]
}
