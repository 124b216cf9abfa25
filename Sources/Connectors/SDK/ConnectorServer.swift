import CProcess
package import ConnectorAPI
package import ConnectorWire
import Foundation
import Glibc
import Synchronization

/// Answers one host over a pair of pipes.
///
/// A thread of its own reads and keeps the deadlines, so that no call waits behind a blocked read; each call is a task,
/// kept by its id for `$/cancel`. A call that comes alone begins on that thread (``ReaderWatch``). An id is answered
/// exactly once: by the call, or by its deadline if that comes first.
package final class ConnectorServer: Sendable {
    private struct Call {
        /// nil while its beginning runs on the reading thread.
        var task: Task<Void, Never>?
        /// Cancelled before there was a task.
        var isCancelled = false
        var deadline: Deadline?
    }

    /// What the reading thread does next.
    private enum Next {
        case read
        /// Another thread reads now.
        case leave
        case end
    }

    /// Most bytes of a call that may begin on the reading thread: what takes long to decode goes to the pool.
    private static let maxBytesOnReader = 16 << 10

    private struct Deadline {
        var at: ContinuousClock.Instant
        var milliseconds: Int
    }

    private struct State {
        var initialized = false
        var closing = false
        /// Calls that are not answered, by the id as the host wrote it.
        var calls: [[UInt8]: Call] = [:]
        /// Resumed when no call is left.
        var idle: CheckedContinuation<Void, Never>?
    }

    private let connector: any Connector
    private let output: PipeWriter
    private let state = Mutex(State())

    package init(_ connector: some Connector, output: PipeWriter) {
        self.connector = connector
        self.output = output
    }

    /// Runs until the input ends or `exit` comes, then lets the calls in flight end for up to 5 seconds.
    package func run(input: Int32) async {
        await withCheckedContinuation { continuation in
            // Of all readers exactly one sees the end.
            let watch = ReaderWatch { watch, reader in
                if self.readAll(input, watch, reader) { continuation.resume() }
            }
            let thread = Thread {
                gantry_thread_name("sdk-reader")
                if self.readAll(input, watch, 0) { continuation.resume() }
            }
            thread.start()
        }
        await finish()
    }

    // MARK: Reading

    /// - Returns: Whether the conversation is over; false: another thread goes on.
    private func readAll(_ input: Int32, _ watch: ReaderWatch, _ reader: Int) -> Bool {
        var splitter = LineSplitter(limit: WireCodec.maxMessageBytes)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var pieces: [LineSplitter.Piece] = []
        while true {
            var polled = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, untilDeadline())
            expire()
            guard ready > 0 else { continue }
            let count = read(input, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else {
                watch.end()
                return true
            }
            splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { pieces.append($0) }
            for (index, piece) in pieces.enumerated() {
                // With nothing read that another reader would not see, the reader may change.
                let isLast = index == pieces.count - 1 && splitter.isEmpty
                switch handle(piece, on: isLast ? (watch, reader) : nil) {
                case .read: break
                case .leave: return false
                case .end:
                    watch.end()
                    return true
                }
            }
            pieces.removeAll(keepingCapacity: true)
        }
    }

    /// - Parameter reader: Where a call may begin on this thread.
    private func handle(_ piece: LineSplitter.Piece, on reader: (ReaderWatch, Int)?) -> Next {
        guard case .line(let line) = piece else {
            let message = "a message is larger than \(WireCodec.maxMessageBytes) bytes"
            send(WireMessage.failure(id: nil, WireError(code: WireError.invalidRequest, message: message)))
            return .read
        }
        if line.allSatisfy({ $0 <= 0x20 }) { return .read }
        do {
            switch try WireMessage(line) {
            case .request(let id, let method, let params):
                return begin(id, method, params, on: line.count <= Self.maxBytesOnReader ? reader : nil)
            case .notification(WireMethods.exit, _): return .end
            case .notification(WireMethods.cancel, let params): cancel(params)
            case .notification, .response, .failure: break
            }
        } catch {
            send(WireMessage.failure(id: nil, WireError(code: WireError.parseError, message: error.description)))
        }
        return .read
    }

    /// Milliseconds until the next deadline; -1: there is none. Calls begin on the reading thread, so that none is
    /// missed while it waits.
    private func untilDeadline() -> Int32 {
        let next = state.withLock { state -> ContinuousClock.Instant? in
            var next: ContinuousClock.Instant?
            for call in state.calls.values {
                if let deadline = call.deadline { next = next.map { min($0, deadline.at) } ?? deadline.at }
            }
            return next
        }
        guard let next else { return -1 }
        let left = (next - ContinuousClock.now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        return Int32(clamping: left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Answers in place of the calls that are over their deadlines, and cancels them.
    private func expire() {
        let late = state.withLock { state -> [(id: [UInt8], task: Task<Void, Never>?, milliseconds: Int)] in
            guard !state.calls.isEmpty else { return [] }
            let now = ContinuousClock.now
            return state.calls.compactMap { id, call in
                call.deadline.flatMap { $0.at <= now ? (id, call.task, $0.milliseconds) : nil }
            }
        }
        for (id, task, milliseconds) in late {
            let error = ConnectorError(code: .timeout, message: "the call did not end within \(milliseconds) ms")
            end(id, WireMessage.failure(id: id, WireError(error)))
            // Afterwards, since a call that is cancelled may answer so at once.
            task?.cancel()
        }
    }

    // MARK: Calls

    private func begin(_ id: [UInt8], _ method: String, _ params: [UInt8], on reader: (ReaderWatch, Int)?) -> Next {
        switch method {
        case WireMethods.initialize: return answer(id) { try self.initialize(params) }
        case WireMethods.ping: return answer(id) { Empty() }
        case WireMethods.shutdown:
            state.withLock { $0.closing = true }
            return answer(id) { Empty() }
        default: break
        }
        guard let call = WireMethods.all[method] else {
            return refuse(
                id,
                state.withLock { refusal(id, $0) }
                    ?? WireError(code: WireError.methodNotFound, message: "the method '\(method)' is not known"))
        }
        let context = WireMeta(params: params).context
        // Of a limit so far away that it is none, nothing is kept.
        let deadline = context.deadlineMs.flatMap { milliseconds in
            milliseconds > Int(Int32.max)
                ? nil : Deadline(at: .now.advanced(by: .milliseconds(max(0, milliseconds))), milliseconds: milliseconds)
        }
        let (error, isAlone) = state.withLock { state -> (WireError?, Bool) in
            if let error = refusal(id, state) { return (error, false) }
            let isAlone = state.calls.isEmpty
            state.calls[id] = Call(deadline: deadline)
            return (nil, isAlone)
        }
        if let error { return refuse(id, error) }
        // Unstructured because `$/cancel` must reach one call among many; `finish()` waits for all of them.
        if isAlone, let (watch, number) = reader {
            let reads = watch.run(method, reader: number) {
                keep(Task.immediate { await self.carryOut(call, id, params, context) }, of: id)
            }
            if let reads { return reads ? .read : .leave }
        }
        keep(Task { await self.carryOut(call, id, params, context) }, of: id)
        return .read
    }

    /// Why a call cannot begin.
    private func refusal(_ id: [UInt8], _ state: borrowing State) -> WireError? {
        guard state.initialized else {
            return WireError(code: WireError.notInitialized, message: "call 'initialize' first")
        }
        guard state.calls[id] == nil else {
            return WireError(code: WireError.invalidRequest, message: "the id of a call is in use")
        }
        guard state.closing else { return nil }
        return WireError(ConnectorError(code: .unavailable, message: "the connector is shutting down"))
    }

    private func keep(_ task: Task<Void, Never>, of id: [UInt8]) {
        let isUnwanted = state.withLock { state in
            // The call may have ended already, or its deadline passed.
            guard let call = state.calls[id] else { return true }
            state.calls[id]?.task = task
            return call.isCancelled
        }
        if isUnwanted { task.cancel() }
    }

    private func carryOut(_ call: AnyWireMethod, _ id: [UInt8], _ params: [UInt8], _ context: CallContext) async {
        do {
            let result = try await invoke(call, id, params, context)
            guard result.count + id.count + 64 <= WireCodec.maxMessageBytes else {
                throw ConnectorError(
                    code: .internal,
                    message:
                        "the answer of \(call.name) is larger than \(WireCodec.maxMessageBytes) bytes; ask for less")
            }
            end(id, WireMessage.response(id: id, result: result))
        } catch {
            end(id, WireMessage.failure(id: id, WireError(thrown: error)))
        }
    }

    /// Carries a call out with its progress going to the host.
    private func invoke(
        _ call: AnyWireMethod, _ id: [UInt8], _ params: [UInt8], _ context: CallContext
    ) async throws -> [UInt8] {
        try await CallContext.$progressSink.withValue(progressSink(id)) {
            try await call.invoke(connector, params, context)
        }
    }

    private func progressSink(_ id: [UInt8]) -> ProgressSink? {
        guard let number = Int64(String(decoding: id, as: UTF8.self)) else { return nil }
        return ProgressSink { report in
            guard self.state.withLock({ $0.calls[id] != nil }) else { return }
            let progress = ProgressNotification(id: number, fraction: report.fraction, message: report.message)
            guard let params = try? WireCodec.encode(progress) else { return }
            self.send(WireMessage.notification(method: WireMethods.progress, params: params))
        }
    }

    private func cancel(_ params: [UInt8]) {
        guard let id = JSONMembers(params)?["id"].map(Array.init) else { return }
        let task = state.withLock { state in
            state.calls[id]?.isCancelled = true
            return state.calls[id]?.task
        }
        task?.cancel()
    }

    /// Sends the answer of a call, unless it was answered before.
    private func end(_ id: [UInt8], _ line: [UInt8]) {
        let (open, idle) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.calls.removeValue(forKey: id) != nil else { return (false, nil) }
            guard state.calls.isEmpty, let idle = state.idle else { return (true, nil) }
            state.idle = nil
            return (true, idle)
        }
        if open { send(line) }
        idle?.resume()
    }

    private func answer(_ id: [UInt8], _ body: () throws -> some Encodable) -> Next {
        do {
            send(WireMessage.response(id: id, result: try WireCodec.encode(try body())))
            return .read
        } catch {
            return refuse(id, WireError(thrown: error))
        }
    }

    private func refuse(_ id: [UInt8], _ error: WireError) -> Next {
        send(WireMessage.failure(id: id, error))
        return .read
    }

    private func initialize(_ params: [UInt8]) throws -> InitializeResponse {
        let request: InitializeRequest
        do {
            request = try WireCodec.decode(InitializeRequest.self, from: params)
        } catch {
            throw WireError(
                code: WireError.invalidParams,
                message: "the parameters of initialize are wrong: \(WireCodec.explain(error))")
        }
        let own = InitializeResponse.currentVersion
        guard request.protocolVersions.contains(own) else {
            let offered = request.protocolVersions.map(String.init).joined(separator: ", ")
            throw ConnectorError(
                code: .unsupported,
                message: "no protocol version in common: the host speaks \(offered), this connector speaks \(own)")
        }
        state.withLock { $0.initialized = true }
        return InitializeResponse(connector.description)
    }

    private func send(_ line: [UInt8]) {
        // The host is gone when the pipe is closed: the input ends too, and with it the process.
        try? output.write(line)
    }

    // MARK: Ends

    private func finish() async {
        let timer = Task {
            try? await Task.sleep(for: .seconds(5))
            self.state.withLock { state in
                for call in state.calls.values { call.task?.cancel() }
                state.idle?.resume()
                state.idle = nil
            }
        }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard !state.calls.isEmpty else { return true }
                state.idle = continuation
                return false
            }
            if isIdle { continuation.resume() }
        }
        timer.cancel()
        for _ in 0..<500 where !output.isDrained {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
