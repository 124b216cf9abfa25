package import RADL

/// Lays a document out anew: blanks, lines and indentation change, nothing else does. Comments stay where they are.
///
/// A sentence stands on one line where its author wrote it so and it fits; otherwise each feature has a line, with `and`
/// at its end. Recipes and strings keep every byte.
package enum RADLFormatter {
    /// Why a document is left as it is.
    package enum Refusal: Error, Sendable {
        /// It has mistakes: there is no telling what belongs together.
        case unreadable([RADLError])
        /// The new text would mean something else. That is a fault of the formatter; the document is safe.
        case differs
    }

    /// Longest sentence on one line, in characters.
    static let width = 100

    /// The text of a document in the usual layout; of a text in the usual layout the same text.
    ///
    /// The result is read again and compared, so that formatting never changes what a document says.
    package static func format(_ source: RADLSource) throws(Refusal) -> String {
        var draws = SameDraws()
        let before = RADLDocument.read(source, using: &draws)
        guard before.errors.isEmpty else { throw .unreadable(before.errors) }
        var layout = FormatterLayout(source)
        let text = layout.text()
        let result = RADLSource(text: text, file: source.file)
        draws = SameDraws()
        let after = RADLDocument.read(result, using: &draws)
        guard after.errors.isEmpty, after.document == before.document, words(source) == words(result) else {
            throw .differs
        }
        return text
    }

    /// All words and all comments. Only `and` and commas change places with comments.
    private static func words(_ source: RADLSource) -> [[String]] {
        var words: [String] = []
        var comments: [String] = []
        for token in source.tokens() {
            let text = String(decoding: source.bytes[token.start..<token.end], as: UTF8.self)
            if token.kind == .comment {
                comments.append(FormatterLayout.trimmed(text))
            } else {
                words.append(text)
            }
        }
        return [words, comments]
    }
}

/// Draws the same characters for `random(N)` each time.
private struct SameDraws: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
