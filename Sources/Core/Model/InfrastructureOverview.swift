/// An infrastructure and its machines, without what is secret or belongs to launches: what clients ask for again and again.
package struct InfrastructureOverview: Sendable, Hashable {
    package var infrastructure: InfrastructureRecord
    /// In order of their numbers, with those that ended.
    package var machines: [MachineRecord]

    package init(infrastructure: InfrastructureRecord, machines: [MachineRecord]) {
        self.infrastructure = infrastructure
        self.machines = machines
    }

    /// The state of the whole: the worst of its machines, by a fixed precedence that does not depend on their order:
    /// failed, unknown, pending, running, unconfigured, stopped, configured.
    package var state: InfrastructureState {
        if infrastructure.phase != .active || infrastructure.goal == .destroyed { return .deleting }
        if infrastructure.failure != nil { return .failed }
        var states: Set<MachineState> = []
        for machine in machines where machine.goal == .present && machine.phase != .terminated {
            states.insert(machine.state)
        }
        let precedence: [MachineState] = [
            .failed, .unknown, .pending, .running, .unconfigured, .stopped, .off, .configured,
        ]
        for candidate in precedence where states.contains(candidate) {
            return InfrastructureState(rawValue: candidate.rawValue) ?? .unknown
        }
        if infrastructure.configured == false { return .failed }
        return infrastructure.configured == nil ? .pending : .configured
    }

    /// As it will be when an operation that waits for its turn has begun; as it is, where that is the case already.
    package mutating func foresee(_ wish: UpdateWish, of operation: String) {
        guard infrastructure.powerOperation != operation else { return }
        wish.apply(to: &infrastructure)
        for index in machines.indices { wish.apply(to: &machines[index]) }
    }

    /// See ``foresee(_:of:)``. What a machine cannot have any more is left out.
    package mutating func foresee(_ wish: AlterWish, of operation: String) {
        guard infrastructure.powerOperation != operation else { return }
        let index = machines.firstIndex { $0.id.number == wish.machine && $0.goal == .present && $0.isAlive }
        if let index, machines[index].phase.leadsToRunning { wish.apply(to: &machines[index]) }
    }
}

extension InfrastructureSnapshot {
    package var overview: InfrastructureOverview {
        InfrastructureOverview(infrastructure: infrastructure, machines: machines)
    }

    /// The state of the whole. See ``InfrastructureOverview/state``.
    package var state: InfrastructureState { overview.state }

    /// See ``InfrastructureOverview/foresee(_:of:)``.
    package mutating func foresee(_ wish: UpdateWish, of operation: String) {
        changeOverview { $0.foresee(wish, of: operation) }
    }

    /// Takes over what `change` makes of infrastructure and machines.
    package mutating func changeOverview<Failure>(
        _ change: (inout InfrastructureOverview) throws(Failure) -> Void
    ) throws(Failure) {
        var overview = overview
        try change(&overview)
        infrastructure = overview.infrastructure
        machines = overview.machines
    }
}
