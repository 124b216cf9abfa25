extension Parser {
    /// `contextualize [TIME] ( options items )`; the current token is the keyword.
    mutating func contextualizeSentence() throws(Stop) {
        let keyword = token
        var section = RADLContextualize()
        advance()
        if token.kind == .number {
            section.maximumTime = try number(of: token)
            advance()
        }
        section.source = range(of: keyword).extended(to: previousEnd)
        let open = token
        _ = try expect(.leftParenthesis)
        var hasItems = false
        while token.kind != .rightParenthesis {
            do throws(Stop) {
                switch token.kind {
                case .option:
                    if hasItems {
                        report(
                            .syntax, "options stand before the items", hint: "move it up, behind 'contextualize ('",
                            at: token)
                    }
                    try option(into: &section)
                case .system:
                    hasItems = true
                    try item(into: &section)
                case .end, .network, .ansible, .deploy, .contextualize, .description:
                    throw unclosed(open)
                default:
                    throw unexpected(
                        "an item or ')'", hint: "write: system SYSTEM configure CONFIGURE [step NUMBER]")
                }
            } catch {
                while ![.system, .option, .rightParenthesis, .end].contains(token.kind), !token.beginsSentence, !isFull
                {
                    advance()
                }
                if token.kind == .end || isFull || (token.beginsSentence && token.kind != .system) { throw Stop() }
            }
        }
        advance()
        if document.contextualize == nil {
            document.contextualize = section
        } else {
            document.contextualize?.merge(section)
        }
    }

    private mutating func option(into section: inout RADLContextualize) throws(Stop) {
        let keyword = token
        advance()
        let name = text(ofName: try expect(.name, hint: "write: option NAME = VALUE"))
        guard let comparison = token.kind.comparison else { throw unexpected("'=' behind '\(name)'") }
        advance()
        let value: Feature.Value
        switch token.kind {
        case .number: value = .number(Interval(comparison, Quantity(try number(of: token))))
        case .string: value = .string(text(ofString: token), comparison)
        default: throw unexpected("a number or a string as the value of '\(name)'")
        }
        advance()
        section.options.set(Feature(name, value, source: range(of: keyword).extended(to: previousEnd)))
    }

    /// `stpe 2` is noted, and read as what is meant.
    private mutating func noteMisspelledStep() {
        guard token.kind == .name, !token.isFirstOfLine,
            let nearest = Vocabulary.nearest(to: word(token), among: ["step", "with"]),
            let kind = Token.Kind(reservedWord: nearest)
        else { return }
        _ = unexpected(
            "'step', 'with' or the next item", hint: "did you mean '\(nearest)'?", options: ["'step'", "'with'"],
            replacement: nearest)
        token.kind = kind
    }

    private mutating func item(into section: inout RADLContextualize) throws(Stop) {
        let keyword = token
        advance()
        let system = text(ofName: try expect(.name))
        _ = try expect(.configure, hint: "write: system \(system) configure CONFIGURE [step NUMBER]")
        var item = RADLContextualize.Item(system: system, configure: text(ofName: try expect(.name)))
        noteMisspelledStep()
        let first = token
        switch token.kind {
        case .step:
            advance()
            let numberToken = try expect(.number)
            guard let step = try number(of: numberToken).integerValue else {
                report(
                    .number, "the step has to be a whole number", at: numberToken,
                    imText: "Line \(numberToken.line): Invalid step")
                throw Stop()
            }
            item.step = step
        case .with:
            advance()
            item.tool = text(ofName: try expect(.name, hint: "write: with cloud_init"))
        default: break
        }
        if token.kind == .with || token.kind == .step, first.kind == .with || first.kind == .step {
            throw unexpected("the next item or ')'", hint: "an item has a step or a tool, not both")
        }
        item.source = range(of: keyword).extended(to: previousEnd)
        section.set(item)
    }
}
