import ConnectorAPI

/// Processors, memory and architecture. Any will do: the id of a flavor states them, `CPUS-BYTES-ARCHITECTURE`.
struct MachineSize: Sendable, Hashable {
    /// Where nothing is said.
    static let defaultMemory: Int64 = 512 << 20

    var cpus: Int
    var memoryBytes: Int64
    var architecture: String

    var id: String { "\(cpus)-\(memoryBytes)-\(architecture)" }

    init(cpus: Int, memoryBytes: Int64, architecture: String) {
        self.cpus = cpus
        self.memoryBytes = memoryBytes
        self.architecture = architecture
    }

    /// nil: the text is no flavor of this connector.
    init?(flavor: String) {
        let parts = flavor.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let cpus = Int(parts[0]), let memory = Int64(parts[1]), cpus > 0, memory > 0,
            !parts[2].isEmpty
        else { return nil }
        self.init(cpus: cpus, memoryBytes: memory, architecture: String(parts[2]))
    }

    /// What an item of a launch asks for.
    init(_ item: MachineSpec, host: String) throws(ConnectorError) {
        if !item.flavor.isEmpty {
            try self.init(named: item.flavor, host: host, field: "flavor")
        } else {
            let asked = item.provider["radl"]?["cpu.arch"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            self.init(
                cpus: item.cpuCount ?? 1, memoryBytes: item.memoryBytes ?? Self.defaultMemory,
                architecture: asked.map(Self.libvirtName) ?? host)
        }
        try check()
    }

    /// What a plan is asked for: the size that the document names, else the least that will do.
    init(_ request: PlanRequest, host: String) throws(ConnectorError) {
        let asked = request.architecture.map(Self.libvirtName)
        if let name = request.provider["radl"]?["instance_type"]?.stringValue, !name.isEmpty {
            try self.init(named: name, host: host, field: "provider")
            guard asked == nil || asked == architecture else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "instance_type = '\(name)' is of \(architecture), and cpu.arch asks for \(asked ?? ""); "
                        + "write one of them", field: "provider")
            }
        } else {
            self.init(
                cpus: request.cpuCountMin ?? 1, memoryBytes: request.memoryBytesMin ?? Self.defaultMemory,
                architecture: asked ?? host)
        }
        try check()
    }

    private init(named name: String, host: String, field: String) throws(ConnectorError) {
        guard let size = MachineSize(flavor: name) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "instance_type = '\(name)' is no size here: one is written CPUS-BYTES-ARCHITECTURE, such as "
                    + "'2-1073741824-\(host)'; or leave it out and write cpu.count and memory.size", field: field)
        }
        self = size
    }

    /// The least memory: less starts no kernel, and some QEMU do not start at all.
    private static let leastMemory: Int64 = 16 << 20

    private func check() throws(ConnectorError) {
        guard cpus >= 1 else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "a machine of \(cpus) processors cannot be: write cpu.count = 1 or more", field: "cpuCount")
        }
        guard memoryBytes >= Self.leastMemory else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "a machine with \(Bytes.text(memoryBytes)) of memory cannot be: write a memory.size of "
                    + "\(Bytes.text(Self.leastMemory)) or more, such as 512MB", field: "memoryBytes")
        }
    }

    /// libvirt's name of an architecture.
    static func libvirtName(_ name: String) -> String {
        switch name.lowercased() {
        case "amd64": "x86_64"
        case "i386", "i586": "i686"
        case "arm64": "aarch64"
        case "arm": "armv7l"
        case let other: other
        }
    }
}
