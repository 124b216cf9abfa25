import Jinja
import Support

/// Hides secret texts in everything that people may see: results, summaries, messages, logs.
final class Masker: Sendable {
    static let mask = "********"
    /// Shorter texts are not masked: they would blot out unrelated ones.
    private static let minimumLength = 4

    private let secrets = LockedValue<[String]>([])

    init(_ secrets: [String] = []) { add(secrets) }

    /// Texts to hide from now on. A secret of several lines is hidden line by line too.
    func add(_ texts: [String]) {
        guard !texts.isEmpty else { return }
        secrets.withLock { known in
            for text in texts {
                for part in [text] + text.split(separator: "\n").map(String.init)
                where part.utf8.count >= Self.minimumLength && !known.contains(part) {
                    known.append(part)
                }
            }
            // Longer ones first, so that a secret which holds another is hidden whole.
            known.sort { $0.utf8.count > $1.utf8.count }
        }
    }

    func mask(_ text: String) -> String {
        let known = secrets.withLock { $0 }
        guard !known.isEmpty, !text.isEmpty else { return text }
        var result = text
        for secret in known where result.contains(secret) { result = result.replacing(secret, with: Self.mask) }
        return result
    }

    /// The value with all its texts masked, keys too.
    func mask(_ value: JinjaValue) -> JinjaValue {
        guard secrets.withLock({ !$0.isEmpty }) else { return value }
        return masked(value)
    }

    private func masked(_ value: JinjaValue) -> JinjaValue {
        switch value {
        case .string(let text): return .string(mask(text))
        case .list(let items): return .list(items.map(masked))
        case .tuple(let items): return .tuple(items.map(masked))
        case .dict(let dict):
            var result = JinjaDict()
            for (key, item) in dict { result[masked(key)] = masked(item) }
            return .dict(result)
        default: return value
        }
    }
}
