import CLibSSH
import Glibc

/// Our end of a socket pair that carries the bytes of a forward. Confined to the actor of the connection.
final class LocalEnd {
    enum Piece {
        case bytes([UInt8])
        case nothing
        case end
    }

    let descriptor: Int32
    var isReadable = true
    var outgoing = OutgoingBytes()

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Our end, and the descriptor for the other side; nil when no descriptor is left.
    static func makePair() -> (LocalEnd, Int32)? {
        var ends: [Int32] = [-1, -1]
        guard unsafe gantry_socketpair(&ends) == 0 else { return nil }
        return (LocalEnd(ends[0]), ends[1])
    }

    /// Writes what waits; false when the other side is gone.
    func flush() -> Bool {
        let descriptor = descriptor
        let state = unsafe outgoing.write { bytes in
            let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            return count >= 0 ? count : (errno == EAGAIN || errno == EINTR ? 0 : nil)
        }
        return state != .failed
    }

    func read() -> Piece {
        var code = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 32768) { buffer, count in
            code = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            count = max(0, code)
        }
        if code > 0 { return .bytes(bytes) }
        if code < 0, errno == EAGAIN || errno == EINTR {
            isReadable = false
            return .nothing
        }
        return .end
    }

    func close() {
        _ = Glibc.close(descriptor)
    }
}
