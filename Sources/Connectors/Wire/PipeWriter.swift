import Foundation
import Glibc
import Synchronization

/// Writes lines to a pipe from any task without blocking it: what the pipe does not take at once is written by a thread
/// that exists for as long as something is left.
///
/// Owns the descriptor. May be used concurrently; lines never mix.
package final class PipeWriter: Sendable {
    /// Why a line was not taken.
    package enum Failure: Error, Sendable {
        /// The other end is closed, or ``close()`` was called.
        case closed
        /// The other end does not read: too much is waiting.
        case overflow
    }

    private struct State {
        var waiting: [[UInt8]] = []
        /// Bytes of the first waiting line that are written.
        var offset = 0
        var waitingBytes = 0
        var drains = false
        var closing = false
        var closed = false
    }

    /// Linux's F_SETPIPE_SZ, which the C library declares for its own dialect only.
    private static let setPipeSize: Int32 = 1031

    private let descriptor: Int32
    private let limit: Int
    /// Whether the process ignores SIGPIPE, so that a write needs no guard against it.
    private let ignoresSignal: Bool
    private let state = Mutex(State())

    /// - Parameter limit: Most bytes that may wait.
    ///
    /// Whether SIGPIPE is ignored is seen here; a process that ignores it must not stop doing so later.
    package init(descriptor: Int32, limit: Int = 64 << 20) {
        self.descriptor = descriptor
        self.limit = limit
        var action = sigaction()
        sigaction(SIGPIPE, nil, &action)
        ignoresSignal = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        // Larger messages in one go; the system may refuse, which costs time only.
        _ = fcntl(descriptor, Self.setPipeSize, 1 << 20)
    }

    deinit {
        state.withLock { state in
            if !state.closed { Glibc.close(descriptor) }
        }
    }

    /// Writes a line, or keeps it to be written.
    package func write(_ line: [UInt8]) throws(Failure) {
        let failure = state.withLock { state -> Failure? in
            guard !state.closed, !state.closing else { return .closed }
            if state.waiting.isEmpty {
                switch attempt(line, from: 0) {
                case .closed: return .closed
                case .written(let count) where count == line.count: return nil
                case .written(let count): state.offset = count
                }
            }
            guard state.waitingBytes + line.count <= limit else { return .overflow }
            state.waiting.append(line)
            state.waitingBytes += line.count
            if !state.drains {
                state.drains = true
                startDraining()
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// Closes the pipe when everything that waits is written.
    package func close() {
        state.withLock { state in
            guard !state.closed, !state.closing else { return }
            if state.drains {
                state.closing = true
            } else {
                state.closed = true
                Glibc.close(descriptor)
            }
        }
    }

    /// Whether nothing waits to be written.
    package var isDrained: Bool { state.withLock { $0.waiting.isEmpty } }

    private enum Attempt {
        case written(Int)
        case closed
    }

    /// Writes as much as the pipe takes now. A closed other end is an answer here and no signal: where the process does
    /// not ignore SIGPIPE, it goes to the writing thread, which blocks it and takes it back.
    private func attempt(_ line: [UInt8], from start: Int) -> Attempt {
        if ignoresSignal { return attemptUnsignalled(line, from: start) }
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let result = attemptUnsignalled(line, from: start)
        if case .closed = result, sigismember(&before, SIGPIPE) == 0 {
            var now = timespec(tv_sec: 0, tv_nsec: 0)
            sigtimedwait(&pipeSignal, nil, &now)
        }
        return result
    }

    private func attemptUnsignalled(_ line: [UInt8], from start: Int) -> Attempt {
        line.withUnsafeBytes { bytes in
            var offset = start
            while offset < bytes.count, let base = bytes.baseAddress {
                let count = Glibc.write(descriptor, base + offset, bytes.count - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    break
                } else if errno != EINTR {
                    return .closed
                }
            }
            return .written(offset)
        }
    }

    private func startDraining() {
        let thread = Thread { [self] in
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            while true {
                poll(&poller, 1, -1)
                let ends = state.withLock { state -> Bool in
                    while let line = state.waiting.first {
                        switch attempt(line, from: state.offset) {
                        case .closed:
                            state.waiting = []
                            state.waitingBytes = 0
                            state.closing = true
                        case .written(let count) where count == line.count:
                            state.waiting.removeFirst()
                            state.waitingBytes -= line.count
                            state.offset = 0
                        case .written(let count):
                            state.offset = count
                            return false
                        }
                    }
                    state.drains = false
                    if state.closing {
                        state.closed = true
                        Glibc.close(descriptor)
                    }
                    return true
                }
                if ends { return }
            }
        }
        thread.stackSize = 256 << 10
        thread.start()
    }
}
