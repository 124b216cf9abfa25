import ConnectorAPI
import Foundation
import Glibc
import HTTPTransport

/// What a server says of a file, by which it is known again (RFC 9110, section 8.8).
struct Validators: Codable, Sendable, Hashable {
    var etag: String?
    var lastModified: String?
    /// Bytes of the whole file.
    var length: Int64?
    /// Whether ``lastModified`` was a second ago at least when the server answered: no other content has the same.
    var isDateStrong: Bool

    init(_ response: HTTPResponse, length: Int64?) {
        etag = response.headers["ETag"]
        let date = response.headers["Last-Modified"]
        lastModified = date
        self.length = length
        // RFC 9110, section 8.8.2.2. A date in the future is the server's fault.
        isDateStrong = date != nil && response.headers["Date"].map { $0 != date } == true
    }

    /// What a request for the rest of a file names in `If-Range`; nil where nothing is sure to be of one content alone.
    var strong: String? {
        if let etag { return etag.hasPrefix("W/") ? nil : etag }
        return isDateStrong ? lastModified : nil
    }

    /// Whether both are of the same file, as far as can be said; weakly, as `If-None-Match` compares.
    func isSame(as other: Validators) -> Bool {
        func opaque(_ etag: String) -> Substring { etag.hasPrefix("W/") ? etag.dropFirst(2) : etag[...] }
        if let mine = etag, let others = other.etag { return opaque(mine) == opaque(others) }
        guard etag == nil, other.etag == nil, lastModified != nil, length != nil else { return false }
        return lastModified == other.lastModified && length == other.length
    }
}

/// The files of one URL, or of one digest, in the cache. A content has a name of its own and is never put in place of
/// another: machines are laid over it where it is. Everything here blocks.
struct CacheEntry: Sendable {
    /// The newest content of a URL.
    struct Record: Codable, Sendable, Hashable {
        /// In the cache.
        var file: String
        var size: Int64
        var validators: Validators
    }

    private let folder: String
    private let word: String
    private let name: String
    /// What the content must be.
    let sha256: String?

    init(_ folder: String, _ url: HTTPURL, _ sha256: String?) throws(ConnectorError) {
        self.folder = folder
        self.sha256 = sha256
        word = try LaunchIdentity.word(sha256 ?? "\(url)", 16)
        name = LaunchIdentity.plain((url.path as NSString).lastPathComponent, longest: 60)
    }

    private var base: String { "\(folder)/\(word)-\(name)" }
    /// What has come of a content that is not whole.
    var part: String { base + ".part" }
    var lock: String { base + ".lock" }
    private var partValidators: String { part + ".json" }
    private var newest: String { base + ".json" }

    /// Where the content of a digest is.
    func path(_ digest: String) -> String {
        sha256 == nil ? "\(folder)/\(word)-\(digest.prefix(16))-\(name)" : base
    }

    func path(_ record: Record) -> String { "\(folder)/\(record.file)" }

    /// The content that is here: that of the digest, or the newest one that was fetched.
    var known: Record? {
        guard sha256 == nil else { return nil }
        guard let record: Record = Self.read(newest), Self.size(path(record)) == record.size else { return nil }
        return record
    }

    /// How much of a content is here, and of which one; nil where another one could follow it.
    var begun: (size: Int64, validators: Validators)? {
        guard let size = Self.size(part), size > 0, let validators: Validators = Self.read(partValidators),
            validators.strong != nil
        else { return nil }
        return (size, validators)
    }

    func begin(_ validators: Validators) throws(ConnectorError) { try write(validators, partValidators) }

    func forget() {
        for file in [part, partValidators] { unlink(file) }
    }

    /// Gives what has come the name of its content.
    func keep(_ digest: String, _ validators: Validators) throws(ConnectorError) -> String {
        let path = path(digest)
        let size = Self.size(part) ?? 0
        if Self.size(path) == size {
            // The same content as before: what lies over it stays where it is.
            unlink(part)
        } else if rename(part, path) != 0 {
            throw ImageDownload.failure(path)
        }
        if sha256 == nil {
            try write(
                Record(file: (path as NSString).lastPathComponent, size: size, validators: validators), newest)
        }
        unlink(partValidators)
        return path
    }

    private func write<Value: Encodable>(_ value: Value, _ path: String) throws(ConnectorError) {
        do {
            try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ConnectorError(
                code: .unavailable, message: "the folder of images, \(folder), is not usable: \(error)")
        }
    }

    private static func read<Value: Decodable>(_ path: String) -> Value? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }

    private static func size(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}

/// A file that one task of one process holds; a process that ends lets go of it.
struct CacheLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Waits while others hold it.
    static func take(_ path: String) async throws(ConnectorError) -> CacheLock {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw ImageDownload.failure(path) }
            var (own, named) = (stat(), stat())
            // Who let go of it has removed it.
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &own) == 0, stat(path, &named) == 0,
                own.st_ino == named.st_ino
            {
                return CacheLock(descriptor: descriptor, path: path)
            }
            close(descriptor)
            do {
                try await Task.sleep(for: .milliseconds(200))
            } catch {
                throw ConnectorError(code: .cancelled, message: "the wait for \(path) was cancelled")
            }
        }
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    func release() {
        unlink(path)
        close(descriptor)
    }
}
