/// State of a machine in IM's words (what clients see).
package enum MachineState: String, Sendable, Hashable, Codable, CaseIterable {
    case pending, running, stopped, off, failed, configured, unconfigured, unknown, deleting
}

/// State of an infrastructure in IM's words.
package enum InfrastructureState: String, Sendable, Hashable, Codable, CaseIterable {
    case pending, running, stopped, off, failed, configured, unconfigured, unknown, deleting
}

extension MachineRecord {
    /// The state that clients see.
    package var state: MachineState {
        // It goes as soon as its turn comes.
        if goal == .absent, isAlive { return .deleting }
        switch phase {
        case .planned, .launching, .starting: return .pending
        case .running:
            switch configuration {
            case .pending: return .running
            case .configured, .disabled: return .configured
            case .failed: return .unconfigured
            }
        case .stopped: return .stopped
        case .terminating: return .deleting
        case .terminated, .vanished: return .off
        case .failed: return .failed
        }
    }

    /// Why it is failed or unconfigured, or what is special about it; nil when there is nothing to say.
    package var detail: String? {
        switch phase {
        case .failed(let message, _): return message
        case .vanished: return "removed at the provider by somebody else"
        default:
            if case .failed(let message) = configuration { return message }
            return nil
        }
    }
}

extension InfrastructureSnapshot {
    /// The state of the whole: the worst of its machines, by a fixed precedence that does not depend on their order:
    /// failed, unknown, pending, running, unconfigured, stopped, configured.
    package var state: InfrastructureState {
        if infrastructure.phase != .active || infrastructure.goal == .destroyed { return .deleting }
        let states = machines.filter { $0.goal == .present && $0.phase != .terminated }.map(\.state)
        if infrastructure.failure != nil { return .failed }
        let precedence: [MachineState] = [
            .failed, .unknown, .pending, .running, .unconfigured, .stopped, .off, .configured,
        ]
        for candidate in precedence where states.contains(candidate) {
            return InfrastructureState(rawValue: candidate.rawValue) ?? .unknown
        }
        if infrastructure.configured == false { return .failed }
        return infrastructure.configured == nil ? .pending : .configured
    }
}
