import Glibc

/// Writes to standard output and standard error.
package enum StandardStream {
    /// Writes all of a text; blocks until it is taken. (Foundation's `FileHandle.write(_:)` ends the process where it cannot
    /// write: a full disk under a log must not end what is under way.)
    ///
    /// - Returns: 0, or the system's number of the error that kept the rest from being written.
    @discardableResult
    package static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { write($0, to: descriptor) }
    }

    /// The same of bytes.
    @discardableResult
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBufferPointer { write($0, to: descriptor) }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeBufferPointer(rebasing: rest.dropFirst(count))
                continue
            }
            let number = errno
            switch number {
            case EINTR: continue
            case EAGAIN:
                var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&writable, 1, -1)
            default: return number
            }
        }
        return 0
    }
}
