import Foundation
import Glibc
import Support

/// What is remembered of servers that keep no names: which infrastructure was made under which name. A file of the state
/// folder; written before and after the request that makes one, so that one whose answer was lost is found again.
struct ServerMemory: Sendable {
    struct Entry: Codable, Sendable, Hashable {
        /// Nil: it was asked for, and no answer has come.
        var id: String?
        /// Digest of the document.
        var document: String
        /// Infrastructures that there were before it was asked for.
        var before: [String]
    }

    private let folder: String
    private let key: String

    init(folder: String, server: String, user: String) {
        self.folder = folder
        key = "\(user) at \(server)"
    }

    private var path: String { folder + "/servers.json" }

    /// - Throws: ``FileProblem``.
    func entries() throws -> [String: Entry] {
        try read()[key] ?? [:]
    }

    /// Remembers an infrastructure, or forgets it.
    /// - Throws: ``FileProblem``.
    func set(_ name: String, _ entry: Entry?) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw FileProblem(path: folder, reason: PlainWords.text(error, path: folder))
        }
        let lock = open(folder + "/servers.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw FileProblem(path: folder, errno: errno) }
        defer { close(lock) }
        // Held for a moment only.
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileProblem(path: folder, errno: errno) }
        }
        var all = try read()
        all[key, default: [:]][name] = entry
        try UserFile.replace(path, with: JSONOutput.pretty(all) + "\n")
    }

    private func read() throws -> [String: [String: Entry]] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let text = try TextFile.read(path)
        guard let all = try? JSONDecoder().decode([String: [String: Entry]].self, from: Data(text.utf8)) else {
            throw FileProblem(
                path: path, reason: "cannot be read as what gantry remembers of servers; move it away to begin anew")
        }
        return all
    }

    /// A digest that tells documents apart: FNV-1a, 64 bits. Not for secrets: the folder is the user's alone.
    static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash ^= UInt64(byte)
            hash = hash &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
