import Foundation
import Modules

/// Reads a folder of the controller with all that is in it; nothing is left out without a word.
struct FolderReader {
    /// Links stand for what they lead to; else they stay links. One that leads nowhere, or to a folder around it, stays one.
    var followsLinks = true
    let payload: (_ path: String) throws -> Payload

    /// What is in the folder, at any depth, in the order of the names.
    func entries(of root: String) throws -> [ModuleSource.Entry] {
        var entries: [ModuleSource.Entry] = []
        try add(root.hasSuffix("/") ? root : root + "/", "", [try Self.identity(root)], to: &entries)
        return entries
    }

    fileprivate struct Identity: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private func add(
        _ root: String, _ prefix: String, _ around: Set<Identity>, to entries: inout [ModuleSource.Entry]
    ) throws {
        for name in try Self.names(in: root + prefix) {
            let (path, full) = (prefix + name, root + prefix + name)
            var status = stat()
            guard lstat(full, &status) == 0 else { throw Self.failure(full) }
            if status.st_mode & S_IFMT == S_IFLNK {
                var target = stat()
                let leadsSomewhere = followsLinks && stat(full, &target) == 0 && !around.contains(Identity(target))
                guard leadsSomewhere else {
                    let text = try FileManager.default.destinationOfSymbolicLink(atPath: full)
                    entries.append(ModuleSource.Entry(path: path, link: text))
                    continue
                }
                status = target
            }
            let mode = Int(status.st_mode & 0o7777)
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                entries.append(ModuleSource.Entry(path: path, content: Payload([]), mode: mode, isDirectory: true))
                try add(root, path + "/", around.union([Identity(status)]), to: &entries)
            case S_IFREG:
                entries.append(
                    ModuleSource.Entry(path: path, content: try payload(full), mode: mode, isDirectory: false))
            default:
                throw TaskFailure(message: "'\(full)' is neither a file, a folder nor a link: it cannot be copied")
            }
        }
    }

    /// The names in a folder, sorted.
    ///
    /// - Throws: ``TaskFailure`` for a folder that cannot be read, and for a name that is no UTF-8, which no text of a
    ///   recipe could name.
    static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw failure(path) }
        defer { closedir(folder) }
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        var names: [String] = []
        while let entry = readdir(folder) {
            let bytes = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            guard let name = String(validatingCString: bytes) else {
                throw TaskFailure(
                    message:
                        "'\(path)' holds a name that is no UTF-8, '\(shown(bytes))': rename it, or send the folder "
                        + "as an archive with unarchive")
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func identity(_ path: String) throws -> Identity {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        return Identity(status)
    }

    private static func failure(_ path: String) -> TaskFailure {
        TaskFailure(message: "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }

    /// A name with its bytes outside of ASCII as `\xNN`.
    private static func shown(_ name: UnsafePointer<CChar>) -> String {
        UnsafeBufferPointer(start: name, count: strlen(name)).map { byte in
            let byte = UInt8(bitPattern: byte)
            return (0x20..<0x7f).contains(byte)
                ? String(UnicodeScalar(byte)) : "\\x" + String(format: "%02x", Int(byte))
        }.joined()
    }
}

extension FolderReader.Identity {
    fileprivate init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }
}
