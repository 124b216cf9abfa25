import ConnectorAPI
import Foundation
import Glibc
import HTTPTransport

/// Fetches images into a folder of this machine and keeps them there. Blocks the thread that its task runs on while it
/// writes.
struct ImageDownload: Sendable {
    let http: any HTTPClient
    let folder: String
    /// Before further tries of a server that does not answer.
    var pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    /// The user's cache.
    static func cacheFolder(_ environment: [String: String]) -> String {
        let base = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/var/tmp") + "/.cache"
        return base + "/gantry/images"
    }

    /// Path of the content of a URL, which is fetched where it is not here, from where an earlier try ended. What is
    /// there is never changed: another content of the same URL has another path. One process at a time fetches it.
    ///
    /// - Parameter sha256: What it must be; one that is here with this digest is not asked for again.
    func path(of url: HTTPURL, sha256: String?) async throws(ConnectorError) -> String {
        let entry = try CacheEntry(folder, url, sha256)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ConnectorError(
                code: .unavailable, message: "the folder of images, \(folder), is not usable: \(error)")
        }
        let earlier = entry.known
        if let sha256, FileManager.default.fileExists(atPath: entry.path(sha256)) { return entry.path(sha256) }
        let lock = try await CacheLock.take(entry.lock)
        defer { lock.release() }
        // Others have fetched it meanwhile.
        if let sha256, FileManager.default.fileExists(atPath: entry.path(sha256)) { return entry.path(sha256) }
        if let known = entry.known, known != earlier { return entry.path(known) }
        var pauses = pauses[...]
        var mayDiffer = true
        while true {
            let before = entry.begun?.size ?? 0
            switch try await fetch(url, entry) {
            case .whole(let path): return path
            case .other where mayDiffer:
                entry.forget()
                mayDiffer = false
            case .other: throw Self.refused(url, "its server sends parts that do not belong together")
            case .broken(let reason):
                // As long as something comes it goes on.
                if entry.begun?.size ?? 0 > before { continue }
                guard let pause = pauses.popFirst() else {
                    throw Self.refused(url, "\(reason); the next try goes on where this one ended")
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    private enum Fetched {
        case whole(String)
        /// What was there of it belongs to another content.
        case other
        case broken(String)
    }

    /// Nothing was made yet, so that nobody has to look what has become of it.
    private static func refused(_ url: HTTPURL, _ reason: String) -> ConnectorError {
        ConnectorError(
            code: .invalidArgument,
            message:
                "the image at \(url) could not be fetched, and no machine was made: \(reason); can the machine that "
                + "Gantry runs on reach that server? An image that is there already is written file:///PATH",
            field: "image")
    }

    private func fetch(_ url: HTTPURL, _ entry: CacheEntry) async throws(ConnectorError) -> Fetched {
        let known = entry.known
        let begun = entry.begun
        var headers = HTTPHeaders()
        if let etag = known?.validators.etag {
            headers.set("If-None-Match", etag)
        } else if let date = known?.validators.lastModified {
            headers.set("If-Modified-Since", date)
        }
        if let begun, let mark = begun.validators.strong {
            headers.set("Range", "bytes=\(begun.size)-")
            headers.set("If-Range", mark)
        }
        let request = HTTPRequest(
            .get, url, headers: headers, timeouts: .init(connect: .seconds(20), total: nil, stall: .seconds(60)),
            maximumRedirects: 5)
        // One that was fetched before is better than none.
        guard let response = try await answer(to: request, url, isNeeded: known == nil) else {
            return known.map { .whole(entry.path($0)) } ?? .broken("no answer")
        }
        var offset: Int64 = 0
        var length = response.headers["Content-Length"].flatMap { Int64($0) }
        switch response.status {
        case 304:
            guard let known else { throw Self.refused(url, "its server says that it has not changed") }
            return .whole(entry.path(known))
        case 200:
            // A server that does not look at what it is asked has sent what is here already.
            if let known, known.validators.isSame(as: Validators(response, length: length)) {
                return .whole(entry.path(known))
            }
        case 206 where begun != nil:
            guard let begun, let rest = Self.rest(response), rest.from == begun.size,
                response.headers["ETag"].map({ $0 == begun.validators.etag }) != false
            else { return .other }
            (offset, length) = (rest.from, rest.total ?? length.map { $0 + rest.from })
        case 416 where begun != nil: return .other
        case 404, 410:
            throw ConnectorError(
                code: .invalidArgument, message: "there is no image at \(url) (HTTP \(response.status))", field: "image"
            )
        default:
            if let known { return .whole(entry.path(known)) }
            throw ConnectorError(
                code: response.status < 500 ? .invalidArgument : .unavailable,
                message: "the server of \(url) answered HTTP \(response.status)", field: "image")
        }
        var validators = Validators(response, length: length)
        if offset > 0, let begun { validators = begun.validators }
        try entry.begin(validators)
        if let reason = try await write(response, from: offset, of: length, to: entry.part, url) {
            return .broken(reason)
        }
        if DiskImage.isPage(try ImageFile(entry.part).header) {
            entry.forget()
            throw ConnectorError(
                code: .invalidArgument,
                message:
                    "\(url) answers with a page, not with an image: open it in a browser, and write the URL of the "
                    + "image itself", field: "image")
        }
        let found = try ImageFile.sha256(entry.part)
        if let sha256 = entry.sha256, found != sha256 {
            // Of two contents, or a fault of the first part: once more as a whole.
            if offset > 0 { return .other }
            entry.forget()
            throw ConnectorError(
                code: .invalidArgument,
                message: "the image at \(url) has the SHA-256 \(found), not \(sha256) as the document says",
                field: "image")
        }
        return .whole(try entry.keep(found, validators))
    }

    /// Of a part of a file: where it begins, and how long the whole is (RFC 9110, section 14.4).
    private static func rest(_ response: HTTPResponse) -> (from: Int64, total: Int64?)? {
        guard let range = response.headers["Content-Range"],
            let match = range.wholeMatch(of: /bytes (\d+)-\d+\/(\d+|\*)/), let from = Int64(match.1)
        else { return nil }
        return (from, Int64(match.2))
    }

    /// The server's answer, which is asked for a few times.
    ///
    /// - Parameter isNeeded: Else nil where there is none.
    /// - Throws: ``ConnectorError/Code/invalidArgument``: no machine was made yet, and who asks has to look.
    private func answer(
        to request: HTTPRequest, _ url: HTTPURL, isNeeded: Bool
    ) async throws(ConnectorError) -> HTTPResponse? {
        var pauses = pauses[...]
        while true {
            do throws(HTTPError) {
                return try await http.send(request)
            } catch {
                guard isNeeded else { return nil }
                if error.code == .cancelled { throw Self.failure(url, error) }
                let mayPass = [.unreachable, .unresolved, .timeout, .connectionLost].contains(error.code)
                guard mayPass, let pause = pauses.popFirst() else { throw Self.refused(url, error.message) }
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// - Parameter total: Bytes of the whole file, where the server says.
    /// - Returns: Why not all came; nil when it did.
    private func write(
        _ response: HTTPResponse, from offset: Int64, of total: Int64?, to part: String, _ url: HTTPURL
    ) async throws(ConnectorError) -> String? {
        let descriptor = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | (offset == 0 ? O_TRUNC : 0), 0o644)
        guard descriptor >= 0 else { throw Self.failure(part) }
        defer { close(descriptor) }
        guard lseek(descriptor, Int(offset), SEEK_SET) == Int(offset) else { throw Self.failure(part) }
        var written = offset
        do {
            for try await piece in response.body {
                var sent = 0
                while sent < piece.count {
                    let count = piece.withUnsafeBytes { bytes in
                        Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                    }
                    guard count > 0 else { throw Self.failure(part) }
                    sent += count
                }
                written += Int64(piece.count)
                if let total, total > 0 {
                    CallContext.reportProgress(
                        fraction: Double(written) / Double(total), message: "fetches \(url)")
                }
            }
        } catch let error as ConnectorError {
            throw error
        } catch let error as HTTPError where error.code == .cancelled {
            throw Self.failure(url, error)
        } catch {
            return (error as? HTTPError)?.message ?? "\(error)"
        }
        if let total, written != total { return "it ended after \(written) of \(total) bytes" }
        // A name of it must not outlive a power cut that its content does not.
        guard fsync(descriptor) == 0 else { throw Self.failure(part) }
        return nil
    }

    static func failure(_ path: String) -> ConnectorError {
        let isFull = errno == ENOSPC
        return ConnectorError(
            code: isFull ? .quotaExceeded : .unavailable, message: "\(path): \(String(cString: strerror(errno)))")
    }

    private static func failure(_ url: HTTPURL, _ error: HTTPError) -> ConnectorError {
        ConnectorError(code: .unavailable, message: "the image at \(url) could not be fetched: \(error.message)")
    }
}
