package import ConnectorAPI
import Foundation
import HTTPTransport

extension LibvirtConnector {
    /// What the pools hold, and of URLs those that can be used: a file that is there, a volume, anything of the web.
    package func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        let session = try sessions.session(request.session)
        let items = try await session.connection.run("the look at images", CallBudget(context)) {
            host throws(ConnectorError) in
            guard let ids = request.ids else { return try host.images(session, request.filters ?? [:]) }
            var found: [Image] = []
            for id in ids {
                guard let image = try host.image(id, session), !found.contains(where: { $0.id == image.id }) else {
                    continue
                }
                found.append(image)
            }
            return found
        }
        return Page(items: items, maxAgeMs: 10_000)
    }

    package func plan(_ request: PlanRequest, context: CallContext) async throws -> [PlanCandidate] {
        let session = try sessions.session(request.session)
        return try await session.connection.run("the plan", CallBudget(context)) { host throws(ConnectorError) in
            let size = try MachineSize(request, host: session.abilities.architecture)
            if let most = request.cpuCountMax, most < size.cpus { return [] }
            if let most = request.memoryBytesMax, most < size.memoryBytes { return [] }
            let architecture = size.architecture
            _ = try session.guest(architecture)
            for image in request.images { try OperatingSystemName.check(image, architecture) }
            let room = try host.host()
            try room.check(size)
            if let item = request.item {
                try host.foresee(request.networks ?? [])
                try host.foresee(item, session)
                // Where others leave first it may be that of one of them.
                if request.count != nil { try host.foreseeAddresses(item, session) }
                try host.foreseeRoom(for: item, size, count: request.count.map { max(1, $0) }, session)
            }
            let acceleration = try session.acceleration(architecture, host)
            let flavor = Flavor(
                id: size.id, name: acceleration.reason, cpuCount: size.cpus, memoryBytes: size.memoryBytes,
                architecture: architecture,
                provider: [
                    "libvirt": [
                        "acceleration": .string(acceleration.kind.rawValue),
                        "accelerationReason": .string(acceleration.reason),
                    ]
                ])
            let images =
                try request.images.isEmpty
                ? host.images(session, [:]) : request.images.compactMap { try? host.image($0, session) }
            return images.map { PlanCandidate(flavor: flavor, image: $0) }
        }
    }
}

extension Hypervisor {
    /// Volumes that can be booted from, by their names; those of machines are none.
    func images(_ session: LibvirtSession, _ filters: [String: String]) throws(ConnectorError) -> [Image] {
        var images: [Image] = []
        for pool in try pools() where pool.isActive {
            let poolName = pool.name
            for volume in try pool.volumes() {
                let name = volume.name
                guard VolumeName.isOfUse(name) else { continue }
                let size = try? volume.space().capacity
                images.append(Image(pool: poolName, volume: name, size: size, session))
            }
        }
        let words = filters.values.map { $0.lowercased() }
        return images.sorted { $0.id < $1.id }.filter { image in
            words.allSatisfy { image.name.lowercased().contains($0) }
        }
    }

    /// nil: it cannot be had.
    func image(_ text: String, _ session: LibvirtSession) throws(ConnectorError) -> Image? {
        switch try ImageReference(text) {
        case .file(let path):
            let disk = try ImageFile(path).disk()
            return Image(url: text, name: (path as NSString).lastPathComponent, size: disk.virtualSize, session)
        case .download(let url, _):
            return Image(url: text, name: (url.path as NSString).lastPathComponent, size: nil, session)
        case .volume(let pool, let name):
            for candidate in try pools() where candidate.isActive && (pool == nil || pool == candidate.name) {
                guard let volume = try volume(name, in: candidate) else { continue }
                let size = try volume.space().capacity
                var image = Image(pool: candidate.name, volume: name, size: size, session)
                // As it was asked for, so that it is found again.
                if !text.contains("://") { image.id = text }
                return image
            }
            return nil
        }
    }
}

enum VolumeName {
    private static let endings = ["qcow2", "img", "raw", "qcow"]

    /// Whether a volume may be an image, by its name; those of machines are none.
    static func isOfUse(_ name: String) -> Bool {
        endings.contains((name as NSString).pathExtension.lowercased()) && MachineVolume.machine(name) == nil
            && !CopiedImage.isName(name) && TaggedName(name, ending: ".qcow2")?.kind != "volume"
    }
}

extension Image {
    init(pool: String, volume: String, size: Int64?, _ session: LibvirtSession) {
        let uri = "libvirt://\(pool)/\(volume)"
        self.init(url: uri, name: TaggedName(volume, ending: ".qcow2")?.name ?? volume, size: size, session)
    }

    init(url: String, name: String, size: Int64?, _ session: LibvirtSession) {
        let system = OperatingSystemName(name)
        self.init(
            id: url, uri: url, name: name,
            os: system.distribution.map { .init(name: "linux", flavour: $0, version: system.version) },
            architecture: system.architecture, minDiskBytes: size)
    }
}

/// What the file names of published images say, such as `debian-12-genericcloud-amd64.qcow2`.
struct OperatingSystemName: Sendable, Hashable {
    var distribution: String?
    var version: String?
    var architecture: String?

    private static let known: [(word: String, name: String)] = [
        ("debian", "debian"), ("ubuntu", "ubuntu"), ("rocky", "rocky"), ("almalinux", "almalinux"),
        ("alpine", "alpine"), ("fedora", "fedora"), ("centos", "centos"), ("opensuse", "opensuse"),
        ("noble-server", "ubuntu"), ("jammy-server", "ubuntu"), ("focal-server", "ubuntu"),
    ]
    private static let architectures = [
        ("x86_64", "x86_64"), ("amd64", "x86_64"), ("aarch64", "aarch64"), ("arm64", "aarch64"), ("i386", "i386"),
    ]

    init(_ file: String) {
        let lower = file.lowercased()
        distribution = Self.known.first { lower.contains($0.word) }?.name
        architecture = Self.architectures.first { lower.contains($0.0) }?.1
        version = lower.firstMatch(of: /[-_ ]v?(\d+(\.\d+)?)[-_. ]/).map { String($0.1) }
    }

    /// Looks whether an image is for another architecture: a BIOS that boots none says nothing of it. Volumes have names
    /// that somebody gave them here.
    ///
    /// - Parameter image: As the document names it.
    /// - Throws: ``ConnectorError/Code/invalidArgument`` where the name of its file says one other architecture.
    static func check(_ image: String, _ architecture: String) throws(ConnectorError) {
        guard let scheme = image.firstRange(of: "://").map({ image[..<$0.lowerBound].lowercased() }),
            scheme != "libvirt", let file = image.split(separator: "/").last?.split(separator: "#").first
        else { return }
        let words = Set(architectures.filter { file.lowercased().contains($0.0) }.map(\.1))
        guard let word = words.first, words.count == 1 else { return }
        let named = MachineSize.libvirtName(word)
        // Processors of x86_64 run both.
        guard named != architecture, !(named == "i686" && architecture == "x86_64") else { return }
        throw ConnectorError(
            code: .invalidArgument,
            message: "the image '\(file)' is for \(named) by its name, and the machine is \(architecture): write "
                + "cpu.arch = '\(word)', or name another image", field: "image")
    }
}
