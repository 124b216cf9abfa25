import CLibvirt
import ConnectorAPI
import Foundation

/// Of a pool or a volume, in bytes.
struct StorageSpace: Sendable, Hashable {
    var capacity: Int64
    /// What is left; 0 for a volume.
    var available: Int64

    init(_ space: gantry_virt_space) {
        capacity = Int64(clamping: space.capacity)
        available = Int64(clamping: space.available)
    }
}

/// A place for disks. Everything here blocks.
final class StoragePool {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        _ = gantry_virStoragePoolFree(pointer)
    }

    var name: String { gantry_virStoragePoolGetName(pointer).map { String(cString: $0) } ?? "" }
    var isActive: Bool { gantry_virStoragePoolIsActive(pointer) == 1 }

    func build() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virStoragePoolBuild(pointer, 0), "the folder of storage pool '\(name)'")
    }

    func start() throws(ConnectorError) {
        do throws(ConnectorError) {
            try LibvirtCall.done(gantry_virStoragePoolCreate(pointer, 0), "the start of storage pool '\(name)'")
        } catch {
            guard isActive else { throw error }
        }
    }

    func setAutostart() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virStoragePoolSetAutostart(pointer, 1), "storage pool '\(name)'")
    }

    /// Looks for volumes that others have made.
    func refresh() throws(ConnectorError) {
        try LibvirtCall.done(gantry_virStoragePoolRefresh(pointer, 0), "a look into storage pool '\(name)'")
    }

    func xml() throws(ConnectorError) -> XMLNode {
        let text = try LibvirtCall.text(gantry_virStoragePoolGetXMLDesc(pointer, 0), "storage pool '\(name)'")
        return try XMLNode.parse(text, "storage pool '\(name)'")
    }

    /// The folder that its volumes are in.
    func folder() throws(ConnectorError) -> String? {
        try xml().child("target")?.child("path")?.text
    }

    func space() throws(ConnectorError) -> StorageSpace {
        var space = gantry_virt_space()
        try LibvirtCall.done(gantry_virt_pool_space(pointer, &space), "the space of storage pool '\(name)'")
        return StorageSpace(space)
    }

    func volumes() throws(ConnectorError) -> [Volume] {
        try LibvirtCall.list(
            "the volumes of storage pool '\(name)'", { gantry_virStoragePoolListAllVolumes(pointer, $0, 0) },
            { Volume($0) })
    }

    func volume(_ name: String) throws(ConnectorError) -> Volume? {
        try Hypervisor.optional { () throws(ConnectorError) in
            Volume(try LibvirtCall.found(gantry_virStorageVolLookupByName(pointer, name), "volume '\(name)'"))
        }
    }

    /// Makes a volume; one of that name that is there already is taken.
    func makeVolume(_ xml: String, _ name: String) throws(ConnectorError) -> Volume {
        do throws(ConnectorError) {
            return Volume(
                try LibvirtCall.found(
                    gantry_virStorageVolCreateXML(pointer, xml, 0), "volume '\(name)' of pool '\(self.name)'"))
        } catch {
            guard error.code == .alreadyExists, let there = try volume(name) else { throw error }
            return there
        }
    }

    /// Makes a volume with the content of another one.
    func makeVolume(_ xml: String, _ name: String, from source: Volume) throws(ConnectorError) -> Volume {
        Volume(
            try LibvirtCall.found(
                gantry_virStorageVolCreateXMLFrom(pointer, xml, source.pointer, 0),
                "volume '\(name)' of pool '\(self.name)'"))
    }
}

/// A disk in a pool. Everything here blocks.
final class Volume {
    /// Of a transfer. libvirt sends no larger messages.
    private static let pieceSize = 256 << 10

    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        _ = gantry_virStorageVolFree(pointer)
    }

    var name: String { gantry_virStorageVolGetName(pointer).map { String(cString: $0) } ?? "" }

    func path() throws(ConnectorError) -> String {
        try LibvirtCall.text(gantry_virStorageVolGetPath(pointer), "the path of volume '\(name)'")
    }

    func xml() throws(ConnectorError) -> XMLNode {
        let text = try LibvirtCall.text(gantry_virStorageVolGetXMLDesc(pointer, 0), "volume '\(name)'")
        return try XMLNode.parse(text, "volume '\(name)'")
    }

    func space() throws(ConnectorError) -> StorageSpace {
        var space = gantry_virt_space()
        try LibvirtCall.done(gantry_virt_volume_space(pointer, &space), "the size of volume '\(name)'")
        return StorageSpace(space)
    }

    func remove() throws(ConnectorError) {
        do throws(ConnectorError) {
            try LibvirtCall.done(gantry_virStorageVolDelete(pointer, 0), "the removal of volume '\(name)'")
        } catch {
            guard error.code == .notFound || error.message.contains("No such file") else { throw error }
        }
    }

    /// Fills the volume: `next` gives piece after piece, and nothing at the end.
    func upload(
        _ connection: Hypervisor, from offset: UInt64 = 0, length: UInt64, _ next: () throws(ConnectorError) -> [UInt8]?
    ) throws(ConnectorError) {
        let what = "the transfer to volume '\(name)'"
        guard length > 0 else { return }
        let stream = try Stream(connection, what)
        try LibvirtCall.done(gantry_virStorageVolUpload(pointer, stream.pointer, offset, length, 0), what)
        while let piece = try next() {
            var sent = 0
            while sent < piece.count {
                let count = piece.withUnsafeBytes { bytes in
                    let left = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                    return gantry_virStreamSend(
                        stream.pointer, left.bindMemory(to: CChar.self).baseAddress,
                        min(left.count, Self.pieceSize))
                }
                try LibvirtCall.done(count, what)
                sent += Int(count)
            }
        }
        try stream.finish()
    }

    /// The content, at most `limit` bytes of it.
    func download(_ connection: Hypervisor, upTo limit: Int) throws(ConnectorError) -> [UInt8] {
        let what = "the transfer from volume '\(name)'"
        let stream = try Stream(connection, what)
        try LibvirtCall.done(gantry_virStorageVolDownload(pointer, stream.pointer, 0, UInt64(limit), 0), what)
        var content: [UInt8] = []
        var buffer = [CChar](repeating: 0, count: Self.pieceSize)
        while true {
            let count = gantry_virStreamRecv(stream.pointer, &buffer, buffer.count)
            try LibvirtCall.done(count, what)
            if count == 0 { break }
            content += buffer[..<Int(count)].map { UInt8(bitPattern: $0) }
        }
        try stream.finish()
        return content
    }
}

/// A transfer. One that is dropped before its end is aborted.
private final class Stream {
    let pointer: OpaquePointer
    private let what: String
    private var isOver = false

    init(_ connection: Hypervisor, _ what: String) throws(ConnectorError) {
        self.what = what
        pointer = try LibvirtCall.found(gantry_virStreamNew(connection.pointer, 0), what)
    }

    deinit {
        if !isOver { _ = gantry_virStreamAbort(pointer) }
        _ = gantry_virStreamFree(pointer)
    }

    func finish() throws(ConnectorError) {
        isOver = true
        try LibvirtCall.done(gantry_virStreamFinish(pointer), what)
    }
}
