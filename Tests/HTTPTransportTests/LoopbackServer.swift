import Foundation
import Glibc
import Support
import TestSupport

@testable import HTTPTransport

/// A real server on a loopback port that answers exactly the bytes a test wants, also wrong ones.
///
/// Each connection runs its handler on a thread of its own, so that a handler may block. What threads share is locked.
final class LoopbackServer: Sendable {
    struct Failure: Error {
        let message: String
    }

    struct Request: Sendable {
        var line: String
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]

        var method: String { String(line.split(separator: " ")[0]) }
        var target: String { String(line.split(separator: " ")[1]) }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// One accepted connection; used by its handler's thread.
    struct Connection: Sendable {
        let descriptor: Int32
        /// From 1, in the order of acceptance.
        let number: Int
        fileprivate let server: LoopbackServer

        /// The next request, or nil at the end of the connection.
        func request() -> Request? {
            var bytes: [UInt8] = []
            let end = Array("\r\n\r\n".utf8)
            while bytes.suffix(4) != end[...] {
                var byte: UInt8 = 0
                guard read(descriptor, &byte, 1) == 1 else { return nil }
                bytes.append(byte)
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
            var request = Request(line: lines.first ?? "", headers: [:], body: [])
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                request.headers[parts[0].lowercased()] =
                    parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            }
            var left = Int(request.headers["content-length"] ?? "") ?? 0
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while left > 0 {
                let count = read(descriptor, &buffer, min(left, buffer.count))
                guard count > 0 else { return nil }
                request.body += buffer[..<count]
                left -= count
            }
            server.state.withLock { $0.requests.append(request) }
            return request
        }

        /// False when the other side is gone.
        @discardableResult
        func write(_ text: String) -> Bool { write(Array(text.utf8)) }

        @discardableResult
        func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0x4000) }
                guard count > 0 else { return false }
                sent += count
                server.state.withLock { $0.written += count }
            }
            return true
        }

        /// A whole answer with a length.
        @discardableResult
        func answer(_ status: Int = 200, headers: [String: String] = [:], _ body: String = "") -> Bool {
            let lines = headers.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
            return write("HTTP/1.1 \(status) Whatever\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }

        /// Ends the connection with a TCP reset.
        func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }

        /// Blocks until the other side closes.
        func waitForEnd() {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) > 0 {}
        }
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var written = 0
        var ended = 0
    }

    private let state = LockedValue(State())
    private let listener: LoopbackPort
    let port: Int

    /// Serves until the server is released; `handler` has one connection and returns to close it.
    init(_ handler: @escaping @Sendable (Connection) -> Void) throws {
        let listener = try LoopbackPort(backlog: 64)
        self.listener = listener
        port = listener.number
        let accepting = Thread { [weak self] in
            while true {
                let descriptor = accept(listener.descriptor, nil, nil)
                guard descriptor >= 0, let self else {
                    if descriptor >= 0 { close(descriptor) }
                    return
                }
                let number = state.withLock { state -> Int in
                    state.connections += 1
                    return state.connections
                }
                let connection = Connection(descriptor: descriptor, number: number, server: self)
                Thread.detachNewThread {
                    handler(connection)
                    close(descriptor)
                    connection.server.state.withLock { $0.ended += 1 }
                }
            }
        }
        accepting.start()
    }

    /// Answers every request by a function.
    static func answering(_ answer: @escaping @Sendable (Connection, Request) -> Void) throws -> LoopbackServer {
        try LoopbackServer { connection in
            while let request = connection.request() { answer(connection, request) }
        }
    }

    deinit {
        // The thread that accepts holds the port and lets go of it then.
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    /// Bytes that were given to the kernel.
    var written: Int { state.withLock { $0.written } }
    /// Connections whose handler has returned.
    var ended: Int { state.withLock { $0.ended } }
}

/// A gate between a test and a handler's thread.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }
    /// Blocks a handler's thread, 10 s at most.
    func wait() { _ = semaphore.wait(timeout: .now() + 10) }
}

/// Waits until a condition of another thread holds, 10 s at most.
func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    for _ in 0..<1_000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}
