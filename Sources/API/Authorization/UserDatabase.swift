import Foundation
import Glibc
package import Support

/// The file of users that IM calls `USER_DB`: `{"users": [{"username": "u", "password": "p"}]}`.
///
/// It is read again when it has changed. While it cannot be read, the users that it had last are in force, and the problem
/// is told to whoever runs the service. Safe from any thread; a look costs one `stat`.
package final class UserDatabase: Sendable {
    /// What distinguishes one content of the file from another.
    private struct Stamp: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private struct Users: Sendable {
        var stamp: Stamp?
        var passwords: [String: [Secret<String>]] = [:]
        /// What was told last, so that it is told once.
        var problem: String?
    }

    private struct File: Decodable {
        struct User: Decodable {
            var username: String
            var password: String
        }

        var users: [User]
    }

    private let path: String
    private let users: LockedValue<Users>
    private let complain: @Sendable (String) -> Void

    /// - Parameter complain: Is told why the file cannot be read, once for each reason.
    /// - Throws: ``FileProblem`` where it cannot be read at the start: nobody could log in.
    package init(path: String, complain: @escaping @Sendable (String) -> Void) throws(FileProblem) {
        self.path = path
        self.complain = complain
        users = LockedValue(Users(stamp: Self.stamp(path), passwords: try Self.read(path)))
    }

    /// Whether somebody of that name and password is in the file.
    package func contains(_ username: String, _ password: Secret<String>) -> Bool {
        refresh()
        let candidates = users.withLock { $0.passwords[username] } ?? []
        return candidates.reduce(false) { found, candidate in
            Self.isEqual(candidate.expose(), password.expose()) || found
        }
    }

    private func refresh() {
        let stamp = Self.stamp(path)
        guard users.withLock({ $0.stamp != stamp }) else { return }
        do throws(FileProblem) {
            let passwords = try Self.read(path)
            users.withLock { $0 = Users(stamp: stamp, passwords: passwords) }
        } catch {
            let message = "\(error); those who were in it before are still let in"
            let isNew = users.withLock { users in
                defer { users.problem = message }
                return users.problem != message
            }
            if isNew { complain(message) }
        }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    private static func read(_ path: String) throws(FileProblem) -> [String: [Secret<String>]] {
        let text = try TextFile.read(path)
        guard let file = try? JSONDecoder().decode(File.self, from: Data(text.utf8)) else {
            throw FileProblem(
                path: path,
                reason: "is no file of users; write {\"users\": [{\"username\": \"u\", \"password\": \"p\"}]}")
        }
        return Dictionary(grouping: file.users, by: \.username).mapValues { $0.map { Secret($0.password) } }
    }

    /// In a time that tells nothing of where they differ.
    static func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        var difference = one.count ^ other.count
        for index in one.indices {
            difference |= Int(one[index] ^ (other.isEmpty ? 0 : other[index % other.count]))
        }
        return difference == 0
    }
}
