package import InfrastructureModel
package import Operations

extension OperationKind {
    package static let create = OperationKind(rawValue: "create")
    package static let converge = OperationKind(rawValue: "converge")
    package static let destroy = OperationKind(rawValue: "destroy")

    /// Those on infrastructures.
    static let ofInfrastructures: Set<OperationKind> = Set(
        [.create, .converge, .destroy] + PowerCall.allCases.map(OperationKind.init))

    /// Start, stop or reboot of machines.
    package init(_ call: PowerCall) {
        self.init(rawValue: call.rawValue)
    }

}

extension DurableOperation {
    func purpose() throws -> InfrastructureStateMachine.Purpose {
        switch kind {
        case .destroy: .removal
        case .create, .converge:
            .deployment(contextualizes: try DeploymentParameters(of: self).contextualizes ?? true)
        default: .power
        }
    }
}

extension OperationSubject {
    init(_ id: InfrastructureID) {
        self.init(rawValue: id.rawValue)
    }
}
