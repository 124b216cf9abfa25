import Foundation
import Glibc
package import Logging
package import Support

/// A log in a file, which goes on in a new one when it is full: `gantryd.log` becomes `gantryd.log.1`, and so on.
///
/// A record is one `write` of one line. Where the file cannot be written, as on a full disk, the line goes to standard
/// error. Safe from any thread, for one process.
package final class LogFile: Sendable {
    /// Files that stay beside the one that is written.
    static let kept = 3

    private struct Open: Sendable {
        var descriptor: Int32
        var size: Int64
    }

    private let path: String
    private let largest: Int64
    private let open: LockedValue<Open>

    /// - Parameter largest: Bytes after which a new file is begun; 0: never.
    /// - Throws: ``FileProblem`` where it cannot be opened to write.
    package init(path: String, largest: Int64) throws(FileProblem) {
        self.path = path
        self.largest = largest
        open = LockedValue(try Self.open(path))
    }

    deinit {
        open.withLock { _ = close($0.descriptor) }
    }

    /// A logger whose records go there.
    package func logger(label: String, level: Logger.Level) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, level: level, file: self) }
    }

    func write(_ line: String) {
        let isWritten = open.withLock { file in
            let length = Int64(line.utf8.count)
            if largest > 0, file.size > 0, file.size + length > largest { turn(&file) }
            guard StandardStream.write(line, to: file.descriptor) == 0 else { return false }
            file.size += length
            return true
        }
        if !isWritten { StandardStream.write(line, to: STDERR_FILENO) }
    }

    private func turn(_ file: inout Open) {
        for number in stride(from: Self.kept - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        rename(path, "\(path).1")
        // Where no new file can be made the old one goes on.
        guard let new = try? Self.open(path) else { return }
        close(file.descriptor)
        file = new
    }

    private static func open(_ path: String) throws(FileProblem) -> Open {
        // Documents and names of users may be in it.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileProblem(path: path, errno: errno) }
        return Open(descriptor: descriptor, size: FileStatus(descriptor: descriptor)?.size ?? 0)
    }
}
