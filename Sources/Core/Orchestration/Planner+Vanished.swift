import Foundation
import InfrastructureModel
import Support

extension Planner {
    /// Machines that their provider no longer knows. Clouds that do not answer count as well.
    func vanished(_ existing: InfrastructureSnapshot?) async -> Set<MachineID> {
        guard let existing else { return [] }
        var vanished: Set<MachineID> = []
        let there = existing.machines.filter { $0.goal == .present && isToBeSeen($0) }
        let runner = ActionRunner(manager: manager, snapshot: existing, logger: manager.logger)
        for (cloud, machines) in Dictionary(grouping: there, by: \.placement.cloud) {
            guard
                case .described(_, let answers, _) = try? await runner.perform(
                    .describe(cloud, machines.map(\.id), after: .zero), tell: { _, _ in })
            else { continue }
            vanished.formUnion(answers.filter { $0.value == nil || $0.value?.state == .terminated }.keys)
        }
        return vanished
    }

    /// Whether its provider must know it. New machines are shown late by some.
    private func isToBeSeen(_ machine: MachineRecord) -> Bool {
        switch machine.phase {
        case .running: return true
        case .starting:
            guard let launched = machine.launchedAt else { return false }
            return manager.now().timeIntervalSince(launched) > manager.configuration.limits.showing / .seconds(1)
        default: return false
        }
    }
}
