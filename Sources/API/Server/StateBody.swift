import Foundation
import InfrastructureModel

/// `{"state": {"state": …, "vm_states": {"0": …}}}`.
struct StateBody: Encodable {
    struct State: Encodable {
        var state: String
        var vmStates: [String: String]

        private enum CodingKeys: String, CodingKey {
            case state
            case vmStates = "vm_states"
        }
    }

    var state: State
}

extension StateBody.State {
    init(_ snapshot: InfrastructureSnapshot) {
        let machines = snapshot.machines.filter(\.isAlive)
        let whole = snapshot.isWithoutDeploy ? .failed : snapshot.state
        state = whole.rawValue
        vmStates = Dictionary(uniqueKeysWithValues: machines.map { (String($0.id.number), $0.state.rawValue) })
    }
}

extension InfrastructureSnapshot {
    /// Whether its document asked for no machine. IM's clients are told that it failed (im.md 5.2): who sent an empty
    /// document meant something else.
    var isWithoutDeploy: Bool {
        machines.isEmpty && infrastructure.nextNumber == 0 && infrastructure.phase == .active
            && infrastructure.goal == .present
    }

    /// IM's line of `contmsg` about that (im.md 5.5); nil where it does not apply.
    func withoutDeploy(after time: Date?) -> InfrastructureEvent? {
        guard isWithoutDeploy else { return nil }
        return InfrastructureEvent(
            infrastructure: infrastructure.id, time: time ?? infrastructure.createdAt, kind: .message,
            text: "Infrastructure without any deploy. Exiting.")
    }
}
