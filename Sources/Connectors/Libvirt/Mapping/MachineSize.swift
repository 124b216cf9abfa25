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
            guard let size = MachineSize(flavor: item.flavor) else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "'\(item.flavor)' is no size; one is written CPUS-BYTES-ARCHITECTURE, such as "
                        + "2-1073741824-\(host)",
                    field: "flavor")
            }
            self = size
        } else {
            let asked = item.provider["radl"]?["cpu.arch"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            self.init(
                cpus: item.cpuCount ?? 1, memoryBytes: item.memoryBytes ?? Self.defaultMemory,
                architecture: asked.map(Self.libvirtName) ?? host)
        }
        guard cpus >= 1, memoryBytes >= 16 << 20 else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "a machine of \(cpus) processors and \(Bytes.text(memoryBytes)) cannot be; the least is 1 and "
                    + "16 MiB", field: "memoryBytes")
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
