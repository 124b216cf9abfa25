extension FeatureRule {
    /// Features of network interfaces.
    static let interfaceTable = [
        interface(
            "connection", .network, "The network that the interface is on.", "'public'", isEnforced: true),
        interface(
            "ip", .address, "The address that the interface shall have, or has got.", "'10.0.0.5'", isEnforced: true),
        interface("ipv6", .address, "The IPv6 address that the interface shall have, or has got.", "'2001:db8::5'"),
        interface(
            "dns_name", .string(), "Host name; `#N#` becomes the number of the machine.", "'node-#N#'",
            isEnforced: true),
        interface(
            "dns.M.name", .string(), "Host names, the first one its own; `#N#` becomes the number.", "'web.example.org'"
        ),
        interface("dns.M.tls", .flag, "A certificate is asked for.", "'yes'", default: "no"),
        interface(
            "dns.M.tls.certificate", .string(), "The certificate.", "'-----BEGIN CERTIFICATE-----…'", isOutput: true),
        interface(
            "dns.M.tls.private_key", .string(), "Private key of the certificate.", "'-----BEGIN PRIVATE KEY-----…'",
            isOutput: true),
        interface("additional_dns_names", .stringOrList, "Further host names.", "['www.example.org']"),
        interface("additional_ip", .address, "OpenStack: a second public address.", "'203.0.113.7'"),
        interface("dns_servers", .string(), "vSphere: name servers.", "'8.8.8.8'"),
        interface("dns_names", .string(), "vSphere: host names.", "'web'"),
    ]

    private static func interface(
        _ suffix: String, _ kind: Kind, _ meaning: String, _ value: String, default defaultValue: String? = nil,
        isOutput: Bool = false, isEnforced: Bool = false
    ) -> FeatureRule {
        let name = "net_interface.N.\(suffix)"
        return FeatureRule(
            name, .system, kind, meaning, example: "\(numbered(name)) = \(value)", default: defaultValue,
            isOutput: isOutput, isEnforced: isEnforced)
    }

    /// Features of disks.
    static let diskTable = [
        disk(
            "image.url", .stringOrList,
            "The image; of a list the first one that a cloud can use. For disks after the first a volume or an image.",
            "= 'ost://cloud.example.org/0123-4567'", isEnforced: true),
        disk("image.name", .string(), "Name of the image.", "= 'ubuntu-22.04'", isEnforced: true),
        disk("type", .string(), "Kind of the disk at the provider.", "= 'ssd'", isEnforced: true),
        disk("device", .string(), "Name of the device.", "= 'vdb'", isEnforced: true, index: 1),
        disk("mount_path", .string(), "Where the disk is mounted.", "= '/data'", isEnforced: true, index: 1),
        disk("fstype", .string(), "File system that is made on the disk.", "= 'ext4'", isEnforced: true, index: 1),
        disk("size", .number(.memory), "Size of the disk.", ">= 20GB", isEnforced: true, index: 1),
        disk("free_size", .number(.memory), "Space that is left on the disk.", ">= 4GB", isEnforced: true),
        disk("content", .string(), "Kubernetes, Docker: content of the file that is mounted.", "= 'hello'", index: 1),
        disk(
            "os.name", .string(allowed: ["LINUX", "WINDOWS", "MAC OS X"]),
            "Operating system; images are searched by it where none is named.", "= 'linux'", default: "linux",
            isEnforced: true),
        disk("os.flavour", .string(), "Distribution of the operating system.", "= 'ubuntu'", isEnforced: true),
        disk(
            "os.version", .version(mayBeEmpty: true), "Version of the operating system.", ">= '22.04'", isEnforced: true
        ),
        disk("os.image.name", .string(), "EGI: name of the image.", "= 'ubuntu-22.04'"),
        disk("os.image.vo", .string(), "EGI: virtual organization of the image.", "= 'vo.access.egi.eu'"),
        disk(
            "os.credentials.username", .string(), "User of the image.", "= 'ubuntu'", default: "that of the connector",
            isEnforced: true),
        disk("os.credentials.password", .string(), "Password of the user.", "= '…'", isEnforced: true),
        disk(
            "os.credentials.public_key", .string(), "Public key, or name of a key pair at the provider.",
            "= 'ssh-ed25519 AAAA…'", isEnforced: true),
        disk(
            "os.credentials.private_key", .string(), "Private key of the user.",
            "= '-----BEGIN PRIVATE KEY-----…'", default: "one is made", isEnforced: true),
        disk(
            "os.credentials.new.password", .strongPassword, "Password that the user gets.", "= '…'", isEnforced: true),
        disk("os.credentials.new.public_key", .string(), "Public key that the user gets.", "= 'ssh-ed25519 AAAA…'"),
        disk(
            "os.credentials.new.private_key", .string(), "Private key of the user's new public key.",
            "= '-----BEGIN PRIVATE KEY-----…'"),
        disk(
            "applications", .applications, "An application that the machine shall have, or a role of Ansible.",
            "contains (name = 'ansible.roles.grycap.nfs')", isEnforced: true),
    ]

    private static func disk(
        _ suffix: String, _ kind: Kind, _ meaning: String, _ value: String, default defaultValue: String? = nil,
        isEnforced: Bool = false, index: Int = 0
    ) -> FeatureRule {
        FeatureRule(
            "disk.N.\(suffix)", .system, kind, meaning, example: "disk.\(index).\(suffix) \(value)",
            default: defaultValue, isEnforced: isEnforced)
    }

    private static func numbered(_ name: String) -> String {
        name.split(separator: ".").map { $0 == "N" || $0 == "M" ? "0" : String($0) }.joined(separator: ".")
    }
}
