package import InfrastructureModel
import JSONCoding
package import Operations

extension OperationKind {
    package static let create = OperationKind(rawValue: "create")
    package static let converge = OperationKind(rawValue: "converge")
    package static let destroy = OperationKind(rawValue: "destroy")
    /// Of one machine: its size, its disks.
    package static let alter = OperationKind(rawValue: "alter")

    /// Those on infrastructures.
    static let ofInfrastructures: Set<OperationKind> = Set(
        [.create, .converge, .destroy, .alter] + PowerCall.allCases.map(OperationKind.init))

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

    /// What is asked of one machine; nil: it is no such operation.
    func alteration() throws -> AlterWish? {
        kind == .alter ? try JSONText.decode(AlterWish.self, from: parameters) : nil
    }

    /// What a change by parts asks of the machines that there are; nil: it is no such operation.
    func update() throws -> UpdateWish? {
        guard kind == .create || kind == .converge else { return nil }
        return try DeploymentParameters(of: self).update
    }
}

extension InfrastructureOverview {
    /// As it will be when an operation has begun that waits for its turn.
    mutating func foresee(_ operation: DurableOperation) throws {
        if let wish = try operation.update() { foresee(wish, of: operation.id.rawValue) }
        if let wish = try operation.alteration() { foresee(wish, of: operation.id.rawValue) }
    }
}

extension OperationSubject {
    init(_ id: InfrastructureID) {
        self.init(rawValue: id.rawValue)
    }
}
