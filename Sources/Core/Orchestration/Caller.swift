import InfrastructureModel
import Persistence
package import Support

/// Who asks.
package enum Caller: Sendable, Hashable {
    /// The user of the command line, who may do everything in a state folder that is theirs.
    case local
    /// Somebody who says who they are, and proves it.
    case user(String, Proof)
    /// Somebody whom the service's settings let use every infrastructure; what they make is theirs.
    case administrator(String, Proof)

    /// How a user proves to be who they say.
    package enum Proof: Sendable, Hashable {
        case password(Secret<String>)
    }

    /// The name that infrastructures and credentials are kept under.
    package var username: String {
        switch self {
        case .local: "local"
        case .user(let name, _), .administrator(let name, _): name
        }
    }

    /// What ``Owner/verifier`` is for infrastructures of theirs.
    func verifier(_ store: any StateStore) -> String? {
        switch self {
        case .local: nil
        case .user(_, .password(let password)), .administrator(_, .password(let password)):
            store.verifier(for: password)
        }
    }

    /// Whether an infrastructure is theirs to see and to change.
    func mayAccess(_ record: InfrastructureRecord, _ store: any StateStore) -> Bool {
        switch self {
        case .local, .administrator: true
        case .user: record.owners.contains(Owner(username: username, verifier: verifier(store)))
        }
    }
}
