import ConnectorAPI
import Foundation
import Synchronization

/// What a check sent and received, for the report of its failure. Never holds credentials.
final class Transcript: Sendable {
    private static let most = 12
    private static let longest = 1500

    private struct State {
        var entries: [String] = []
        var dropped = 0
    }

    private let state = Mutex(State())

    /// The last exchanges.
    var text: String {
        state.withLock { state in
            let head = state.dropped > 0 ? ["… \(state.dropped) earlier calls"] : []
            return (head + state.entries).joined(separator: "\n")
        }
    }

    func record(_ call: String, sent: String, received: String) {
        let entry = "> \(call) \(Self.cut(sent))\n< \(Self.cut(received))"
        state.withLock { state in
            state.entries.append(entry)
            if state.entries.count > Self.most {
                state.entries.removeFirst()
                state.dropped += 1
            }
        }
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        guard let data = try? encoder.encode(value) else { return "\(value)" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(text.prefix(longest)) + "… (\(text.utf8.count) bytes)"
    }
}
