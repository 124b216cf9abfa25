import ConnectorHost
import Dispatch
import Glibc
import Synchronization

/// Runs work that SIGINT and SIGTERM stop in an orderly way: the first cancels it, the second ends the process at once,
/// with those of connectors.
func interruptible<Value: Sendable>(
    _ notice: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // Unstructured, so that a signal handler can reach it; awaited below in any case.
    let task = Task { try await work() }
    let count = SignalCount()
    Signals.shared.use { _ in
        if count.increment() == 1 {
            Terminal.note("\n\(notice)")
            task.cancel()
        } else {
            ProcessConnector.killAll()
            _exit(130)
        }
    }
    defer { Signals.shared.leave() }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}

/// The signals of this process that something here answers: SIGINT and SIGTERM, and others from their first use on.
///
/// A source and its disposition stay as they are: one made while another is being cancelled gets nothing. A handler set
/// by `signal` beside a source gets some of the signals, and the source the others: whoever wants one comes here.
///
/// `@unchecked Sendable`: both members are locked.
final class Signals: @unchecked Sendable {
    static let shared = Signals()

    /// The last one takes the signals.
    private let handlers = Mutex<[@Sendable (Int32) -> Void]>([])
    private let sources = Mutex<[Int32: any DispatchSourceSignal]>([:])

    private init() {}

    /// - Parameters:
    ///   - numbers: Which signals beside those of earlier uses.
    ///   - handler: Called for each signal, on a thread of its own, until ``leave()``; the one before it gets none.
    func use(_ numbers: [Int32] = [SIGINT, SIGTERM], _ handler: @escaping @Sendable (Int32) -> Void) {
        handlers.withLock { $0.append(handler) }
        sources.withLock { sources in
            for number in numbers where sources[number] == nil {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { Self.shared.received(number) }
                source.resume()
                sources[number] = source
            }
        }
    }

    /// From now on the handler before the last one takes the signals; without one a signal ends the process, as it does
    /// by itself.
    func leave() {
        handlers.withLock { _ = $0.popLast() }
    }

    private func received(_ number: Int32) {
        if let handler = handlers.withLock({ $0.last }) { return handler(number) }
        signal(number, SIG_DFL)
        // To the process: this thread takes none.
        kill(getpid(), number)
    }
}

private final class SignalCount: Sendable {
    private let count = Mutex(0)

    func increment() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
