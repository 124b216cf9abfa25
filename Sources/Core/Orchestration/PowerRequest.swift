import InfrastructureModel
import JSONCoding
import Operations

/// Which machines start, stop or reboot: the parameters of such an operation.
struct PowerRequest: Codable {
    /// Numbers; nil: all.
    var machines: Set<Int>?

    /// What an operation asks for; nil: it is none about power.
    static func wish(of operation: DurableOperation) throws -> PowerWish? {
        guard let call = PowerCall(rawValue: operation.kind.rawValue) else { return nil }
        let request = try JSONText.decode(PowerRequest.self, from: operation.parameters)
        return PowerWish(operation: operation.id.rawValue, call: call, machines: request.machines)
    }
}
