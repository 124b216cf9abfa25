import Glibc
import HummingbirdTesting
import Support
import Testing

/// Connections on which nothing comes any more are closed; others are answered meanwhile.
@Suite struct SlowClientTests {
    @Test(arguments: [
        "", "POST /RPC2 HTTP/1.1\r\nHost: x\r\n",
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<methodCall>",
    ]) func silence(_ beginning: String) async throws {
        try await Served.serve(nil, .xmlrpc, overNetwork: true, patience: .seconds(3)) { client in
            let port = try #require(client.port)
            let silent = try Connection(port: port)
            silent.send(beginning)
            let other = try Connection(port: port)
            other.send(
                "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\n\r\n"
                    + "<methodCall><methodName>GetVersion</methodName></methodCall>     ")
            // Ends, too, as nothing comes after the answer.
            let answer = await other.text(within: .seconds(60))
            #expect(answer.contains("<string>1.19.1</string>"), "\(answer)")
            #expect(await silent.text(within: .seconds(60)) == "")
            #expect(silent.isClosed && other.isClosed)
        }
    }

    @Test("a body that trickles in is refused, however long its client goes on", arguments: [false, true])
    func trickle(isREST: Bool) async throws {
        try await Served.serve(nil, isREST ? .rest : .xmlrpc, overNetwork: true, bodyPatience: .seconds(1)) { client in
            let slow = try Connection(port: try #require(client.port))
            let authorization = "type = InfrastructureManager; username = ada; password = one"
            slow.send(
                "POST \(isREST ? "/infrastructures" : "/RPC2") HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
                    + "Authorization: \(authorization)\r\n\r\n")
            let deadline = ContinuousClock.now + .seconds(30)
            var answer = ""
            while ContinuousClock.now < deadline, !answer.contains("too slow"), !slow.isClosed {
                slow.send(" ")
                answer += await slow.text(within: .milliseconds(100))
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(answer.contains("is too slow: it did not arrive within 1 s; send it again"), "\(answer)")
            _ = await slow.text(within: .seconds(20))
            #expect(slow.isClosed)
        }
    }

    private static let version = "<methodCall><methodName>GetVersion</methodName></methodCall>"

    /// Requests as they are on the wire, and what is in the answers.
    static let requests: [(String, String)] = [
        ("POST / HTTP/1.0\r\nContent-Length: \(version.utf8.count)\r\n\r\n\(version)", "Content-Length: 204"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + version.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n", "<string>1.19.1</string>"
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n<methodCall>", "HTTP/1.1 413"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n<methodCall>\r\n9\r\n</method>\r\n",
            "well-formed"
        ),
        ("GET /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(version.utf8.count)\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n"
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 104857600\r\n\r\n", "HTTP/1.1 413"),
        ("HELLO\r\n\r\n", "HTTP/1.1 400"),
    ]

    @Test(arguments: requests.indices) func onTheWire(_ index: Int) async throws {
        let (request, words) = Self.requests[index]
        try await Served.serve(nil, .xmlrpc, overNetwork: true) { client in
            let connection = try Connection(port: try #require(client.port))
            connection.send(request)
            let answer = await connection.text(within: .seconds(60)) { $0.contains(words) }
            #expect(answer.contains(words), "\(answer)")
        }
    }

    @Test("a client of HTTP/1.0 that reads to the end is not left waiting") func oldClients() async throws {
        try await Served.serve(nil, .rest, overNetwork: true) { client in
            let connection = try Connection(port: try #require(client.port))
            connection.send("GET /version HTTP/1.0\r\n\r\n")
            let answer = await connection.text(within: .seconds(20))
            #expect(answer.contains("2.0.0") && connection.isClosed, "\(answer)")
        }
    }

    /// A plain socket.
    private final class Connection: Sendable {
        private let descriptor: Int32

        struct Failure: Error {}

        init(port: Int) throws {
            // What the server was asked to listen at by the library's test support.
            var list: UnsafeMutablePointer<addrinfo>?
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            guard getaddrinfo("localhost", String(port), &hints, &list) == 0 else { throw Failure() }
            defer { freeaddrinfo(list) }
            var next = list
            while let address = next?.pointee {
                let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
                if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                    self.descriptor = descriptor
                    return
                }
                close(descriptor)
                next = address.ai_next
            }
            throw Failure()
        }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        private let closed = LockedValue(false)

        /// Whether the other side has ended it.
        var isClosed: Bool { closed.withLock { $0 } }

        /// What came until it is enough, or the other side ended it.
        func text(within limit: Duration, until isEnough: (String) -> Bool = { _ in false }) async -> String {
            let deadline = ContinuousClock.now + limit
            var buffer: [UInt8] = Array(repeating: 0, count: 4096)
            var text = ""
            while ContinuousClock.now < deadline, !isEnough(text) {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count > 0 {
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                } else if count == 0 || errno == ECONNRESET {
                    closed.withLock { $0 = true }
                    break
                } else {
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
            return text
        }

        deinit { close(descriptor) }
    }
}
