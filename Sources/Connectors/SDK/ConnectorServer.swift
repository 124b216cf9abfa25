package import ConnectorAPI
package import ConnectorWire
import Foundation
import Glibc
import Synchronization

/// Answers one host over a pair of pipes.
///
/// A thread of its own reads, so that no call waits behind a blocked read; each call is a task, kept by its id for
/// `$/cancel`. An id is answered exactly once: by the call, or by its deadline if that comes first.
package final class ConnectorServer: Sendable {
    private struct State {
        var initialized = false
        var closing = false
        /// Calls that are not answered, by the id as the host wrote it.
        var calls: [[UInt8]: Task<Void, Never>?] = [:]
        /// Resumed when no call is left.
        var idle: CheckedContinuation<Void, Never>?
    }

    private enum Event: Sendable {
        case message(WireMessage)
        case broken(WireError)
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
        for await event in events(input) {
            switch event {
            case .broken(let error): send(WireMessage.failure(id: nil, error))
            case .message(.request(let id, let method, let params)): begin(id, method, params)
            case .message(.notification(let method, let params)):
                if method == WireMethods.exit { return await finish() }
                if method == WireMethods.cancel { cancel(params) }
            case .message(.response), .message(.failure): break
            }
        }
        await finish()
    }

    // MARK: Calls

    private func begin(_ id: [UInt8], _ method: String, _ params: [UInt8]) {
        switch method {
        case WireMethods.initialize: return answer(id) { try self.initialize(params) }
        case WireMethods.ping: return answer(id) { Empty() }
        case WireMethods.shutdown:
            state.withLock { $0.closing = true }
            return answer(id) { Empty() }
        default: break
        }
        let (ready, closing, known) = state.withLock { ($0.initialized, $0.closing, $0.calls[id] != nil) }
        guard ready else {
            return refuse(id, WireError(code: WireError.notInitialized, message: "call 'initialize' first"))
        }
        guard !known else {
            return refuse(id, WireError(code: WireError.invalidRequest, message: "the id of a call is in use"))
        }
        guard !closing else {
            return refuse(id, WireError(ConnectorError(code: .unavailable, message: "the connector is shutting down")))
        }
        guard let call = WireMethods.all[method] else {
            return refuse(
                id, WireError(code: WireError.methodNotFound, message: "the method '\(method)' is not known"))
        }
        let context = WireMeta(params: params).context
        state.withLock { $0.calls[id] = .some(nil) }
        // Unstructured because `$/cancel` must reach one call among many; `finish()` waits for all of them.
        let task = Task {
            let timer = context.deadlineMs.map { self.watch(id, milliseconds: $0) }
            defer { timer?.cancel() }
            do {
                let result = try await self.invoke(call, id, params, context)
                guard result.count + id.count + 64 <= WireCodec.maxMessageBytes else {
                    throw ConnectorError(
                        code: .internal,
                        message:
                            "the answer of \(method) is larger than \(WireCodec.maxMessageBytes) bytes; ask for less")
                }
                self.end(id, WireMessage.response(id: id, result: result))
            } catch {
                self.end(id, WireMessage.failure(id: id, WireError(thrown: error)))
            }
        }
        state.withLock { state in
            // The call may have ended already.
            if state.calls[id] != nil { state.calls[id] = .some(task) }
        }
    }

    /// Carries a call out with its progress going to the host.
    ///
    /// Not optimized: in a release build of Swift 6.3.1 the inlined `TaskLocal.withValue` of an optional closure crashed
    /// in `swift_task_localValuePush` at the first call. Seen in release builds only.
    @_optimize(none) @inline(never)
    private func invoke(
        _ call: AnyWireMethod, _ id: [UInt8], _ params: [UInt8], _ context: CallContext
    ) async throws -> [UInt8] {
        try await CallContext.$progressSink.withValue(progressSink(id)) {
            try await call.invoke(connector, params, context)
        }
    }

    /// Answers in place of a call that is over its deadline, and cancels it.
    private func watch(_ id: [UInt8], milliseconds: Int) -> Task<Void, Never> {
        Task {
            do {
                try await Task.sleep(for: .milliseconds(max(0, milliseconds)))
            } catch {
                return
            }
            self.state.withLock { ($0.calls[id] ?? nil)?.cancel() }
            self.end(
                id,
                WireMessage.failure(
                    id: id,
                    WireError(
                        ConnectorError(code: .timeout, message: "the call did not end within \(milliseconds) ms"))))
        }
    }

    private func progressSink(_ id: [UInt8]) -> (@Sendable (ProgressReport) -> Void)? {
        guard let number = Int64(String(decoding: id, as: UTF8.self)) else { return nil }
        return { report in
            guard self.state.withLock({ $0.calls[id] != nil }) else { return }
            let progress = ProgressNotification(id: number, fraction: report.fraction, message: report.message)
            guard let params = try? WireCodec.encode(progress) else { return }
            self.send(WireMessage.notification(method: WireMethods.progress, params: params))
        }
    }

    private func cancel(_ params: [UInt8]) {
        guard let id = JSONMembers(params)?["id"].map(Array.init) else { return }
        state.withLock { ($0.calls[id] ?? nil)?.cancel() }
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

    private func answer(_ id: [UInt8], _ body: () throws -> some Encodable) {
        do {
            send(WireMessage.response(id: id, result: try WireCodec.encode(try body())))
        } catch {
            refuse(id, WireError(thrown: error))
        }
    }

    private func refuse(_ id: [UInt8], _ error: WireError) {
        send(WireMessage.failure(id: id, error))
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
                for case let task? in state.calls.values { task.cancel() }
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

    /// What the host sends, read by a thread that ends with the input.
    private func events(_ input: Int32) -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        let thread = Thread {
            var splitter = LineSplitter(limit: WireCodec.maxMessageBytes)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let count = read(input, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { piece in
                    if let event = Self.event(piece) { continuation.yield(event) }
                }
            }
            continuation.finish()
        }
        thread.name = "connector-reader"
        thread.start()
        return stream
    }

    private static func event(_ piece: LineSplitter.Piece) -> Event? {
        switch piece {
        case .line(let line):
            if line.allSatisfy({ $0 <= 0x20 }) { return nil }
            do {
                return .message(try WireMessage(line))
            } catch {
                return .broken(WireError(code: WireError.parseError, message: error.description))
            }
        case .tooLong:
            return .broken(
                WireError(
                    code: WireError.invalidRequest,
                    message: "a message is larger than \(WireCodec.maxMessageBytes) bytes"))
        }
    }
}
