import CLibvirt
import ConnectorAPI
import Dispatch
import Foundation
import Support

/// Connections to one libvirt, opened when they are needed and again when they are lost. Calls block threads of their own,
/// never those of tasks, and each has a connection for itself as long as it takes: where threads share one, libvirt 9.0
/// loses an answer in some ten thousand calls, above all beside uploads, and the call waits for ever.
///
/// `@unchecked Sendable`: a handle is used by one thread at a time; `idle` is behind the lock.
final class LibvirtConnection: @unchecked Sendable {
    /// An open handle, closed when nobody uses it any more.
    final class Handle {
        let pointer: OpaquePointer
        /// What domains said of themselves; nil where libvirt does not tell of changes.
        let labels: KnownLabels?
        private let watches: [Int32]

        init(_ pointer: OpaquePointer, _ labels: KnownLabels) {
            self.pointer = pointer
            watches = labels.watch(pointer)
            self.labels = watches.allSatisfy { $0 >= 0 } ? labels : nil
        }

        deinit {
            // What this connection alone was told is not known any more.
            labels?.forgetAll()
            for watch in watches { gantry_virt_unwatch(pointer, watch) }
            _ = gantry_virConnectClose(pointer)
        }
    }

    let uri: String
    private let user: String?
    private let password: Secret<String>?
    private let lock = NSLock()
    /// Those that no call uses, the one that was used last at the end.
    private var idle: [Handle] = []
    private let labels = KnownLabels()

    /// How many are kept for later calls.
    private static let mostIdle = 8
    /// URIs that this process was connected to.
    private static let reached = LockedValue<Set<String>>([])
    private static let queue = DispatchQueue(label: "gantry.libvirt", attributes: .concurrent)
    /// A connection is lost when this many questions remain without an answer.
    private static let keepAlive: (interval: Int32, count: UInt32) = (5, 5)

    init(uri: String, user: String?, password: Secret<String>?) {
        self.uri = uri
        self.user = user
        self.password = password
    }

    /// Runs `body` on a thread and with a connection of its own. When the time of the call is over or its task is
    /// cancelled, this answers so at once, and what `body` is waiting for goes on until libvirt answers; its connection
    /// is nobody else's until then.
    func run<Value: Sendable>(
        _ what: String, _ budget: CallBudget,
        _ body: @escaping @Sendable (Hypervisor) throws(ConnectorError) -> Value
    ) async throws(ConnectorError) -> Value {
        let gate = Gate<Value>()
        let left = budget.end - ContinuousClock.now
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, ConnectorError>, Never>) in
                gate.wait(continuation)
                Self.queue.async {
                    let result: Result<Value, ConnectorError>
                    do throws(ConnectorError) {
                        let handle = try self.take()
                        do throws(ConnectorError) {
                            result = .success(try body(Hypervisor(handle, uri: self.uri)))
                        } catch {
                            result = .failure(error)
                        }
                        self.giveBack(handle)
                    } catch {
                        result = .failure(error)
                    }
                    gate.open(result)
                }
                let timer = DispatchWorkItem {
                    gate.open(
                        .failure(
                            ConnectorError(code: .timeout, message: "\(what): \(self.uri) did not answer in time")))
                }
                gate.keep(timer)
                Self.queue.asyncAfter(deadline: .now() + max(0, left.inSeconds), execute: timer)
            }
        } onCancel: {
            gate.open(.failure(ConnectorError(code: .cancelled, message: "\(what) was cancelled")))
        }
        return try result.get()
    }

    /// One that no other call uses.
    private func take() throws(ConnectorError) -> Handle {
        while let handle = lock.withLock({ idle.popLast() }) {
            if gantry_virConnectIsAlive(handle.pointer) == 1 { return handle }
        }
        try LibvirtLibrary.load()
        guard let pointer = gantry_virt_open(uri, user, password?.expose()) else {
            throw LibvirtErrorMapping.opening(
                uri, LibvirtCall.failure("no connection to \(uri)"),
                wasThere: Self.reached.withLock { $0.contains(uri) })
        }
        Self.reached.withLock { _ = $0.insert(uri) }
        // Drivers within this process have no other side that could be lost.
        if gantry_virConnectSetKeepAlive(pointer, Self.keepAlive.interval, Self.keepAlive.count) < 0 {
            gantry_virResetLastError()
        }
        return Handle(pointer, labels)
    }

    private func giveBack(_ handle: Handle) {
        lock.withLock { if idle.count < Self.mostIdle { idle.append(handle) } }
    }
}

/// The one answer of a call: the first one counts.
private final class Gate<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Result<Value, ConnectorError>, Never>?
        var early: Result<Value, ConnectorError>?
        var timer: DispatchWorkItem?
    }

    private let state = LockedState(State())

    func wait(_ continuation: CheckedContinuation<Result<Value, ConnectorError>, Never>) {
        let early = state.change { state -> Result<Value, ConnectorError>? in
            if state.early == nil { state.continuation = continuation }
            return state.early
        }
        if let early { continuation.resume(returning: early) }
    }

    func keep(_ timer: DispatchWorkItem) {
        state.change { $0.timer = timer }
    }

    func open(_ result: Result<Value, ConnectorError>) {
        let waiting = state.change { state in
            defer {
                state.continuation = nil
                state.early = state.early ?? result
                state.timer?.cancel()
                state.timer = nil
            }
            return state.continuation
        }
        waiting?.resume(returning: result)
    }
}

/// A value behind a lock, for values that are not `Sendable`.
///
/// `@unchecked Sendable`: the value is touched while the lock is held, and does not leave.
private final class LockedState<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    @discardableResult
    func change<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
