import ConnectorAPI
import Foundation
import Glibc
import Logging
import Support
import Synchronization

/// What a short command of a connector prints, with limits on time and size.
enum CommandOutput {
    private static let limit = 1 << 20

    /// Runs `COMMAND VERB` to its end. Cancellation ends it with all that it started.
    ///
    /// - Throws: ``ConnectorError`` where it fails, prints too much, takes longer than `timeout` or is cancelled.
    static func read(
        _ command: ConnectorCommand, _ verb: String, timeout: Duration
    ) async throws -> Data {
        let running = Running()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread {
                    continuation.resume(with: Result { try run(command, verb, timeout, running) })
                }
                thread.name = "connector-\(verb)"
                thread.stackSize = 256 << 10
                thread.start()
            }
        } onCancel: {
            running.cancel()
        }
    }

    private static func run(
        _ command: ConnectorCommand, _ verb: String, _ timeout: Duration, _ running: Running
    ) throws -> Data {
        let ended = Condition()
        let child = try ConnectorChild(command, verb) { ended.set() }
        running.set(child)
        close(child.input)
        defer {
            child.signal(SIGKILL)
            ended.wait()
            close(child.output)
            close(child.error)
        }
        let deadline = ContinuousClock.now.advanced(by: timeout)
        var output = Data()
        var complaint = Data()
        var polled = [
            pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: child.error, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while polled.contains(where: { $0.fd >= 0 }) {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                throw failure(command, verb, "did not end within \(timeout)", .timeout)
            }
            poll(&polled, nfds_t(polled.count), Int32(clamping: left.components.seconds * 1000 + 1000))
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = Glibc.read(polled[index].fd, &buffer, buffer.count)
                if count > 0 {
                    if index == 0 {
                        output.append(contentsOf: buffer[..<count])
                    } else if complaint.count < 4096 {
                        complaint.append(contentsOf: buffer[..<count])
                    }
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    polled[index].fd = -1
                }
            }
            guard output.count <= limit else { throw failure(command, verb, "prints more than \(limit) bytes") }
        }
        ended.wait(until: deadline)
        guard let ending = child.ending else { throw failure(command, verb, "did not end within \(timeout)", .timeout) }
        guard ending == .exited(0) else {
            let text = OneLine.text(
                String(decoding: complaint.prefix(200), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            throw failure(command, verb, "\(ending)" + (text.isEmpty ? "" : ": \(text)"))
        }
        return output
    }

    private static func failure(
        _ command: ConnectorCommand, _ verb: String, _ what: String, _ code: ConnectorError.Code = .unavailable
    ) -> ConnectorError {
        ConnectorError(code: code, message: "'\(command.path) \(verb)' \(what)")
    }

    /// The process, for who wants to end it before its time.
    private final class Running: Sendable {
        private let state = LockedValue<(child: ConnectorChild?, isCancelled: Bool)>((nil, false))

        func set(_ child: ConnectorChild) {
            let isCancelled = state.withLock { state in
                state.child = child
                return state.isCancelled
            }
            if isCancelled { child.signal(SIGKILL) }
        }

        func cancel() {
            let child = state.withLock { state in
                state.isCancelled = true
                return state.child
            }
            child?.signal(SIGKILL)
        }
    }

    /// An event that a thread waits for.
    private final class Condition: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func set() { semaphore.signal() }

        func wait() {
            semaphore.wait()
            semaphore.signal()
        }

        func wait(until deadline: ContinuousClock.Instant) {
            let left = max(.zero, deadline - ContinuousClock.now)
            let milliseconds = Int(left.components.seconds * 1000) + 1
            if semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success { semaphore.signal() }
        }
    }
}
