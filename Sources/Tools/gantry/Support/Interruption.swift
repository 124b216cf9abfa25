import Dispatch
import Glibc
import Synchronization

/// Runs work that SIGINT and SIGTERM stop in an orderly way: the first cancels it, the second ends the process at once.
/// May be called again afterwards, not within itself.
func interruptible<Value: Sendable>(
    _ notice: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // Unstructured, so that a signal handler can reach it; awaited below in any case.
    let task = Task { try await work() }
    let count = SignalCount()
    Signals.shared.use {
        if count.increment() == 1 {
            Terminal.note("\n\(notice)")
            task.cancel()
        } else {
            _exit(130)
        }
    }
    defer { Signals.shared.use(nil) }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}

/// SIGINT and SIGTERM of this process, from the first use on.
///
/// The sources and their dispositions stay as they are: one made while another is being cancelled gets nothing.
///
/// `@unchecked Sendable`: the handler is locked, and nothing touches the sources once they are made.
private final class Signals: @unchecked Sendable {
    static let shared = Signals()

    private let handler = Mutex<(@Sendable () -> Void)?>(nil)
    private let sources: [any DispatchSourceSignal]

    private init() {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { Self.shared.received(number) }
            source.resume()
            return source
        }
    }

    /// - Parameter handler: Called for each signal; nil: the signal ends the process, as it does by itself.
    func use(_ handler: (@Sendable () -> Void)?) {
        self.handler.withLock { $0 = handler }
    }

    private func received(_ number: Int32) {
        if let handler = handler.withLock({ $0 }) { return handler() }
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
