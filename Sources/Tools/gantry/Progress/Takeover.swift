import InfrastructureModel
import Operations
import Orchestration

/// That another command destroys an infrastructure, or has done so, while this one was at work on it: what this one knows
/// of machines and tasks is true no more.
enum Takeover: Equatable {
    case destroyed
    case beingDestroyed

    /// - Parameters:
    ///   - kind: What this command did, which has ended.
    ///   - summary: As it is now.
    static func found(_ kind: OperationKind, _ summary: InfrastructureSummary) -> Takeover? {
        guard kind != .destroy else { return nil }
        if summary.isDestroyed { return .destroyed }
        let isGoing =
            summary.state == InfrastructureState.deleting.rawValue
            || (summary.underWay ?? []).contains { $0.kind == OperationKind.destroy.rawValue }
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
