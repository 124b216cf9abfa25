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
        case .stopped where halt != nil: return halt
        default:
            if case .failed(let message) = configuration { return message }
            return nil
        }
    }
}
