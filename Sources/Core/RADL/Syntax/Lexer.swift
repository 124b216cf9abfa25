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
    /// Bytes of this line, before ``position``, that begin no scalar: columns count scalars.
    private var continuations = 0
    /// No string that begins before this byte has an end: every quote in between was seen to be escaped.
    private var openUntil = 0
    /// Characters that were skipped, the first few.
    private(set) var skipped: [Token] = []
    /// First zero byte within a string or recipe.
    private(set) var zeroByte: Token?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark takes no column: editors do not show it.
        if bytes.starts(with: Unprintable.byteOrderMark) { (position, continuations) = (3, 3) }
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
        continuations = 0
        isFirstOfLine = true
    }

    private func column(of position: Int) -> Int { position - lineStart - continuations + 1 }

    private mutating func token(_ kind: Token.Kind, length: Int) -> Token {
        let start = position
        position += length
        return token(kind, from: start)
    }

    /// A token of one line that ends here; nothing before ``position`` has been counted as a continuation yet.
    private mutating func token(_ kind: Token.Kind, from start: Int) -> Token {
        var token = Token(
            kind: kind, start: start, end: position, line: line, lineStart: lineStart, column: column(of: start),
            depth: depth)
        token.isFirstOfLine = isFirstOfLine
        isFirstOfLine = false
        return token
    }

    /// Reads on from a later byte of the same line; characters that were skipped behind the last token are forgotten.
    mutating func move(to position: Int) {
        while let last = skipped.last, last.start < position, last.line == line { skipped.removeLast() }
        for byte in bytes[min(self.position, position)..<position] where byte & 0xC0 == 0x80 { continuations += 1 }
        self.position = position
    }

    /// Reads on from an earlier or later byte, between two tokens; its line begins at `lineStart`.
    mutating func restart(at position: Int, line: Int, lineStart: Int, depth: Int) {
        skipped.removeAll { $0.start >= position }
        (self.position, self.line, self.lineStart, self.depth) = (position, line, lineStart, depth)
        continuations = bytes[lineStart..<position].count { $0 & 0xC0 == 0x80 }
        if lineStart == 0, bytes.starts(with: Unprintable.byteOrderMark) { continuations += 1 }
        isFirstOfLine = false
        expectsRecipe = false
    }

    /// Forgets open parentheses: a sentence begins that cannot stand within them.
    mutating func closeAll() {
        depth = 0
    }

    /// The next token; ``Token/Kind/end`` at the end, as often as asked.
    mutating func next() -> Token {
        if expectsRecipe { return recipe() }
        while true {
            skipBlanks()
            guard position < bytes.count else { return token(.end, length: 0) }
            let byte = bytes[position]
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."):
                return name()
            case UInt8(ascii: "'"):
                return string()
            case 0x30...0x39:
                return number()
            case UInt8(ascii: "\n"):
                position += 1
                newLine()
            case UInt8(ascii: "#"):
                skipLine()
            case UInt8(ascii: "("):
                depth += 1
                return token(.leftParenthesis, length: 1)
            case UInt8(ascii: ")"):
                depth = max(0, depth - 1)
                return token(.rightParenthesis, length: 1)
            case UInt8(ascii: "@") where hasWord("@begin"):
                expectsRecipe = true
                return token(.begin, length: 6)
            default:
                if depth > 0, let sign = sign(byte) { return sign }
                skip()
            }
        }
    }

    private mutating func skipBlanks() {
        position = bytes.withUnsafeBufferPointer { bytes in
            var position = position
            while position < bytes.count {
                let byte = bytes[position]
                guard byte == 0x20 || byte == 0x09 || byte == 0x0D else { break }
                position += 1
            }
            return position
        }
    }

    /// Goes to the end of the line; what is left of it has no token.
    private mutating func skipLine() {
        position = bytes.withUnsafeBufferPointer { bytes in
            var position = position
            while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            return position
        }
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
        continuations += length - 1
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
        var result = token(.number, from: start)
        result.flag = hasPoint
        return result
    }

    private mutating func name() -> Token {
        let start = position
        position += 1
        var others = 0
        while true {
            position = bytes.withUnsafeBufferPointer { bytes in
                var position = position
                while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
                return position
            }
            guard position < bytes.count, bytes[position] >= 0x80 else { break }
            let length = scalarLength(at: position)
            guard position + length <= bytes.count, isWord(position..<position + length) else { break }
            position += length
            others += length - 1
        }
        let token = token(reservedWord(start..<position) ?? .name, from: start)
        continuations += others
        return token
    }

    /// Whether a byte may be one of a name: letters of other scripts are taken for such.
    static func isNamePart(_ byte: UInt8) -> Bool { isNameByte(byte) || byte >= 0x80 }

    @inline(__always) private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
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
        let kind: Token.Kind
        let word: StaticString
        switch (range.count, bytes[range.lowerBound]) {
        case (3, UInt8(ascii: "a")): (kind, word) = (.and, "and")
        case (4, UInt8(ascii: "s")):
            (kind, word) = bytes[range.lowerBound + 1] == UInt8(ascii: "o") ? (.soft, "soft") : (.step, "step")
        case (4, UInt8(ascii: "w")): (kind, word) = (.with, "with")
        case (6, UInt8(ascii: "s")): (kind, word) = (.system, "system")
        case (6, UInt8(ascii: "d")): (kind, word) = (.deploy, "deploy")
        case (6, UInt8(ascii: "o")): (kind, word) = (.option, "option")
        case (7, UInt8(ascii: "n")): (kind, word) = (.network, "network")
        case (7, UInt8(ascii: "a")): (kind, word) = (.ansible, "ansible")
        case (8, UInt8(ascii: "c")): (kind, word) = (.contains, "contains")
        case (9, UInt8(ascii: "c")): (kind, word) = (.configure, "configure")
        case (11, UInt8(ascii: "d")): (kind, word) = (.description, "description")
        case (13, UInt8(ascii: "c")): (kind, word) = (.contextualize, "contextualize")
        default: return nil
        }
        return word.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count where bytes[range.lowerBound + offset] != wanted[offset] { return nil }
            return kind
        }
    }

    private mutating func string() -> Token {
        let start = position
        if start < openUntil { return openString(start) }
        var result = token(.string, length: 1)
        let (startLine, startLineStart, startContinuations) = (line, lineStart, continuations)
        while true {
            position = bytes.withUnsafeBufferPointer { bytes in
                var position = position
                while position < bytes.count {
                    let byte = bytes[position]
                    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") || byte == 0x0A || byte == 0
                        || byte >= 0x80
                    {
                        break
                    }
                    position += 1
                }
                return position
            }
            guard position < bytes.count else { break }
            switch bytes[position] {
            case UInt8(ascii: "'"):
                position += 1
                isFirstOfLine = false
                result.end = position
                if isRandom(result) { result.kind = .random }
                // IM skips a backslash that stands outside of a string; here it belongs to the string before it.
                if result.flag || result.kind == .random, position < bytes.count,
                    bytes[position] == UInt8(ascii: "\\")
                {
                    position += 1
                    (result.end, result.kind, result.flag) = (position, .string, true)
                }
                return result
            case UInt8(ascii: "\\"):
                result.flag = true
                // A backslash at the end of a line ends no string in IM's grammar: it is not one.
                if peek() == UInt8(ascii: "\n") || position + 1 >= bytes.count {
                    return openString(result, startLine, startLineStart, startContinuations)
                }
                position += peek() < 0x80 ? 2 : 1
            case UInt8(ascii: "\n"):
                position += 1
                newLine()
            case 0:
                noteZeroByte()
            default:
                if bytes[position] & 0xC0 == 0x80 { continuations += 1 }
                position += 1
            }
        }
        return openString(result, startLine, startLineStart, startContinuations)
    }

    private mutating func openString(
        _ token: Token, _ startLine: Int, _ startLineStart: Int, _ startContinuations: Int
    ) -> Token {
        openUntil = max(openUntil, position)
        (line, lineStart, continuations) = (startLine, startLineStart, startContinuations)
        isFirstOfLine = token.isFirstOfLine
        return openString(token.start)
    }

    /// The quote alone up to the end of its line; reading goes on with the next line.
    private mutating func openString(_ start: Int) -> Token {
        position = start
        skipLine()
        return token(.openString, from: start)
    }

    private mutating func noteZeroByte() {
        let token = Token(
            kind: .end, start: position, end: position + 1, line: line, lineStart: lineStart,
            column: column(of: position))
        if zeroByte == nil { zeroByte = token }
        position += 1
    }

    private func isRandom(_ token: Token) -> Bool {
        // 'random(N)'
        token.end - token.start >= 11 && bytes[token.end - 2] == UInt8(ascii: ")")
            && RandomText.isAskedFor(bytes[(token.start + 1)..<(token.end - 1)])
    }

    private mutating func recipe() -> Token {
        expectsRecipe = false
        let start = position
        var result = token(.recipe, length: 0)
        result.flag = true
        while position < bytes.count {
            if hasWord("@end") {
                result.end = position
                result.flag = false
                position += 4
                return result
            }
            let zero = bytes.withUnsafeBufferPointer { bytes in
                var zero: Int?
                while position < bytes.count, bytes[position] != 0x0A {
                    if bytes[position] == 0, zero == nil { zero = position }
                    position += 1
                }
                return zero
            }
            if let zero, zeroByte == nil {
                let end = position
                position = zero
                noteZeroByte()
                position = end
            }
            if position < bytes.count {
                position += 1
                newLine()
            }
        }
        result.end = max(start, bytes.count)
        return result
    }
}
