// Templates and their statements.

extension Parser {
    /// The whole template.
    mutating func parseTemplate() throws(JinjaError) -> [Statement] {
        let body = try parseBody(until: [])
        guard case .end = current.kind else { throw error("unexpected '\(current.shown)'") }
        return body
    }

    /// Statements up to a tag with one of these names. The tag's begin and name are consumed, and the name is returned
    /// in `ending`.
    private mutating func parseBody(until endings: [String]) throws(JinjaError) -> [Statement] {
        var ending = ""
        return try parseBody(until: endings, ending: &ending)
    }

    private mutating func parseBody(
        until endings: [String], ending: inout String
    ) throws(JinjaError) -> [Statement] {
        var body: [Statement] = []
        while true {
            let token = current
            switch token.kind {
            case .text(let text):
                advance()
                let position = SourcePosition(line: token.line, start: token.start, end: token.end)
                body.append(Statement(kind: .text(text), position: position))
            case .variableBegin:
                advance()
                let value = try parseTuple()
                guard case .variableEnd = current.kind else {
                    throw error("expected token 'end of print statement', got '\(current.shown)'")
                }
                let end = advance()
                body.append(
                    Statement(
                        kind: .output(value),
                        position: SourcePosition(line: token.line, start: token.start, end: end.end)))
            case .blockBegin:
                advance()
                guard case .name(let tag) = current.kind else { throw error("tag name expected") }
                if endings.contains(tag) {
                    advance()
                    ending = tag
                    return body
                }
                let kind = try nested { (parser) throws(JinjaError) in
                    parser.openTags.append(tag)
                    let kind = try parser.parseStatement(tag)
                    parser.openTags.removeLast()
                    return kind
                }
                let last = tokens[max(0, index - 1)]
                let lineEnd = endOfTag(from: token.start, before: last.end)
                if let kind {
                    body.append(
                        Statement(
                            kind: kind, position: SourcePosition(line: token.line, start: token.start, end: lineEnd)))
                }
            case .end:
                guard endings.isEmpty else {
                    let tag = openTags.last ?? ""
                    throw error(
                        "Unexpected end of template. Jinja was looking for the following tags: "
                            + endings.map { "'\($0)'" }.joined(separator: " or ")
                            + ". The innermost block that needs to be closed is '\(tag)'.")
                }
                return body
            default: throw error("unexpected '\(token.shown)'")
            }
        }
    }

    /// The end of the opening tag, so that an excerpt of a block shows its first tag alone.
    private func endOfTag(from start: Int, before end: Int) -> Int {
        source.firstIndex(of: Array(options.blockEnd.utf8), from: start).map {
            min($0 + options.blockEnd.utf8.count, end)
        } ?? end
    }

    private mutating func parseStatement(_ tag: String) throws(JinjaError) -> StatementKind? {
        advance()
        switch tag {
        case "if": return try parseIf()
        case "for": return try parseFor()
        case "set": return try parseSet()
        case "macro": return .macro(try parseMacro())
        case "call": return try parseCall()
        case "filter": return try parseFilterBlock()
        case "with": return try parseWith()
        case "autoescape":
            _ = try parseExpression()
            try expectBlockEnd()
            return .scope(try parseClosed("endautoescape"))
        case "do":
            let value = try parseTuple()
            try expectBlockEnd()
            return .evaluate(value)
        case "break":
            try expectBlockEnd()
            return .breakLoop
        case "continue":
            try expectBlockEnd()
            return .continueLoop
        case "include": return try parseInclude()
        case "import": return try parseImport()
        case "from": return try parseFrom()
        case "extends":
            let parent = try parseExpression()
            try expectBlockEnd()
            return .extends(parent)
        case "block": return try parseBlock()
        default:
            index -= 1
            throw unknownTag(tag)
        }
    }

    private func unknownTag(_ tag: String) -> JinjaError {
        guard let open = openTags.dropLast().last else { return error("Encountered unknown tag '\(tag)'.") }
        return error(
            "Encountered unknown tag '\(tag)'. The innermost block that needs to be closed is '\(open)'.")
    }

    /// The body of a block whose closing tag takes no arguments.
    private mutating func parseClosed(_ ending: String) throws(JinjaError) -> [Statement] {
        let body = try parseBody(until: [ending])
        try expectBlockEnd()
        return body
    }

    private mutating func parseIf() throws(JinjaError) -> StatementKind {
        var branches: [(test: Expression, body: [Statement])] = []
        var ending = ""
        while true {
            let test = try parseTuple(allowsConditional: false)
            try expectBlockEnd()
            branches.append((test, try parseBody(until: ["elif", "else", "endif"], ending: &ending)))
            if ending != "elif" { break }
        }
        var otherwise: [Statement] = []
        if ending == "else" {
            try expectBlockEnd()
            otherwise = try parseBody(until: ["endif"])
        }
        try expectBlockEnd()
        return .conditional(branches: branches, otherwise: otherwise)
    }

    private mutating func parseFor() throws(JinjaError) -> StatementKind {
        let target = try parseTarget(allowsTuple: true, endNames: ["in"])
        try expectName("in")
        let sequence = try parseTuple(allowsConditional: false, endNames: ["recursive"])
        let filter = skipName("if") ? try parseExpression() : nil
        let isRecursive = skipName("recursive")
        try expectBlockEnd()
        var ending = ""
        let body = try parseBody(until: ["endfor", "else"], ending: &ending)
        var otherwise: [Statement] = []
        if ending == "else" {
            try expectBlockEnd()
            otherwise = try parseBody(until: ["endfor"])
        }
        try expectBlockEnd()
        return .loop(
            LoopSyntax(
                target: target, sequence: sequence, filter: filter, body: body, otherwise: otherwise,
                isRecursive: isRecursive))
    }

    private mutating func parseTarget(
        allowsTuple: Bool, endNames: [String] = [], allowsAttribute: Bool = false
    ) throws(JinjaError) -> AssignmentTarget {
        var targets: [AssignmentTarget] = []
        var isTuple = false
        while true {
            if skipSymbol("(") {
                let inner = try nested { (parser) throws(JinjaError) in try parser.parseTarget(allowsTuple: true) }
                try expectSymbol(")")
                targets.append(inner)
            } else {
                let name = try expectIdentifier()
                if ["true", "false", "none", "True", "False", "None"].contains(name) {
                    throw error("can't assign to '\(name)'")
                }
                if allowsAttribute, skipSymbol(".") {
                    targets.append(.attribute(name, try expectIdentifier()))
                } else {
                    targets.append(.name(name))
                }
            }
            guard allowsTuple, skipSymbol(",") else { break }
            isTuple = true
            if case .name(let name) = current.kind, endNames.contains(name) { break }
            if isSymbol(")") || isSymbol("=") { break }
        }
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func parseSet() throws(JinjaError) -> StatementKind {
        let target = try parseTarget(allowsTuple: true, allowsAttribute: true)
        if skipSymbol("=") {
            let value = try parseTuple()
            try expectBlockEnd()
            return .set(target, value)
        }
        let filter = isSymbol("|") ? try parseFilterChain(on: .captured, startsWithPipe: true) : nil
        try expectBlockEnd()
        return .setBlock(target, filter: filter, body: try parseClosed("endset"))
    }

    private mutating func parseSignature() throws(JinjaError) -> [(name: String, fallback: Expression?)] {
        var parameters: [(name: String, fallback: Expression?)] = []
        try expectSymbol("(")
        while !isSymbol(")") {
            if !parameters.isEmpty { try expectSymbol(",") }
            if isSymbol(")") { break }
            let name = try expectIdentifier()
            if skipSymbol("=") {
                parameters.append((name, try parseExpression()))
            } else {
                if parameters.last?.fallback != nil { throw error("non-default argument follows default argument") }
                parameters.append((name, nil))
            }
        }
        try expectSymbol(")")
        return parameters
    }

    private mutating func parseMacro() throws(JinjaError) -> MacroSyntax {
        let name = try expectIdentifier()
        let parameters = try parseSignature()
        guard !parameters.contains(where: { $0.name == "caller" && $0.fallback == nil }) else {
            throw error(
                "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default."
            )
        }
        try expectBlockEnd()
        return try parseMacroBody(name: name, parameters: parameters, ending: "endmacro")
    }

    private mutating func parseMacroBody(
        name: String, parameters: [(name: String, fallback: Expression?)], ending: String
    ) throws(JinjaError) -> MacroSyntax {
        let outer = usedNames
        usedNames = []
        let body = try parseBody(until: [ending])
        if ending == "endmacro", case .name(name) = current.kind { advance() }
        try expectBlockEnd()
        let macro = MacroSyntax(
            name: name, parameters: parameters, body: body, usesVarargs: usedNames.contains("varargs"),
            usesKwargs: usedNames.contains("kwargs"), usesCaller: usedNames.contains("caller"))
        usedNames.formUnion(outer)
        return macro
    }

    private mutating func parseCall() throws(JinjaError) -> StatementKind {
        let parameters = isSymbol("(") ? try parseSignature() : []
        let call = try parseExpression()
        guard case .call = call else { throw error("expected call") }
        try expectBlockEnd()
        let body = try parseMacroBody(name: "caller", parameters: parameters, ending: "endcall")
        return .call(body, call)
    }

    private mutating func parseFilterBlock() throws(JinjaError) -> StatementKind {
        let filter = try parseFilterChain(on: .captured, startsWithPipe: false)
        try expectBlockEnd()
        return .filter(filter, body: try parseClosed("endfilter"))
    }

    private mutating func parseWith() throws(JinjaError) -> StatementKind {
        var assignments: [(target: AssignmentTarget, value: Expression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expectSymbol(",") }
            let target = try parseTarget(allowsTuple: false)
            try expectSymbol("=")
            assignments.append((target, try parseExpression()))
        }
        try expectBlockEnd()
        return .with(assignments, body: try parseClosed("endwith"))
    }

    // MARK: Other templates

    private mutating func parseContextFlag(_ fallback: Bool) -> Bool {
        guard isName("with") || isName("without"), case .name("context") = peek().kind else { return fallback }
        let withContext = isName("with")
        advance()
        advance()
        return withContext
    }

    private mutating func parseInclude() throws(JinjaError) -> StatementKind {
        let name = try parseExpression()
        var ignoreMissing = false
        if isName("ignore"), case .name("missing") = peek().kind {
            advance()
            advance()
            ignoreMissing = true
        }
        let withContext = parseContextFlag(true)
        try expectBlockEnd()
        return .include(name, ignoreMissing: ignoreMissing, withContext: withContext)
    }

    private mutating func parseImport() throws(JinjaError) -> StatementKind {
        let name = try parseExpression()
        try expectName("as")
        let alias = try expectIdentifier()
        let withContext = parseContextFlag(false)
        try expectBlockEnd()
        return .importModule(name, as: alias, withContext: withContext)
    }

    private mutating func parseFrom() throws(JinjaError) -> StatementKind {
        let template = try parseExpression()
        try expectName("import")
        var names: [(name: String, alias: String)] = []
        var withContext = false
        while current.kind != .blockEnd {
            if !names.isEmpty {
                if isName("with") || isName("without") {
                    withContext = parseContextFlag(false)
                    break
                }
                try expectSymbol(",")
                if current.kind == .blockEnd { break }
            }
            let name = try expectIdentifier()
            if name.hasPrefix("_") {
                throw error("names starting with an underline can not be imported")
            }
            names.append((name, skipName("as") ? try expectIdentifier() : name))
        }
        try expectBlockEnd()
        guard !names.isEmpty else { throw error("expected names to import") }
        return .importNames(template, names: names, withContext: withContext)
    }

    private mutating func parseBlock() throws(JinjaError) -> StatementKind {
        let name = try expectIdentifier()
        let isScoped = skipName("scoped")
        let isRequired = skipName("required")
        guard current.kind == .blockEnd else {
            throw error("expected token 'end of statement block', got '\(current.shown)'")
        }
        try expectBlockEnd()
        let body = try parseBody(until: ["endblock"])
        guard !isRequired || body.allSatisfy(\.isBlank) else {
            throw error("Required blocks can only contain comments or whitespace")
        }
        if case .name(name) = current.kind { advance() }
        try expectBlockEnd()
        let block = BlockSyntax(name: name, body: body, isScoped: isScoped, isRequired: isRequired)
        guard blocks.updateValue(block, forKey: name) == nil else {
            throw error("block '\(name)' defined twice")
        }
        return .block(block)
    }
}
