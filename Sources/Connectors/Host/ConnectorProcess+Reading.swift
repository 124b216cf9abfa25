import CProcess
import ConnectorAPI
import ConnectorWire
import Foundation
import Glibc
import Support
import Synchronization

extension ConnectorProcess {
    /// What has been read and not been understood yet. Whoever reads holds it: mostly the reading thread.
    struct Reader: Sendable {
        var splitter = LineSplitter(limit: WireCodec.maxMessageBytes)
        var relay: ErrorRelay
        /// Pages that nothing was read into take no memory.
        var buffer = [UInt8](unsafeUninitializedCapacity: 256 << 10) { $1 = $0.count }
        var outputIsOpen = true
        var errorIsOpen = true
        /// When a process that closed its output or broke the protocol is killed.
        var killAt: ContinuousClock.Instant?
    }

    /// How long a process may have a pipe closed before it counts as broken.
    private static let breakGrace = Duration.seconds(1)

    /// How long a caller looks for its answer without sleeping, and how long, in milliseconds, it waits for it then.
    private static let lookout = Duration.microseconds(150)
    private static let ownPatience: Int32 = 1

    /// An answer that took less is quick.
    private static let quick = Duration.milliseconds(1)

    /// The reading thread: runs until the process is over and everything that it wrote is read.
    func readAll(onEnd: () -> Void) {
        gantry_watch_add(watch.descriptor, event.descriptor)
        gantry_watch_add(watch.descriptor, child.output)
        gantry_watch_add(watch.descriptor, child.error)
        var ready: [Int32] = [0, 0, 0]
        while true {
            let limit = reader.withLock { wait($0) }
            let count = Int(gantry_watch_wait(watch.descriptor, limit, &ready, Int32(ready.count)))
            let isOver = reader.withLock { reader -> Bool in
                for descriptor in ready[..<count] {
                    switch descriptor {
                    case event.descriptor: gantry_event_clear(descriptor)
                    case child.output: readOutput(&reader)
                    default: readError(&reader)
                    }
                }
                if child.ending != nil {
                    // Nothing is written any more: what is in the pipes is the rest.
                    readOutput(&reader)
                    readError(&reader)
                    return true
                }
                let now = ContinuousClock.now
                expire(now, &reader)
                if let killAt = reader.killAt, killAt <= now {
                    reader.killAt = nil
                    child.signal(SIGKILL)
                }
                return false
            }
            if isOver { break }
        }
        reader.withLock { reader in
            reader.relay.finish()
            finish(reader, onEnd)
        }
    }

    /// Reads in place of the reading thread for a moment, for a caller that has just written the only call that waits.
    ///
    /// Most of what a quick answer takes is to wake two threads, the reader and the caller's own again, above all on
    /// processors that sleep. Only while the connector answers quickly: one that asks a cloud costs no caller a moment.
    func readOwnAnswer(_ id: Int64) {
        let takesTurn = state.withLock { state -> Bool in
            guard state.isQuick, !state.callerReads, state.pending.count == 1, state.pending[id] != nil else {
                return false
            }
            state.callerReads = true
            return true
        }
        guard takesTurn else { return }
        gantry_watch_change(watch.descriptor, child.output, false)
        var polled = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
        let end = ContinuousClock.now + Self.lookout
        var isReady = false
        repeat { isReady = poll(&polled, 1, 0) > 0 } while !isReady && ContinuousClock.now < end
        if isReady || poll(&polled, 1, Self.ownPatience) > 0 {
            reader.withLock { readOutput(&$0) }
        } else {
            state.withLock { $0.isQuick = false }
        }
        state.withLock { $0.callerReads = false }
        gantry_watch_change(watch.descriptor, child.output, true)
    }

    /// Milliseconds until something is due; -1: nothing is.
    private func wait(_ reader: Reader) -> Int32 {
        let next = state.withLock { state -> ContinuousClock.Instant? in
            var next: ContinuousClock.Instant?
            for call in state.pending.values { next = min(next ?? call.deadline, call.deadline) }
            for waiter in state.exitWaiters { next = min(next ?? waiter.deadline, waiter.deadline) }
            if let killAt = reader.killAt { next = min(next ?? killAt, killAt) }
            if let broken = state.brokenSince?.advanced(by: Self.breakGrace), state.failure == nil {
                next = min(next ?? broken, broken)
            }
            if state.pending.isEmpty, state.failure == nil, state.brokenSince == nil, !state.isStopping {
                let ping = state.lastHeard.advanced(by: settings.pingInterval)
                next = min(next ?? ping, ping)
            }
            state.nextLook = next
            return next
        }
        guard let next else { return -1 }
        let left = next - ContinuousClock.now
        guard left > .zero else { return 0 }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: milliseconds + 1)
    }

    private func expire(_ now: ContinuousClock.Instant, _ reader: inout Reader) {
        var late: [(Int64, Pending)] = []
        var waiters: [CheckedContinuation<Bool, Never>] = []
        var pings = false
        var isBroken = false
        state.withLock { state in
            isBroken =
                state.failure == nil && state.brokenSince.map { $0.advanced(by: Self.breakGrace) <= now } ?? false
            for (id, pending) in state.pending where pending.deadline <= now { late.append((id, pending)) }
            for (id, _) in late { state.pending[id] = nil }
            waiters = state.exitWaiters.filter { $0.deadline <= now }.map(\.continuation)
            state.exitWaiters.removeAll { $0.deadline <= now }
            pings =
                state.pending.isEmpty && late.isEmpty && state.failure == nil && state.brokenSince == nil
                && !state.isStopping
                && state.lastHeard.advanced(by: settings.pingInterval) <= now
        }
        for (id, pending) in late {
            if pending.method == WireMethods.ping {
                let message = "connector '\(settings.name)' does not answer: it hangs"
                fail(ConnectorError(code: .pluginCrashed, message: message), &reader, killAfter: .zero)
            } else if pending.isCancelled {
                pending.continuation?.resume(
                    throwing: ConnectorError(code: .cancelled, message: "the call was cancelled"))
            } else {
                notify(WireMethods.cancel, CancelNotification(id: id))
                let message =
                    "connector '\(settings.name)' did not answer \(pending.method) within \(pending.limit)"
                pending.continuation?.resume(throwing: ConnectorError(code: .timeout, message: message))
            }
        }
        for waiter in waiters { waiter.resume(returning: false) }
        if pings { ping() }
        if isBroken {
            fail(
                ConnectorError(
                    code: .pluginCrashed, message: "connector '\(settings.name)' closed its input or output"),
                &reader, killAfter: .seconds(5))
            closeInput()
        }
    }

    // MARK: Reading

    private func readOutput(_ reader: inout Reader) {
        while reader.outputIsOpen {
            let count = reader.buffer.withUnsafeMutableBytes { read(child.output, $0.baseAddress, $0.count) }
            if count > 0 {
                var pieces: [LineSplitter.Piece] = []
                reader.buffer.withUnsafeBytes { bytes in
                    reader.splitter.append(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { pieces.append($0) }
                }
                for piece in pieces { handle(piece, &reader) }
                if count < reader.buffer.count { return }
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                return
            } else {
                reader.outputIsOpen = false
                gantry_watch_remove(watch.descriptor, child.output)
                // Mostly its end, which is known in a moment and says more.
                state.withLock { $0.brokenSince = $0.brokenSince ?? .now }
            }
        }
    }

    private func readError(_ reader: inout Reader) {
        while reader.errorIsOpen {
            let count = reader.buffer.withUnsafeMutableBytes { read(child.error, $0.baseAddress, $0.count) }
            if count > 0 {
                reader.buffer.withUnsafeBytes { bytes in
                    reader.relay.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]), now: .now)
                }
                if count < reader.buffer.count { return }
            } else if count < 0, errno == EINTR {
                continue
            } else {
                if count == 0 || errno != EAGAIN {
                    reader.errorIsOpen = false
                    gantry_watch_remove(watch.descriptor, child.error)
                }
                return
            }
        }
    }

    private func handle(_ piece: LineSplitter.Piece, _ reader: inout Reader) {
        guard case .line(let line) = piece else {
            return violated("it wrote a message larger than \(WireCodec.maxMessageBytes) bytes", &reader)
        }
        state.withLock { $0.lastHeard = .now }
        let message: WireMessage
        do {
            message = try WireMessage(line)
        } catch {
            return violated(OneLine.text(settings.redactor.redact(error.description)), &reader)
        }
        switch message {
        case .response(let id, let result):
            answered(id, .success(result), &reader)
        case .failure(let id?, let error):
            answered(id, .failure(error), &reader)
        case .failure(nil, let error):
            violated(
                "it could not read a call: \(OneLine.text(settings.redactor.redact(error.message)))", &reader)
        case .notification(WireMethods.progress, let params):
            guard let progress = try? WireCodec.decode(ProgressNotification.self, from: params) else { return }
            let sink = state.withLock { $0.pending[progress.id]?.progress }
            sink?(
                ProgressReport(
                    fraction: progress.fraction, message: OneLine.text(settings.redactor.redact(progress.message))))
        case .notification(WireMethods.log, let params):
            if let entry = try? WireCodec.decode(LogNotification.self, from: params) { reader.relay.log(entry) }
        case .notification:
            // Newer connectors may say more than this host knows.
            break
        case .request(_, let method, _):
            violated("it called '\(OneLine.text(method))': connectors answer calls, they make none", &reader)
        }
    }

    private func answered(_ id: Int64, _ result: Result<[UInt8], any Error>, _ reader: inout Reader) {
        let (pending, wasIssued) = state.withLock { state -> (Pending?, Bool) in
            let pending = state.pending.removeValue(forKey: id)
            if let pending { state.isQuick = ContinuousClock.now - pending.began < Self.quick }
            return (pending, id > 0 && id < state.nextID)
        }
        if let pending {
            pending.continuation?.resume(with: result)
        } else if !wasIssued {
            violated("it answered call \(id), which was never made", &reader)
        }
        // Else an answer that came after its deadline.
    }

    private func violated(_ what: String, _ reader: inout Reader) {
        fail(
            ConnectorError(
                code: .protocolViolation,
                message: "connector '\(settings.name)' does not speak the protocol: \(what); "
                    + "`gantry connector check` shows where it fails"),
            &reader, killAfter: .zero)
    }

    // MARK: End

    /// Fails all calls, now and later, and ends the process.
    private func fail(_ error: ConnectorError, _ reader: inout Reader, killAfter delay: Duration) {
        let pending = state.withLock { state -> [Pending] in
            guard state.failure == nil else { return [] }
            state.failure = error
            defer { state.pending = [:] }
            return Array(state.pending.values)
        }
        for call in pending { call.continuation?.resume(throwing: error) }
        reader.killAt = min(reader.killAt ?? .now.advanced(by: delay), .now.advanced(by: delay))
    }

    private func finish(_ reader: Reader, _ onEnd: () -> Void) {
        var message = "connector '\(settings.name)' ended during the call"
        if let ending = child.ending { message += ": it \(ending.description)" }
        if let line = reader.relay.lastLine { message += "; its last words: \(line.prefix(200))" }
        let error = ConnectorError(code: .pluginCrashed, message: message)
        let (pending, waiters) = state.withLock { state in
            let result = (Array(state.pending.values), state.exitWaiters.map(\.continuation))
            state.pending = [:]
            state.exitWaiters = []
            state.failure = state.failure ?? error
            state.isOver = true
            return result
        }
        // Before anybody hears of it, so that the next call finds the crash counted.
        onEnd()
        for call in pending { call.continuation?.resume(throwing: error) }
        for waiter in waiters { waiter.resume(returning: true) }
    }
}
