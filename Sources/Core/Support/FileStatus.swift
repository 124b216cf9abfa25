package import Glibc

/// What the system says of a file, without the system's own structure: which module that comes from depends on what else a
/// program imports.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case regular, folder, link, other
    }

    package var kind: Kind
    /// The lower 12 bits of the mode.
    package var permissions: mode_t
    package var size: Int64
    package var owner: uid_t
    package var group: gid_t

    /// Nil where there is none, or it may not be looked at (`errno`).
    /// - Parameter followsLinks: Whether it is what a link leads to.
    package init?(path: String, followsLinks: Bool = true) {
        var status = Glibc.stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    /// Of a file that is open.
    package init?(descriptor: Int32) {
        var status = Glibc.stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: Glibc.stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        permissions = status.st_mode & 0o7777
        size = Int64(status.st_size)
        (owner, group) = (status.st_uid, status.st_gid)
    }
}
