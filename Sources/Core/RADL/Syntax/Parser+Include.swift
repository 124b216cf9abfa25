/// `include ID [( template = 'NAME' )]`, a sentence of EC3: no reserved word, so that ids and features may have the name.
extension Parser {
    var isInclude: Bool {
        guard token.end - token.start == 7, word(token) == "include" else { return false }
        var ahead = lexer
        let next = ahead.next()
        return (next.kind == .name || next.kind == .string) && !next.isFirstOfLine
    }

    mutating func includeSentence(using generator: inout some RandomNumberGenerator) throws(Stop) {
        let keyword = token
        advance()
        let isQuoted = token.kind == .string
        let id = isQuoted ? text(ofString: token) : text(ofName: token)
        advance()
        var features = Features()
        if token.kind == .leftParenthesis, !isQuoted {
            try parenthesizedFeatures(into: &features, level: 1, using: &generator)
        }
        let source = range(of: keyword).extended(to: previousEnd)
        for feature in features.all where feature.name != "template" {
            report(
                .include, "an include has no feature '\(feature.name)'", hint: "write: include ID (template = 'NAME')",
                expected: ["'template'"], at: feature.source ?? source,
                imText: "Line \(source.line): Invalid include")
        }
        // EC3 takes several names, with blanks between.
        let template = features.string("template") ?? id
        let names = template.split(separator: " ").map(String.init)
        document.includes += (names.isEmpty ? [template] : names).map {
            RADLInclude(id: id, template: $0, source: source)
        }
    }
}
