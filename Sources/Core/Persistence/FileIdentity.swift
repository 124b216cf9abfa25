import Glibc

/// Which file a path leads to, whatever its content.
struct FileIdentity: Sendable, Hashable {
    private let device: dev_t
    private let number: ino_t

    /// - Throws: ``StoreError`` where there is none.
    init(of path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unavailable(
                "the database \(path) is gone",
                "put it back or restore a backup of its folder; nothing more is recorded until then")
        }
        (device, number) = (status.st_dev, status.st_ino)
    }
}

extension StoreFolder {
    /// Another file stands where the database was that is open.
    var replaced: StoreError {
        StoreError(
            code: .unavailable,
            message: "\(database) was replaced by another file while it was in use: put the one back that was there,"
                + " or start anew; nothing more is recorded until then")
    }
}
