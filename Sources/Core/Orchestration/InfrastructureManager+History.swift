import ContextualizationAPI
package import InfrastructureModel
import JSONCoding
import Persistence

extension InfrastructureManager {
    /// What happened in the newest contextualization, with payloads, also before it was interrupted: what a resumed one
    /// goes on from.
    /// - Throws: ``ManagerError``.
    package func contextualizationEvents(
        of id: InfrastructureID, caller: Caller
    ) async throws -> [InfrastructureEvent] {
        let generation = try await snapshot(id, caller: caller, includingDestroyed: true).infrastructure.generation
        return try await ManagerError.convertingErrors {
            try await store.contextualizationHistory(of: id, generation: generation)
        }
    }

    /// The logs of the newest contextualization, as its contextualizer words them.
    /// - Parameter machine: Of this one alone; nil: of all.
    /// - Throws: ``ManagerError``.
    package func contextualizationLogs(
        of snapshot: InfrastructureSnapshot, machine: MachineID? = nil
    ) async throws -> ContextualizationMessage.Logs {
        let generation = snapshot.infrastructure.generation
        let stored = try await ManagerError.convertingErrors {
            try await store.contextualizationHistory(of: snapshot.infrastructure.id, generation: generation)
        }
        let wanted = stored.filter { $0.machine != nil && (machine == nil || $0.machine == machine) }
        var logs = ContextualizationMessage.Logs(generation: generation, lines: [:])
        for (id, events) in Dictionary(grouping: wanted, by: \.machine) {
            guard let id, let record = snapshot.machines.first(where: { $0.id == id }) else { continue }
            let told = try await ManagerError.convertingErrors {
                try events.compactMap { event in
                    try event.payload.map { try JSONText.decode(ContextualizationEvent.self, from: Array($0)) }
                }
            }
            logs.lines[id.number] = contextualizer.log(of: told, host: record.inventoryName)
        }
        return logs
    }

    /// What is told of the newest operation that began: that it began, that it is done, or why it failed. Nil: there was
    /// none.
    /// - Throws: ``ManagerError``.
    package func lastOperation(of id: InfrastructureID, caller: Caller) async throws -> InfrastructureEvent? {
        let kinds: Set<InfrastructureEvent.Kind> = [.operationStarted, .operationFinished, .operationFailed]
        let newest = try await lastEvent(of: id, caller: caller)
        // The end of an operation is its last event, so the first look nearly always finds it.
        var span: Int64 = 500
        while true {
            let start = max(0, newest - span)
            let events = try await events(of: id, after: start, limit: Int(span) + 1, caller: caller)
            if let found = events.last(where: { kinds.contains($0.kind) }) { return found }
            guard start > 0 else { return nil }
            span *= 8
        }
    }
}
