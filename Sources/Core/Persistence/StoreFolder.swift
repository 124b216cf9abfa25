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

    /// Makes the folder and those above it where they are missing. One that exists keeps its mode.
    func prepare() throws(StoreError) {
        try makeFolder(path)
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
