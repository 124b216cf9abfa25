import Foundation
import Glibc

/// A TCP port of 127.0.0.1 that nobody else listens at, the kernel's choice. Taken as long as this lives; used once for its
/// number, it is free again.
package final class LoopbackPort: Sendable {
    package let number: Int
    /// The socket that listens.
    package let descriptor: Int32

    /// A number for a server of another process: nobody listens there, and no connection of this machine takes it by
    /// itself meanwhile, as those that the system gives out are (from 32768 on).
    package static func unusedNumber() throws -> Int {
        for _ in 0..<100 {
            if let port = try? LoopbackPort(number: Int.random(in: 12_000..<32_000)) { return port.number }
        }
        throw POSIXError(.EADDRNOTAVAIL)
    }

    /// - Parameters:
    ///   - number: 0: the system gives one.
    ///   - backlog: Most connections that wait to be accepted.
    package init(number: Int = 0, backlog: Int32 = 1) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(number).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, backlog) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        self.descriptor = descriptor
        self.number = Int(UInt16(bigEndian: address.sin_port))
        guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EADDRNOTAVAIL) }
    }

    deinit {
        close(descriptor)
    }
}
