import Foundation
import Glibc

/// Files in the folder of temporary ones that nobody else may read.
package enum PrivateFile {
    /// Writes a file in place of one that is there.
    ///
    /// - Parameter folder: Its name becomes that of a folder for this user alone, which goes with its last file.
    /// - Returns: Its path.
    package static func write(_ content: [UInt8], folder: String, name: String) throws -> String {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("\(folder)-\(getuid())")
        let file = place.appendingPathComponent(name)
        // Others may remove the folder between the two steps.
        for _ in 0..<mostTries {
            try FileManager.default.createDirectory(
                at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try? FileManager.default.removeItem(at: file)
            let isMade = FileManager.default.createFile(
                atPath: file.path, contents: Data(content), attributes: [.posixPermissions: 0o600])
            if isMade { return file.path }
        }
        throw CocoaError(.fileWriteUnknown)
    }

    private static let mostTries = 5

    /// Removes a file that was written so, and its folder where it was the last one there.
    package static func remove(_ path: String) {
        unlink(path)
        let folder = (path as NSString).deletingLastPathComponent
        guard folder.hasPrefix(FileManager.default.temporaryDirectory.path + "/") else { return }
        // One that holds others stays.
        rmdir(folder)
    }
}
