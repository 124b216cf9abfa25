import Foundation
import InfrastructureModel
import Operations
import Support

/// What changes that wait for their turn ask of machines, as far as a machine need not be waited for before: it stops,
/// reboots, gets another size or goes.
struct QueuedDemands: Sendable, Hashable {
    /// How the change is called, by the machine's number.
    private var ofMachines: [Int: String] = [:]
    private var ofAll: String?

    init() {}

    /// - Parameter waiting: Unfinished operations, without the one that is carried out.
    init(_ waiting: some Sequence<DurableOperation>) {
        for operation in waiting { add(operation) }
    }

    var isEmpty: Bool { ofMachines.isEmpty && ofAll == nil }

    /// What is asked of a machine; nil: nothing.
    func reason(for machine: MachineID) -> String? { ofMachines[machine.number] ?? ofAll }

    private mutating func add(_ operation: DurableOperation) {
        // What cannot be read fails when its turn comes, and says so then.
        if let wish = try? PowerRequest.wish(of: operation), wish.call != .start {
            guard let numbers = wish.machines else { return ofAll = "its \(wish.call.rawValue)" }
            for number in numbers { ofMachines[number] = "its \(wish.call.rawValue)" }
        } else if let wish = try? operation.alteration() {
            ofMachines[wish.machine] = wish.placement == nil ? "another disk" : "another size"
        } else if let wish = try? operation.update() {
            for removal in wish.removed { ofMachines[removal.number] = "its removal" }
        }
    }
}

/// The demands as the holder of a lease saw them last.
final class DemandBoard: Sendable {
    private let demands = LockedValue(QueuedDemands())
    /// Rung when they change.
    let bell = Bell()

    var current: QueuedDemands {
        get { demands.withLock { $0 } }
        set {
            let isNew = demands.withLock { demands in
                defer { demands = newValue }
                return demands != newValue
            }
            if isNew { bell.ring() }
        }
    }
}
