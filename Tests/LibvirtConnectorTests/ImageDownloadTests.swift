import ConnectorAPI
import Foundation
import HTTPTransport
import Support
import Testing

@testable import Libvirt

/// Serves one file, as far as it is asked for.
private actor Server: HTTPClient {
    struct Manner: Sendable {
        var etag: String? = "\"1\""
        var lastModified: String?
        var date: String?
        /// Of the content; then the connection ends.
        var endsAfter: Int?
        /// Bytes of one answer; then the connection ends.
        var longest: Int?
        /// Answers what has not changed as what has.
        var ignoresConditions = false
        /// Sends the rest of what is there now, whichever it was begun of.
        var ignoresIfRange = false
        /// No answer before it is opened.
        var gate: AsyncStream<Void>?
    }

    var content: [UInt8]
    var manner: Manner
    private(set) var requests: [HTTPRequest] = []
    /// How many bodies were read, or begun.
    let bodies = LockedValue(0)

    init(_ content: [UInt8], _ manner: Manner = Manner()) {
        self.content = content
        self.manner = manner
    }

    func change(_ content: [UInt8]? = nil, _ manner: Manner? = nil) {
        if let content { self.content = content }
        if let manner { self.manner = manner }
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        requests.append(request)
        if let gate = manner.gate { for await _ in gate {} }
        var headers = HTTPHeaders()
        for (name, value) in [("ETag", manner.etag), ("Last-Modified", manner.lastModified), ("Date", manner.date)] {
            if let value { headers.set(name, value) }
        }
        let asked = request.headers
        let isKnown =
            asked["If-None-Match"].map { $0 == manner.etag }
            ?? asked["If-Modified-Since"].map { $0 == manner.lastModified } ?? false
        if isKnown, !manner.ignoresConditions {
            return HTTPResponse(status: 304, headers: headers, body: HTTPBody(bytes: []))
        }
        var start = asked["Range"].flatMap { Int($0.split(separator: "=")[1].dropLast()) } ?? 0
        let mark = asked["If-Range"]
        if !manner.ignoresIfRange, mark != manner.etag, mark != manner.lastModified { start = 0 }
        if start > content.count {
            return HTTPResponse(status: 416, headers: headers, body: HTTPBody(bytes: []))
        }
        headers.set("Content-Length", String(content.count - start))
        if start > 0 { headers.set("Content-Range", "bytes \(start)-\(content.count - 1)/\(content.count)") }
        let end = max(
            start,
            min(manner.endsAfter ?? content.count, manner.longest.map { start + $0 } ?? content.count, content.count))
        return HTTPResponse(
            status: start > 0 ? 206 : 200, headers: headers,
            body: HTTPBody(source: Source(Array(content[start..<end]), bodies)))
    }

    private final class Source: HTTPBodySource {
        private let bytes: LockedValue<[UInt8]?>
        private let bodies: LockedValue<Int>

        init(_ bytes: [UInt8], _ bodies: LockedValue<Int>) {
            self.bytes = LockedValue(bytes)
            self.bodies = bodies
        }

        func next() async throws(HTTPError) -> [UInt8]? {
            let bytes = self.bytes.withLock { bytes in
                defer { bytes = nil }
                return bytes
            }
            if bytes != nil { bodies.withLock { $0 += 1 } }
            return bytes?.isEmpty == true ? nil : bytes
        }
    }
}

@Suite("Downloads of images")
struct ImageDownloadTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-images-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    private static let newer = (0..<90_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func url() throws -> HTTPURL { try HTTPURL("https://example.org/a.qcow2") }

    private static func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    @Test("One that ended too early goes on where it ended, and the whole is asked for once")
    func resumes() async throws {
        try await withFolder { folder in
            let server = Server(Self.content, .init(endsAfter: 40_000))
            let download = ImageDownload(http: server, folder: folder, pauses: [])
            let error = await #expect(throws: ConnectorError.self) {
                _ = try await download.path(of: try url(), sha256: nil)
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("it ended after 40000 of 100000 bytes") == true)
            #expect(await server.requests.map { $0.headers["Range"] } == [nil, "bytes=40000-"])
            await server.change(nil, .init())
            let path = try await download.path(of: try url(), sha256: nil)
            #expect(await server.requests.last?.headers["Range"] == "bytes=40000-")
            #expect(Self.bytes(path) == Self.content)
            #expect(try await download.path(of: try url(), sha256: nil) == path)
            #expect(await server.requests.last?.headers["If-None-Match"] == "\"1\"")
        }
    }

    @Test("A page is told as one, and not kept")
    func page() async throws {
        try await withFolder { folder in
            let server = Server(Array("\n <!DOCTYPE html><title>Log in</title>".utf8))
            let error = await #expect(throws: ConnectorError.self) {
                _ = try await ImageDownload(http: server, folder: folder, pauses: []).path(of: try url(), sha256: nil)
            }
            #expect(
                error?.message.contains("https://example.org/a.qcow2 answers with a page, not with an image") == true)
            let kept = try? FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(kept == [])
        }
    }

    @Test("A line that breaks again and again brings the whole, as long as something comes")
    func breaks() async throws {
        try await withFolder { folder in
            let server = Server(Self.content, .init(longest: 9_000))
            let path = try await ImageDownload(http: server, folder: folder, pauses: [])
                .path(of: try url(), sha256: nil)
            #expect(Self.bytes(path) == Self.content)
            #expect(await server.requests.count == 12)
        }
    }

    @Test("A newer content has another path, and what machines may lie over stays as it is")
    func newerContent() async throws {
        try await withFolder { folder in
            let server = Server(Self.content)
            let download = ImageDownload(http: server, folder: folder)
            let first = try await download.path(of: try url(), sha256: nil)
            await server.change(Self.newer, .init(etag: "\"2\""))
            let second = try await download.path(of: try url(), sha256: nil)
            #expect(second != first)
            #expect(Self.bytes(first) == Self.content)
            #expect(Self.bytes(second) == Self.newer)
            // The first one again, under another mark.
            await server.change(Self.content, .init(etag: "\"3\""))
            #expect(try await download.path(of: try url(), sha256: nil) == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        }
    }

    @Test(
        "What has not changed is not fetched again, however the server says so",
        arguments: [
            (Server.Manner(ignoresConditions: true), "If-None-Match"),
            (Server.Manner(etag: "W/\"1\""), "If-None-Match"),
            (Server.Manner(etag: nil, lastModified: "Mon, 01 Jan 2024 00:00:00 GMT"), "If-Modified-Since"),
            (
                Server.Manner(
                    etag: nil, lastModified: "Mon, 01 Jan 2024 00:00:00 GMT", ignoresConditions: true),
                "If-Modified-Since"
            ),
        ])
    fileprivate func unchanged(manner: Server.Manner, condition: String) async throws {
        try await withFolder { folder in
            let server = Server(Self.content, manner)
            let download = ImageDownload(http: server, folder: folder)
            let path = try await download.path(of: try url(), sha256: nil)
            #expect(try await download.path(of: try url(), sha256: nil) == path)
            #expect(await server.requests.last?.headers[condition] != nil)
            #expect(server.bodies.withLock { $0 } == 1)
            #expect(Self.bytes(path) == Self.content)
        }
    }

    @Test("A part of another content is not continued", arguments: [true, false])
    func otherPart(isLonger: Bool) async throws {
        try await withFolder { folder in
            let server = Server(Self.content, .init(endsAfter: 40_000))
            let download = ImageDownload(http: server, folder: folder, pauses: [])
            _ = try? await download.path(of: try url(), sha256: nil)
            // The newer one is sent from where the older one ended, or has ended there.
            let content = isLonger ? Self.newer : Array(Self.newer[..<30_000])
            await server.change(content, .init(etag: "\"2\"", ignoresIfRange: true))
            let path = try await download.path(of: try url(), sha256: nil)
            #expect(await server.requests.map { $0.headers["Range"] } == [nil, "bytes=40000-", "bytes=40000-", nil])
            #expect(Self.bytes(path) == content)
        }
    }

    @Test("A date marks a part where it is older than the answer", arguments: [true, false])
    func dates(isOlder: Bool) async throws {
        try await withFolder { folder in
            let date = "Mon, 01 Jan 2024 00:00:00 GMT"
            let manner = Server.Manner(
                etag: nil, lastModified: date, date: isOlder ? "Tue, 02 Jan 2024 00:00:00 GMT" : date, endsAfter: 40_000
            )
            let server = Server(Self.content, manner)
            let download = ImageDownload(http: server, folder: folder, pauses: [])
            _ = try? await download.path(of: try url(), sha256: nil)
            _ = try? await download.path(of: try url(), sha256: nil)
            #expect(await server.requests.last?.headers["If-Range"] == (isOlder ? date : nil))
        }
    }

    @Test("Two processes that want one image fetch it once")
    func once() async throws {
        try await withFolder { folder in
            let (gate, open) = AsyncStream<Void>.makeStream()
            let server = Server(Self.content, .init(gate: gate))
            async let first = ImageDownload(http: server, folder: folder).path(of: try url(), sha256: nil)
            while await server.requests.isEmpty { await Task.yield() }
            async let second = ImageDownload(http: server, folder: folder).path(of: try url(), sha256: nil)
            for _ in 0..<1_000 { await Task.yield() }
            open.finish()
            let paths = try await [first, second]
            #expect(paths[0] == paths[1])
            #expect(await server.requests.count == 1)
            #expect(Self.bytes(paths[0]) == Self.content)
        }
    }

    @Test("Whoever asks after the end has what came meanwhile")
    func kept() async throws {
        let work = BackgroundWork<Int>("test", keeps: .seconds(60))
        let (gate, open) = AsyncStream<Void>.makeStream()
        let runs = LockedValue(0)
        @Sendable func job() async throws(ConnectorError) -> Int {
            for await _ in gate {}
            return runs.withLock { runs in
                runs += 1
                return runs
            }
        }
        #expect(try await work.result("a", patience: .zero, job) == nil)
        open.finish()
        for _ in 0..<3 { #expect(try await work.result("a", patience: .seconds(60), job) == 1) }
    }

    @Test("Who is cancelled waits no longer, and the work goes on for others", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let work = BackgroundWork<Int>("test", keeps: .seconds(60))
        let (gate, open) = AsyncStream<Void>.makeStream()
        @Sendable func job() async throws(ConnectorError) -> Int {
            for await _ in gate {}
            return 7
        }
        for wait in [Duration.zero, .milliseconds(50)] {
            let waiting = Task { try await work.result("a", patience: .seconds(600), job) }
            try await Task.sleep(for: wait)
            waiting.cancel()
            #expect(try await waiting.value == nil)
        }
        open.finish()
        #expect(try await work.result("a", patience: .seconds(60), job) == 7)
    }

    /// Answers after some requests that find nobody.
    private actor Absent: HTTPClient {
        private(set) var count = 0
        private let whenThere: Int

        init(until whenThere: Int) { self.whenThere = whenThere }

        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
            count += 1
            guard count >= whenThere else { throw HTTPError(code: .unreachable, message: "connection refused") }
            return HTTPResponse(status: 200, headers: HTTPHeaders(), body: HTTPBody(bytes: [1]))
        }
    }

    @Test("A server that is not there is asked a few times; then nothing was made, and that is told")
    func absent() async throws {
        try await withFolder { folder in
            let pauses = [Duration.zero, .zero]
            let url = try HTTPURL("https://example.org/a.qcow2")
            let server = Absent(until: 3)
            let download = ImageDownload(http: server, folder: folder, pauses: pauses)
            #expect(FileManager.default.fileExists(atPath: try await download.path(of: url, sha256: nil)))
            let gone = Absent(until: .max)
            let other = try HTTPURL("https://example.org/b.qcow2")
            let error = await #expect(throws: ConnectorError.self) {
                _ = try await ImageDownload(http: gone, folder: folder, pauses: pauses).path(of: other, sha256: nil)
            }
            #expect(await gone.count == 3)
            // The machine has failed: whether it was launched is in no doubt.
            #expect(error?.code == .invalidArgument)
            #expect(
                error?.message.contains("\(other) could not be fetched, and no machine was made: connection ref")
                    == true)
        }
    }

    @Test("A wrong digest is refused and nothing is kept; a right one is not asked for again")
    func digests() async throws {
        try await withFolder { folder in
            let server = Server(Self.content)
            let download = ImageDownload(http: server, folder: folder)
            let url = try HTTPURL("https://example.org/a.qcow2")
            let wrong = String(repeating: "0", count: 64)
            let error = await #expect(throws: ConnectorError.self) {
                _ = try await download.path(of: url, sha256: wrong)
            }
            #expect(error?.code == .invalidArgument)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            let right = Digest.hexadecimal(try Digest.sha256(Self.content))
            let path = try await download.path(of: url, sha256: right)
            let count = await server.requests.count
            #expect(try await download.path(of: url, sha256: right) == path)
            #expect(await server.requests.count == count)
        }
    }
}
