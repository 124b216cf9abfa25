import Foundation
import Glibc
import HTTPTransport
import TestSupport
import Testing

/// Clients that hold connections, say half of what they want, or send more than anybody reads: others notice nothing.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ServiceClientTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// A connection of a client that does what it likes.
    private final class Connection {
        private let descriptor: Int32

        init(to url: String) throws {
            let port = try #require(URL(string: url)?.port)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port).bigEndian)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var patience = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(status == 0, "connect: \(String(cString: strerror(errno)))")
        }

        deinit { close(descriptor) }

        /// Whether all of it went out.
        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// What comes until the other side ends, is silent, or has said these words.
        func answer(until words: String? = nil) -> String {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer[..<count]
                let text = String(decoding: bytes, as: UTF8.self)
                if bytes.count > 1 << 20 || words.map(text.contains) == true { return text }
            }
        }
    }

    private func daemon() async throws -> Daemon {
        try await Daemon(state: scratch.path("state"), authorization: [], log: scratch.path("log"))
    }

    /// Sets how many files this process, and a child from now on, may open.
    private func allow(_ files: Int) throws {
        var limits = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        try #require(getrlimit(resource, &limits) == 0)
        try #require(limits.rlim_max >= files, "ulimit -Hn \(files) or more is needed")
        limits.rlim_cur = rlim_t(files)
        try #require(setrlimit(resource, &limits) == 0)
    }

    private func answersSoon(_ daemon: Daemon) async throws -> Duration {
        let start = ContinuousClock.now
        _ = try await daemon.call(.get, "/version")
        return ContinuousClock.now - start
    }

    @Test("more idle connections than a process may usually open, half of them with half a header")
    func idleConnections() async throws {
        try allow(1_024)
        let daemon = try await daemon()
        try allow(4_000)
        var connections: [Connection] = []
        for _ in 0..<1_500 { connections.append(try Connection(to: daemon.url)) }
        for _ in 0..<1_500 {
            let connection = try Connection(to: daemon.xmlrpcURL)
            connection.send(Array("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Le".utf8))
            connections.append(connection)
        }
        #expect(try await answersSoon(daemon) < .seconds(2))
        #expect(connections.count == 3_000)
        // A child is no worse off: the store and connectors can be used.
        let id = try await daemon.create("system a ()\n")
        #expect(try await daemon.call(.get, "/infrastructures").contains(id))
    }

    @Test("a body of 100 MB is refused while it comes", arguments: ["length", "chunks"])
    func hugeBody(form: String) async throws {
        let daemon = try await daemon()
        let connection = try Connection(to: daemon.url)
        let size = 100 << 20
        connection.send(
            Array(
                ("POST /infrastructures HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                    + "Authorization: type = InfrastructureManager; username = ada; password = one\r\n"
                    + (form == "length" ? "Content-Length: \(size)" : "Transfer-Encoding: chunked") + "\r\n\r\n").utf8))
        let piece = [UInt8](repeating: 0x20, count: 1 << 20)
        for _ in 0..<100 {
            let framed = form == "length" ? piece : Array("100000\r\n".utf8) + piece + Array("\r\n".utf8)
            guard connection.send(framed) else { break }
        }
        if form == "chunks" { connection.send(Array("0\r\n\r\n".utf8)) }
        let answer = connection.answer(until: "16 MiB")
        #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer.prefix(200))")
        #expect(answer.contains("larger than 16 MiB"), "\(answer.prefix(400))")
        #expect(try await answersSoon(daemon) < .seconds(2))
    }

    @Test(
        "what is no request is answered or ended, and others are served",
        arguments: [
            "\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}",
            "POST /infrastructures HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            "POST /infrastructures HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            "POST /infrastructures HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /" + String(repeating: "a", count: 2 << 20) + " HTTP/1.1\r\n\r\n",
        ])
    func noRequest(text: String) async throws {
        let daemon = try await daemon()
        for url in [daemon.url, daemon.xmlrpcURL] {
            let connection = try Connection(to: url)
            connection.send(Array(text.utf8))
            let fine = try Connection(to: url)
            fine.send(Array("GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
            #expect(fine.answer().hasPrefix("HTTP/1.1 "))
        }
        #expect(try await answersSoon(daemon) < .seconds(2))
    }
}
