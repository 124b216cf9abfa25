/// Splits a template into tokens, with Jinja2's rules of whitespace.
///
/// Works on UTF-8 bytes: every delimiter and operator is ASCII, so no character is ever cut.
struct Lexer {
    let source: [UInt8]
    private let options: JinjaOptions
    private let variableStart: [UInt8]
    private let variableEnd: [UInt8]
    private let blockStart: [UInt8]
    private let blockEnd: [UInt8]
    private let commentStart: [UInt8]
    private let commentEnd: [UInt8]

    var position = 0
    private var line = 1
    private var tokens: [Token] = []
    /// Whether backslashes in strings are escapes.
    var hasEscapes = true

    init(_ source: [UInt8], options: JinjaOptions) {
        self.source = source
        self.options = options
        variableStart = Array(options.variableStart.utf8)
        variableEnd = Array(options.variableEnd.utf8)
        blockStart = Array(options.blockStart.utf8)
        blockEnd = Array(options.blockEnd.utf8)
        commentStart = Array(options.commentStart.utf8)
        commentEnd = Array(options.commentEnd.utf8)
    }

    /// The tokens of a whole template.
    static func tokens(ofTemplate text: String, options: JinjaOptions) throws(JinjaError) -> (
        [Token], source: [UInt8]
    ) {
        var bytes = normalizingNewlines(Array(text.utf8))
        if options.trailingNewline != .keep, bytes.last == newline { bytes.removeLast() }
        var lexer = Lexer(bytes, options: options)
        try lexer.lexTemplate()
        return (lexer.tokens, bytes)
    }

    /// The tokens of a bare expression.
    static func tokens(ofExpression text: String, options: JinjaOptions) throws(JinjaError) -> (
        [Token], source: [UInt8]
    ) {
        let bytes = Array(text.utf8)
        var lexer = Lexer(bytes, options: options)
        try lexer.lexCode(until: nil)
        lexer.append(.end, from: bytes.count)
        return (lexer.tokens, bytes)
    }

    private static let newline = UInt8(ascii: "\n")

    private static func normalizingNewlines(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0d) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            if byte != 0x0d {
                result.append(byte)
            } else if index + 1 == bytes.count || bytes[index + 1] != newline {
                result.append(newline)
            }
        }
        return result
    }

    // MARK: Template level

    private enum Opening { case variable, block, comment }

    private mutating func lexTemplate() throws(JinjaError) {
        // Whether whitespace at the start of the next text is to be dropped, by the end of the last tag.
        while position < source.count {
            let textStart = position
            guard let (opening, at) = nextOpening() else {
                appendText(textStart, source.count)
                position = source.count
                break
            }
            let length = delimiter(opening).count
            let sign = at + length < source.count ? source[at + length] : 0
            let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
            appendText(textStart, endOfText(textStart, at, opening, hasSign ? sign : 0))
            countLines(from: textStart, to: at)
            position = at + length + (hasSign ? 1 : 0)
            switch opening {
            case .comment: try skipComment()
            case .variable:
                append(.variableBegin, from: at)
                hasEscapes = !options.keepsBackslashes
                try lexCode(until: variableEnd)
                hasEscapes = true
                try closeVariable()
            case .block:
                if let bodyStart = rawBegin() {
                    try lexRaw(from: bodyStart)
                } else {
                    append(.blockBegin, from: at)
                    try lexCode(until: blockEnd)
                    try closeBlock()
                }
            }
        }
        append(.end, from: source.count)
    }

    private func delimiter(_ opening: Opening) -> [UInt8] {
        switch opening {
        case .variable: variableStart
        case .block: blockStart
        case .comment: commentStart
        }
    }

    private func nextOpening() -> (Opening, Int)? {
        let candidates: [(Opening, [UInt8])] = [
            (.block, blockStart), (.comment, commentStart), (.variable, variableStart),
        ].sorted { $0.1.count > $1.1.count }
        var at = position
        while at < source.count {
            for (opening, delimiter) in candidates where source[at] == delimiter[0] {
                if source.hasPart(delimiter, at: at) { return (opening, at) }
            }
            at += 1
        }
        return nil
    }

    /// Where the text before a tag ends, after its trailing whitespace was stripped as the tag says.
    private func endOfText(_ start: Int, _ end: Int, _ opening: Opening, _ sign: UInt8) -> Int {
        if sign == UInt8(ascii: "-") {
            var last = end
            while last > start, let width = widthOfSpace(before: last), last - width >= start { last -= width }
            return last
        }
        guard options.lstripBlocks, sign != UInt8(ascii: "+"), opening != .variable else { return end }
        var last = end
        while last > start,
            source[last - 1] == 0x20 || source[last - 1] == 0x09 || source[last - 1] == 0x0b
                || source[last - 1] == 0x0c
        {
            last -= 1
        }
        let isLineStart = last == 0 || source[last - 1] == Self.newline
        return isLineStart ? last : end
    }

    private func widthOfSpace(before end: Int) -> Int? {
        let byte = source[end - 1]
        if byte < 0x80 { return Unicode.Scalar(byte).isPythonSpace ? 1 : nil }
        var start = end - 1
        while start > 0, source[start] & 0xc0 == 0x80 { start -= 1 }
        let scalar = String(decoding: source[start..<end], as: UTF8.self).unicodeScalars.first
        return scalar.map(\.isPythonSpace) == true ? end - start : nil
    }

    private mutating func skipSpace() {
        while position < source.count {
            let byte = source[position]
            if byte < 0x80 {
                guard Unicode.Scalar(byte).isPythonSpace else { return }
                if byte == Self.newline { line += 1 }
                position += 1
            } else {
                guard let scalar = scalar(at: position), scalar.isPythonSpace else { return }
                position += UTF8.width(scalar)
            }
        }
    }

    func scalar(at index: Int) -> Unicode.Scalar? {
        let end = min(index + 4, source.count)
        return String(decoding: source[index..<end], as: UTF8.self).unicodeScalars.first
    }

    private mutating func skipNewlineAfterBlock() {
        guard options.trimBlocks, position < source.count, source[position] == Self.newline else { return }
        position += 1
        line += 1
    }

    private mutating func skipComment() throws(JinjaError) {
        guard let end = source.firstIndex(of: commentEnd, from: position) else {
            throw error("Missing end of comment tag")
        }
        let sign = end > position ? source[end - 1] : 0
        countLines(from: position, to: end)
        position = end + commentEnd.count
        if sign == UInt8(ascii: "-") { skipSpace() } else if sign != UInt8(ascii: "+") { skipNewlineAfterBlock() }
    }

    private mutating func closeVariable() throws(JinjaError) {
        let start = position
        let strips = source[position] == UInt8(ascii: "-")
        position += variableEnd.count + (strips ? 1 : 0)
        append(.variableEnd, from: start)
        if strips { skipSpace() }
    }

    private mutating func closeBlock() throws(JinjaError) {
        let start = position
        let sign = source[position]
        let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        position += blockEnd.count + (hasSign ? 1 : 0)
        append(.blockEnd, from: start)
        if sign == UInt8(ascii: "-") { skipSpace() } else if sign != UInt8(ascii: "+") { skipNewlineAfterBlock() }
    }

    /// Where the text of a raw block begins, when the block that was just opened is `raw`.
    private mutating func rawBegin() -> Int? {
        var at = skippingSpace(from: position)
        guard source.hasPart(Array("raw".utf8), at: at) else { return nil }
        at = skippingSpace(from: at + 3)
        let strips = at < source.count && source[at] == UInt8(ascii: "-")
        if strips { at += 1 }
        guard source.hasPart(blockEnd, at: at) else { return nil }
        at += blockEnd.count
        countLines(from: position, to: at)
        position = at
        if strips { skipSpace() }
        return position
    }

    private func skippingSpace(from index: Int) -> Int {
        var at = index
        while at < source.count, source[at] < 0x80, Unicode.Scalar(source[at]).isPythonSpace { at += 1 }
        return at
    }

    private mutating func lexRaw(from bodyStart: Int) throws(JinjaError) {
        var search = bodyStart
        while let at = source.firstIndex(of: blockStart, from: search) {
            search = at + 1
            var next = at + blockStart.count
            guard next < source.count else { break }
            let sign = source[next]
            let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
            next = skippingSpace(from: next + (hasSign ? 1 : 0))
            guard source.hasPart(Array("endraw".utf8), at: next) else { continue }
            next = skippingSpace(from: next + 6)
            let endSign = next < source.count ? source[next] : 0
            let hasEndSign = endSign == UInt8(ascii: "-") || endSign == UInt8(ascii: "+")
            if hasEndSign { next += 1 }
            guard source.hasPart(blockEnd, at: next) else { continue }
            appendText(bodyStart, endOfText(bodyStart, at, .block, hasSign ? sign : 0))
            countLines(from: bodyStart, to: next)
            position = next + blockEnd.count
            if endSign == UInt8(ascii: "-") {
                skipSpace()
            } else if endSign != UInt8(ascii: "+") {
                skipNewlineAfterBlock()
            }
            return
        }
        throw error("Missing end of raw directive")
    }

    // MARK: Inside tags

    /// Lexes code up to (not including) the closing delimiter with its sign; to the end of the text without one.
    private mutating func lexCode(until closing: [UInt8]?) throws(JinjaError) {
        var brackets: [UInt8] = []
        while true {
            skipSpace()
            guard position < source.count else {
                if closing == nil { return }
                throw error("unexpected end of template, expected '\(String(decoding: closing ?? [], as: UTF8.self))'")
            }
            if let closing, brackets.isEmpty, isClosing(closing) { return }
            try lexToken(&brackets)
        }
    }

    private func isClosing(_ closing: [UInt8]) -> Bool {
        if source.hasPart(closing, at: position) { return true }
        let sign = source[position]
        guard sign == UInt8(ascii: "-") || (sign == UInt8(ascii: "+") && closing == blockEnd) else { return false }
        return source.hasPart(closing, at: position + 1)
    }

    private static let symbols: [[UInt8]] = [
        "==", "!=", ">=", "<=", "//", "**", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";",
    ].map { Array($0.utf8) }

    private mutating func lexToken(_ brackets: inout [UInt8]) throws(JinjaError) {
        let byte = source[position]
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): try lexString(quote: byte)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try lexNumber()
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            0x80...0xff:
            try lexName()
        default:
            guard let symbol = Self.symbols.first(where: { source.hasPart($0, at: position) }) else {
                throw error("unexpected char '\(Character(Unicode.Scalar(byte)))' at \(position)")
            }
            try track(symbol[0], in: &brackets)
            let start = position
            position += symbol.count
            append(.symbol(String(decoding: symbol, as: UTF8.self)), from: start)
        }
    }

    private func track(_ byte: UInt8, in brackets: inout [UInt8]) throws(JinjaError) {
        switch byte {
        case UInt8(ascii: "("): brackets.append(UInt8(ascii: ")"))
        case UInt8(ascii: "["): brackets.append(UInt8(ascii: "]"))
        case UInt8(ascii: "{"): brackets.append(UInt8(ascii: "}"))
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            let shown = Character(Unicode.Scalar(byte))
            guard let expected = brackets.popLast() else { throw error("unexpected '\(shown)'") }
            guard expected == byte else {
                throw error("unexpected '\(shown)', expected '\(Character(Unicode.Scalar(expected)))'")
            }
        default: break
        }
    }

    // MARK: Helpers

    mutating func append(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, line: line, start: start, end: position))
    }

    private mutating func appendText(_ start: Int, _ end: Int) {
        guard end > start else { return }
        var text = String(decoding: source[start..<end], as: UTF8.self)
        if options.newlineSequence != "\n" { text = text.replacing("\n", with: options.newlineSequence) }
        tokens.append(Token(kind: .text(text), line: line, start: start, end: end))
    }

    mutating func countLines(from start: Int, to end: Int) {
        for index in start..<max(start, end) where source[index] == Self.newline { line += 1 }
    }

    func error(_ message: String) -> JinjaError { JinjaError(.syntax, message, line: line) }
}
