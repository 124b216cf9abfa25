import ConnectorConformance
import ConnectorHost
import Dispatch
import Foundation
import Glibc
import Synchronization

extension BareConnector: ConnectorDialogue {}

/// SIGINT, SIGTERM and SIGHUP end the run in an orderly way: the first cancels it, so that what was made is removed; the
/// second ends the process at once.
enum Interruption {
    private final class Count: Sendable {
        private let count = Mutex(0)

        var now: Int { count.withLock { $0 } }

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    private static func tell(_ words: String) {
        try? FileHandle.standardError.write(contentsOf: Data("connector-check: \(words)\n".utf8))
    }

    /// Runs `body`.
    ///
    /// - Returns: Whether it was interrupted.
    static func guarding(_ notice: String, _ body: @escaping @Sendable () async throws -> Void) async throws -> Bool {
        // Unstructured, so that a signal can reach it; awaited below in any case.
        let task = Task { try await body() }
        let count = Count()
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard count.next() == 1 else {
                    ProcessConnector.killAll()
                    tell("ended at once: what was made may be left at the provider")
                    _exit(130)
                }
                tell(notice)
                task.cancel()
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do {
            try await task.value
        } catch {
            guard count.now > 0 else { throw error }
        }
        return count.now > 0
    }
}
