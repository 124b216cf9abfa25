/// Cuts a RADL text into tokens, one pass over its bytes.
///
/// Three modes as in IM: outside of parentheses comparison signs, brackets and commas are no tokens; between `@begin` and
/// a line that begins with `@end` everything is recipe. Characters that RADL does not know are skipped and remembered.
struct Lexer {
    private static let mostSkipped = 20

    let bytes: [UInt8]
    private(set) var position = 0
    private(set) var line = 1
    private(set) var lineStart = 0
    private(set) var depth = 0
    private var expectsRecipe = false
    private var isFirstOfLine = true
    /// No string that begins before this byte has an end: every quote in between was seen to be escaped.
    private var openUntil = 0
    /// Characters that were skipped, the first few.
    private(set) var skipped: [Token] = []
    /// First zero byte within a string or recipe.
    private(set) var zeroByte: Token?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Reads on from a byte within parentheses of some depth; its line begins at `lineStart`.
    init(_ bytes: [UInt8], at position: Int, line: Int, lineStart: Int, depth: Int) {
        self.bytes = bytes
        self.position = position
        self.line = line
        self.lineStart = lineStart
        self.depth = depth
    }

    /// Whether a text can stand as an id or as the name of a feature.
    static func isName(_ text: String) -> Bool {
        var lexer = Lexer(Array(text.utf8))
        let token = lexer.next()
        return token.kind == .name && token.start == 0 && token.end == text.utf8.count
    }

    private func peek(_ offset: Int = 1) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private mutating func newLine() {
        line += 1
        lineStart = position
        isFirstOfLine = true
    }

    private mutating func token(_ kind: Token.Kind, length: Int) -> Token {
        let start = position
        position += length
        return token(kind, from: start, line: line, lineStart: lineStart)
    }

    private mutating func token(_ kind: Token.Kind, from start: Int, line: Int, lineStart: Int) -> Token {
        var token = Token(kind: kind, start: start, end: position, line: line, lineStart: lineStart)
        token.depth = depth
        token.isFirstOfLine = isFirstOfLine
        isFirstOfLine = false
        return token
    }

    /// Reads on from a later byte of the same line; characters that were skipped behind the last token are forgotten.
    mutating func move(to position: Int) {
        while let last = skipped.last, last.start < position, last.line == line { skipped.removeLast() }
        self.position = position
    }

    /// Forgets open parentheses: a sentence begins that cannot stand within them.
    mutating func closeAll() {
        depth = 0
    }

    /// The next token; ``Token/Kind/end`` at the end, as often as asked.
    mutating func next() -> Token {
        if expectsRecipe { return recipe() }
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "\n"):
                position += 1
                newLine()
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            case UInt8(ascii: "("):
                depth += 1
                return token(.leftParenthesis, length: 1)
            case UInt8(ascii: ")"):
                depth = max(0, depth - 1)
                return token(.rightParenthesis, length: 1)
            case UInt8(ascii: "'"):
                return string()
            case 0x30...0x39:
                return number()
            case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."):
                return name()
            case UInt8(ascii: "@") where hasWord("@begin"):
                expectsRecipe = true
                return token(.begin, length: 6)
            default:
                if depth > 0, let sign = sign(byte) { return sign }
                skip()
            }
        }
        return token(.end, length: 0)
    }

    private mutating func sign(_ byte: UInt8) -> Token? {
        switch byte {
        case UInt8(ascii: "="): token(.equal, length: 1)
        case UInt8(ascii: "<"): peek() == UInt8(ascii: "=") ? token(.lessOrEqual, length: 2) : token(.less, length: 1)
        case UInt8(ascii: ">"):
            peek() == UInt8(ascii: "=") ? token(.greaterOrEqual, length: 2) : token(.greater, length: 1)
        case UInt8(ascii: "["): token(.leftBracket, length: 1)
        case UInt8(ascii: "]"): token(.rightBracket, length: 1)
        case UInt8(ascii: ","): token(.comma, length: 1)
        default: nil
        }
    }

    private func hasWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        return word.withUTF8Buffer { wanted in
            for offset in 0..<count where bytes[position + offset] != wanted[offset] { return false }
            return true
        }
    }

    private mutating func skip() {
        let wasFirst = isFirstOfLine
        let length = min(scalarLength(at: position), bytes.count - position)
        let token = token(.end, length: length)
        isFirstOfLine = wasFirst
        if skipped.count < Self.mostSkipped { skipped.append(token) }
    }

    private func scalarLength(at position: Int) -> Int {
        switch bytes[position] {
        case 0xC0...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xFF: 4
        default: 1
        }
    }

    private mutating func number() -> Token {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        var hasPoint = false
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            hasPoint = true
            position += 1
            while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        }
        var result = token(.number, from: start, line: line, lineStart: lineStart)
        result.flag = hasPoint
        return result
    }

    private mutating func name() -> Token {
        let start = position
        position += 1
        loop: while position < bytes.count {
            switch bytes[position] {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                position += 1
            case 0x80...:
                let length = scalarLength(at: position)
                guard position + length <= bytes.count, isWord(position..<position + length) else { break loop }
                position += length
            default:
                break loop
            }
        }
        return token(reservedWord(start..<position) ?? .name, from: start, line: line, lineStart: lineStart)
    }

    /// Letters and numbers of any script.
    private func isWord(_ range: Range<Int>) -> Bool {
        guard let scalar = String(decoding: bytes[range], as: UTF8.self).unicodeScalars.first else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return true
        default:
            return false
        }
    }

    private func reservedWord(_ range: Range<Int>) -> Token.Kind? {
        guard range.count < Token.reserved.count else { return nil }
        candidates: for (word, kind) in Token.reserved[range.count] {
            for offset in 0..<word.count where bytes[range.lowerBound + offset] != word[offset] {
                continue candidates
            }
            return kind
        }
        return nil
    }

    private mutating func string() -> Token {
        let (start, startLine, startLineStart) = (position, line, lineStart)
        let startedLine = isFirstOfLine
        var hasEscape = false
        if start < openUntil { return openString(start, startLine, startLineStart) }
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "'"):
                position += 1
                isFirstOfLine = startedLine
                var result = token(.string, from: start, line: startLine, lineStart: startLineStart)
                result.flag = hasEscape
                if isRandom(result) { result.kind = .random }
                return result
            case UInt8(ascii: "\\"):
                hasEscape = true
                // A backslash at the end of a line ends no string in IM's grammar: it is not one.
                if peek() == UInt8(ascii: "\n") || position + 1 >= bytes.count {
                    return openString(start, startLine, startLineStart)
                }
                position += 2
            case UInt8(ascii: "\n"):
                position += 1
                newLine()
            case 0:
                noteZeroByte()
            default:
                position += 1
            }
        }
        return openString(start, startLine, startLineStart)
    }

    /// The quote alone up to the end of its line; reading goes on with the next line.
    private mutating func openString(_ start: Int, _ startLine: Int, _ startLineStart: Int) -> Token {
        openUntil = max(openUntil, position)
        position = start
        line = startLine
        lineStart = startLineStart
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        return token(.openString, from: start, line: line, lineStart: lineStart)
    }

    private mutating func noteZeroByte() {
        let token = Token(kind: .end, start: position, end: position + 1, line: line, lineStart: lineStart)
        if zeroByte == nil { zeroByte = token }
        position += 1
    }

    private func isRandom(_ token: Token) -> Bool {
        // 'random(N)'
        guard token.end - token.start >= 11, bytes[token.end - 2] == UInt8(ascii: ")") else { return false }
        let lead: StaticString = "'random("
        let matches = lead.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count where bytes[token.start + offset] != wanted[offset] { return false }
            return true
        }
        return matches && bytes[(token.start + 8)..<(token.end - 2)].allSatisfy { $0 &- 0x30 <= 9 }
    }

    private mutating func recipe() -> Token {
        expectsRecipe = false
        let (start, startLine, startLineStart) = (position, line, lineStart)
        var contentEnd = bytes.count
        var isClosed = false
        scan: while position < bytes.count {
            if hasWord("@end") {
                contentEnd = position
                position += 4
                isClosed = true
                break scan
            }
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
                if bytes[position] == 0 { noteZeroByte() } else { position += 1 }
            }
            if position < bytes.count {
                position += 1
                newLine()
            }
        }
        var result = token(.recipe, from: start, line: startLine, lineStart: startLineStart)
        result.end = contentEnd
        result.flag = !isClosed
        return result
    }
}
