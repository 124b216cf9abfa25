import Foundation
import Glibc
import TestSupport

/// Listens on loopback, says a greeting or nothing, and keeps connections open.
final class SilentServer: Sendable {
    let port: Int
    private let listener: Int32

    init(greeting: String?) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port = try LoopbackPort.unusedNumber()
        self.port = port
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(listener, 16) == 0 else { throw TestServerError(message: "cannot listen") }
        guard let greeting else { return }
        // A thread of its own: accept blocks.
        Thread.detachNewThread { [listener] in
            let connection = accept(listener, nil, nil)
            _ = greeting.withCString { write(connection, $0, strlen($0)) }
        }
    }

    deinit {
        close(listener)
    }
}
