import Foundation
import Glibc
import Jinja
import Modules
import Support
import Synchronization

/// A socket that listens on the loop-back address, and its port.
private func listening() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard isBound else { throw CocoaError(.fileReadUnknown) }
    return (descriptor, UInt16(bigEndian: name.sin_port))
}

/// A few pages on the loop-back address, the same as `Pages` of `record.py`. Each connection gets one answer.
final class TestPages: Sendable {
    private let socket: Int32
    private let port: UInt16
    private let isStopped = Atomic<Bool>(false)

    var address: String { "http://127.0.0.1:\(port)" }

    init() throws {
        let (descriptor, number) = try listening()
        socket = descriptor
        port = number
        Thread.detachNewThread { [self] in
            while !isStopped.load(ordering: .relaxed) {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                serve(connection)
                close(connection)
            }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve(_ connection: Int32) {
        var data: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var headerEnd: Int?
        while true {
            if headerEnd == nil { headerEnd = Self.headerEnd(data) }
            if let headerEnd, data.count - headerEnd >= Self.length(data, headerEnd) { break }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            data += buffer[..<count]
        }
        let head = String(decoding: data[..<(headerEnd ?? 0)], as: UTF8.self)
        let body = String(decoding: data[(headerEnd ?? 0)...], as: UTF8.self)
        let first = (head.split(separator: "\r\n").first ?? "").split(separator: " ").map(String.init)
        guard first.count >= 2 else { return }
        let answer = Array(Self.answer(method: first[0], path: first[1], head: head, body: body).utf8)
        var sent = 0
        while sent < answer.count {
            let count = answer[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func headerEnd(_ data: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard data.count >= 4 else { return nil }
        return (0...(data.count - 4)).first { data[$0..<($0 + 4)].elementsEqual(mark) }.map { $0 + 4 }
    }

    private static func length(_ data: [UInt8], _ end: Int) -> Int {
        header("content-length", String(decoding: data[..<end], as: UTF8.self)).flatMap { Int($0) } ?? 0
    }

    private static func header(_ name: String, _ head: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
            .map { String($0.dropFirst(name.count + 1).trimmingBlanks()) }
    }

    private static func answer(method: String, path: String, head: String, body: String) -> String {
        var status = "200 OK"
        var kind = "text/plain"
        var more = ""
        var content = ""
        switch path.split(separator: "?").first.map(String.init) {
        case "/file.txt":
            content = "hello\n"
            more = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n"
        case "/sums":
            content = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  file.txt\n"
        case "/json": (content, kind) = (#"{"a": [1, 2], "b": "c"}"#, "application/json")
        case "/created": (content, status) = ("made", "201 Created")
        case "/redirect": (status, more) = ("302 Found", "Location: /file.txt\r\n")
        case "/auth":
            if header("authorization", head) == "Basic dXNlcjpzZWNyZXQ=" {
                content = "welcome\n"
            } else {
                (content, status, more) = ("no\n", "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n")
            }
        case "/echo":
            func text(_ value: String?) -> JinjaValue { value.map { .string($0) } ?? .none }
            kind = "application/json"
            content = JSONText.text(
                .dict([
                    "method": .string(method), "path": .string(path), "body": .string(body),
                    "type": text(header("content-type", head)), "x": text(header("x-test", head)),
                ]))
        default: (content, status) = ("nothing here\n", "404 Not Found")
        }
        return "HTTP/1.1 \(status)\r\nContent-Type: \(kind)\r\nContent-Length: \(content.utf8.count)\r\n\(more)"
            + "Connection: close\r\n\r\n" + (method == "HEAD" ? "" : content)
    }
}

/// A server on the loop-back address that says one line to each that connects, and then keeps the connection open.
final class TestBanner: Sendable {
    private let socket: Int32
    let port: Int

    init(_ banner: String) throws {
        let (descriptor, number) = try listening()
        socket = descriptor
        port = Int(number)
        Thread.detachNewThread {
            var open: [Int32] = []
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                let bytes = Array(banner.utf8)
                _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                open.append(connection)
            }
            for connection in open { close(connection) }
        }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}
