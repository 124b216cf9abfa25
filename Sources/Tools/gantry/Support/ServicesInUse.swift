import ArgumentParser
import ConnectorHost
import Foundation
import Glibc

/// Services for as long as a command uses them: taken down in any case, also when a signal ends the command while a cloud
/// is being asked. A connector that hangs must not outlive the command: it has credentials.
///
/// `@unchecked Sendable`: what changes is touched under the lock.
final class ServicesInUse: @unchecked Sendable {
    private let stop: @Sendable () async -> Void
    private let lock = NSLock()
    /// The task of the command, only while it runs ``run(_:)``.
    private var task: UnsafeCurrentTask?
    private var stopping: Task<Void, Never>?

    /// For how long a command may still speak after its services are gone.
    private static let lastWords = Duration.seconds(2)

    /// - Parameter stop: Takes them down.
    init(_ stop: @escaping @Sendable () async -> Void) {
        self.stop = stop
    }

    /// Runs `body`. The first SIGINT, SIGTERM or SIGHUP cancels it and stops the services; another one, or one after its
    /// end, kills what they started and ends this process.
    ///
    /// - Throws: What `body` throws, or ``Status/interrupted``.
    func run<Value>(_ body: () async throws -> Value) async throws -> Value {
        let own = withUnsafeCurrentTask { $0 }
        lock.withLock { task = own }
        Signals.shared.use(Self.signals) { [self] _ in interrupt() }
        defer { Signals.shared.leave() }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        let begun = lock.withLock {
            task = nil
            return stopping
        }
        if let begun {
            await begun.value
            throw Status.interrupted
        }
        // In a task of its own: also whole where this one is cancelled.
        await Task { [stop] in await stop() }.value
        return try result.get()
    }

    /// Not SIGHUP where it is ignored, as under `nohup`.
    private static var signals: [Int32] {
        var action = sigaction()
        guard sigaction(SIGHUP, nil, &action) == 0 else { return [SIGINT, SIGTERM] }
        let handler: __sighandler_t? = action.__sigaction_handler.sa_handler
        let isIgnored = unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return isIgnored ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    }

    private func interrupt() {
        let isFirst = lock.withLock {
            guard let task, stopping == nil else { return false }
            task.cancel()
            // A handler of signals waits for nothing; `run` does.
            stopping = Task { [stop] in await stop() }
            return true
        }
        guard isFirst else {
            ProcessConnector.killAll()
            _exit(Status.interrupted.rawValue)
        }
        Terminal.note("\nstopping")
        // The command may wait for what does not come, such as an answer on the terminal.
        let begun = lock.withLock { stopping }
        Task {
            await begun?.value
            try? await Task.sleep(for: Self.lastWords)
            _exit(Status.interrupted.rawValue)
        }
    }
}
