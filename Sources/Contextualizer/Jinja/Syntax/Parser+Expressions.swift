// Jinja2's expressions, lowest precedence first: conditional, or, and, not, comparison, sum, `~`, product, power,
// unary, and behind each operand attributes, items, calls, filters and tests.

extension Parser {
    mutating func parseExpression(allowsConditional: Bool = true) throws(JinjaError) -> Expression {
        try nested { (parser) throws(JinjaError) in
            allowsConditional ? try parser.parseConditional() : try parser.parseOr()
        }
    }

    private mutating func parseConditional() throws(JinjaError) -> Expression {
        var value = try parseOr()
        var links = 0
        while skipName("if") {
            links += 1
            guard links <= Self.maximumDepth else { throw JinjaError(.limit, "too long chain of 'if … else'") }
            let test = try parseOr()
            let otherwise = skipName("else") ? try parseExpression() : nil
            value = .conditional(test: test, then: value, otherwise: otherwise)
        }
        return value
    }

    private mutating func parseOr() throws(JinjaError) -> Expression {
        let first = try parseAnd()
        guard isName("or") else { return first }
        var operands = [first]
        while skipName("or") { operands.append(try parseAnd()) }
        return .or(operands)
    }

    private mutating func parseAnd() throws(JinjaError) -> Expression {
        let first = try parseNot()
        guard isName("and") else { return first }
        var operands = [first]
        while skipName("and") { operands.append(try parseNot()) }
        return .and(operands)
    }

    private mutating func parseNot() throws(JinjaError) -> Expression {
        guard skipName("not") else { return try parseComparison() }
        return try nested { (parser) throws(JinjaError) in .not(try parser.parseNot()) }
    }

    private mutating func parseComparison() throws(JinjaError) -> Expression {
        let first = try parseSum()
        var rest: [(operation: ComparisonOperator, operand: Expression)] = []
        while let comparison = comparisonOperator() { rest.append((comparison, try parseSum())) }
        return rest.isEmpty ? first : .compare(first, rest)
    }

    private mutating func comparisonOperator() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let comparison = ComparisonOperator(rawValue: symbol) else { return nil }
            advance()
            return comparison
        case .name("in"):
            advance()
            return .in
        case .name("not"):
            guard case .name("in") = peek().kind else { return nil }
            advance()
            advance()
            return .notIn
        default: return nil
        }
    }

    private mutating func parseSum() throws(JinjaError) -> Expression {
        let first = try parseConcatenation()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator(in: [.add, .subtract]) {
            rest.append((operation, try parseConcatenation()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func parseConcatenation() throws(JinjaError) -> Expression {
        let first = try parseProduct()
        guard isSymbol("~") else { return first }
        var parts = [first]
        while skipSymbol("~") { parts.append(try parseProduct()) }
        return .concatenate(parts)
    }

    private mutating func parseProduct() throws(JinjaError) -> Expression {
        let first = try parsePower()
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator(in: [.multiply, .divide, .floorDivide, .modulo]) {
            rest.append((operation, try parsePower()))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func parsePower() throws(JinjaError) -> Expression {
        let first = try parseUnary(withFilters: true)
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while let operation = arithmeticOperator(in: [.power]) {
            rest.append((operation, try parseUnary(withFilters: true)))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func arithmeticOperator(in accepted: [ArithmeticOperator]) -> ArithmeticOperator? {
        guard case .symbol(let symbol) = current.kind, let operation = ArithmeticOperator(rawValue: symbol),
            accepted.contains(operation)
        else { return nil }
        advance()
        return operation
    }

    private mutating func parseUnary(withFilters: Bool) throws(JinjaError) -> Expression {
        var value: Expression
        if skipSymbol("-") {
            value = .negate(
                try nested { (parser) throws(JinjaError) in try parser.parseUnary(withFilters: false) })
        } else if skipSymbol("+") {
            value = .positive(
                try nested { (parser) throws(JinjaError) in try parser.parseUnary(withFilters: false) })
        } else {
            value = try parsePrimary()
        }
        var links = 0
        value = try parsePostfix(value, &links)
        return withFilters ? try parseFilters(value, &links) : value
    }

    mutating func parsePrimary() throws(JinjaError) -> Expression {
        let token = current
        switch token.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return .constant(.bool(true))
            case "false", "False": return .constant(.bool(false))
            case "none", "None": return .constant(.none)
            default:
                usedNames.insert(name)
                return .name(name)
            }
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return .constant(.string(text))
        case .int(let number):
            advance()
            return .constant(.int(number))
        case .big(let number):
            advance()
            return .constant(number)
        case .double(let number):
            advance()
            return .constant(.double(number))
        case .symbol("("):
            advance()
            let tuple = try parseTuple(inParentheses: true)
            try expectSymbol(")")
            return tuple
        case .symbol("["):
            advance()
            return .list(try parseItems(until: "]"))
        case .symbol("{"):
            advance()
            return try parseDict()
        default: throw error("unexpected '\(token.shown)'")
        }
    }

    private mutating func parseItems(until closing: String) throws(JinjaError) -> [Expression] {
        var items: [Expression] = []
        while !isSymbol(closing) {
            if !items.isEmpty { try expectSymbol(",") }
            if isSymbol(closing) { break }
            items.append(try parseExpression())
        }
        try expectSymbol(closing)
        return items
    }

    private mutating func parseDict() throws(JinjaError) -> Expression {
        var items: [(key: Expression, value: Expression)] = []
        while !isSymbol("}") {
            if !items.isEmpty { try expectSymbol(",") }
            if isSymbol("}") { break }
            let key = try parseExpression()
            try expectSymbol(":")
            items.append((key, try parseExpression()))
        }
        try expectSymbol("}")
        return .dict(items)
    }

    /// One expression, or a tuple of several.
    mutating func parseTuple(
        inParentheses: Bool = false, allowsConditional: Bool = true, endNames: [String] = []
    ) throws(JinjaError) -> Expression {
        var items: [Expression] = []
        var isTuple = false
        while true {
            if !items.isEmpty || isTuple { try expectSymbol(",") }
            if isTupleEnd(endNames) { break }
            items.append(try parseExpression(allowsConditional: allowsConditional))
            guard isSymbol(",") else { break }
            isTuple = true
        }
        if !isTuple, let only = items.first { return only }
        if items.isEmpty && !inParentheses { throw error("Expected an expression, got '\(current.shown)'") }
        return .tuple(items)
    }

    private func isTupleEnd(_ endNames: [String]) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(")"), .end: return true
        case .name(let name): return endNames.contains(name)
        default: return false
        }
    }

    // MARK: Postfix

    func checkLinks(_ links: inout Int) throws(JinjaError) {
        links += 1
        guard links <= 200 else { throw JinjaError(.limit, "too long chain of filters or attributes") }
    }

    mutating func parsePostfix(
        _ base: Expression, _ links: inout Int
    ) throws(JinjaError) -> Expression {
        var value = base
        while true {
            if isSymbol(".") || isSymbol("[") {
                value = try parseSubscript(value)
            } else if isSymbol("(") {
                value = try parseCall(of: value)
            } else {
                return value
            }
            try checkLinks(&links)
        }
    }

    private mutating func parseFilters(
        _ base: Expression, _ links: inout Int
    ) throws(JinjaError) -> Expression {
        var value = base
        while true {
            if isSymbol("|") {
                value = try parseFilter(value)
            } else if isName("is") {
                advance()
                value = try parseTest(value)
            } else if isSymbol("(") {
                value = try parseCall(of: value)
            } else {
                return value
            }
            try checkLinks(&links)
        }
    }

    private mutating func parseCall(of callee: Expression) throws(JinjaError) -> Expression {
        let arguments = try parseArguments()
        if case .name(let function) = callee, ["lookup", "query", "q"].contains(function),
            case .constant(.string(let name))? = arguments.positional.first,
            !arguments.named.contains(where: { $0.name == "errors" })
        {
            callees.lookups.insert(name)
        }
        return .call(callee, arguments)
    }

    private mutating func parseSubscript(_ base: Expression) throws(JinjaError) -> Expression {
        if skipSymbol(".") {
            let token = advance()
            switch token.kind {
            case .name(let name): return .attribute(base, name)
            case .int(let number): return .item(base, .constant(.int(number)))
            default: throw error("expected name or number")
            }
        }
        try expectSymbol("[")
        var items: [Expression] = []
        var result: Expression?
        while !isSymbol("]") {
            if !items.isEmpty || result != nil { try expectSymbol(",") }
            if isSymbol("]") { break }
            if result != nil { throw error("slices cannot be combined") }
            if let slice = try parseSlice(base) {
                guard items.isEmpty else { throw error("slices cannot be combined") }
                result = slice
            } else {
                items.append(try parseExpression())
                if isSymbol(":") {
                    result = try parseSlice(base, start: items.removeLast())
                }
            }
        }
        try expectSymbol("]")
        if let result { return result }
        guard let first = items.first else { throw error("expected subscript expression") }
        return .item(base, items.count == 1 ? first : .tuple(items))
    }

    /// A slice whose first bound was read already or is missing; `nil` when there is no colon here.
    private mutating func parseSlice(
        _ base: Expression, start: Expression? = nil
    ) throws(JinjaError) -> Expression? {
        guard skipSymbol(":") else { return nil }
        var stop: Expression?
        var step: Expression?
        if !isSymbol("]"), !isSymbol(","), !isSymbol(":") { stop = try parseExpression() }
        if skipSymbol(":"), !isSymbol("]"), !isSymbol(",") { step = try parseExpression() }
        return .slice(base, start: start, stop: stop, step: step)
    }
}
