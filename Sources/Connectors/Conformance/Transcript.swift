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
        var hidden: [String] = []
        /// What no answer may hold: secrets that are too long to stand there by chance.
        var watched: [String] = []
        var leak: String?
        var lastFailed: String?
    }

    private let state = Mutex(State())

    /// The last exchanges.
    var text: String {
        state.withLock { state in
            let head = state.dropped > 0 ? ["… \(state.dropped) earlier entries"] : []
            return Self.safe(state.hidden, (head + state.entries).joined(separator: "\n"))
        }
    }

    /// The last call that failed.
    var lastFailed: String? { state.withLock { $0.lastFailed } }

    /// The call whose answer held a secret, the first one.
    var leak: String? { state.withLock { $0.leak } }

    /// Leaves the secret values of credentials out of all texts, and looks for them in all answers: a connector may say them.
    /// - Parameter schema: Of credentials, as the connector describes them.
    func hide(_ credentials: Credentials, schema: JSONValue) {
        let declared = Self.secretFields(schema)
        func values(_ words: [String], _ least: Int) -> [String] {
            credentials.keys.filter { key in
                declared.contains(key) || words.contains { key.lowercased().contains($0) }
            }.compactMap { credentials[$0] }.filter { $0.utf8.count >= least }
        }
        let words = ["password", "secret", "token", "sentinel"]
        state.withLock { state in
            state.hidden += values(words + ["key"], 4)
            state.watched += values(words, 8)
        }
    }

    /// Fields of credentials that are secret by their schema: those of the format `password`.
    static func secretFields(_ schema: JSONValue) -> [String] {
        guard case .object(let properties)? = schema["properties"] else { return [] }
        return properties.filter { $0.value["format"] == .string("password") }.map(\.key).sorted()
    }

    private func look(_ call: String, _ answer: String) {
        state.withLock { state in
            if state.leak == nil, state.watched.contains(where: answer.contains) { state.leak = call }
        }
    }

    /// Words of the kit, among which a secret may stand: as a whole word that is too long to be one of the kit's own.
    func safe(_ text: String) -> String {
        Self.safe(state.withLock { $0.hidden }, text)
    }

    /// Words of the connector, without what is hidden.
    func said(_ text: String) -> String {
        state.withLock { $0.hidden }.reduce(text) { $0.replacingOccurrences(of: $1, with: Self.mark) }
    }

    private static let mark = "<the password>"

    private static func safe(_ secrets: [String], _ text: String) -> String {
        secrets.filter { $0.utf8.count >= 8 }.reduce(text) { text, secret in
            guard text.contains(secret) else { return text }
            var result = ""
            var rest = text[...]
            while let found = rest.range(of: secret) {
                let before = rest[..<found.lowerBound].last ?? result.last
                let isWord = !isPart(before) && !isPart(rest[found.upperBound...].first)
                result += rest[..<found.lowerBound] + (isWord ? mark : secret)
                rest = rest[found.upperBound...]
            }
            return result + rest
        }
    }

    private static func isPart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber } ?? false
    }

    func record(_ call: String, sent: String, received: String, failed: Bool = false) {
        if failed { state.withLock { $0.lastFailed = call } }
        look("the answer to \(call)", received)
        add("> \(call) \(Self.cut(sent))\n< \(Self.cut(said(received)))")
    }

    /// Of a conversation whose questions and answers come in any order.
    func sent(_ text: String) {
        // As it goes to the connector, with its credentials.
        add("> " + Self.cutShort(said(text.trimmingCharacters(in: .newlines))))
    }

    func received(_ line: String) {
        look("a line on standard output", line)
        add("< " + Self.cutShort(said(line)))
    }

    private func add(_ entry: String) {
        state.withLock { state in
            state.entries.append(entry)
            if state.entries.count > Self.most {
                state.entries.removeFirst()
                state.dropped += 1
            }
        }
    }

    /// A value for people: as JSON where it has such a form.
    static func shown(_ value: some Sendable) -> String {
        if value is Void { return "success" }
        guard let encodable = value as? any Encodable else { return "\(value)" }
        return json(encodable)
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        guard let data = try? encoder.encode(value) else { return "\(value)" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Of a conversation: shorter, since it begins with the long answer of the handshake.
    private static func cutShort(_ text: String) -> String {
        // The answer of the handshake is long and mostly beside the point.
        let most = text.contains("\"configSchema\"") ? 160 : 600
        return text.utf8.count <= most ? text : String(text.prefix(most)) + "… (\(text.utf8.count) bytes)"
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(text.prefix(longest)) + "… (\(text.utf8.count) bytes)"
    }
}
