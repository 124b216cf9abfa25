import Foundation
import Glibc

/// A server on a loopback port that does to each connection what a test wants, in threads.
package final class LoopbackPeer: Sendable {
    package var port: Int { listener.number }
    private let listener: LoopbackPort

    /// - Parameter serve: Gets a connected socket in a thread of its own; it is closed afterwards.
    package init(serve: @escaping @Sendable (Int32) -> Void) throws {
        listener = try LoopbackPort(backlog: 16)
        // No child of another test holds a connection open.
        let descriptor = fcntl(listener.descriptor, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        // A thread of its own: accept blocks, until the socket is shut down.
        Thread.detachNewThread {
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread {
                    serve(connection)
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    deinit { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

    /// Says this, then nothing more; hangs up at once, or when the other end has.
    package convenience init(says bytes: [UInt8], hangsUp: Bool = false) throws {
        try self.init { connection in
            _ = Self.write(bytes, to: connection)
            var buffer = [UInt8](repeating: 0, count: 4096)
            while !hangsUp, read(connection, &buffer, buffer.count) > 0 {}
        }
    }

    /// Says something again and again, a thousand times a second, until the other end hangs up.
    package convenience init(repeats bytes: @escaping @Sendable () -> [UInt8]) throws {
        try self.init { connection in while Self.write(bytes(), to: connection) { usleep(1000) } }
    }

    /// Stands before another address and hands all on, each byte so much later.
    /// - Parameter limit: How many bytes go to the other address before each connection is cut.
    package convenience init(
        before address: String, _ port: Int, delay: Duration = .zero, limit: Int = .max
    ) throws {
        try self.init { connection in
            let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(other) }
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = inet_addr(address)
            name.sin_port = UInt16(port).bigEndian
            let isConnected = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else { return }
            let back = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                DelayLine.carry(from: other, to: connection, delay, limit: .max)
                back.signal()
            }
            DelayLine.carry(from: connection, to: other, delay, limit: limit)
            back.wait()
        }
    }

    fileprivate static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Bytes on their way.
private final class DelayLine: @unchecked Sendable {
    // `items` is touched with the condition locked only.
    private let condition = NSCondition()
    private var items: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []

    /// Until both ends are at their end, or so many bytes are through.
    static func carry(from source: Int32, to sink: Int32, _ delay: Duration, limit: Int) {
        let line = DelayLine()
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(source, &buffer, buffer.count)
                line.append(ContinuousClock.now + delay, count > 0 ? Array(buffer[..<count]) : [])
                guard count > 0 else { return }
            }
        }
        var rest = limit
        while rest > 0 {
            let (due, bytes) = line.next()
            let wait = (due - ContinuousClock.now) / .seconds(1)
            if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            guard !bytes.isEmpty, LoopbackPeer.write(Array(bytes.prefix(rest)), to: sink) else { break }
            rest -= bytes.count
        }
        // Both ends of the other direction end, too.
        shutdown(sink, Int32(SHUT_RDWR))
        shutdown(source, Int32(SHUT_RDWR))
    }

    private func append(_ due: ContinuousClock.Instant, _ bytes: [UInt8]) {
        condition.withLock {
            items.append((due, bytes))
            condition.signal()
        }
    }

    private func next() -> (due: ContinuousClock.Instant, bytes: [UInt8]) {
        condition.withLock {
            while items.isEmpty { condition.wait() }
            return items.removeFirst()
        }
    }
}
