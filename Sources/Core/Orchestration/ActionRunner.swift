import ConnectorAPI
import Foundation
import InfrastructureModel
import Logging
import Persistence
import Support

/// Carries single actions out. Values in, values out: it writes nothing but through connectors and the contextualizer.
struct ActionRunner: Sendable {
    let manager: InfrastructureManager
    /// As it was when the action was decided.
    let snapshot: InfrastructureSnapshot
    let logger: Logger
    /// What others who wait for their turn ask of machines.
    var demands = DemandBoard()
    /// Told of failures after which a call is made again.
    var retrying: @Sendable (CloudReference, ConnectorError, Duration) -> Void = { _, _, _ in }
    /// Told how far a call is, at most once a second for each call.
    var reported: @Sendable (CloudReference, String) -> Void = { _, _ in }

    var infrastructure: InfrastructureRecord { snapshot.infrastructure }

    /// Does what is asked and answers what came of it. A failure of a provider is an answer, not an error.
    ///
    /// - Parameter tell: Stores an event, before it returns where the event is needed to go on after a crash.
    /// - Throws: Only what ends the operation: cancellation, a store that refuses.
    func perform(
        _ action: InfrastructureAction,
        tell: @escaping @Sendable (InfrastructureInput, _ isNeededToResume: Bool) async throws -> Void
    ) async throws -> InfrastructureInput {
        switch action {
        case .prepare(let cloud):
            return try await prepare(cloud)
        case .launch(let batch):
            return try await launch(batch)
        case .describe(let cloud, let machines, let delay):
            try await pause(delay)
            return try await describe(cloud, machines)
        case .findLaunches(let cloud, let tokens, let delay):
            try await pause(delay)
            return try await findLaunches(cloud, tokens)
        case .power(let call, let cloud, let machines):
            return try await power(call, cloud, machines)
        case .alter(let cloud, let machine):
            return try await alter(cloud, machine)
        case .terminate(let cloud, let machines, let delay):
            try await pause(delay)
            try await leave(machines, tell: tell)
            return try await terminate(cloud, machines)
        case .sweep(let cloud, let delay):
            try await pause(delay)
            return try await sweep(cloud)
        case .contextualize(let generation, let machines):
            return try await contextualize(generation: generation, machines, tell: tell)
        }
    }

    private func pause(_ delay: Duration) async throws {
        if delay > .zero { try await Task.sleep(for: delay) }
    }

    func call<Value: Sendable>(
        _ cloud: CloudReference, patience: Duration? = nil,
        _ call: @escaping @Sendable (any Connector, SessionID, CallContext) async throws -> Value
    ) async throws -> Value {
        let (retrying, reported) = (retrying, reported)
        let pace = ReportPace()
        let silence = CallSilence()
        let sink = ProgressSink { report in
            silence.heard()
            if let text = pace.text(of: report) { reported(cloud, text) }
        }
        let sessions = manager.sessions
        return try await CallContext.$progressSink.withValue(sink) {
            try await silence.watch(manager.configuration.silence, tell: { reported(cloud, $0) }) {
                try await sessions.call(
                    cloud, patience: patience,
                    retrying: { error, pause in
                        silence.heard(until: .now + pause)
                        retrying(cloud, error, pause)
                    }, call)
            }
        }
    }

    // MARK: Machines

    private func launch(_ batch: LaunchBatch) async throws -> InfrastructureInput {
        let items: [MachineSpec]
        do {
            let stored = try snapshot.launches[batch.token] ?? LaunchPlan(snapshot: snapshot).items(of: batch)
            items = try LaunchPlan.specifications(of: batch, items: stored)
        } catch {
            return .launched(batch, results(of: batch, .failed(message: "\(error)")))
        }
        let tags = ResourceTags.infrastructure(infrastructure)
        // Whether there may be machines that no answer told of.
        let mayBeMade = LockedValue(batch.isRepeated)
        do {
            let outcomes = try await repeating(batch.cloud) { connector, session, context in
                let before = mayBeMade.withLock { value in
                    defer { value = true }
                    return value
                }
                let outcomes: [Outcome<Machine>]
                do {
                    outcomes = try await connector.launch(
                        LaunchRequest(
                            session: session, batchToken: batch.token.rawValue, items: items, tags: tags),
                        context: context)
                } catch let error as ConnectorError where Self.saysThatNothingWasMade(error) {
                    // By this call: of those before it says nothing.
                    mayBeMade.withLock { $0 = before }
                    throw error
                }
                guard outcomes.count == items.count else {
                    throw ConnectorError(
                        code: .protocolViolation,
                        message: "connector '\(connector.description.name)' answered \(outcomes.count) results "
                            + "for \(items.count) machines")
                }
                return outcomes
            }
            return .launched(batch, try await results(of: batch, outcomes))
        } catch let error as ConnectorError {
            // An error of the session, too: where no call was made, nothing is there.
            let isUnsure = mayBeMade.withLock { $0 }
            return .launched(
                batch,
                results(
                    of: batch,
                    isUnsure ? .unknown(message: error.description) : .failed(message: error.description)))
        }
    }

    /// Makes a launch call again while items of it fail for reasons that pass; its token makes that safe.
    private func repeating(
        _ cloud: CloudReference,
        _ launch: @escaping @Sendable (any Connector, SessionID, CallContext) async throws -> [Outcome<Machine>]
    ) async throws -> [Outcome<Machine>] {
        var attempt = 0
        var last: [Outcome<Machine>]?
        while true {
            attempt += 1
            let outcomes: [Outcome<Machine>]
            do {
                outcomes = try await call(cloud, launch)
            } catch let error as ConnectorError {
                guard let last else { throw error }
                // What was made is made.
                return last.map { outcome in
                    if case .failed = outcome { return .failed(error) }
                    return outcome
                }
            }
            last = outcomes
            let passing = outcomes.lazy.compactMap { outcome -> (ConnectorError, Duration)? in
                guard case .failed(let error) = outcome else { return nil }
                return Recovery.delay(afterItem: error, attempt: attempt).map { (error, $0) }
            }.first
            guard let passing else { return outcomes }
            retrying(cloud, passing.0, passing.1)
            try await Task.sleep(for: passing.1)
        }
    }

    private func results(of batch: LaunchBatch, _ result: LaunchResult) -> [MachineID: LaunchResult] {
        Dictionary(uniqueKeysWithValues: batch.machines.map { ($0, result) })
    }

    /// Launches that go on are waited for together.
    private func results(of batch: LaunchBatch, _ outcomes: [Outcome<Machine>]) async throws -> [MachineID:
        LaunchResult]
    {
        try await withThrowingTaskGroup(of: (MachineID, LaunchResult).self) { group in
            var results: [MachineID: LaunchResult] = [:]
            for (id, outcome) in zip(batch.machines, outcomes) {
                if case .inProgress = outcome {
                    group.addTask { (id, try await launchResult(outcome, batch.cloud)) }
                } else {
                    results[id] = try await launchResult(outcome, batch.cloud)
                }
            }
            for try await (id, result) in group { results[id] = result }
            return results
        }
    }

    private static func saysThatNothingWasMade(_ error: ConnectorError) -> Bool {
        switch error.code {
        case .invalidArgument, .unsupported, .unauthenticated, .permissionDenied, .notFound, .quotaExceeded, .throttled:
            true
        default:
            false
        }
    }

    /// What the error of an item means.
    private static func launchResult(_ error: ConnectorError) -> LaunchResult {
        saysThatNothingWasMade(error)
            ? .failed(message: error.description) : .unknown(message: error.description)
    }

    private func launchResult(_ outcome: Outcome<Machine>, _ cloud: CloudReference) async throws -> LaunchResult {
        switch outcome {
        case .done(let machine):
            return .machine(ProviderMachine(machine))
        case .failed(let error):
            return Self.launchResult(error)
        case .inProgress(let progress):
            // The continuation need not be stored: after a crash the launch is issued again with its token.
            do {
                let result = try await continued(progress, cloud)
                guard let machine = result.machine else {
                    return .unknown(message: "the connector ended the launch without a machine")
                }
                return .machine(ProviderMachine(machine))
            } catch let error as ConnectorError {
                return Self.launchResult(error)
            }
        }
    }

    /// - Parameter limit: How long it may take; nil: as long as a machine may take to run.
    func continued(
        _ progress: InProgress, _ cloud: CloudReference, limit: Duration? = nil
    ) async throws -> StepResult {
        var progress = progress
        let limit = limit ?? manager.configuration.limits.running
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(max(10, progress.pollAfterMs)))
            let state = progress.state
            let outcome = try await call(cloud) { connector, session, context in
                try await connector.resume(ContinueRequest(session: session, state: state), context: context)
            }
            switch outcome {
            case .done(let result): return result
            case .failed(let error): throw error
            case .inProgress(let next): progress = next
            }
        }
        throw ConnectorError(code: .timeout, message: "not finished after \(limit)")
    }

    private func describe(_ cloud: CloudReference, _ machines: [MachineID]) async throws -> InfrastructureInput {
        let known = providerIDs(machines)
        do {
            let outcomes = try await call(cloud, patience: .seconds(30)) {
                connector, session, context in
                try await connector.describe(
                    MachinesRequest(session: session, ids: known.map(\.1)), context: context)
            }
            guard outcomes.count == known.count else {
                return .describeFailed(
                    cloud, message: "the connector answered \(outcomes.count) results for \(known.count) machines")
            }
            var answers: [MachineID: ProviderMachine?] = [:]
            var problems: [MachineID: String] = [:]
            for ((id, provider), outcome) in zip(known, outcomes) {
                switch outcome {
                case .done(let machine):
                    var answer = ProviderMachine(machine)
                    if isLate(id), answer.state != .running || answer.addresses.isEmpty {
                        answer.console = await consoleEnd(provider, at: cloud, hasRun: false)
                    }
                    answers[id] = answer
                case .failed(let error) where error.code == .notFound:
                    answers.updateValue(nil, forKey: id)
                case .failed(let error):
                    problems[id] = error.description
                case .inProgress:
                    answers[id] = ProviderMachine(id: provider, state: .pending)
                }
            }
            return .described(cloud, answers, problems: problems)
        } catch let error as ConnectorError {
            return .describeFailed(cloud, message: error.description)
        }
    }

    func providerIDs(_ machines: [MachineID]) -> [(MachineID, String)] {
        let wanted = Set(machines)
        return snapshot.machines.compactMap { machine in
            wanted.contains(machine.id) ? machine.providerID.map { (machine.id, $0) } : nil
        }
    }

    private func findLaunches(_ cloud: CloudReference, _ tokens: [BatchToken]) async throws -> InfrastructureInput {
        var found: [MachineID: String] = [:]
        do {
            for token in tokens {
                let tags = ResourceTags.batch(infrastructure, token)
                for resource in try await list(cloud, tags: tags, kinds: [.machine]) {
                    guard let id = machineID(of: resource, token: token) else { continue }
                    found[id] = resource.id
                }
            }
            return .launchesFound(cloud, tokens, found)
        } catch let error as ConnectorError {
            return .findFailed(cloud, message: error.description)
        }
    }

    /// Our id of a listed machine, from its tag or its launch identity.
    private func machineID(of resource: Resource, token: BatchToken) -> MachineID? {
        let name = resource.machine?.machineID ?? resource.tags[ResourceTags.machine]
        guard let name else { return nil }
        return snapshot.machines.first { $0.id.rawValue == name && $0.batch == token }?.id
    }

    func list(
        _ cloud: CloudReference, tags: [String: String], kinds: [Resource.Kind]?
    ) async throws -> [Resource] {
        var items: [Resource] = []
        var page: String?
        var pages = Pages(of: "a list", connector: cloud.connector)
        repeat {
            let token = page
            let answer = try await call(cloud, patience: .seconds(30)) { connector, session, context in
                try await connector.list(
                    ListRequest(session: session, tags: tags, kinds: kinds, page: token), context: context)
            }
            items += answer.items
            page = try pages.next(answer.next)
        } while page != nil
        return items
    }
}
