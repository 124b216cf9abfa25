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

    /// Path of the content of a URL, which is fetched where it is not here, from where an earlier try ended.
    ///
    /// - Parameter sha256: What it must be; one that is here with this digest is not asked for again.
    func path(of url: HTTPURL, sha256: String?) async throws(ConnectorError) -> String {
        let name = (url.path as NSString).lastPathComponent
        let word = try LaunchIdentity.word(sha256 ?? "\(url)", 16)
        let path = "\(folder)/\(word)-\(LaunchIdentity.plain(name, longest: 60))"
        try files { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        let isHere = FileManager.default.fileExists(atPath: path)
        if isHere, sha256 != nil { return path }
        let part = path + ".part"
        let mark = isHere ? Self.text(path + ".etag") : nil
        let there = isHere ? 0 : ((try? FileManager.default.attributesOfItem(atPath: part)[.size]) as? Int64) ?? 0
        var headers = HTTPHeaders()
        if let mark { headers.set("If-None-Match", mark) }
        let partMark = Self.text(part + ".etag")
        // Only what has a mark is sure to be the same file's.
        let resumes = there > 0 && partMark != nil
        if resumes, let partMark {
            headers.set("Range", "bytes=\(there)-")
            headers.set("If-Range", partMark)
        }
        let request = HTTPRequest(
            .get, url, headers: headers, timeouts: .init(connect: .seconds(20), total: nil, stall: .seconds(60)),
            maximumRedirects: 5)
        // One that was fetched before is better than none.
        guard let response = try await answer(to: request, url, isNeeded: !isHere) else { return path }
        switch response.status {
        case 304 where isHere: return path
        case 200, 206: break
        case 404, 410:
            throw ConnectorError(
                code: .invalidArgument, message: "there is no image at \(url) (HTTP \(response.status))", field: "image"
            )
        default:
            if isHere { return path }
            throw ConnectorError(
                code: response.status < 500 ? .invalidArgument : .unavailable,
                message: "the server of \(url) answered HTTP \(response.status)", field: "image")
        }
        try await write(response, from: response.status == 206 ? there : 0, to: part, url)
        if let sha256 {
            let found = try ImageFile.sha256(part)
            guard found == sha256 else {
                for file in [part, part + ".etag"] { unlink(file) }
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "the image at \(url) has the SHA-256 \(found), not \(sha256) as the document says",
                    field: "image")
            }
        }
        guard rename(part, path) == 0 else { throw Self.failure(path) }
        rename(part + ".etag", path + ".etag")
        return path
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
                guard mayPass, let pause = pauses.popFirst() else {
                    throw ConnectorError(
                        code: .invalidArgument,
                        message:
                            "the image at \(url) could not be fetched, and no machine was made: \(error.message); can "
                            + "the machine that Gantry runs on reach that server? An image that is there already is "
                            + "written file:///PATH", field: "image")
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func write(
        _ response: HTTPResponse, from offset: Int64, to part: String, _ url: HTTPURL
    ) async throws(ConnectorError) {
        let descriptor = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | (offset == 0 ? O_TRUNC : 0), 0o644)
        guard descriptor >= 0, lseek(descriptor, Int(offset), SEEK_SET) == Int(offset) else {
            throw Self.failure(part)
        }
        defer { close(descriptor) }
        let mark = response.headers["ETag"] ?? response.headers["Last-Modified"]
        if let mark, !mark.hasPrefix("W/") {
            try files { try mark.write(toFile: part + ".etag", atomically: true, encoding: .utf8) }
        } else {
            unlink(part + ".etag")
        }
        let total = response.headers["Content-Length"].flatMap { Int64($0) }.map { $0 + offset }
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
        } catch let error as HTTPError {
            throw Self.failure(url, error)
        } catch {
            throw ConnectorError(code: .unavailable, message: "\(url): \(error)")
        }
        if let total, written != total {
            throw ConnectorError(
                code: .unavailable,
                message: "\(url) ended after \(written) of \(total) bytes; the next try goes on there")
        }
    }

    private func files(_ body: () throws -> Void) throws(ConnectorError) {
        do {
            try body()
        } catch {
            throw ConnectorError(
                code: .unavailable, message: "the folder of images, \(folder), is not usable: \(error)")
        }
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func failure(_ path: String) -> ConnectorError {
        let isFull = errno == ENOSPC
        return ConnectorError(
            code: isFull ? .quotaExceeded : .unavailable, message: "\(path): \(String(cString: strerror(errno)))")
    }

    private static func failure(_ url: HTTPURL, _ error: HTTPError) -> ConnectorError {
        ConnectorError(code: .unavailable, message: "the image at \(url) could not be fetched: \(error.message)")
    }
}
