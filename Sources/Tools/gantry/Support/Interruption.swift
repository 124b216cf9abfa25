import Dispatch
import Glibc
import Synchronization

/// Runs work that SIGINT and SIGTERM stop in an orderly way: the first cancels it, the second ends the process at once.
func interruptible<Value: Sendable>(
    _ notice: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // Unstructured, so that a signal handler can reach it; awaited below in any case.
    let task = Task { try await work() }
    let count = SignalCount()
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            if count.increment() == 1 {
                Terminal.note("\n\(notice)")
                task.cancel()
            } else {
                _exit(130)
            }
        }
        source.resume()
        return source
    }
    defer {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
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
