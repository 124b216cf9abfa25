import ConnectorAPI

extension Flavor {
    init(_ flavor: NovaFlavors.Flavor) {
        let specs = flavor.extraSpecs ?? [:]
        let gpus = Self.gpus(specs)
        self.init(
            id: flavor.id, name: flavor.name, cpuCount: flavor.vcpus, memoryBytes: flavor.ram << 20,
            // A flavor without a disk takes the size of the image or of a volume.
            diskBytes: flavor.disk > 0 ? flavor.disk << 30 : nil, architecture: specs["hw:architecture"],
            gpus: gpus.isEmpty ? nil : gpus,
            provider: ["openstack": ["extraSpecs": .object(specs.mapValues { .string($0) })]])
    }

    /// By IM's heuristics: clouds have no common word for a GPU.
    private static func gpus(_ specs: [String: String]) -> [GPU] {
        if specs["Accelerator:Type"] == "GPU" {
            return [
                GPU(
                    vendor: specs["Accelerator:Vendor"], model: specs["Accelerator:Model"],
                    count: specs["Accelerator:Number"].flatMap { Int($0) } ?? 1)
            ]
        }
        // `pci_passthrough:alias` = `NAME:COUNT`, `resources:VGPU` = COUNT, and whatever has gpu in its name.
        for (key, value) in specs.sorted(by: { $0.key < $1.key }) {
            let isAlias = key == "pci_passthrough:alias" && value.lowercased().contains("gpu")
            guard isAlias || key.lowercased().contains("gpu") else { continue }
            guard !["false", "no", "0", ""].contains(value.lowercased()) else { continue }
            let count = value.split(separator: ":").last.flatMap { Int($0) } ?? 1
            return [GPU(model: isAlias ? value.split(separator: ":").first.map(String.init) : nil, count: count)]
        }
        return []
    }
}

extension Image {
    /// - Parameter uri: As it was asked for; nil: in its shortest form.
    init(_ image: GlanceImage, host: String, uri: String? = nil) {
        let properties = image.properties
        let distribution = properties["os_distro"]?.lowercased().nonEmpty
        let kind = properties["os_type"]?.lowercased().nonEmpty ?? (distribution == nil ? nil : "linux")
        let size = image.minDisk > 0 ? image.minDisk << 30 : nil
        self.init(
            id: image.id, uri: uri ?? "ost://\(host)/\(image.id)", name: image.name.nonEmpty ?? image.id,
            os: kind.map {
                OperatingSystem(name: $0, flavour: distribution, version: properties["os_version"]?.nonEmpty)
            },
            architecture: (properties["architecture"] ?? properties["hw_architecture"])?.nonEmpty, minDiskBytes: size,
            loginUser: (properties["os_admin_user"] ?? properties["image_original_user"])?.nonEmpty
                ?? distribution.flatMap { Self.loginUsers[$0] },
            provider: ["openstack": ["owner": image.owner.map { .string($0) } ?? .null]])
    }

    /// Users that the images of each distribution let in by key.
    private static let loginUsers = [
        "almalinux": "almalinux", "arch": "arch", "centos": "centos", "cirros": "cirros", "debian": "debian",
        "fedora": "fedora", "opensuse": "opensuse", "rhel": "cloud-user", "rocky": "rocky", "ubuntu": "ubuntu",
    ]

    /// Whether it is of the operating system that is looked for: by its properties, else by its name.
    func matches(distribution: String?, version: String?) -> Bool {
        let lower = name.lowercased()
        if let distribution = distribution?.lowercased() {
            guard os?.flavour.map({ $0 == distribution }) ?? lower.contains(distribution) else { return false }
        }
        if let version {
            guard os?.version.map({ $0.hasPrefix(version) }) ?? lower.contains(version.lowercased()) else {
                return false
            }
        }
        return true
    }
}
