import ConnectorAPI
import InfrastructureModel

extension ProviderMachine {
    /// The contract's machine in the model's words.
    init(_ machine: Machine) {
        let state: State
        switch machine.state {
        case .pending: state = .pending
        case .running: state = .running
        case .stopping: state = .stopping
        case .stopped: state = .stopped
        case .terminated: state = .terminated
        case .failed: state = .failed
        case .unknown: state = .unknown
        }
        self.init(
            id: machine.id, state: state, stateProblem: machine.stateProblem,
            failure: machine.failure.map { "\($0.code): \($0.message)" },
            addresses: machine.addresses.map {
                MachineRecord.Address(
                    interface: $0.interface, address: $0.address, isPublic: $0.public, isIPv6: $0.family == .ipv6)
            }, sshPort: machine.sshPort, launchedAt: machine.launchedAt)
        hostKeys = machine.hostKeys
        remark = machine.remark
    }
}
