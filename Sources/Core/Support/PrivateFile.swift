import Foundation
import Glibc

/// Files in the folder of temporary ones that nobody else may read.
package enum PrivateFile {
    /// Writes a file in place of one that is there.
    ///
    /// - Parameter folder: Its name becomes that of a folder for this user alone.
    /// - Returns: Its path.
    package static func write(_ content: [UInt8], folder: String, name: String) throws -> String {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("\(folder)-\(getuid())")
        let file = place.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try? FileManager.default.removeItem(at: file)
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(content), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        return file.path
    }
}
