import ContextualizationAPI
import Foundation
import InfrastructureModel
import JSONCoding
import Persistence
import Support

extension ActionRunner {
    func contextualize(
        generation: Int, _ machines: [MachineID],
        tell: @escaping @Sendable (InfrastructureInput, _ isNeededToResume: Bool) async throws -> Void
    ) async throws -> InfrastructureInput {
        let id = infrastructure.id
        do {
            var history = try await self.history(of: generation)
            let plan = try ContextualizationPlan(snapshot: snapshot, configuration: manager.configuration)
            let undone = LockedValue(UndoneTasks(plan.request(machines: machines, history: history).steps))
            for event in history { undone.withLock { $0.add(event) } }
            let sink: @Sendable (ContextualizationEvent) async throws -> Void = { event in
                undone.withLock { $0.add(event) }
                let payload = Data(try JSONText.encode(event))
                try await tell(
                    .contextualization(
                        InfrastructureEvent(
                            infrastructure: id, machine: event.machine.map { MachineID(rawValue: $0) },
                            time: event.time, kind: .contextualization, text: event.line, generation: generation,
                            payload: payload), learnt: event.learnt), event.isNeededToResume)
            }
            var results: [MachineID: MachineRecord.Configuration] = [:]
            var report = ContextualizationReport()
            // Without machines that are left it goes on where it was, as after a crash.
            while case let open = machines.filter({ results[$0] == nil }), !open.isEmpty {
                switch try await run(plan.request(machines: open, history: history), open, sink) {
                case .ended(let end):
                    report = end
                    for machine in open { results[machine] = configuration(of: machine, end) }
                case .abandoned(let left):
                    results.merge(left) { first, _ in first }
                    history = try await self.history(of: generation)
                }
            }
            for (machine, result) in results {
                guard case .failed(let message) = result, report.results[machine.rawValue] != nil else { continue }
                results[machine] = .failed(message: message + (await silence(of: machine, report)))
            }
            return .contextualized(
                generation: generation, results, warnings: undone.withLock { $0.warnings(of: machines) })
        } catch let error as ContextualizationError {
            return .contextualized(generation: generation, failed(machines, error.description))
        } catch let error as ManagerError {
            return .contextualized(generation: generation, failed(machines, error.description))
        }
    }

    /// What earlier runs, and this one, have on record.
    private func history(of generation: Int) async throws -> [ContextualizationEvent] {
        let stored = try await manager.store.contextualizationHistory(of: infrastructure.id, generation: generation)
        return try stored.compactMap { event in
            try event.payload.map { try JSONText.decode(ContextualizationEvent.self, from: Array($0)) }
        }
    }

    private enum RunEnd: Sendable {
        case ended(ContextualizationReport)
        /// It was given up since it only waited for machines of which others ask something: these, and those that had
        /// failed before.
        case abandoned([MachineID: MachineRecord.Configuration])
    }

    private func run(
        _ request: ContextualizationRequest, _ machines: [MachineID],
        _ sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> RunEnd {
        let watch = ContextualizationWatch(request, machines: machines, board: demands)
        let (contextualizer, patience) = (manager.contextualizer, manager.configuration.demandPatience)
        return try await withThrowingTaskGroup(of: RunEnd.self) { group in
            group.addTask {
                .ended(
                    try await contextualizer.run(request) { event in
                        try await sink(event)
                        watch.add(event)
                    })
            }
            group.addTask {
                .abandoned(
                    try await watch.abandoned(after: patience).mapValues { .failed(message: Self.left($0)) }
                        .merging(watch.failures) { left, _ in left })
            }
            defer { group.cancelAll() }
            guard let end = try await group.next() else { throw CancellationError() }
            if case .abandoned = end {
                group.cancelAll()
                // It ends as one that is killed does: what it did is on record, and is gone on with.
                _ = try? await group.next()
                try Task.checkCancellation()
            }
            return end
        }
    }

    private static func left(_ reason: String) -> String {
        "it does not answer and is no longer waited for, since \(reason) was asked for; the next deployment goes on with it"
    }

    private func configuration(
        of machine: MachineID, _ report: ContextualizationReport
    ) -> MachineRecord.Configuration {
        switch report.results[machine.rawValue] {
        case .configured: .configured
        case .failed(let step, let message): .failed(message: (step.map { "\($0): " } ?? "") + message)
        case nil: .failed(message: "took no part in the contextualization")
        }
    }

    /// Of a machine whose SSH never answered, the end of its console.
    private func silence(of id: MachineID, _ report: ContextualizationReport) async -> String {
        let counts = report.counts[id.rawValue]
        guard let counts, counts.unreachable > 0, counts.ok == 0,
            let machine = snapshot.machines.first(where: { $0.id == id }), machine.endpoint == nil,
            let provider = machine.providerID,
            let console = await consoleEnd(provider, at: machine.placement.cloud, hasRun: true)
        else { return "" }
        return "; " + console
    }

    private func failed(_ machines: [MachineID], _ message: String) -> [MachineID: MachineRecord.Configuration] {
        Dictionary(uniqueKeysWithValues: machines.map { ($0, .failed(message: message)) })
    }
}

/// What the step `main` left undone, as no error: a disk that could not be formatted, a package that there is not. Of a
/// task that was done again its last end counts.
private struct UndoneTasks: Sendable {
    private struct Place: Hashable {
        var step: String
        var path: String
    }

    private let steps: Set<String>
    private var texts: [String: [Place: String]] = [:]

    init(_ steps: [ContextualizationStep]) {
        self.steps = Set(steps.lazy.filter { $0.work == .main }.map(\.name))
    }

    mutating func add(_ event: ContextualizationEvent) {
        guard let machine = event.machine, case .taskFinished(let record) = event.body,
            steps.contains(record.task.step)
        else { return }
        let summary = record.summary.isEmpty ? "" : ": \(record.summary)"
        texts[machine, default: [:]][Place(step: record.task.step, path: record.task.path)] =
            record.status == .ignored ? record.task.name + summary : nil
    }

    func warnings(of machines: [MachineID]) -> [MachineID: [String]] {
        var warnings: [MachineID: [String]] = [:]
        for machine in machines {
            let all = texts[machine.rawValue]?.sorted { ($0.key.step, $0.key.path) < ($1.key.step, $1.key.path) } ?? []
            if !all.isEmpty { warnings[machine] = all.map(\.value) }
        }
        return warnings
    }
}
