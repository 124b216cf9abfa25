import CProcess
import ConnectorAPI
import ConnectorWire
import Foundation
import Glibc
import Logging
import Support
import Synchronization

/// One life of a connector's process: calls go in, answers come out, until it ends.
///
/// A thread of its own reads what the process writes, keeps the deadlines and pings when nothing else happens; callers
/// only wait for their answer. Every call ends: with its answer, its deadline, or the end of the process.
final class ConnectorProcess: Sendable {
    struct Settings: Sendable {
        var name: String
        var pingInterval: Duration
        var pingTimeout: Duration
        /// How long after a cancellation the answer is waited for.
        var cancelGrace: Duration
        var logger: Logger
        var redactor: Redactor
        var errorTap: (@Sendable (String) -> Void)?
    }

    struct Pending {
        var method: String
        var continuation: CheckedContinuation<[UInt8], any Error>?
        var began = ContinuousClock.now
        var deadline: ContinuousClock.Instant
        /// Time that the call has in all.
        var limit: Duration
        /// The caller gave up: it hears of that when the deadline passes without an answer.
        var isCancelled = false
        var progress: (@Sendable (ProgressReport) -> Void)?
    }

    struct State {
        var pending: [Int64: Pending] = [:]
        var nextID: Int64 = 1
        /// Why no call can be made any more.
        var failure: ConnectorError?
        var isStopping = false
        /// Since when one of its pipes is closed at the other end although it did not end.
        var brokenSince: ContinuousClock.Instant?
        var lastHeard = ContinuousClock.now
        /// Time at which the thread looks again by itself.
        var nextLook: ContinuousClock.Instant?
        var isOver = false
        /// A caller reads in place of the reading thread.
        var callerReads = false
        /// The last answer came soon after its call.
        var isQuick = true
        var exitWaiters: [(deadline: ContinuousClock.Instant, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    let settings: Settings
    let child: ConnectorChild
    private let writer: PipeWriter
    let event: Event
    let watch = Watch()
    let state = Mutex(State())
    /// Locked before ``state`` by who needs both.
    let reader: LockedValue<Reader>

    /// Wakes the reading thread.
    final class Event: Sendable {
        let descriptor = gantry_event_new()
        func signal() { gantry_event_signal(descriptor) }
        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    /// What the reading thread waits for.
    final class Watch: Sendable {
        let descriptor = gantry_watch_new()
        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    /// Whether calls can be made.
    var isUsable: Bool {
        state.withLock { $0.failure == nil && $0.brokenSince == nil && !$0.isStopping }
    }

    /// Whether it ended and everything that it wrote was read.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Starts the process and its threads; the handshake is a call like others.
    ///
    /// - Parameter onEnd: Called once, from the reading thread, with whether the end was asked for.
    init(
        _ command: ConnectorCommand, _ settings: Settings,
        onEnd: @escaping @Sendable (ConnectorProcess, _ expected: Bool) -> Void
    ) throws {
        self.settings = settings
        let event = Event()
        self.event = event
        child = try ConnectorChild(command, "serve") { event.signal() }
        writer = PipeWriter(descriptor: child.input)
        reader = LockedValue(
            Reader(
                relay: ErrorRelay(logger: settings.logger, redactor: settings.redactor, tap: settings.errorTap)))
        let thread = Thread { [self] in
            gantry_thread_name("connector-\(settings.name)")
            readAll {
                onEnd(self, self.state.withLock { $0.isStopping })
            }
        }
        thread.stackSize = 512 << 10
        thread.start()
    }

    deinit {
        close(child.output)
        close(child.error)
    }

    // MARK: Calls

    /// Makes a call and waits for its raw result.
    ///
    /// - Parameters:
    ///   - context: Its deadline and trace context travel with the call.
    ///   - limit: Time after which the host gives up by itself.
    ///   - isolation: Of the caller: the call leaves its actor nowhere, which saves two changes of threads.
    func call(
        _ method: String, _ params: [UInt8], context: CallContext, limit: Duration,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> [UInt8] {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let line = WireMessage.request(id: id, method: method, params: params, context: context)
        guard line.count <= WireCodec.maxMessageBytes else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "the call \(method) is larger than \(WireCodec.maxMessageBytes) bytes: use smaller batches")
        }
        let sink = CallContext.progressSink
        return try await withTaskCancellationHandler {
            // Makes the closure one of the caller's actor.
            _ = isolation
            return try await withCheckedThrowingContinuation { continuation in
                register(
                    id,
                    Pending(
                        method: method, continuation: continuation, deadline: .now.advanced(by: limit), limit: limit,
                        progress: sink?.report), line)
                if Task.isCancelled { cancel(id) }
                readOwnAnswer(id)
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func register(_ id: Int64, _ pending: Pending, _ line: [UInt8]) {
        let (failure, wakes) = state.withLock { state -> (ConnectorError?, Bool) in
            if let failure = state.failure { return (failure, false) }
            state.pending[id] = pending
            return (nil, state.nextLook.map { pending.deadline < $0 } ?? true)
        }
        if let failure {
            pending.continuation?.resume(throwing: failure)
            return
        }
        do {
            try writer.write(line)
        } catch .closed {
            // It is about to end, and its end answers this call with the reason; if not, the reading thread ends it.
            state.withLock { $0.brokenSince = $0.brokenSince ?? .now }
            event.signal()
        } catch {
            complete(
                id,
                .failure(
                    ConnectorError(
                        code: .unavailable,
                        message: "connector '\(settings.name)' does not read its calls: too many are waiting")))
        }
        if wakes { event.signal() }
    }

    private func cancel(_ id: Int64) {
        let open = state.withLock { state -> Bool in
            guard state.pending[id] != nil else { return false }
            state.pending[id]?.isCancelled = true
            state.pending[id]?.deadline = .now.advanced(by: settings.cancelGrace)
            return true
        }
        guard open else { return }
        notify(WireMethods.cancel, CancelNotification(id: id))
        event.signal()
    }

    func notify(_ method: String, _ value: some Encodable) {
        // A closed pipe shows at the other end of the conversation as well.
        guard let params = try? WireCodec.encode(value) else { return }
        try? writer.write(WireMessage.notification(method: method, params: params))
    }

    func complete(_ id: Int64, _ result: Result<[UInt8], any Error>) {
        let pending = state.withLock { $0.pending.removeValue(forKey: id) }
        pending?.continuation?.resume(with: result)
    }

    /// Sends a ping that only the reading thread waits for.
    func ping() {
        let id = state.withLock { state -> Int64 in
            let id = state.nextID
            state.nextID += 1
            state.pending[id] = Pending(
                method: WireMethods.ping, continuation: nil, deadline: .now.advanced(by: settings.pingTimeout),
                limit: settings.pingTimeout)
            return id
        }
        try? writer.write(
            WireMessage.request(
                id: id, method: WireMethods.ping, params: Array("{}".utf8), context: CallContext()))
    }

    // MARK: End

    /// Ends the process: `shutdown`, end of its input, SIGTERM, SIGKILL, each after `grace`; one that does not answer
    /// `shutdown` is not given time to see the end of its input.
    func stop(grace: Duration) async {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        var answers = true
        if isFirst, state.withLock({ $0.failure == nil }) {
            let answer = try? await call(
                WireMethods.shutdown, Array("{}".utf8), context: CallContext(), limit: grace)
            answers = answer != nil
            notify(WireMethods.exit, Empty())
        }
        writer.close()
        if answers, await hasExited(within: grace) { return }
        child.signal(SIGTERM)
        if await hasExited(within: grace) { return }
        child.signal(SIGKILL)
        _ = await hasExited(within: .seconds(60))
    }

    /// Waits for the end; false when `limit` passes before it.
    func hasExited(within limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.exitWaiters.append((.now.advanced(by: limit), continuation)) }
                return state.isOver
            }
            if isOver { continuation.resume(returning: true) } else { event.signal() }
        }
    }

    func closeInput() {
        writer.close()
    }
}
