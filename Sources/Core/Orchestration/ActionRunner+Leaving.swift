import ContextualizationAPI
import Foundation
import InfrastructureModel

extension ActionRunner {
    /// Most time for a machine that stays: its user waits for the end of the infrastructure, not for a machine that is off.
    private static let patience: Duration = .seconds(10)

    /// Machines that were there before us get rid of what was written there, where they can be reached. What fails is
    /// told and changes nothing: the infrastructure goes all the same.
    func leave(
        _ ids: [MachineID],
        tell: @escaping @Sendable (InfrastructureInput, _ isNeededToResume: Bool) async throws -> Void
    ) async throws {
        let wanted = Set(ids)
        // One that never let us in holds nothing of ours.
        let reached = snapshot.machines.filter {
            wanted.contains($0.id) && $0.placement.isExisting && $0.endpoint != nil && !$0.hostKeys.isEmpty
        }
        guard !reached.isEmpty,
            let plan = try? ContextualizationPlan(snapshot: asItWas, configuration: manager.configuration)
        else { return }
        let machines = plan.request(machines: reached.map(\.id), history: []).machines
        var problems = try await manager.contextualizer.leave(machines, patience: Self.patience)
        for machine in reached where !machines.contains(where: { $0.id == machine.id.rawValue }) {
            problems[machine.id.rawValue] = "the document no longer says how to log in there"
        }
        for machine in reached {
            guard let problem = problems[machine.id.rawValue] else { continue }
            try await tell(
                .contextualization(
                    InfrastructureEvent(
                        infrastructure: machine.id.infrastructure, machine: machine.id, time: manager.now(),
                        kind: .message,
                        text: "the lines of this infrastructure stay in its /etc/hosts: \(problem)"), learnt: nil),
                false)
        }
    }

    /// With all machines that had an address: the lines of those that are gone stand there, too.
    private var asItWas: InfrastructureSnapshot {
        var past = snapshot
        for index in past.machines.indices where !past.machines[index].addresses.isEmpty {
            past.machines[index].goal = .present
            past.machines[index].phase = .running(provider: past.machines[index].providerID ?? "")
        }
        return past
    }
}
