import Foundation
import Glibc

/// Why a file cannot be read or written, in plain words: `is a folder`, `No such file or directory`.
package struct FileProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// By the system's number of the error.
    package init(path: String, errno number: Int32) {
        self.init(path: path, reason: String(cString: strerror(number)))
    }

    package var description: String { "'\(path)': \(reason)" }
}

/// Reads files that a user names.
package enum TextFile {
    /// The text of a file, a pipe or a device; a `~` at its beginning is the user's home.
    ///
    /// - Throws: ``FileProblem``, also for what is no UTF-8 text. Blocks while a pipe has nothing to read.
    package static func read(_ path: String) throws(FileProblem) -> String {
        let descriptor = open(path.expandingHome, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(path: path, errno: errno) }
        defer { close(descriptor) }
        return try read(descriptor, name: path)
    }

    /// All that is to be read from a descriptor, which stays open.
    package static func read(_ descriptor: Int32, name: String) throws(FileProblem) -> String {
        guard let text = String(validating: try bytes(descriptor, name: name), as: UTF8.self) else {
            throw FileProblem(path: name, reason: "is no text in UTF-8")
        }
        return text
    }

    /// Most bytes that are read of what is no file: some devices never end.
    package static let largestStream = 64 << 20

    /// The bytes of a file, a pipe or a device; a `~` at its beginning is the user's home.
    ///
    /// - Throws: ``FileProblem``, also for more than ``largestStream`` bytes of a pipe or device.
    package static func bytes(_ path: String) throws(FileProblem) -> [UInt8] {
        let descriptor = open(path.expandingHome, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(path: path, errno: errno) }
        defer { close(descriptor) }
        return try bytes(descriptor, name: path)
    }

    /// The bytes that are to be read from a descriptor, which stays open.
    package static func bytes(_ descriptor: Int32, name: String) throws(FileProblem) -> [UInt8] {
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        if isKnown, status.st_mode & S_IFMT == S_IFDIR {
            throw FileProblem(path: name, reason: "is a folder")
        }
        let isFile = isKnown && status.st_mode & S_IFMT == S_IFREG
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(path: name, errno: errno) }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard isFile || bytes.count <= largestStream else {
                throw FileProblem(path: name, reason: "gives more than \(largestStream >> 20) MiB")
            }
        }
    }
}
