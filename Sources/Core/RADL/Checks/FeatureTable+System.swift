extension FeatureRule {
    static let systemTable = [
        FeatureRule(
            "cpu.count", .system, .number(.none), "Virtual processors.", example: "cpu.count >= 2", default: ">= 1",
            isEnforced: true),
        FeatureRule(
            "cpu.arch", .system, .string(allowed: ["I386", "X86_64", "AARCH64"]), "Architecture of the processors.",
            example: "cpu.arch = 'x86_64'", default: "x86_64", isEnforced: true),
        FeatureRule(
            "cpu.performance", .system, .number(.performance), "Computing power as Amazon or Google count it.",
            example: "cpu.performance >= 5ECU", isEnforced: true),
        FeatureRule(
            "cpu.sgx", .system, .flag, "Processors with Intel SGX (Azure, OpenStack).", example: "cpu.sgx = 1",
            default: "no"),
        FeatureRule(
            "cpu.sgx.epc_size", .system, .number(.memory), "Memory of SGX enclaves.", example: "cpu.sgx.epc_size >= 64M"
        ),
        FeatureRule(
            "memory.size", .system, .integer(.memory), "Memory: a whole number and a unit.",
            example: "memory.size >= 2GiB", default: ">= 512M", isEnforced: true),
        FeatureRule("gpu.count", .system, .number(.none), "Graphics processors.", example: "gpu.count >= 1"),
        FeatureRule(
            "gpu.vendor", .system, .string(), "Maker of the graphics processors.", example: "gpu.vendor = 'NVIDIA'"),
        FeatureRule(
            "gpu.model", .system, .string(), "Model of the graphics processors.", example: "gpu.model = 'A100'"),
        FeatureRule(
            "price", .system, .number(.none),
            "Most that the machine may cost in an hour; on EC2 the bid for a spot machine.",
            example: "price <= 0.05", isEnforced: true),
        FeatureRule(
            "spot", .system, .string(allowed: ["YES", "NO"]), "A spot machine (EC2).", example: "spot = 'yes'",
            default: "no", isEnforced: true),
        FeatureRule(
            "ansible_host", .system, .ansibleHost, "The `ansible` host that contextualizes the machine.",
            example: "ansible_host = 'control'", default: "the first one of the document", isEnforced: true),
        FeatureRule(
            "image_type", .system, .string(allowed: ["VMDK", "QCOW", "QCOW2", "RAW"]), "Format of the image.",
            example: "image_type = 'qcow2'", isEnforced: true),
        FeatureRule(
            "virtual_system_type", .system, .string(), "Hypervisor.", example: "virtual_system_type = 'kvm'",
            isEnforced: true),
        FeatureRule(
            "instance_type", .system, .string(), "Name of the machine type at the provider.",
            example: "instance_type = 't3.small'", default: "the cheapest that is large enough"),
        FeatureRule(
            "instance_name", .system, .string(), "Name of the machine at the provider.",
            example: "instance_name = 'web'", default: "made of the system's id"),
        FeatureRule(
            "instance_tags", .system, .string(), "Tags of the machine: `NAME=VALUE`, separated by commas.",
            example: "instance_tags = 'owner=ada,team=web'"),
        FeatureRule(
            "instance_id", .system, .string(), "Id of the machine at the provider.", example: "instance_id = 'i-0123'",
            isOutput: true),
        FeatureRule(
            "availability_zone", .system, .string(), "Zone within the provider's region.",
            example: "availability_zone = 'us-east-1a'"),
        FeatureRule(
            "nat_instance", .system, .flag, "The machine leads the traffic of private networks outside.",
            example: "nat_instance = 'yes'", default: "no"),
        FeatureRule(
            "vault.password", .system, .string(), "Password of Ansible Vault for the recipes.",
            example: "vault.password = '…'"),
        FeatureRule(
            "state", .system, .string(), "State of the machine.", example: "state = 'configured'", isOutput: true),
        FeatureRule(
            "launch_time", .system, .number(.none), "When the machine was made, in seconds since 1970.",
            example: "launch_time = 1700000000", isOutput: true),
        FeatureRule(
            "provider.type", .system, .string(), "Kind of cloud that runs the machine.",
            example: "provider.type = 'EC2'",
            isOutput: true),
        FeatureRule(
            "provider.host", .system, .string(), "Host of the cloud that runs the machine.",
            example: "provider.host = 'cloud.example.org'", isOutput: true),
        FeatureRule(
            "provider.port", .system, .any, "Port of the cloud that runs the machine.", example: "provider.port = 5000",
            isOutput: true),
        FeatureRule(
            "provider.zone", .system, .string(), "Zone of the cloud that runs the machine.",
            example: "provider.zone = 'nova'", isOutput: true),
    ]

    /// Features of one kind of provider.
    static let providerTable =
        [
            FeatureRule(
                "ec2.associate_public_ip_address", .system, .string(),
                "EC2: a public address of the machine itself in the place of an elastic one.",
                example: "ec2.associate_public_ip_address = 'yes'"),
            FeatureRule(
                "libvirt.firmware", .system, .string(allowed: ["UEFI", "BIOS"]),
                "libvirt: what boots the machine; `uefi` is without enrolled keys.",
                example: "libvirt.firmware = 'uefi'",
                default: "bios, uefi on ARM", isEnforced: true),
            FeatureRule("rg_name", .system, .string(), "Azure: resource group.", example: "rg_name = 'group'"),
            FeatureRule(
                "environment.variables", .system, .stringOrList,
                "Kubernetes, Docker, OSCAR: variables of the container: `NAME=VALUE`, separated by commas.",
                example: "environment.variables = 'MODE=test'"),
            FeatureRule(
                "command", .system, .stringOrList, "Kubernetes, Docker: command that the container runs.",
                example: "command = '/bin/server --verbose'"),
            FeatureRule(
                "docker.privileged", .system, .flag, "Kubernetes, Docker: a privileged container.",
                example: "docker.privileged = 'yes'", default: "no"),
            FeatureRule("namespace", .system, .string(), "Kubernetes: namespace.", example: "namespace = 'default'"),
            FeatureRule(
                "name", .system, .string(), "OSCAR, Lambda: name of the function.", example: "name = 'plants'"),
            FeatureRule(
                "script", .system, .string(), "OSCAR, Lambda: script that the function runs.",
                example: "script = 'echo hello'"),
            FeatureRule("alpine", .system, .flag, "OSCAR: the image is made of Alpine Linux.", example: "alpine = 1"),
            FeatureRule(
                "image_pull_secrets", .system, .stringOrList,
                "OSCAR, Kubernetes: names of secrets that open the registry.",
                example: "image_pull_secrets = ['registry']"),
        ] + storage("input", "read from") + storage("output", "written to")

    private static func storage(_ name: String, _ verb: String) -> [FeatureRule] {
        [
            FeatureRule(
                "\(name).N.provider", .system, .string(), "OSCAR, Lambda: storage that is \(verb).",
                example: "\(name).0.provider = 'minio.default'"),
            FeatureRule(
                "\(name).N.path", .system, .string(), "OSCAR, Lambda: folder that is \(verb).",
                example: "\(name).0.path = 'bucket/folder'"),
            FeatureRule(
                "\(name).N.suffix", .system, .stringOrList, "OSCAR, Lambda: ends of the names of the files.",
                example: "\(name).0.suffix = ['txt']"),
            FeatureRule(
                "\(name).N.prefix", .system, .stringOrList, "OSCAR, Lambda: beginnings of the names of the files.",
                example: "\(name).0.prefix = ['part']"),
        ]
    }

    /// Words of EC3 for elastic clusters: kept, and read by tools within the cluster.
    static let clusterTable = [
        inheritance(.system),
        FeatureRule(
            "ec3_templates", .system, .stringOrList, "EC3: names of the templates that the cluster is made of.",
            example: "ec3_templates contains 'nfs'"),
        FeatureRule(
            "ec3_max_instances", .system, .number(.none), "EC3: most machines of the system.",
            example: "ec3_max_instances = 10", default: "any number"),
        FeatureRule(
            "ec3_min_instances", .system, .number(.none), "EC3: fewest machines of the system.",
            example: "ec3_min_instances = 1", default: "0"),
        FeatureRule(
            "ec3_if_fail", .system, .string(), "EC3: system that is tried where no machine of this one can be had.",
            example: "ec3_if_fail = 'wn_other'"),
        FeatureRule(
            "ec3_destroy_interval", .system, .number(.none), "EC3: seconds that are paid at once.",
            example: "ec3_destroy_interval = 3600", default: "0"),
        FeatureRule(
            "ec3_destroy_safe", .system, .number(.none),
            "EC3: seconds before the end of the interval in which a machine goes.",
            example: "ec3_destroy_safe = 120", default: "0"),
        FeatureRule(
            "ec3_max_idle_time", .system, .number(.none), "EC3: seconds that a machine stays without work.",
            example: "ec3_max_idle_time = 600", default: "0"),
        FeatureRule(
            "ec3_reuse_nodes", .system, .string(), "EC3: machines are stopped, not removed.",
            example: "ec3_reuse_nodes = 'true'", default: "false"),
        FeatureRule(
            "ec3_golden_images", .system, .string(), "EC3: later machines start from an image of the first.",
            example: "ec3_golden_images = 'true'", default: "false"),
        FeatureRule(
            "ec3_additional_vm", .system, .string(), "EC3: a machine beside the front and the workers.",
            example: "ec3_additional_vm = 'true'", default: "false"),
        FeatureRule(
            "ec3_class", .system, .string(), "EC3: part of the cluster that the system belongs to.",
            example: "ec3_class = 'wn'"),
        FeatureRule(
            "queue_system", .system, .string(), "EC3: queue that gives work to the machines.",
            example: "queue_system = 'slurm'"),
        FeatureRule("auth", .system, .string(), "EC3: credentials that the cluster grows with.", example: "auth = '…'"),
    ]
}
