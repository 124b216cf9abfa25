import Foundation
import Glibc

/// The folder that holds a store: database, its log, key and lock. Mode 0700, files 0600.
struct StoreFolder: Sendable {
    let path: String

    var database: String { path + "/gantry.sqlite" }
    var key: String { path + "/key" }
    private var lock: String { path + "/lock" }

    /// How long another process may take to open the same store.
    private static let lockAttempts = 2000
    private static let lockInterval: useconds_t = 5000

    init(path: String) {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        self.path = absolute.count > 1 && absolute.hasSuffix("/") ? String(absolute.dropLast()) : absolute
    }

    /// Makes the folder and those above it where they are missing. One that exists keeps its mode, and is refused where
    /// others may write it: they could put files of theirs in the place of key and database.
    func prepare() throws(StoreError) {
        try makeFolder(path)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o022 != 0 {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw StoreError(
                code: .unavailable,
                message: "others may write the state folder \(path) (mode \(mode)), which holds keys and credentials: "
                    + "run `chmod 700 \(path)`, or choose another")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw .unavailable("the state folder \(path) cannot be written", "make it writable or choose another")
        }
    }

    private func makeFolder(_ folder: String) throws(StoreError) {
        var status = stat()
        if stat(folder, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw StoreError(
                    code: .unavailable,
                    message: "the state folder \(path) cannot be made: \(folder) is no folder; choose another")
            }
            return
        }
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        if parent != folder { try makeFolder(parent) }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw .unavailable("the state folder \(path) cannot be made", "choose another or make it writable")
        }
    }

    /// Makes an empty database file of mode 0600, whose mode SQLite then gives to the files beside it.
    ///
    /// An existing file is not even opened: closing any descriptor of it would drop the locks that SQLite holds for
    /// other connections of this process.
    func createDatabase() throws(StoreError) {
        let descriptor = open(database, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            Self.synchronize(folderOf: database)
        } else if errno != EEXIST {
            throw .unavailable("the database \(database) cannot be made", "make the state folder writable")
        }
    }

    var hasDatabase: Bool { access(database, F_OK) == 0 }

    /// Refuses a folder that had a store and whose database is gone or empty: a new one in its place would know nothing of
    /// the machines that run. A database that is empty because its maker was killed has never been used.
    func refuseLostDatabase() throws(StoreError) {
        guard Self.size(of: lock) > 0, Self.size(of: database) == 0, Self.size(of: database + "-wal") == 0 else {
            return
        }
        throw StoreError(
            code: .corrupt,
            message: "the database \(database) is \(hasDatabase ? "empty" : "gone"), but machines were kept in it: "
                + "restore it from a backup. To begin anew, which forgets them, remove all files of that folder")
    }

    /// Notes that the folder has a store from now on, in the lock file. What fails here fails the check above only.
    func noteUse() {
        guard Self.size(of: lock) == 0 else { return }
        let descriptor = open(lock, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let text = Array("in use\n".utf8)
        _ = write(descriptor, text, text.count)
        fsync(descriptor)
        close(descriptor)
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Runs `body` while no other process opens the store. Waits for at most ten seconds.
    func locked<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.unavailable("the lock \(lock) cannot be made", "make the state folder writable")
        }
        defer { close(descriptor) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            attempts += 1
            guard errno == EWOULDBLOCK || errno == EINTR, attempts < Self.lockAttempts else {
                throw StoreError.unavailable(
                    "the lock \(lock) is not given", "end the process that holds it, see `fuser \(lock)`")
            }
            usleep(Self.lockInterval)
        }
        return try body()
    }

    /// Whether the disk of the folder has no room left for a page of the database.
    var isFull: Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 64 * 1024
    }

    /// Makes a new name in a folder durable. What fails here only weakens durability and shows at the next write.
    static func synchronize(folderOf path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension StoreError {
    /// An error with the system's reason from `errno`.
    static func unavailable(_ what: String, _ next: String) -> StoreError {
        let reason = errno
        let code: Code = reason == ENOSPC || reason == EDQUOT ? .full : .unavailable
        return StoreError(code: code, message: "\(what): \(String(cString: strerror(reason))); \(next)")
    }
}
