import InfrastructureModel
package import Operations

extension OperationKind {
    package static let create = OperationKind(rawValue: "create")
    package static let converge = OperationKind(rawValue: "converge")
    package static let destroy = OperationKind(rawValue: "destroy")

    /// Those on infrastructures.
    static let ofInfrastructures: Set<OperationKind> = [.create, .converge, .destroy]
}

extension OperationSubject {
    init(_ id: InfrastructureID) {
        self.init(rawValue: id.rawValue)
    }
}
