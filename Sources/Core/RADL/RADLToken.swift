/// A piece of a RADL text as tools for editors see it: nothing is left out but blanks.
public struct RADLToken: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// A reserved word: `system`, `and`, `contains`, …
        case keyword
        /// An id, the name of a feature, or a unit.
        case name
        case number
        /// With its quotes; may span lines.
        case string
        /// A quote without a second one, up to the end of its line.
        case openString
        /// `=`, `<=`, `>=`, `<`, `>`.
        case comparison
        case leftParenthesis, rightParenthesis, leftBracket, rightBracket, comma
        /// `@begin`.
        case recipeBegin
        /// What stands between `@begin` and `@end`; may be empty, may span lines.
        case recipe
        /// `@end`.
        case recipeEnd
        /// From `#` to the end of its line.
        case comment
        /// Characters that RADL does not know and skips.
        case skipped
    }

    public var kind: Kind
    /// First byte, from 0, in UTF-8.
    public var start: Int
    /// The byte after the last one.
    public var end: Int
    /// Open parentheses behind the token.
    public var depth: Int

    public init(kind: Kind, start: Int, end: Int, depth: Int) {
        self.kind = kind
        self.start = start
        self.end = end
        self.depth = depth
    }
}

extension RADLSource {
    /// All tokens with the comments between them, in order. Linear in time; any bytes at all are safe.
    public func tokens() -> [RADLToken] {
        var lexer = Lexer(bytes)
        var tokens: [RADLToken] = []
        var end = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var depth = 0
        while true {
            let token = lexer.next()
            let stop = token.kind == .end ? bytes.count : token.start
            if token.kind != .recipe { gap(from: end, to: stop, depth: depth, into: &tokens) }
            guard token.kind != .end else { return tokens }
            depth = token.depth
            tokens.append(RADLToken(kind: token.kind.public, start: token.start, end: token.end, depth: depth))
            end = token.end
            if token.kind == .recipe, !token.flag {
                tokens.append(RADLToken(kind: .recipeEnd, start: end, end: end + 4, depth: depth))
                end += 4
            }
        }
    }

    /// Between two tokens stand blanks, comments and what is skipped.
    private func gap(from start: Int, to stop: Int, depth: Int, into tokens: inout [RADLToken]) {
        var position = start
        while position < stop {
            let first = position
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D:
                position += 1
            case UInt8(ascii: "#"):
                while position < stop, bytes[position] != 0x0A { position += 1 }
                tokens.append(RADLToken(kind: .comment, start: first, end: position, depth: depth))
            default:
                while position < stop, ![0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "#")].contains(bytes[position]) {
                    position += 1
                }
                tokens.append(RADLToken(kind: .skipped, start: first, end: position, depth: depth))
            }
        }
    }
}

extension Token.Kind {
    fileprivate var `public`: RADLToken.Kind {
        switch self {
        case .name: .name
        case .number: .number
        case .string, .random: .string
        case .openString: .openString
        case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
        case .leftParenthesis: .leftParenthesis
        case .rightParenthesis: .rightParenthesis
        case .leftBracket: .leftBracket
        case .rightBracket: .rightBracket
        case .comma: .comma
        case .begin: .recipeBegin
        case .recipe: .recipe
        case .end: .skipped
        default: .keyword
        }
    }
}
