import Assembly
import Foundation
import Glibc
import Synchronization

/// What ssh itself says (`ssh -E`), read from a pipe with a name and passed on to standard error as it comes. What the
/// command on the machine says does not come this way.
final class SSHLog: Sendable {
    /// Where ssh writes to.
    let path: String
    private let descriptor: Int32
    private let state = Mutex(HostKeyNotice())
    private let end = DispatchSemaphore(value: 0)

    /// nil: there can be no such pipe; ssh then writes to standard error by itself.
    init?(folder: String) {
        path = folder + "/log"
        guard mkfifo(path, 0o600) == 0 else { return nil }
        // Also for writing: so it has no end before ours.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let thread = Thread { [self] in read() }
        thread.name = "ssh-log"
        thread.start()
    }

    /// What was found in all that ssh has said. To be called once, when it has ended.
    func finish() -> HostKeyNotice {
        // No text of ssh's has this byte: what was written before it is read.
        var last: UInt8 = 0
        if Glibc.write(descriptor, &last, 1) == 1 { end.wait() }
        close(descriptor)
        return state.withLock { notice in
            pass(notice.rest())
            return notice
        }
    }

    private func read() {
        defer { end.signal() }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var line: [UInt8] = []
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                break
            }
            for byte in buffer[..<count] {
                guard byte != 0 else {
                    take(line)
                    return
                }
                line.append(byte)
                if byte == UInt8(ascii: "\n") {
                    take(line)
                    line = []
                }
            }
        }
        take(line)
    }

    private func take(_ line: [UInt8]) {
        guard !line.isEmpty else { return }
        pass(state.withLock { $0.take(String(decoding: line, as: UTF8.self)) })
    }

    /// Lines with their ends as ssh wrote them, for a terminal whose mode ssh has changed.
    private func pass(_ lines: [String]) {
        for line in lines { StandardStream.write(line, to: STDERR_FILENO) }
    }
}
