/// A parsed template. Immutable; one instance may be rendered by many threads at once.
public final class JinjaTemplate: Sendable {
    let body: [Statement]
    let blocks: [String: BlockSyntax]
    let source: [UInt8]
    let options: JinjaOptions
    let callees: Parser.Callees

    init(_ text: String, options: JinjaOptions, limits: JinjaLimits) throws(JinjaError) {
        guard text.utf8.count <= limits.maximumTemplateSize else {
            throw .limit("the template is larger than \(limits.maximumTemplateSize) bytes")
        }
        var options = options
        let content = try Self.applyHeader(of: text, to: &options)
        let (tokens, source) = try Lexer.tokens(ofTemplate: content, options: options)
        var parser = Parser(tokens: tokens, source: source, options: options)
        body = try parser.parseTemplate()
        blocks = parser.blocks
        callees = parser.callees
        self.source = source
        self.options = options
    }

    /// Whether a text holds anything to evaluate under these options. Text without is its own result.
    public static func isTemplate(_ text: String, options: JinjaOptions = JinjaOptions()) -> Bool {
        let starts = [options.variableStart, options.blockStart, options.commentStart]
        guard starts == ["{{", "{%", "{#"] else {
            return starts.contains { text.utf8Contains($0) } || text.hasPrefix(header)
        }
        var afterBrace = false
        for byte in text.utf8 {
            if afterBrace, byte == 0x7b || byte == 0x25 || byte == 0x23 { return true }
            afterBrace = byte == 0x7b
        }
        return text.utf8.starts(with: header.utf8)
    }

    private static let header = "#jinja2:"

    /// Ansible's first line `#jinja2: trim_blocks: False, variable_start_string: '[%'` sets options and is removed.
    private static func applyHeader(of text: String, to options: inout JinjaOptions) throws(JinjaError) -> String {
        guard text.utf8.starts(with: header.utf8) else { return text }
        let utf8 = text.utf8
        let lineEnd = utf8.firstIndex(of: UInt8(ascii: "\n")) ?? utf8.endIndex
        let rest = lineEnd == utf8.endIndex ? "" : String(text[utf8.index(after: lineEnd)...])
        let overrides = String(text[..<lineEnd].dropFirst(header.count))
        guard case .dict(let pairs) = (try? parseOverrides(overrides, options: options)) ?? .none else {
            throw JinjaError(.syntax, "the '#jinja2:' line is not a list of 'option: value' pairs", line: 1)
        }
        for (key, value) in pairs { try options.override(key.text, with: value) }
        return rest
    }

    private static func parseOverrides(_ text: String, options: JinjaOptions) throws(JinjaError) -> JinjaValue {
        var pairs = JinjaDict()
        // The keys are bare words: quote them by reading `key : value` pairs one after the other.
        let (tokens, source) = try Lexer.tokens(ofExpression: text, options: options)
        var parser = Parser(tokens: tokens, source: source, options: options)
        while parser.current.kind != .end {
            let key: String
            if case .string(let quoted) = parser.current.kind {
                key = quoted
                parser.advance()
            } else {
                key = try parser.expectIdentifier()
            }
            try parser.expectSymbol(":")
            guard case .constant(let value) = try parser.parsePrimary() else {
                throw parser.error("a constant is expected")
            }
            pairs[key] = value
            if !parser.skipSymbol(",") { break }
        }
        return .dict(pairs)
    }

    /// The source of a statement on one line, shortened.
    func excerpt(_ position: SourcePosition) -> String {
        guard position.start < position.end, position.end <= source.count else { return "" }
        return JinjaTemplate.shorten(String(decoding: source[position.start..<position.end], as: UTF8.self))
    }

    static func shorten(_ text: String) -> String {
        let words = text.split { $0.isWhitespace }.joined(separator: " ")
        return words.count > 120 ? words.prefix(117) + "..." : words
    }
}

extension JinjaOptions {
    mutating func override(_ name: String, with value: JinjaValue) throws(JinjaError) {
        switch (name, value) {
        case ("trim_blocks", .bool(let flag)): trimBlocks = flag
        case ("lstrip_blocks", .bool(let flag)): lstripBlocks = flag
        case ("keep_trailing_newline", .bool(let flag)): trailingNewline = flag ? .keep : .strip
        case ("newline_sequence", .string(let text)) where ["\n", "\r", "\r\n"].contains(text): newlineSequence = text
        case ("variable_start_string", .string(let text)) where !text.isEmpty: variableStart = text
        case ("variable_end_string", .string(let text)) where !text.isEmpty: variableEnd = text
        case ("block_start_string", .string(let text)) where !text.isEmpty: blockStart = text
        case ("block_end_string", .string(let text)) where !text.isEmpty: blockEnd = text
        case ("comment_start_string", .string(let text)) where !text.isEmpty: commentStart = text
        case ("comment_end_string", .string(let text)) where !text.isEmpty: commentEnd = text
        default: throw JinjaError(.syntax, "the '#jinja2:' line cannot set \(name) to \(value.repr)", line: 1)
        }
    }
}
