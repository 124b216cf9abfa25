import Foundation

/// A folder with the files of a playbook, removed at its end.
final class Project: Sendable {
    let root: String

    init(_ files: [String: String]) throws {
        root = NSTemporaryDirectory() + "gantry-project-" + UUID().uuidString
        for (name, text) in files {
            let path = root + "/" + name
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }
}
