import Foundation
import InfrastructureModel
import Logging
import Operations
import Persistence
import Support
import Synchronization

/// Claims due operations and has an ``InfrastructureActor`` carry each out, under a lease that it keeps renewed.
struct OperationWorker: Sendable {
    let manager: InfrastructureManager

    /// Works until the operation `until` has ended (whoever carried it out), or for ever when nil.
    ///
    /// - Parameter subjects: Only operations of these; nil: of all.
    func run(subjects: [String]?, until: OperationID?) async throws {
        let active = ActiveCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            while true {
                try Task.checkCancellation()
                if let until, try await manager.store.operation(until)?.status.isFinal ?? true { return }
                if active.value < manager.configuration.operations,
                    let operation = try await manager.store.claim(
                        holder: .current, subjects: subjects, now: manager.now(),
                        duration: manager.configuration.lease)
                {
                    Failpoint.reached("operation.claimed")
                    active.add(1)
                    group.addTask {
                        await carryOut(operation)
                        active.add(-1)
                        manager.bell.ring()
                    }
                    continue
                }
                try await manager.bell.wait(atMost: manager.configuration.commandPoll)
            }
        }
    }

    /// Carries one operation out. Whatever happens, the operation is finished, or given back for the next holder.
    private func carryOut(_ operation: DurableOperation) async {
        guard let lease = operation.lease else { return }
        var logger = manager.logger
        logger[metadataKey: LogKey.infrastructure] = "\(operation.subject)"
        logger[metadataKey: LogKey.operation] = "\(operation.id)"
        let actor = InfrastructureActor(manager: manager, operation: operation, lease: lease, logger: logger)
        do {
            try await actor.run()
            Failpoint.reached("operation.finished")
        } catch is CancellationError {
            await giveBack(actor, logger: logger)
        } catch let error as OperationError where error.code == .leaseLost {
            logger.warning("another process took over", metadata: ["error": "\(error)"])
        } catch {
            logger.error("the operation is given back after an error", metadata: ["error": "\(error)"])
            try? await Task.sleep(for: .seconds(1))
            await giveBack(actor, logger: logger)
        }
    }

    /// Awaited apart from the task, whose cancellation must not reach the store.
    private func giveBack(_ actor: InfrastructureActor, logger: Logger) async {
        let manager = manager
        await Task {
            do {
                try await manager.store.release(await actor.lease, dueAt: manager.now())
            } catch {
                logger.warning("the lease could not be given back; it lapses", metadata: ["error": "\(error)"])
            }
        }.value
    }
}

/// How many operations a worker carries out now.
private final class ActiveCount: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add(_ change: Int) {
        count.withLock { $0 += change }
    }
}
