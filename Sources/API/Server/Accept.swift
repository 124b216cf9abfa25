import HTTPTypes
import Hummingbird

/// What form of answer a caller accepts (im.md 4.1).
enum Accept {
    enum Form: Sendable {
        case json, own
    }

    /// The first of the caller's types that can be answered; `own` is the operation's own type.
    /// - Throws: ``RESTError`` 415, which names both.
    static func form(_ request: Request, own: String) throws(RESTError) -> Form {
        guard let header = request.headers[.accept] else { return .own }
        for type in types(header) {
            switch type {
            case "application/json", "application/*": return .json
            case own, "*/*", "text/*": return .own
            default: continue
            }
        }
        throw refusal(header, "\(own) or application/json")
    }

    /// For answers that are JSON only.
    /// - Throws: ``RESTError`` 415.
    static func requireJSON(_ request: Request) throws(RESTError) {
        guard let header = request.headers[.accept] else { return }
        guard types(header).contains(where: { ["application/json", "application/*", "*/*"].contains($0) }) else {
            throw refusal(header, "application/json")
        }
    }

    /// Whether who may read JSON or a table rather reads the table.
    /// - Throws: ``RESTError`` 415.
    static func prefersTable(_ request: Request) throws(RESTError) -> Bool {
        guard let header = request.headers[.accept] else { return false }
        for type in types(header) {
            switch type {
            case "application/json", "application/*", "*/*": return false
            case "text/csv", "text/plain", "text/*": return true
            default: continue
            }
        }
        throw refusal(header, "text/csv or application/json")
    }

    private static func types(_ header: String) -> [String] {
        header.split(separator: ",").map { item in item.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }
    }

    private static func refusal(_ header: String, _ available: String) -> RESTError {
        RESTError(.unsupportedMediaType, "Unsupported Accept Media Types: \(header); the answer can be \(available)")
    }
}
