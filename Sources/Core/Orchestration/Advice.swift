import InfrastructureModel

/// What messages tell whoever asks to do next, in the words of the interface that they use.
///
/// A text on record has the words of the process that did the work, whichever interface shows it later.
package enum Advice: Sendable {
    case commandLine, service

    /// Where no cloud is given.
    var nameCloud: String {
        switch self {
        case .commandLine: "name an authorization file with -a"
        case .service:
            "add the line of a cloud to the Authorization header, such as 'id = ec2; type = EC2; username = KEY; "
                + "password = SECRET'"
        }
    }

    /// Where no connector serves a cloud.
    var findConnector: String {
        switch self {
        case .commandLine: "see `gantry connector list`"
        case .service: "ask who runs the service for one"
        }
    }

    /// Where the credentials of a cloud are no longer on record.
    var giveCredentials: String {
        switch self {
        case .commandLine: "run `gantry up` with them"
        case .service: "create the infrastructure again with them"
        }
    }

    /// Before the reason why a machine cannot have another size or a disk; IM's interface has its own words for that.
    func cannotAlter(_ machine: MachineRecord) -> String {
        switch self {
        case .commandLine: "machine \(machine.id.number) (\(machine.system)) cannot be altered: "
        case .service: "Error modifying the information about the VM \(machine.id.number): "
        }
    }

    /// Where a machine that was reinstalled shows another host key.
    func acceptHostKey(ofMachine number: Int) -> String {
        switch self {
        case .commandLine: "run `gantry up` with --new-host-key \(number)"
        case .service: "delete the infrastructure and create it again"
        }
    }
}
