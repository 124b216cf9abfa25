import ConnectorAPI
import Foundation

/// What is left to be done of a call, as the host keeps it: all that the next step needs, so that any process can take it.
enum LibvirtStep: Sendable, Hashable, Codable {
    /// A machine whose image was still on its way.
    case launch(LaunchItem)
    /// - Parameter until: Seconds since 1970: after that it is ended without asking.
    case stop(String, until: Double)
    case resize(String, flavor: String, until: Double, restart: Bool?)
    case snapshot(SnapshotOrder)

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
            self = try JSONDecoder().decode(LibvirtStep.self, from: Data(state.utf8))
        } catch {
            throw ConnectorError(
                code: .invalidArgument, message: "the state is not one of this connector", field: "state")
        }
    }
}

/// One machine of a launch.
struct LaunchItem: Sendable, Hashable, Codable {
    var token: String
    var index: Int
    /// Digest of all items of the batch.
    var items: String
    var tags: [String: String]
    var spec: MachineSpec
}

struct SnapshotOrder: Sendable, Hashable, Codable {
    var id: String
    var disk: Int
    var name: String
    var tags: [String: String]
}

extension Outcome {
    /// To be continued with a step.
    static func waiting(_ step: LibvirtStep, _ milliseconds: Int) throws(ConnectorError) -> Outcome {
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
