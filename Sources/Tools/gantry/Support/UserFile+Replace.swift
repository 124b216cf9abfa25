import Assembly
import Foundation
import Glibc
import Support

extension UserFile {
    /// Puts a text in the place of a file, in one step: who reads it sees the old text or the new one. Its mode stays; a
    /// link stays a link. A file that is not there is made.
    /// - Throws: ``FileProblem``; the file is then as it was.
    static func replace(_ path: String, with text: String) throws(FileProblem) {
        try replace(path, with: Array(text.utf8))
    }

    /// The same of bytes.
    /// - Parameter newMode: Of a file that is made.
    static func replace(_ path: String, with bytes: [UInt8], newMode: mode_t = 0o666) throws(FileProblem) {
        let name = path.expandingHome
        let real = realpath(name, nil)
        defer { free(real) }
        let target = real.map { String(cString: $0) } ?? name
        let status = FileStatus(path: target)
        if let status, status.kind != .regular {
            throw FileProblem(path: path, reason: "is no file")
        }
        let folder = (target as NSString).deletingLastPathComponent
        let mode = status?.permissions ?? newMode
        let (descriptor, temporary) = try create(in: folder.isEmpty ? "." : folder, mode: mode, for: path)
        var number: Int32 = status != nil && fchmod(descriptor, mode) != 0 ? errno : 0
        // The owner of a file that root changes stays its owner.
        if number == 0, let status, geteuid() == 0, fchown(descriptor, status.owner, status.group) != 0 {
            number = errno
        }
        if number == 0 { number = StandardStream.write(bytes, to: descriptor) }
        if number == 0, fsync(descriptor) != 0 { number = errno }
        close(descriptor)
        if number == 0, rename(temporary, target) != 0 { number = errno }
        guard number != 0 else { return }
        unlink(temporary)
        throw FileProblem(path: path, errno: number)
    }

    /// A new file beside another one.
    private static func create(
        in folder: String, mode: mode_t, for path: String
    ) throws(FileProblem) -> (descriptor: Int32, name: String) {
        for _ in 0..<100 {
            let name = "\(folder)/.gantry-\(String(UInt64.random(in: .min ... .max), radix: 36))"
            let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            if descriptor >= 0 { return (descriptor, name) }
            guard errno == EEXIST else { break }
        }
        throw FileProblem(path: path, errno: errno)
    }
}
