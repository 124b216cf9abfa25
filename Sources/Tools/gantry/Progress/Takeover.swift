import InfrastructureModel
import Operations
import Orchestration

/// That another command destroys an infrastructure, or has done so, while this one was at work on it: what this one knows
/// of machines and tasks is true no more.
enum Takeover: Equatable {
    case destroyed
    case beingDestroyed

    /// - Parameters:
    ///   - operation: This command's own, which has ended.
    ///   - snapshot: As it is now.
    ///   - unfinished: What is under way now.
    static func found(
        _ operation: DurableOperation, snapshot: InfrastructureSnapshot, unfinished: [DurableOperation]
    ) -> Takeover? {
        guard operation.kind != .destroy else { return nil }
        let record = snapshot.infrastructure
        if record.phase == .destroyed { return .destroyed }
        let isGoing = record.goal == .destroyed || unfinished.contains { $0.kind == .destroy }
        return isGoing ? .beingDestroyed : nil
    }

    /// - Parameter name: As the user calls it.
    func text(_ name: String) -> String {
        let command = { (verb: String) in "`" + CommandText.text(["gantry", verb, name]) + "`" }
        switch self {
        case .destroyed:
            return "\(name) was destroyed by another command meanwhile; \(command("log")) shows what happened"
        case .beingDestroyed:
            return "\(name) is being destroyed by another command; \(command("show")) shows what is left"
        }
    }
}
