extension Parser {
    /// IM's words for a token that must not stand where it does.
    mutating func imText(unexpected token: Token) -> String {
        if token.kind == .end { return "Parse error in: None" }
        var token = token
        let isWithinString = token.kind == .openString
        if isWithinString {
            // IM skips the quote and meets what follows it.
            var ahead = Lexer(
                source.bytes, at: token.start + 1, line: token.line, lineStart: token.lineStart, depth: token.depth)
            token = ahead.next()
            if token.kind == .end { return "Parse error in: None" }
        }
        let position = scalarOffset(ofByte: token.start)
        return "Line \(token.line): Parse error in: "
            + "LexToken(\(token.kind.imName),\(imValue(token, isWithinString)),\(token.line),\(position))"
    }

    private func imValue(_ token: Token, _ isWithinString: Bool) -> String {
        if source.maskedLines.isSecret(token.start, in: source.bytes) { return "'***'" }
        if isWithinString || token.kind == .string, isOnSecretLine(token) { return "'***'" }
        if token.kind == .name || token.kind == .number,
            Secrets.isLikely(before: source.bytes[token.lineStart..<token.start], words: 1)
        {
            return "'***'"
        }
        let raw = String(decoding: source.bytes[token.start..<token.end].prefix(200), as: UTF8.self)
        switch token.kind {
        case .number:
            if token.flag { return Double(raw + "0").map { RADLNumber.real($0).description } ?? raw }
            return Int(raw).map(String.init) ?? raw
        case .random:
            return String(raw.dropFirst(8).dropLast(2))
        case .string:
            return Self.pythonLiteral(String(text(ofString: token).prefix(200)))
        default:
            return Self.pythonLiteral(raw)
        }
    }

    private func isOnSecretLine(_ token: Token) -> Bool {
        let near = source.bytes[token.start..<min(source.bytes.count, token.start + 500)]
        let lineEnd = near.firstIndex(of: UInt8(ascii: "\n")) ?? near.endIndex
        let start = max(token.lineStart, token.start - 500)
        return Secrets.isNamed(in: source.bytes[start..<lineEnd])
            || Secrets.isLikely(before: source.bytes[start..<token.start])
    }

    /// A string as Python writes it.
    static func pythonLiteral(_ text: String) -> String {
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = quote
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + quote
    }
}
