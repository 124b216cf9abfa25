import Foundation
import Logging
import Operations
import Support

/// One operation that is being carried out, by the handler of its kind.
protocol OperationRun: Sendable {
    /// The lease, as it was renewed last.
    var lease: Lease { get async }

    /// Works until the operation has ended and its end is stored. Keeps the lease renewed.
    ///
    /// - Throws: `CancellationError` when this process shall stop, ``OperationError`` `leaseLost` when another one took
    ///   over. All that is known is recorded then.
    func run() async throws
}

/// Claims due operations and has the handler of each kind carry them out. Knows nothing of what they are about.
struct OperationWorker: Sendable {
    /// Begins to carry out an operation under the lease that it was claimed with.
    typealias Handler = @Sendable (DurableOperation, Lease, Logger) -> any OperationRun

    let store: any OperationStore
    /// Operations of other kinds are left to others.
    let handlers: [OperationKind: Handler]
    let configuration: ManagerConfiguration
    let bell: Bell
    let logger: Logger
    let now: @Sendable () -> Date

    /// Works until the operation `until` has ended (whoever carried it out), or for ever when nil.
    ///
    /// - Parameter subjects: Only operations of these; nil: of all.
    /// - Throws: What the operation `until` failed with each time, when it could not be carried out
    ///   ``ManagerConfiguration/attempts`` times. It stays as it is recorded, due for whoever comes next.
    func run(subjects: [OperationSubject]?, until: OperationID?) async throws {
        let active = ActiveCount()
        let setbacks = Setbacks(pause: configuration.setbackPause)
        // Keeps nothing of tasks that ended: a service works for as long as it runs.
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            while true {
                try Task.checkCancellation()
                let rings = bell.rings
                if let until, let error = setbacks.error(of: until, after: configuration.attempts) { throw error }
                if let until, try await store.operation(until)?.status.isFinal ?? true { return }
                if active.value < configuration.operations,
                    let operation = try await store.claim(
                        holder: .current, kinds: Set(handlers.keys), subjects: subjects, now: now(),
                        duration: configuration.lease)
                {
                    Failpoint.reached("operation.claimed")
                    active.add(1)
                    group.addTask {
                        await carryOut(operation, setbacks)
                        active.add(-1)
                        bell.ring()
                    }
                    continue
                }
                try await bell.wait(after: rings, atMost: configuration.commandPoll)
            }
        }
    }

    /// Carries one operation out. Whatever happens, the operation is finished, or given back for the next holder.
    private func carryOut(_ operation: DurableOperation, _ setbacks: Setbacks) async {
        guard let lease = operation.lease, let handler = handlers[operation.kind] else { return }
        var logger = logger
        logger[metadataKey: LogKey.operation] = "\(operation.id)"
        let run = handler(operation, lease, logger)
        do {
            try await run.run()
            setbacks.forget(operation.id)
            Failpoint.reached("operation.finished")
        } catch is CancellationError {
            await giveBack(run, after: .zero, logger: logger)
        } catch let error as OperationError where error.code == .leaseLost {
            logger.warning("another process took over", metadata: ["error": "\(error)"])
        } catch {
            let pause = setbacks.add(error, to: operation.id)
            logger.error(
                "the operation is given back after an error",
                metadata: ["error": "\(error)", "due-in": "\(pause.inSeconds) s"])
            await giveBack(run, after: pause, logger: logger)
        }
    }

    /// Awaited apart from the task, whose cancellation must not reach the store.
    private func giveBack(_ run: any OperationRun, after pause: Duration, logger: Logger) async {
        await Task {
            do {
                try await store.release(await run.lease, dueAt: now().adding(pause))
            } catch {
                logger.warning("the lease could not be given back; it lapses", metadata: ["error": "\(error)"])
            }
        }.value
    }
}

/// How many operations a worker carries out now.
private final class ActiveCount: Sendable {
    private let count = LockedValue(0)

    var value: Int { count.withLock { $0 } }

    func add(_ change: Int) {
        count.withLock { $0 += change }
    }
}

/// Errors for which no operation ends, such as those of the store.
private final class Setbacks: Sendable {
    private let known = LockedValue<[OperationID: (count: Int, error: any Error)]>([:])
    private let pause: Duration

    init(pause: Duration) {
        self.pause = pause
    }

    /// - Returns: When to try again: twice as long each time, at most 64 pauses.
    func add(_ error: any Error, to operation: OperationID) -> Duration {
        known.withLock { known in
            let count = (known[operation]?.count ?? 0) + 1
            known[operation] = (count, error)
            return pause * (1 << min(count - 1, 6))
        }
    }

    func forget(_ operation: OperationID) {
        known.withLock { $0[operation] = nil }
    }

    /// What an operation failed with last, when it has done so that often.
    func error(of operation: OperationID, after attempts: Int) -> (any Error)? {
        known.withLock { known in
            known[operation].flatMap { $0.count >= attempts ? $0.error : nil }
        }
    }
}
