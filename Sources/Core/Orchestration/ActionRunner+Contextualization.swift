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
            let stored = try await manager.store.contextualizationHistory(of: id, generation: generation)
            let history = try stored.compactMap { event in
                try event.payload.map { try JSONText.decode(ContextualizationEvent.self, from: Array($0)) }
            }
            let plan = try ContextualizationPlan(snapshot: snapshot, configuration: manager.configuration)
            let request = plan.request(machines: machines, history: history)
            let undone = LockedValue(UndoneTasks(request.steps))
            for event in history { undone.withLock { $0.add(event) } }
            let report = try await manager.contextualizer.run(request) { event in
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
            for machine in machines {
                switch report.results[machine.rawValue] {
                case .configured: results[machine] = .configured
                case .failed(let step, let message):
                    let told = (step.map { "\($0): " } ?? "") + message
                    results[machine] = .failed(message: told + (await silence(of: machine, report)))
                case nil: results[machine] = .failed(message: "took no part in the contextualization")
                }
            }
            return .contextualized(
                generation: generation, results, warnings: undone.withLock { $0.warnings(of: machines) })
        } catch let error as ContextualizationError {
            return .contextualized(generation: generation, failed(machines, error.description))
        } catch let error as ManagerError {
            return .contextualized(generation: generation, failed(machines, error.description))
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
