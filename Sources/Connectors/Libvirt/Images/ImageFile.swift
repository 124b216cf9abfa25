import COpenSSL
import ConnectorAPI
import Foundation
import Glibc
import HTTPTransport

/// An image in a file of this machine. Everything here blocks.
struct ImageFile: Sendable, Hashable {
    let path: String
    let size: Int64
    /// Seconds since 1970.
    let changed: Int
    let header: [UInt8]

    /// - Throws: ``ConnectorError/Code/invalidArgument`` when it is not there or cannot be read.
    init(_ path: String) throws(ConnectorError) {
        func refused(_ reason: String) -> ConnectorError {
            ConnectorError(code: .invalidArgument, message: "image file \(path): \(reason)", field: "image")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refused("it is no regular file")
        }
        var bytes = [UInt8](repeating: 0, count: DiskImage.headerSize)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw refused(String(cString: strerror(errno))) }
        self.path = path
        size = Int64(status.st_size)
        changed = status.st_mtim.tv_sec
        header = Array(bytes[..<count])
    }

    /// - Throws: ``ConnectorError/Code/invalidArgument`` for one that is laid over another: that is not where it was made.
    func disk() throws(ConnectorError) -> DiskImage {
        let disk = try DiskImage(header: header, size: size, name: path)
        if let backing = disk.backingFile {
            throw ConnectorError(
                code: .invalidArgument,
                message: "image '\(path)' is laid over another one ('\(backing)'), which may be missing; "
                    + "make one file of both: qemu-img convert -O qcow2 \(path) NEW",
                field: "image")
        }
        guard disk.format == .qcow2 else { return disk }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        let reason: String
        switch descriptor < 0 ? nil : QCOWTables(descriptor, header: header, size: size)?.fault {
        case nil: return disk
        case .cutOff: reason = "it is cut off: clusters that it names are behind its end (\(size) bytes)"
        case .corrupt: reason = "its tables are corrupt: they name clusters where none can begin"
        }
        throw ConnectorError(
            code: .invalidArgument,
            message: "image '\(path)' cannot be used: \(reason); fetch it again, then look with qemu-img check",
            field: "image")
    }

    /// Whether every user may read it, such as the one that the hypervisor runs machines as.
    var isReadableForAll: Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IROTH != 0 else { return false }
        var folder = (path as NSString).deletingLastPathComponent
        while !folder.isEmpty {
            guard stat(folder, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
            if folder == "/" { break }
            folder = (folder as NSString).deletingLastPathComponent
        }
        return true
    }

    /// A name for a copy of it: another content has another one.
    func copyName() throws(ConnectorError) -> String {
        let word = try LaunchIdentity.word("\(path)/\(size)/\(changed)")
        let base = LaunchIdentity.plain((path as NSString).lastPathComponent, longest: 60)
        return CopiedImage.name(word, base)
    }

    /// Lower-case hexadecimal.
    static func sha256(_ path: String) throws(ConnectorError) -> String {
        func failed(_ reason: String) -> ConnectorError {
            ConnectorError(code: .unavailable, message: "'\(path)' cannot be read: \(reason)")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard let digest = gantry_sha256_new() else { throw failed("no memory") }
        defer { gantry_sha256_free(digest) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failed(String(cString: strerror(errno))) }
            if count == 0 { break }
            guard gantry_sha256_update(digest, buffer, count) == 0 else { throw failed("no digest") }
        }
        var sum = [UInt8](repeating: 0, count: Int(GANTRY_SHA256_BYTES))
        guard gantry_sha256_peek(digest, &sum) == 0 else { throw failed("no digest") }
        return Digest.hexadecimal(sum)
    }
}

/// Names of copies of images, which go with the last machine over them.
enum CopiedImage {
    static func name(_ word: String, _ file: String) -> String { "base-\(word)-\(file)" }

    /// Others may call an image `base-something`, too.
    static func isName(_ name: String) -> Bool { name.prefixMatch(of: /base-[0-9a-f]{12}-/) != nil }
}
