/// Arguments, filters and tests.
extension Parser {
    mutating func parseArguments() throws(JinjaError) -> CallSyntax {
        try expectSymbol("(")
        var arguments = CallSyntax()
        var isFirst = true
        while !isSymbol(")") {
            if !isFirst { try expectSymbol(",") }
            if isSymbol(")") { break }
            isFirst = false
            if skipSymbol("*") {
                guard arguments.star == nil, arguments.doubleStar == nil else {
                    throw error("invalid syntax for function call expression")
                }
                arguments.star = try parseExpression()
            } else if skipSymbol("**") {
                guard arguments.doubleStar == nil else {
                    throw error("invalid syntax for function call expression")
                }
                arguments.doubleStar = try parseExpression()
            } else if case .name(let name) = current.kind, case .symbol("=") = peek().kind {
                guard arguments.doubleStar == nil else {
                    throw error("invalid syntax for function call expression")
                }
                advance()
                advance()
                arguments.named.append((name, try parseExpression()))
            } else {
                guard arguments.star == nil, arguments.doubleStar == nil, arguments.named.isEmpty else {
                    throw error("invalid syntax for function call expression")
                }
                arguments.positional.append(try parseExpression())
            }
        }
        try expectSymbol(")")
        return arguments
    }

    private mutating func parseDottedName() throws(JinjaError) -> String {
        var name = try expectIdentifier()
        while skipSymbol(".") { name += "." + (try expectIdentifier()) }
        return name
    }

    mutating func parseFilter(_ base: Expression) throws(JinjaError) -> Expression {
        try expectSymbol("|")
        let name = try parseDottedName()
        callees.filters.insert(name)
        return .filter(base, name, isSymbol("(") ? try parseArguments() : .empty)
    }

    /// A chain of filters without a value before it, as `{% filter %}` and `{% set x | f %}` have.
    mutating func parseFilterChain(on base: Expression, startsWithPipe: Bool) throws(JinjaError) -> Expression {
        var value = base
        var links = 0
        if !startsWithPipe {
            let name = try parseDottedName()
            callees.filters.insert(name)
            value = .filter(value, name, isSymbol("(") ? try parseArguments() : .empty)
        }
        while isSymbol("|") {
            value = try parseFilter(value)
            try checkLinks(&links)
        }
        return value
    }

    mutating func parseTest(_ base: Expression) throws(JinjaError) -> Expression {
        let isNegated = skipName("not")
        let name = try parseDottedName()
        callees.tests.insert(name)
        var arguments = CallSyntax.empty
        if isSymbol("(") {
            arguments = try parseArguments()
        } else if startsTestArgument {
            if isName("is") { throw error("You cannot chain multiple tests with is") }
            var links = 0
            let primary = try nested { (parser) throws(JinjaError) in try parser.parsePrimary() }
            arguments.positional = [try parsePostfix(primary, &links)]
        }
        let test = Expression.test(base, name, arguments)
        return isNegated ? .not(test) : test
    }

    private var startsTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .int, .big, .double, .symbol("("), .symbol("["), .symbol("{"): true
        default: false
        }
    }
}
