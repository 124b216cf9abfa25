import RADL

/// Writes the tokens of one document with new blanks between them.
struct FormatterLayout {
    private struct Piece {
        var kind: RADLToken.Kind
        var text: String
        /// Newlines before it in the original.
        var newlines: Int
        /// No blank before it in the original.
        var isGlued: Bool
        /// Parentheses and brackets: the index of the other one.
        var partner: Int?
        /// Parentheses and brackets: what is between stands on lines of its own.
        var isBroken = false
        /// Begins a sentence.
        var isSentence = false
        /// The parenthesis of a `contextualize`.
        var holdsItems = false

        var isOpen: Bool { kind == .leftParenthesis || kind == .leftBracket }
        var isClose: Bool { kind == .rightParenthesis || kind == .rightBracket }
        var isSeparator: Bool { kind == .comma || (kind == .keyword && text == "and") }
    }

    private enum Separation {
        case none, blank, twoBlanks, line, emptyLine
    }

    private static let indentation = 4

    private var pieces: [Piece]
    /// Characters of all pieces before one, each with a blank: how long a line would be.
    private var widths: [Int] = [0]
    private let newline: String
    private var output = ""
    /// Characters of the last line.
    private var column = 0
    /// Open parentheses and brackets.
    private var open: [Int] = []

    init(_ source: RADLSource) {
        newline = Self.newline(of: source.bytes)
        pieces = Self.moveSeparators(Self.pieces(of: source))
        matchPairs()
        findSentences()
        chooseBreaks()
        for piece in pieces { widths.append((widths.last ?? 0) + piece.text.count + 1) }
    }

    /// Without blanks at the end.
    static func trimmed(_ text: String) -> String {
        var bytes = Array(text.utf8)
        while let last = bytes.last, [0x20, 0x09, 0x0D].contains(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The line end of the first line.
    private static func newline(of bytes: [UInt8]) -> String {
        guard let first = bytes.firstIndex(of: 0x0A), first > 0, bytes[first - 1] == 0x0D else { return "\n" }
        return "\r\n"
    }

    // MARK: - Reading

    private static func pieces(of source: RADLSource) -> [Piece] {
        let bytes = source.bytes
        var pieces: [Piece] = []
        var end = 0
        for token in source.tokens() {
            let gap = bytes[min(end, token.start)..<token.start]
            let text = String(decoding: bytes[token.start..<token.end], as: UTF8.self)
            pieces.append(
                Piece(
                    kind: token.kind, text: token.kind == .comment ? trimmed(text) : text,
                    newlines: gap.count { $0 == 0x0A }, isGlued: gap.isEmpty))
            end = token.end
        }
        return pieces
    }

    /// An `and` or a comma goes to the end of the line of its feature, before a comment there.
    private static func moveSeparators(_ pieces: [Piece]) -> [Piece] {
        var result: [Piece] = []
        result.reserveCapacity(pieces.count)
        var comments: [Piece] = []
        var newlines = 0
        for var piece in pieces {
            if piece.kind == .comment {
                comments.append(piece)
                continue
            }
            // Lines before a separator are those behind it, not more.
            piece.newlines = max(piece.newlines, newlines)
            newlines = 0
            if piece.isSeparator, let last = result.last, !last.isOpen, last.kind != .skipped {
                newlines = piece.newlines
                piece.newlines = 0
                result.append(piece)
                result += comments
            } else {
                result += comments
                result.append(piece)
            }
            comments = []
        }
        return result + comments
    }

    private mutating func matchPairs() {
        var open: [Int] = []
        for index in pieces.indices {
            if pieces[index].isOpen {
                open.append(index)
            } else if pieces[index].isClose, let partner = open.popLast() {
                pieces[partner].partner = index
                pieces[index].partner = partner
            }
        }
    }

    private static let sentenceWords: Set<String> = [
        "network", "system", "configure", "contextualize", "deploy", "ansible", "description", "include",
    ]

    private mutating func findSentences() {
        var depth = 0
        var isContextualize = false
        for index in pieces.indices {
            let piece = pieces[index]
            switch piece.kind {
            case .leftParenthesis:
                depth += 1
                pieces[index].holdsItems = depth == 1 && isContextualize
            case .rightParenthesis:
                depth -= 1
            case .keyword, .name:
                guard depth == 0, Self.sentenceWords.contains(piece.text) else { continue }
                // `include` may be an id.
                if piece.kind == .name, piece.newlines == 0, index > 0 { continue }
                pieces[index].isSentence = true
                isContextualize = piece.text == "contextualize"
            default: break
            }
        }
    }

    /// What its author wrote on several lines stays on several lines.
    private mutating func chooseBreaks() {
        var breaks = [0]
        for piece in pieces {
            let isBreak = piece.newlines > 0 || piece.kind == .comment || piece.kind == .recipeBegin
            breaks.append((breaks.last ?? 0) + (isBreak ? 1 : 0))
        }
        for index in pieces.indices where pieces[index].isOpen {
            guard let partner = pieces[index].partner, partner > index + 1 else { continue }
            if pieces[index].holdsItems || breaks[partner + 1] > breaks[index + 1] { breakPair(index) }
        }
    }

    private mutating func breakPair(_ index: Int) {
        pieces[index].isBroken = true
        if let partner = pieces[index].partner { pieces[partner].isBroken = true }
    }

    // MARK: - Writing

    mutating func text() -> String {
        for index in pieces.indices {
            if pieces[index].isOpen { breakIfTooLong(index) }
            if pieces[index].isClose { open.removeLast(open.isEmpty ? 0 : 1) }
            separate(separation(before: index), before: index)
            write(pieces[index].text)
            if pieces[index].isOpen { open.append(index) }
        }
        if !output.isEmpty, output.utf8.last != 0x0A { output += newline }
        return output
    }

    private mutating func breakIfTooLong(_ index: Int) {
        if isTooLong(index, column: column) { breakPair(index) }
    }

    /// - Parameter column: Where what stands before it ends.
    private func isTooLong(_ index: Int, column: Int) -> Bool {
        guard let partner = pieces[index].partner, partner > index + 1, !pieces[index].isBroken else { return false }
        // Behind the parenthesis there is often an `and`.
        let length = widths[partner + 1] - widths[index] + 4
        return column + length > RADLFormatter.width
    }

    private mutating func write(_ text: String) {
        output += text
        if let last = text.utf8.lastIndex(of: 0x0A) {
            column = text[text.utf8.index(after: last)...].count
        } else {
            column += text.count
        }
    }

    private mutating func separate(_ separation: Separation, before index: Int) {
        switch separation {
        case .none: break
        case .blank: write(" ")
        case .twoBlanks: write("  ")
        case .line, .emptyLine:
            // A recipe ends with its newline.
            if output.utf8.last != 0x0A { output += newline }
            if separation == .emptyLine { output += newline }
            column = 0
            guard pieces[index].kind != .recipeBegin else { return }
            let depth = open.count { pieces[$0].isBroken }
            write(String(repeating: " ", count: depth * Self.indentation))
        }
    }

    private func separation(before index: Int) -> Separation {
        let piece = pieces[index]
        guard index > 0 else { return .none }
        let previous = pieces[index - 1]
        if piece.kind == .recipe || piece.kind == .recipeEnd { return .none }
        if breaksLine(before: index) {
            return hasEmptyLine(before: index) ? .emptyLine : .line
        }
        if piece.kind == .comment { return .twoBlanks }
        if piece.kind == .skipped || previous.kind == .skipped { return piece.isGlued ? .none : .blank }
        if previous.isOpen || piece.isClose || piece.kind == .comma { return .none }
        if isUnit(index) { return .none }
        return .blank
    }

    private func breaksLine(before index: Int) -> Bool {
        let piece = pieces[index]
        let previous = pieces[index - 1]
        if previous.kind == .comment || piece.isSentence || piece.kind == .recipeBegin { return true }
        if piece.kind == .comment { return piece.newlines > 0 }
        if piece.isClose { return piece.isBroken }
        if previous.isOpen { return previous.isBroken }
        let isSkipped = piece.kind == .skipped || previous.kind == .skipped
        guard let group = open.last else { return isSkipped && piece.newlines > 0 }
        guard pieces[group].isBroken else { return false }
        if pieces[group].holdsItems, piece.kind == .keyword, ["system", "option"].contains(piece.text) { return true }
        return previous.isSeparator || (isSkipped && piece.newlines > 0)
    }

    /// The unit of a number is written at it, unless its point would become the number's.
    private func isUnit(_ index: Int) -> Bool {
        index >= 2 && pieces[index].kind == .name && pieces[index - 1].kind == .number
            && pieces[index - 2].kind == .comparison && !pieces[index].text.hasPrefix(".")
    }

    private func hasEmptyLine(before index: Int) -> Bool {
        let piece = pieces[index]
        let previous = pieces[index - 1]
        if piece.isClose || previous.isOpen || piece.kind == .recipeBegin { return false }
        if piece.newlines > 1 { return true }
        guard open.isEmpty, previous.kind != .comment || isTrailing(index - 1) else { return false }
        // Between two sentences of which one has several lines.
        if isBrokenEnd(before: index) { return true }
        guard let next = pieces[index...].firstIndex(where: { $0.kind != .comment }), pieces[next].isSentence
        else { return false }
        return opensBroken(sentence: next)
    }

    /// A comment behind something on its line.
    private func isTrailing(_ index: Int) -> Bool {
        pieces[index].kind == .comment && index > 0 && pieces[index].newlines == 0
    }

    /// Whether the sentence before has several lines.
    private func isBrokenEnd(before index: Int) -> Bool {
        let end = isTrailing(index - 1) ? index - 2 : index - 1
        return end >= 0 && pieces[end].kind == .rightParenthesis && pieces[end].isBroken
    }

    private func opensBroken(sentence: Int) -> Bool {
        for index in (sentence + 1)..<min(sentence + 5, pieces.count) {
            if pieces[index].isSentence { return false }
            // It is broken when it is reached.
            if pieces[index].isOpen {
                return pieces[index].isBroken || isTooLong(index, column: widths[index] - widths[sentence] - 1)
            }
        }
        return false
    }
}
