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

    init(document: RADLDocument, existing: InfrastructureSnapshot?, vanished: Set<MachineID>) throws {
        var wanted: [String: [Int]] = [:]
        for (position, deploy) in document.deploys.enumerated() {
            guard document.system(deploy.system) != nil else {
                throw ManagerError(
                    code: .invalidDocument, message: "Invalid system id in the deploy: '\(deploy.system)'.")
            }
            wanted[deploy.system, default: []] += Array(repeating: position, count: deploy.count)
        }
        var usable: [String: [MachineRecord]] = [:]
        for machine in existing?.machines ?? [] where machine.goal == .present && machine.isAlive {
            if let reason = Self.reasonAgainst(machine, document, vanished) {
                removed.append((machine, reason))
            } else {
                usable[machine.system, default: []].append(machine)
            }
        }
        for (system, machines) in usable {
            let count = wanted[system]?.count ?? 0
            // The newest go first: they are the ones that hold the least.
            let ordered = machines.sorted { $0.id.number < $1.id.number }
            kept += ordered.prefix(count)
            removed += ordered.dropFirst(count).map {
                ($0, "the document asks for \(count) of system '\(system)'")
            }
        }
        for deploy in document.deploys.indices {
            let system = document.deploys[deploy].system
            let positions = (wanted[system] ?? []).enumerated().filter { $0.element == deploy }.map(\.offset)
            let have = kept.filter { $0.system == system }.count
            missing += positions.filter { $0 >= have }.map { _ in Missing(system: system, deploy: deploy) }
        }
        kept.sort { $0.id.number < $1.id.number }
        removed.sort { $0.machine.id.number < $1.machine.id.number }
    }

    private static func reasonAgainst(
        _ machine: MachineRecord, _ document: RADLDocument, _ vanished: Set<MachineID>
    ) -> String? {
        if vanished.contains(machine.id) { return "it was removed at the provider" }
        if case .failed(let message, _) = machine.phase { return "it failed: \(message)" }
        guard let system = document.system(machine.system) else {
            return "the document has no system '\(machine.system)'"
        }
        let now = Requirements(system: system).specification
        guard now != machine.specification else { return nil }
        let before = Set(machine.specification.split(separator: "\n"))
        let after = Set(now.split(separator: "\n"))
        let names = Set(before.symmetricDifference(after).map { $0.prefix { $0 != "=" } }).sorted()
        return "changed: \(names.joined(separator: ", "))"
    }
}
