import ConnectorAPI

/// Sizes and images that the Dummy offers.
enum DummyCatalog {
    private static let gibibyte: Int64 = 1 << 30

    static let zones = ["dummy-a", "dummy-b"]

    static let flavors: [Flavor] = [
        flavor("dummy.small", cpus: 1, memory: 1, disk: 10, price: 0.01),
        flavor("dummy.medium", cpus: 2, memory: 4, disk: 20, price: 0.04),
        flavor("dummy.large", cpus: 4, memory: 8, disk: 40, price: 0.08),
        flavor("dummy.xlarge", cpus: 8, memory: 16, disk: 80, price: 0.16),
        flavor("dummy.memory", cpus: 4, memory: 64, disk: 40, price: 0.32),
        flavor("dummy.arm", cpus: 2, memory: 4, disk: 20, price: 0.03, architecture: "aarch64"),
        flavor(
            "dummy.gpu", cpus: 8, memory: 32, disk: 80, price: 1.2,
            gpus: [Flavor.GPU(vendor: "Dummy", model: "D100", count: 1)]),
    ]

    private static let flavorIDs = Set(flavors.map(\.id))

    private static func flavor(
        _ id: String, cpus: Int, memory: Int64, disk: Int64, price: Double, architecture: String = "x86_64",
        gpus: [Flavor.GPU]? = nil
    ) -> Flavor {
        Flavor(
            id: id, name: id, cpuCount: cpus, memoryBytes: memory * gibibyte, diskBytes: disk * gibibyte,
            architecture: architecture, gpus: gpus, pricePerHour: Flavor.Price(amount: price, currency: "USD"),
            zones: zones)
    }

    /// IM's two images.
    static let images: [Image] = (1...2).map { number in
        Image(
            id: "image\(number)", uri: "mock0://linux.for.ev.er/image\(number)", name: "Image Name\(number)",
            os: Image.OperatingSystem(name: "linux", flavour: "dummy", version: "\(number)"), architecture: "x86_64",
            minDiskBytes: gibibyte, loginUser: "username")
    }

    /// As at the Dummy of IM.
    static let quotas = ["cores", "ram", "instances", "floating_ips", "security_groups"].map { name in
        name == "ram" ? Quota(name: name, used: gibibyte, limit: 10 * gibibyte) : Quota(name: name, used: 1, limit: 10)
    }

    /// Id of a size made to measure (`machine.plan`).
    static func customFlavorID(cpus: Int, memoryBytes: Int64) -> String {
        "dummy.custom-\(cpus)-\(memoryBytes)"
    }

    /// Whether a size can be launched: from the catalog, made to measure, or none named.
    static func knows(flavor id: String) -> Bool {
        if id.isEmpty || flavorIDs.contains(id) { return true }
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "dummy.custom" && parts[1...].allSatisfy { Int64($0) ?? 0 > 0 }
    }
}
