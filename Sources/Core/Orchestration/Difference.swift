import InfrastructureModel
import RADL

/// What the machines of an infrastructure lack against a document, and which are too many.
struct Difference: Sendable {
    /// A machine to be made: its system, and the deploy sentence that asks for it.
    struct Missing: Sendable {
        var system: String
        var deploy: Int
    }

    var missing: [Missing] = []
    var removed: [(machine: MachineRecord, reason: String)] = []
    var kept: [MachineRecord] = []
    /// Somebody removed them at their provider, and no longer does anybody want them.
    var forgotten: [MachineRecord] = []

    /// - Parameter leaving: Numbers of machines, as text, that go first where a system has too many.
    init(
        index: RADLIndex, existing: InfrastructureSnapshot?, vanished: Set<MachineID>,
        leaving: [String: [String]] = [:]
    ) throws {
        var wanted: [String: Int] = [:]
        let deploys = index.document.deploys
        for deploy in deploys {
            guard index.system(deploy.system) != nil else {
                throw ManagerError(
                    code: .invalidDocument, message: "Invalid system id in the deploy: '\(deploy.system)'.")
            }
            wanted[deploy.system, default: 0] += deploy.count
        }
        var usable: [String: [MachineRecord]] = [:]
        var specifications: [String: String] = [:]
        for machine in existing?.machines ?? [] where machine.goal == .present && machine.isAlive {
            if let reason = Self.reasonAgainst(machine, index, vanished, &specifications) {
                removed.append((machine, reason))
            } else {
                usable[machine.system, default: []].append(machine)
            }
        }
        for (system, machines) in usable {
            let count = wanted[system] ?? 0
            // The newest go first: they are the ones that hold the least.
            let first = leaving[system] ?? []
            let ordered = machines.sorted {
                let (one, other) = (first.contains(String($0.id.number)), first.contains(String($1.id.number)))
                return one == other ? $0.id.number < $1.id.number : other
            }
            kept += ordered.prefix(count)
            removed += ordered.dropFirst(count).map {
                ($0, "the document asks for \(count) of system '\(system)'")
            }
        }
        var have: [String: Int] = [:]
        for machine in kept { have[machine.system, default: 0] += 1 }
        for (position, deploy) in deploys.enumerated() {
            // Those that are there are of the first sentences about their system.
            let there = min(have[deploy.system] ?? 0, deploy.count)
            have[deploy.system, default: 0] -= there
            missing += (there..<deploy.count).map { _ in Missing(system: deploy.system, deploy: position) }
        }
        forgotten = existing?.machines.filter { $0.goal == .present && $0.phase == .vanished } ?? []
        kept.sort { $0.id.number < $1.id.number }
        removed.sort { $0.machine.id.number < $1.machine.id.number }
    }

    /// Machines that come to those there are, and those that go because somebody said so.
    init(adding deploys: [RADLDeploy], removing numbers: Set<Int>, existing: InfrastructureSnapshot) {
        missing = deploys.enumerated().flatMap { position, deploy in
            Array(repeating: Missing(system: deploy.system, deploy: position), count: deploy.count)
        }
        for machine in existing.machines where machine.goal == .present {
            let isNamed = numbers.contains(machine.id.number)
            if machine.phase == .vanished {
                if isNamed { forgotten.append(machine) }
            } else if !machine.isAlive {
                continue
            } else if isNamed {
                removed.append((machine, "it was asked for"))
            } else {
                kept.append(machine)
            }
        }
    }

    private static func reasonAgainst(
        _ machine: MachineRecord, _ index: RADLIndex, _ vanished: Set<MachineID>,
        _ specifications: inout [String: String]
    ) -> String? {
        if vanished.contains(machine.id) { return "it was removed at the provider" }
        if case .failed(let message, _) = machine.phase { return "it failed: \(message)" }
        guard let system = index.system(machine.system) else {
            return "the document has no system '\(machine.system)'"
        }
        let now = specifications[system.id] ?? Requirements(system: system).specification
        specifications[system.id] = now
        guard now != machine.specification else { return nil }
        let before = Set(machine.specification.split(separator: "\n"))
        let after = Set(now.split(separator: "\n"))
        let names = Set(before.symmetricDifference(after).map { $0.prefix { $0 != "=" } }).sorted()
        return "changed: \(names.joined(separator: ", "))"
    }
}
