import HTTPTypes
import Hummingbird

/// What form of answer a caller accepts (im.md 4.1).
enum Accept {
    enum Form: Sendable {
        case json, own
    }

    /// The first of the caller's types that can be answered; `own` is the operation's own type.
    /// - Throws: ``RESTError`` 415.
    static func form(_ request: Request, own: String) throws -> Form {
        guard let header = request.headers[.accept] else { return .own }
        for item in header.split(separator: ",") {
            let type = item.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
            switch type {
            case "application/json", "application/*": return .json
            case own, "*/*", "text/*": return .own
            default: continue
            }
        }
        throw RESTError(.unsupportedMediaType, "Unsupported Accept Media Types: \(header)")
    }

    /// For answers that are JSON only.
    static func requireJSON(_ request: Request) throws {
        guard let header = request.headers[.accept] else { return }
        let accepted = header.split(separator: ",").map { $0.prefix { $0 != ";" }.filter { !$0.isWhitespace } }
        guard accepted.contains(where: { ["application/json", "application/*", "*/*"].contains($0) }) else {
            throw RESTError(.unsupportedMediaType, "Unsupported Accept Media Types: \(header)")
        }
    }
}
