import ConnectorAPI
import Foundation
import InfrastructureModel
import Logging
import Operations
import Persistence
import Support

/// Carries one operation on one infrastructure out. The only writer of that infrastructure while it holds the lease.
///
/// Decisions are the state machine's. This loop stores them, has an ``ActionRunner`` act, and takes in what came of it;
/// results that arrive together are stored in one transaction.
actor InfrastructureActor: OperationRun {
    private enum Message: Sendable {
        case input(action: String, InfrastructureInput)
        /// Told by the contextualizer, which waits until it is stored.
        case event(InfrastructureInput, stored: CheckedContinuation<Void, any Error>)
        /// Told by the contextualizer, which goes on meanwhile.
        case progress(InfrastructureInput)
        /// Somebody wants this operation to end.
        case interrupted
        case failed(any Error)
    }

    private let manager: InfrastructureManager
    private let operation: DurableOperation
    private let logger: Logger
    private let mailbox = Mailbox<Message>()
    private let late = LateInputs()
    private let demands = DemandBoard()
    /// Renewed while the operation runs, also while the actor computes.
    private let currentLease: LockedValue<Lease>
    nonisolated var lease: Lease { currentLease.withLock { $0 } }

    init(manager: InfrastructureManager, operation: DurableOperation, lease: Lease, logger: Logger) {
        var logger = logger
        logger[metadataKey: LogKey.infrastructure] = "\(operation.subject)"
        self.manager = manager
        self.operation = operation
        currentLease = LockedValue(lease)
        self.logger = logger
    }

    /// Works until the operation has ended and its end is stored.
    ///
    /// - Throws: `CancellationError` when this process shall stop; everything is recorded then, and the operation can be
    ///   gone on with by anybody. ``OperationError`` `leaseLost` when another process took over.
    func run() async throws {
        let started = ContinuousClock.now
        do {
            try await carryOut(started)
        } catch {
            // Given back, or taken over: why is told by who carries operations out.
            logger.info(
                "\(operation.kind) is left",
                metadata: ["seconds": "\(Self.seconds(since: started))"])
            throw error
        }
    }

    private func carryOut(_ started: ContinuousClock.Instant) async throws {
        let id = InfrastructureID(rawValue: operation.subject.rawValue)
        guard let snapshot = try await manager.stored(id) else {
            try await manager.store.finish(
                lease, status: .failed, error: "infrastructure \(id) is not on record", now: manager.now())
            return
        }
        var limits = manager.configuration.limits
        for description in await manager.connectors.descriptions() {
            limits.batchSizes[description.name] = description.requirements.maxLaunchItems
        }
        var machine = InfrastructureStateMachine(snapshot: snapshot, limits: limits)
        let owners = snapshot.infrastructure.owners.map(\.username)
        logger.info(
            "\(operation.kind) begins",
            metadata: [
                "owner": "\(owners.joined(separator: ","))", "name": "\(snapshot.infrastructure.name ?? "-")",
                "machines": "\(Self.counts(snapshot))",
            ])
        machine.begin(operation.kind.rawValue, for: try operation.purpose(), now: manager.now())
        if let wish = try PowerRequest.wish(of: operation) { machine.take(wish) }
        if let wish = try operation.alteration() { machine.take(wish, of: operation.id.rawValue) }
        if let wish = try operation.update() { machine.take(wish, of: operation.id.rawValue, now: manager.now()) }

        let result = try await withThrowingDiscardingTaskGroup { group -> Result in
            group.addTask { await self.watch() }
            defer { group.cancelAll() }
            do {
                let result = try await loop(&machine, &group)
                closeMailbox()
                return result
            } catch {
                closeMailbox()
                throw error
            }
        }
        // What was under way when it ended has answered by now: the more is known, the less is to be searched for.
        for input in lateInputs { machine.handle(input, now: manager.now()) }
        try await finish(result, &machine, started)
    }

    /// How many machines are in each state: `configured:2,failed:1`.
    private static func counts(_ snapshot: InfrastructureSnapshot) -> String {
        let states = Dictionary(grouping: snapshot.machines.filter(\.isAlive)) { $0.state.rawValue }
        guard !states.isEmpty else { return "0" }
        return states.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.count)" }.joined(separator: ",")
    }

    private static func seconds(since start: ContinuousClock.Instant) -> String {
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        return String((milliseconds).rounded() / 1000)
    }

    private final class LateInputs: Sendable {
        private let inputs = LockedValue<[InfrastructureInput]>([])

        func withLock<Value: Sendable>(_ body: (inout [InfrastructureInput]) -> Value) -> Value {
            inputs.withLock { body(&$0) }
        }
    }

    private enum Result: Sendable {
        case ended(InfrastructureStateMachine.Outcome)
        case interrupted
    }

    private func loop(
        _ machine: inout InfrastructureStateMachine, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws -> Result {
        var answered: [String] = []
        var waiting: [CheckedContinuation<Void, any Error>] = []
        while true {
            let actions = machine.nextActions(now: manager.now())
            rememberLaunches(actions, &machine)
            do {
                try await store(&machine)
            } catch {
                for continuation in waiting { continuation.resume(throwing: error) }
                throw error
            }
            for continuation in waiting { continuation.resume() }
            waiting = []
            for name in answered { Failpoint.reached("\(name).recorded") }
            answered = []

            let runner = runner(machine.snapshot)
            for action in actions {
                Failpoint.reached("\(action.name).intent")
                group.addTask { await self.perform(action, runner) }
            }
            if actions.isEmpty, let outcome = machine.outcome {
                return .ended(outcome)
            }
            let messages = await mailbox.receive()
            var end: Message?
            for message in messages {
                switch message {
                case .input(let name, let input):
                    machine.handle(input, now: manager.now())
                    answered.append(name)
                case .event(let input, let continuation):
                    machine.handle(input, now: manager.now())
                    waiting.append(continuation)
                case .progress(let input):
                    machine.handle(input, now: manager.now())
                case .interrupted, .failed:
                    if end == nil { end = message }
                }
            }
            if Task.isCancelled || end != nil {
                for continuation in waiting { continuation.resume(throwing: CancellationError()) }
                try Task.checkCancellation()
                if case .failed(let error) = end { throw error }
                return .interrupted
            }
        }
    }

    private func runner(_ snapshot: InfrastructureSnapshot) -> ActionRunner {
        let now = manager.now
        return ActionRunner(
            manager: manager, snapshot: snapshot, logger: logger, demands: demands,
            retrying: { [mailbox] cloud, error, delay in
                mailbox.sendUnhurried(
                    .progress(.retrying(cloud, message: error.description, at: now(), after: delay)))
            },
            reported: { [mailbox] cloud, message in
                mailbox.sendUnhurried(.progress(.reported(cloud, message: message, at: now())))
            })
    }

    private nonisolated func perform(_ action: InfrastructureAction, _ runner: ActionRunner) async {
        do {
            let input = try await runner.perform(action) { [mailbox] input, isNeededToResume in
                // Progress is stored with what follows it. Should that fail, the next event that is needed says so.
                guard isNeededToResume else { return mailbox.sendUnhurried(.progress(input)) }
                try await withCheckedThrowingContinuation { continuation in
                    mailbox.send(.event(input, stored: continuation))
                }
            }
            Failpoint.reached("\(action.name).done")
            mailbox.send(.input(action: action.name, input))
        } catch is CancellationError {
            // The whole operation stops; nobody waits for this.
        } catch {
            mailbox.send(.failed(error))
        }
    }

    /// Keeps the lease and looks whether somebody wants the operation to end, or waits behind it for machines.
    private nonisolated func watch() async {
        let renewal = manager.configuration.lease / 3
        var renewed = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: manager.configuration.commandPoll)
                let unfinished = try await manager.store.unfinishedOperations(subject: operation.subject)
                if unfinished.first(where: { $0.id == operation.id })?.cancelRequested ?? true {
                    mailbox.send(.interrupted)
                    return
                }
                demands.current = QueuedDemands(unfinished.lazy.filter { $0.id != self.operation.id })
                if ContinuousClock.now - renewed >= renewal {
                    let renewedLease = try await manager.store.renew(
                        lease, now: manager.now(), duration: manager.configuration.lease)
                    currentLease.withLock { $0 = renewedLease }
                    renewed = .now
                }
            } catch is CancellationError {
                return
            } catch {
                mailbox.send(.failed(error))
                return
            }
        }
    }

    /// From now on nobody reads: results of actions are kept for the last transaction, and those who wait for an event to
    /// be stored learn that it will not be.
    private func closeMailbox() {
        mailbox.close { [late] message in
            switch message {
            case .input(_, let input), .progress(let input): late.withLock { $0.append(input) }
            case .event(_, let continuation): continuation.resume(throwing: CancellationError())
            case .interrupted, .failed: break
            }
        }
    }

    private var lateInputs: [InfrastructureInput] { late.withLock { $0 } }

    /// What a launch asks for is stored with its token: the call can be repeated as it was.
    private func rememberLaunches(_ actions: [InfrastructureAction], _ machine: inout InfrastructureStateMachine) {
        let new = actions.compactMap { action -> LaunchBatch? in
            guard case .launch(let batch) = action, machine.snapshot.launches[batch.token] == nil else { return nil }
            return batch
        }
        // A document that cannot be read is the launch's failure; it says so.
        guard !new.isEmpty, let plan = try? LaunchPlan(snapshot: machine.snapshot) else { return }
        for (token, items) in plan.items(of: new) { machine.remember(items, of: token) }
    }

    private func store(_ machine: inout InfrastructureStateMachine) async throws {
        guard machine.hasChanges else { return }
        let changes = machine.takeChanges()
        try await manager.store.record(
            InfrastructureChange(
                infrastructure: machine.snapshot.infrastructure.id, record: changes.record,
                machines: changes.machines, resources: changes.resources,
                removedResources: changes.removedResources, launches: changes.launches,
                endedLaunches: changes.endedLaunches, events: changes.events), lease: lease)
        manager.commits.ring()
        Failpoint.reached("change.recorded")
    }

    private func finish(
        _ result: Result, _ machine: inout InfrastructureStateMachine, _ started: ContinuousClock.Instant
    ) async throws {
        let status: DurableOperation.Status
        var message: String?
        switch result {
        case .ended(.succeeded): status = .succeeded
        case .ended(.failed(let text)):
            status = .failed
            message = text
        case .interrupted:
            status = .cancelled
            message = await interrupter()
        }
        machine.conclude(operation.kind.rawValue, failure: message, now: manager.now())
        try await store(&machine)
        Failpoint.reached("operation.concluded")
        try await manager.store.finish(lease, status: status, error: message, now: manager.now())
        manager.commits.ring()
        var metadata: Logger.Metadata = [
            "status": "\(status.rawValue)", "machines": "\(Self.counts(machine.snapshot))",
            "seconds": "\(Self.seconds(since: started))",
        ]
        if let message { metadata["error"] = "\(message)" }
        logger.log(level: status == .failed ? .warning : .info, "\(operation.kind) ends", metadata: metadata)
    }

    /// What this operation has to make room for.
    private func interrupter() async -> String {
        let others = try? await manager.store.unfinishedOperations(subject: operation.subject)
        guard let other = others?.last(where: { $0.id != operation.id }) else { return "interrupted on request" }
        return "interrupted by \(other.kind)"
    }
}
