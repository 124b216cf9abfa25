import ConnectorAPI
import Foundation
import Glibc

/// The files that may be connectors, each with the entry of the configuration that it is run by.
///
/// An entry reaches the file at its path, wherever it is found, else the file of its name. What an entry was to pin or to
/// confine is never run without it: see ``unreached``.
struct ConnectorCandidates {
    /// A file that may be asked what it is.
    struct Candidate: Sendable {
        var path: String
        var entry: ConnectorConfiguration.Entry?
        /// It is the file at the entry's path.
        var isNamedByPath = false

        /// - Throws: ``ConnectorError`` where its content is not the one that is pinned.
        func judge(_ sha256: String) throws(ConnectorError) {
            guard let pin = entry?.sha256, pin.lowercased() != sha256 else { return }
            throw ConnectorError(
                code: .permissionDenied, message: "its SHA-256 is \(sha256), the configuration wants \(pin)")
        }

        /// - Parameter name: What it calls itself.
        /// - Throws: ``WrongName``, ``ConnectorError``.
        func judge(_ name: String, _ sha256: String) throws {
            if isNamedByPath, let entry {
                guard entry.name == name else { throw WrongName(entry: entry, name: name) }
            } else if ConnectorCandidates.name(of: path) != name {
                throw ConnectorError(
                    code: .protocolViolation,
                    message: "it calls itself '\(name)'; rename the file to connector-\(name), or have it answer the "
                        + "name of its file")
            }
            try judge(sha256)
        }
    }

    /// The executable at the path of an entry is another connector than the entry names.
    struct WrongName: Error {
        var message: String

        init(entry: ConnectorConfiguration.Entry, name: String) {
            message =
                "the configuration has its path '\(entry.path ?? "")' in the entry '\(entry.name)', and it is the "
                + "connector '\(name)': correct the name or the path"
        }
    }

    /// In the order in which they win.
    private(set) var found: [Candidate] = []
    private let entries: [ConnectorConfiguration.Entry]
    /// The files at the paths of entries.
    private let atPaths: [(file: FileID, entry: ConnectorConfiguration.Entry)]

    private struct FileID: Hashable {
        var device: UInt
        var number: UInt

        /// Of what a path leads to.
        init?(_ path: String) {
            var status = Glibc.stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
        }
    }

    /// Looks through folders.
    ///
    /// - Parameter problems: Gets what cannot be used, and why.
    init(
        folders: [String], entries: [ConnectorConfiguration.Entry], builtIn: Set<String>, problems: inout [String]
    ) {
        self.entries = entries
        atPaths = entries.compactMap { entry in entry.path.flatMap { FileID($0) }.map { (file: $0, entry: entry) } }
        var names: Set<String> = []
        for entry in entries where entry.enabled != false {
            guard let path = entry.path else { continue }
            names.insert(Self.name(of: path))
            do {
                try Self.checkFolder(of: path)
                try Self.check(path, isSticky: Self.isSticky(Self.folder(of: path)))
                found.append(Candidate(path: path, entry: entry, isNamedByPath: true))
            } catch {
                problems.append("'\(path)' is not used: \(error.message)")
            }
        }
        for folder in folders {
            let files: [String]
            do {
                try Self.checkFolder(folder)
                files = try FileManager.default.contentsOfDirectory(atPath: folder)
            } catch {
                let reason =
                    (error as? ConnectorError)?.message
                    ?? (access(folder, F_OK) == 0 ? "it cannot be read" : "it does not exist")
                problems.append("the folder '\(folder)' of connectors is not used: \(reason)")
                continue
            }
            let isSticky = Self.isSticky(folder)
            // The kit's own tool has such a name, too.
            for file in files.sorted() where file.hasPrefix("connector-") && file != "connector-check" {
                let path = folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)"
                guard !Self.isFolder(path), !found.contains(where: { $0.path == path }) else { continue }
                names.insert(Self.name(of: path))
                do {
                    try Self.check(path, isSticky: isSticky)
                    let candidate = candidate(path)
                    // A link to what an entry names already.
                    if candidate.isNamedByPath, found.contains(where: { $0.entry == candidate.entry }) { continue }
                    found.append(candidate)
                } catch {
                    let isMeant = file.wholeMatch(of: /connector-[a-z0-9-]+/) != nil
                    if isMeant || access(path, X_OK) == 0 {
                        problems.append("'\(path)' is not used: \(error.message)")
                    }
                }
            }
        }
        leaveOutUnreached(names.union(builtIn), &problems)
    }

    private func candidate(_ path: String) -> Candidate {
        let file = FileID(path)
        if let entry = atPaths.first(where: { $0.file == file })?.entry {
            return Candidate(path: path, entry: entry, isNamedByPath: true)
        }
        let name = Self.name(of: path)
        return Candidate(path: path, entry: entries.first { $0.name == name })
    }

    /// An entry that pins or confines and whose name no file has is mostly one with a typing error: what it was meant for
    /// may be among the files that no entry reaches, which are then not even asked what they are.
    private mutating func leaveOutUnreached(_ names: Set<String>, _ problems: inout [String]) {
        // An entry with a path is judged by what its file calls itself.
        guard let lost = entries.first(where: { $0.protects && $0.path == nil && !names.contains($0.name) }) else {
            return
        }
        for candidate in found where candidate.entry == nil {
            problems.append(
                "'\(candidate.path)' is not used: no entry of the configuration names it, and the entry '\(lost.name)', "
                    + "which was to pin or to confine a connector, names none: correct that name, or remove the entry")
        }
        found.removeAll { $0.entry == nil }
    }

    // MARK: Files

    private static func check(_ path: String, isSticky: Bool) throws(ConnectorError) {
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else {
            let number = errno
            var link = Glibc.stat()
            let isLink = lstat(path, &link) == 0 && link.st_mode & S_IFMT == S_IFLNK
            let reason =
                switch number {
                case ELOOP: "its links lead in a circle"
                case ENOENT where isLink: "it is a link to a file that does not exist"
                case ENOENT: "it does not exist"
                default: String(cString: strerror(number))
                }
            throw ConnectorError(code: .unavailable, message: reason)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ConnectorError(code: .unavailable, message: "it is no regular file")
        }
        if isSticky, ![0, geteuid()].contains(status.st_uid) {
            throw ConnectorError(
                code: .permissionDenied, message: "everybody may put files into its folder, and it is another user's")
        }
        guard access(path, X_OK) == 0 else {
            throw ConnectorError(code: .unavailable, message: "it is not executable; run chmod +x on it")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = Glibc.stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func folder(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return parts.count == 1 ? "/" : parts.joined(separator: "/")
    }

    private static func isSticky(_ folder: String) -> Bool {
        var status = Glibc.stat()
        return stat(folder, &status) == 0 && status.st_mode & S_IWOTH != 0
    }

    private static func checkFolder(of path: String) throws(ConnectorError) {
        do {
            try checkFolder(folder(of: path))
        } catch {
            throw ConnectorError(
                code: error.code, message: "its folder '\(folder(of: path))' is not safe: \(error.message)")
        }
    }

    /// Who may put a file into a folder may put a connector there: everybody only where each may remove their own alone.
    private static func checkFolder(_ folder: String) throws(ConnectorError) {
        var status = Glibc.stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IWOTH != 0 else { return }
        if status.st_mode & S_ISVTX != 0, [0, geteuid()].contains(status.st_uid) { return }
        throw ConnectorError(code: .permissionDenied, message: "everybody may write to it; run chmod o-w on it")
    }

    /// The name that a connector should have by its file's.
    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasPrefix("connector-") ? String(file.dropFirst("connector-".count)) : file
    }
}
