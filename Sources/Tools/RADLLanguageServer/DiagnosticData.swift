package import RADL

/// A mistake as data: places count from 0, columns in UTF-16 code units, as the Language Server Protocol does.
package struct DiagnosticData: Sendable, Encodable {
    private struct Suggestion: Sendable, Encodable {
        var range: LSPRange
        var newText: String
    }

    private var file: String?
    private var range: LSPRange?
    /// `error`, `warning`.
    private var severity: String
    private var code: String
    private var message: String
    private var hint: String?
    private var expected: [String]?
    private var suggestion: Suggestion?
    private var source = "gantry"

    /// All mistakes of a document, in their order. Linear in the document's size.
    ///
    /// - Parameter parts: The document and those that it includes, where it includes some.
    package static func list(
        _ errors: [RADLError], in source: RADLSource, _ parts: [RADLSource.Part] = []
    ) -> [DiagnosticData] {
        let document = TextDocument(uri: "", version: nil, bytes: source.bytes)
        var others: [String: TextDocument] = [:]
        for part in parts where part.inclusion != nil {
            guard let file = part.source.file else { continue }
            others[file] = TextDocument(uri: "", version: nil, bytes: part.source.bytes)
        }
        return errors.map { error in
            let other = error.inclusion == nil ? nil : error.file.flatMap { others[$0] }
            return DiagnosticData(error, in: other ?? document)
        }
    }

    private init(_ error: RADLError, in document: TextDocument) {
        file = error.file
        range = error.range.map(document.range)
        severity = error.severity.rawValue
        code = error.code.description
        message = error.message
        hint = error.hint
        expected = error.expected.isEmpty ? nil : error.expected
        suggestion = error.suggestion.map {
            Suggestion(range: document.range($0.range), newText: $0.replacement)
        }
    }
}
