package import Foundation

/// What a change by parts asks of the machines that there are, beside those that it makes: written into their records when
/// its turn comes, once.
package struct UpdateWish: Sendable, Hashable, Codable {
    /// A machine that goes.
    package struct Removal: Sendable, Hashable, Codable {
        package var number: Int
        package var reason: String

        package init(number: Int, reason: String) {
            self.number = number
            self.reason = reason
        }
    }

    package var removed: [Removal] = []
    /// Machines that somebody has removed at their provider and that nobody wants any more.
    package var forgotten: Set<Int> = []
    /// Machines that are configured again.
    package var configured: Set<Int> = []
    /// Machines of systems that no longer are configured at all.
    package var unconfigured: Set<Int> = []
    /// Whether machines are configured afterwards.
    package var contextualizes: Bool
    /// The next number after the machines that it makes.
    package var nextNumber: Int
    /// Clouds of the machines that it makes.
    package var clouds: [CloudReference] = []
    /// See ``InfrastructureRecord/cloudHosts``.
    package var cloudHosts: [String: String] = [:]

    package init(contextualizes: Bool, nextNumber: Int) {
        self.contextualizes = contextualizes
        self.nextNumber = nextNumber
    }

    func apply(to record: inout InfrastructureRecord) {
        record.nextNumber = max(record.nextNumber, nextNumber)
        record.generation += 1
        record.failure = nil
        if contextualizes { record.configured = nil }
        record.cloudHosts = (record.cloudHosts ?? [:]).merging(cloudHosts) { $1 }
        for cloud in clouds where !record.clouds.contains(cloud) { record.clouds.append(cloud) }
    }

    func apply(to machine: inout MachineRecord) {
        let number = machine.id.number
        if forgotten.contains(number) || removed.contains(where: { $0.number == number }) {
            machine.goal = .absent
        } else if machine.goal == .present {
            if configured.contains(number) { machine.configuration = .pending }
            if unconfigured.contains(number) { machine.configuration = .disabled }
        }
    }
}

extension InfrastructureStateMachine {
    /// Writes what is asked for into record and machines; once for an operation.
    package mutating func take(_ wish: UpdateWish, of operation: String, now: Date) {
        guard snapshot.infrastructure.powerOperation != operation, snapshot.infrastructure.goal == .present else {
            return
        }
        updateRecord {
            wish.apply(to: &$0)
            $0.powerOperation = operation
        }
        for machine in snapshot.machines { update(machine.id) { wish.apply(to: &$0) } }
        for removal in wish.removed {
            let id = MachineID(infrastructure: snapshot.infrastructure.id, number: removal.number)
            guard let machine = machine(id), machine.isAlive else { continue }
            log(.message, id, "\(machine.system) will be removed: \(removal.reason)", now: now)
        }
    }
}
