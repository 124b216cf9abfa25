import ConnectorAPI
import Foundation
import HTTPTransport
import Support

/// An image that machines can be laid over.
struct PreparedImage: Sendable, Hashable {
    /// At the hypervisor.
    var path: String
    /// As QEMU calls it.
    var format: String
    var virtualSize: Int64
    /// Whether it was copied into the pool for machines, and goes with the last of them.
    var isCopy = false
}

/// Brings images to where the hypervisor can read them.
final class ImageStore: Sendable {
    private let work = BackgroundWork<PreparedImage>("libvirt-images")
    /// What was fetched while nobody waited is for all machines of a launch.
    private let fetches = BackgroundWork<String>("libvirt-downloads", keeps: .seconds(60))
    private let downloads: Result<ImageDownload, ConnectorError>

    init(_ downloads: Result<ImageDownload, ConnectorError>) {
        self.downloads = downloads
    }

    /// The image, or nil while it is still on its way.
    func prepare(
        _ reference: ImageReference, _ session: LibvirtSession, patience: Duration, _ budget: CallBudget
    ) async throws(ConnectorError) -> PreparedImage? {
        switch reference {
        case .volume(let pool, let name):
            return try await session.connection.run("the look for image '\(name)'", budget) {
                host throws(ConnectorError) in try host.image(pool: pool, name)
            }
        case .file(let path):
            return try await prepare(path, session, patience: patience, budget)
        case .download(let url, let sha256):
            let path = try await fetches.result("\(url) \(sha256 ?? "")", patience: patience) {
                () async throws(ConnectorError) in try await self.downloads.get().path(of: url, sha256: sha256)
            }
            guard let path else { return nil }
            return try await prepare(path, session, patience: patience, budget)
        }
    }

    private func prepare(
        _ path: String, _ session: LibvirtSession, patience: Duration, _ budget: CallBudget
    ) async throws(ConnectorError) -> PreparedImage? {
        let there = try await session.connection.run("the look at image \(path)", budget) {
            host throws(ConnectorError) -> PreparedImage? in
            try host.imageInPlace(path)
        }
        if let there { return there }
        return try await work.result("\(session.connection.uri) \(path)", patience: patience) {
            () async throws(ConnectorError) in try await self.importing(path, session)
        }
    }

    /// Copies a file into the pool, where it cannot be used in place.
    private func importing(_ path: String, _ session: LibvirtSession) async throws(ConnectorError) -> PreparedImage {
        // As long as it takes: a disk of many gigabytes may go over a network.
        var context = CallContext()
        context.deadlineMs = 24 * 3_600_000
        return try await session.connection.run("the copy of image \(path)", CallBudget(context)) {
            host throws(ConnectorError) in
            if let there = try host.imageInPlace(path) { return there }
            return try host.copyImage(path, to: try session.pool(host))
        }
    }
}

extension Hypervisor {
    /// A volume to boot from.
    func image(pool: String?, _ name: String) throws(ConnectorError) -> PreparedImage {
        let all = try pools()
        if let pool { try Self.check(pool, all.map { ($0.name, $0.isActive) }, uri.text) }
        let candidates = all.filter { $0.isActive && (pool == nil || $0.name == pool) }
        for candidate in candidates {
            guard let volume = try volume(name, in: candidate) else { continue }
            let space = try volume.space()
            return PreparedImage(
                path: try volume.path(), format: try volume.xml().format ?? "raw",
                virtualSize: space.capacity)
        }
        var there: [String] = []
        for candidate in candidates {
            let name = candidate.name
            there += try candidate.volumes().map(\.name).filter { VolumeName.isOfUse($0) }.map {
                "libvirt://\(name)/\($0)"
            }
        }
        throw ConnectorError(
            code: .invalidArgument,
            message: "there is no volume '\(name)' in "
                + (pool.map { "storage pool '\($0)'" }
                    ?? "any active storage pool (\(NamesThere.text(candidates.map(\.name))))")
                + "; of volumes " + NamesThere.text(there), field: "image")
    }

    /// A volume of a pool. Others put files there without telling libvirt.
    func volume(_ name: String, in pool: StoragePool) throws(ConnectorError) -> Volume? {
        if let volume = try pool.volume(name) { return volume }
        guard !uri.isTest else { return nil }
        try? pool.refresh()
        return try pool.volume(name)
    }

    /// - Throws: Where a pool that a document names is not there or not active.
    static func check(_ pool: String, _ pools: [(name: String, isActive: Bool)], _ uri: String) throws(ConnectorError) {
        guard let found = pools.first(where: { $0.name == pool }) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "there is no storage pool '\(pool)'; \(NamesThere.text(pools.map(\.name)))", field: "image")
        }
        guard found.isActive else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "storage pool '\(pool)' is not active; start it with: virsh -c \(uri) pool-start \(pool)",
                field: "image")
        }
    }

    /// nil: the hypervisor may not be able to read the file where it is.
    func imageInPlace(_ path: String) throws(ConnectorError) -> PreparedImage? {
        let file = try ImageFile(path)
        let disk = try file.disk()
        guard uri.isLocal, !uri.isTest, uri.isSession || file.isReadableForAll else { return nil }
        return PreparedImage(path: path, format: disk.format.rawValue, virtualSize: disk.virtualSize)
    }

    /// A copy of a file in a pool. The first bytes come last: a copy that was cut off has none, and is made anew.
    func copyImage(_ path: String, to pool: StoragePool) throws(ConnectorError) -> PreparedImage {
        let file = try ImageFile(path)
        let disk = try file.disk()
        let name = try file.copyName()
        var available = try pool.space().available
        var volume = try pool.volume(name)
        var prepared = PreparedImage(
            path: "", format: disk.format.rawValue, virtualSize: disk.virtualSize, isCopy: true)
        if let volume {
            prepared.path = try volume.path()
            if uri.isTest || (try? volume.download(self, upTo: file.header.count)) == file.header { return prepared }
        } else {
            if !uri.isTest, file.size > available {
                // Others may have made room: libvirt knows what there was when it looked last.
                try pool.refresh()
                available = try pool.space().available
            }
            guard uri.isTest || file.size <= available else {
                throw ConnectorError(
                    code: .quotaExceeded,
                    message: "image \(path) has \(Bytes.text(file.size)); storage pool '\(pool.name)' has "
                        + "\(Bytes.text(available)) left")
            }
        }
        removeLostCopies(pool)
        let made: Volume
        if let volume {
            made = volume
        } else {
            made = try pool.makeVolume(VolumeXML.plain(name, size: file.size, format: "raw"), name)
        }
        volume = made
        prepared.path = try made.path()
        if uri.isTest { return prepared }
        Failpoint.reached("libvirt.image")
        do throws(ConnectorError) {
            try fill(made, from: file)
        } catch {
            try? made.remove()
            throw error
        }
        return prepared
    }

    /// How long nobody has written to a copy that is not going on any more.
    private static let lostAfter = 3_600.0

    /// Removes copies of images that no machine is laid over: of processes that were killed between copy and machine.
    func removeLostCopies(_ pool: StoragePool) {
        guard !uri.isTest, let volumes = try? pool.volumes() else { return }
        let copies = volumes.filter { CopiedImage.isName($0.name) }
        guard !copies.isEmpty, let domains = try? domains() else { return }
        let used = Set(
            domains.compactMap { domain in
                (try? domain.label()).flatMap { $0 }.map { ($0.base as NSString).lastPathComponent }
            })
        for copy in copies where !used.contains(copy.name) {
            let times = try? copy.xml().child("target")?.child("timestamps")
            guard let written = times?.child("mtime")?.text, let seconds = Double(written),
                Date().timeIntervalSince1970 - seconds > Self.lostAfter
            else { continue }
            try? copy.remove()
        }
    }

    private func fill(_ volume: Volume, from file: ImageFile) throws(ConnectorError) {
        guard let handle = FileHandle(forReadingAtPath: file.path) else {
            throw ConnectorError(code: .invalidArgument, message: "image file \(file.path) is gone", field: "image")
        }
        let first = min(Int64(4_096), file.size)
        let head: [UInt8]
        do {
            head = Array(try handle.read(upToCount: Int(first)) ?? Data())
        } catch {
            throw ConnectorError(code: .unavailable, message: "image file \(file.path): \(error)")
        }
        try volume.upload(self, from: UInt64(first), length: UInt64(file.size - first)) {
            () throws(ConnectorError) -> [UInt8]? in
            do {
                let piece = try handle.read(upToCount: 1 << 20) ?? Data()
                return piece.isEmpty ? nil : Array(piece)
            } catch {
                throw ConnectorError(code: .unavailable, message: "image file \(file.path): \(error)")
            }
        }
        var isSent = false
        try volume.upload(self, from: 0, length: UInt64(first)) { () throws(ConnectorError) -> [UInt8]? in
            defer { isSent = true }
            return isSent ? nil : head
        }
    }
}

extension XMLNode {
    /// Of a volume: `target/format`.
    var format: String? { child("target")?.child("format")?.attributes["type"] }
    /// Path of what a volume is laid over.
    var backingPath: String? { child("backingStore")?.child("path")?.text }
}

/// Volumes as libvirt takes them.
enum VolumeXML {
    static func plain(_ name: String, size: Int64, format: String) -> String {
        node(name, size: size, format: format).xml
    }

    /// Laid over another disk: holds only what differs.
    static func overlay(_ name: String, size: Int64, on base: PreparedImage) -> String {
        var volume = node(name, size: size, format: "qcow2")
        volume.children.append(
            .init(
                name: "backingStore",
                children: [
                    .init(name: "path", text: base.path),
                    .init(name: "format", attributes: ["type": base.format]),
                ]))
        return volume.xml
    }

    private static func node(_ name: String, size: Int64, format: String) -> XMLNode {
        XMLNode(
            name: "volume",
            children: [
                .init(name: "name", text: name),
                .init(name: "capacity", attributes: ["unit": "bytes"], text: String(size)),
                .init(name: "allocation", attributes: ["unit": "bytes"], text: "0"),
                .init(name: "target", children: [.init(name: "format", attributes: ["type": format])]),
            ])
    }
}

/// Sizes for people.
enum Bytes {
    private static let decimal: [(bytes: Int64, name: String)] = [
        (1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"),
    ]

    /// As documents have them, `512 MB` and `2 GiB`; what is neither has one decimal of a binary unit.
    static func text(_ bytes: Int64) -> String {
        if bytes % (1 << 20) != 0, bytes % 1_000_000 == 0,
            let unit = decimal.first(where: { bytes >= $0.bytes && bytes % ($0.bytes / 10) == 0 })
        {
            let tenth = bytes % unit.bytes * 10 / unit.bytes
            return "\(bytes / unit.bytes)\(tenth == 0 ? "" : ".\(tenth)") \(unit.name)"
        }
        for (unit, name) in [(Int64(1) << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        where bytes >= unit {
            let tenth = bytes % unit * 10 / unit
            return tenth == 0 ? "\(bytes / unit) \(name)" : "\(bytes / unit).\(tenth) \(name)"
        }
        return "\(bytes) bytes"
    }
}
