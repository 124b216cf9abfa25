import ConnectorAPI
import Foundation

/// What is left to be done of a call, as the host keeps it: all that the next step needs, so that any process can take it.
enum EC2Step: Sendable, Hashable, Codable {
    case ensureVolume(VolumeSpec, [String: String])
    case ensureAddress(PublicAddressSpec, [String: String])
    case delete(Resource.Kind, String)
    /// - Parameter restart: Whether the machine ran when the call began.
    case resize(String, flavor: String, restart: Bool)
    case snapshot(String, name: String)
    case deleteImage(String, snapshots: [String])

    func encoded() throws(ConnectorError) -> String {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw ConnectorError(code: .internal, message: "a step cannot be encoded: \(error)")
        }
    }

    init(_ state: String) throws(ConnectorError) {
        do {
            self = try JSONDecoder().decode(EC2Step.self, from: Data(state.utf8))
        } catch {
            throw ConnectorError(
                code: .invalidArgument, message: "the state is not one of this connector", field: "state")
        }
    }
}

extension Outcome {
    /// To be continued with a step.
    static func waiting(_ step: EC2Step, _ milliseconds: Int) throws(ConnectorError) -> Outcome {
        .inProgress(InProgress(state: try step.encoded(), pollAfterMs: milliseconds))
    }

    /// The same for a continued call.
    func step(_ result: (Value) -> StepResult) -> Outcome<StepResult> {
        switch self {
        case .done(let value): return .done(result(value))
        case .inProgress(let progress): return .inProgress(progress)
        case .failed(let error): return .failed(error)
        }
    }
}
