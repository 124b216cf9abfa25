import Foundation
import Glibc
import Synchronization
import TestSupport

/// A real server on a loopback port that answers as a test wants, and keeps what it was asked.
final class RecordingServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// Path and query as they came.
        var target: String
        /// Names in lower case.
        var headers: [String: String]
        var body: String

        var line: String { "\(method) \(target)" }
    }

    enum Reply: Sendable {
        case answer(Int, [String: String] = [:], String = "")
        /// Ends the connection without an answer.
        case lost
    }

    private let seen = Mutex<[Request]>([])
    private let port: LoopbackPort

    var url: String { "http://127.0.0.1:\(port.number)" }
    var requests: [Request] { seen.withLock { $0 } }
    /// All but those that every command begins with.
    var lines: [String] { requests.map(\.line).filter { $0 != "GET /version" && $0 != "GET /summaries" } }

    /// - Parameter answer: Called on a thread of its connection.
    init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
        port = try LoopbackPort(backlog: 64)
        let descriptor = port.descriptor
        let accepting = Thread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                guard let self else {
                    close(connection)
                    return
                }
                Thread.detachNewThread { [weak self] in
                    defer { close(connection) }
                    while let request = Self.read(connection) {
                        guard let self else { return }
                        self.seen.withLock { $0.append(request) }
                        guard case .answer(let status, let headers, let body) = answer(request) else { return }
                        Self.write(connection, status, headers, body)
                    }
                }
            }
        }
        accepting.start()
    }

    deinit {
        // Wakes the thread that accepts.
        shutdown(port.descriptor, Int32(SHUT_RDWR))
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            bytes.append(byte)
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        var body: [UInt8] = []
        let length = Int(headers["content-length"] ?? "") ?? 0
        while body.count < length {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            body.append(byte)
        }
        return Request(
            method: words[0], target: words[1], headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    private static func write(_ connection: Int32, _ status: Int, _ headers: [String: String], _ body: String) {
        let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        let text = "HTTP/1.1 \(status) Whatever\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0x4000) }
            guard count > 0 else { return }
            sent += count
        }
    }
}
