/// An expression of JMESPath, the query language of the filter `json_query` (https://jmespath.org/specification.html).
indirect enum JMESPathNode: Sendable {
    case current
    case field(String)
    case index(Int)
    case slice(Int?, Int?, Int?)
    case literal(JinjaValue)
    /// The right side on the result of the left one.
    case subexpression(JMESPathNode, JMESPathNode)
    /// The right side on each item; results that are null are dropped.
    case listProjection(JMESPathNode, JMESPathNode)
    case valueProjection(JMESPathNode, JMESPathNode)
    case filterProjection(JMESPathNode, JMESPathNode, condition: JMESPathNode)
    case flatten(JMESPathNode)
    case pipe(JMESPathNode, JMESPathNode)
    case or(JMESPathNode, JMESPathNode)
    case and(JMESPathNode, JMESPathNode)
    case not(JMESPathNode)
    case compare(JMESPathNode, String, JMESPathNode)
    case multiSelectList([JMESPathNode])
    case multiSelectDict([(key: String, value: JMESPathNode)])
    case function(String, [JMESPathNode])
    /// `&expression`, an argument of `sort_by` and the like.
    case reference(JMESPathNode)
}

/// A parser by binding power, after the grammar of the specification.
struct JMESPathParser {
    private enum Token: Equatable {
        case identifier(String)
        case quoted(String)
        case literal(JinjaValue)
        case number(Int)
        case symbol(String)
        case end
    }

    private static let maximumDepth = 60
    private static let powers: [String: Int] = [
        "|": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5, "[]": 9, "*": 20, "[?": 21,
        ".": 40, "!": 45, "[": 55, "(": 60,
    ]
    /// What binds weaker than this ends a projection.
    private static let projectionStop = 10

    private let expression: String
    private var tokens: [Token] = []
    private var index = 0
    private var depth = 0

    static func parse(_ expression: String) throws(JinjaError) -> JMESPathNode {
        var parser = JMESPathParser(expression)
        try parser.lex()
        let node = try parser.parse(power: 0)
        guard parser.current == .end else { throw parser.error("unexpected '\(parser.shown)'") }
        return node
    }

    private init(_ expression: String) { self.expression = expression }

    private func error(_ message: String) -> JinjaError {
        .value("JMESPathError in json_query filter plugin: \(message) in '\(expression)'")
    }

    private var current: Token { tokens[index] }

    private var shown: String {
        switch current {
        case .identifier(let text), .symbol(let text), .quoted(let text): text
        case .literal(let value): value.text
        case .number(let number): String(number)
        case .end: "end of expression"
        }
    }

    // MARK: Tokens

    private mutating func lex() throws(JinjaError) {
        let scalars = expression.scalars
        var position = 0
        while position < scalars.count {
            let scalar = scalars[position]
            if scalar.isPythonSpace {
                position += 1
            } else if scalar.value < 0x80, scalar.isWord, !scalar.isDecimalDigit {
                let start = position
                while position < scalars.count, scalars[position].value < 0x80, scalars[position].isWord {
                    position += 1
                }
                tokens.append(.identifier(String(scalars: scalars[start..<position])))
            } else if scalar.isDecimalDigit || scalar == "-" {
                let start = position
                position += 1
                while position < scalars.count, scalars[position].isDecimalDigit { position += 1 }
                guard let number = Int(String(scalars: scalars[start..<position])) else {
                    throw error("unexpected '\(scalar)'")
                }
                tokens.append(.number(number))
            } else if scalar == "\"" || scalar == "'" || scalar == "`" {
                tokens.append(try quoted(scalars, &position, scalar))
            } else {
                tokens.append(.symbol(try symbol(scalars, &position)))
            }
        }
        tokens.append(.end)
    }

    private func symbol(_ scalars: [Unicode.Scalar], _ position: inout Int) throws(JinjaError) -> String {
        let symbols = ["[?", "[]", "||", "&&", "==", "!=", "<=", ">=", "."]
        for symbol in symbols + "*@[](){},:|&!<>".map({ String($0) })
        where scalars.hasPart(symbol.scalars, at: position) {
            position += symbol.unicodeScalars.count
            return symbol
        }
        throw error("unexpected '\(scalars[position])'")
    }

    private func quoted(
        _ scalars: [Unicode.Scalar], _ position: inout Int, _ quote: Unicode.Scalar
    ) throws(JinjaError) -> Token {
        var content = String.UnicodeScalarView()
        position += 1
        while position < scalars.count, scalars[position] != quote {
            if scalars[position] == "\\", position + 1 < scalars.count {
                // Only the quote itself loses its backslash; JSON decodes the rest.
                if scalars[position + 1] != quote || quote == "\"" { content.append("\\") }
                position += 1
            }
            content.append(scalars[position])
            position += 1
        }
        guard position < scalars.count else { throw error("unclosed \(quote)") }
        position += 1
        let text = String(content)
        switch quote {
        case "\"":
            guard case .string(let name) = try JinjaValue(json: "\"\(text)\"") else { throw error("bad name") }
            return .quoted(name)
        case "'": return .literal(.string(text))
        default:
            // A literal that is no JSON is text, as older versions of the language have it.
            let trimmed = StringMethods.strip(text, nil, left: true, right: false)
            if let value = try? JinjaValue(json: trimmed) { return .literal(value) }
            return .literal(try JinjaValue(json: "\"\(trimmed)\""))
        }
    }

    // MARK: Grammar

    private mutating func advance() -> Token {
        let token = tokens[index]
        if index < tokens.count - 1 { index += 1 }
        return token
    }

    private mutating func expect(_ symbol: String) throws(JinjaError) {
        guard current == .symbol(symbol) else { throw error("expected '\(symbol)', got '\(shown)'") }
        _ = advance()
    }

    private var power: Int {
        guard case .symbol(let symbol) = current else { return 0 }
        return Self.powers[symbol] ?? 0
    }

    private mutating func parse(power minimum: Int) throws(JinjaError) -> JMESPathNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
        var left = try prefix()
        while minimum < power { left = try infix(left) }
        return left
    }

    private mutating func prefix() throws(JinjaError) -> JMESPathNode {
        switch advance() {
        case .literal(let value): return .literal(value)
        case .identifier(let name):
            guard current == .symbol("(") else { return .field(name) }
            return try call(name)
        case .quoted(let name): return .field(name)
        case .symbol("*"): return .valueProjection(.current, try projection(20))
        case .symbol("@"): return .current
        case .symbol("&"): return .reference(try parse(power: 0))
        case .symbol("!"): return .not(try parse(power: 45))
        case .symbol("("):
            let inner = try parse(power: 0)
            try expect(")")
            return inner
        case .symbol("{"): return try dict()
        case .symbol("[]"): return .listProjection(.flatten(.current), try projection(9))
        case .symbol("[?"): return try filter(.current)
        case .symbol("["):
            if case .number = current { return try index(.current) }
            if current == .symbol(":") { return try index(.current) }
            if current == .symbol("*"), tokens[min(index + 1, tokens.count - 1)] == .symbol("]") {
                index += 2
                return .listProjection(.current, try projection(20))
            }
            return try list()
        default:
            index = max(0, index - 1)
            throw error("unexpected '\(shown)'")
        }
    }

    private mutating func infix(_ left: JMESPathNode) throws(JinjaError) -> JMESPathNode {
        guard case .symbol(let symbol) = advance() else { throw error("unexpected '\(shown)'") }
        switch symbol {
        case ".":
            if current == .symbol("*") {
                _ = advance()
                // As tight as the dot, unlike after `[*]`: so the reference implementation reads it.
                return .valueProjection(left, try projection(40))
            }
            return .subexpression(left, try afterDot(40))
        case "|": return .pipe(left, try parse(power: 1))
        case "||": return .or(left, try parse(power: 2))
        case "&&": return .and(left, try parse(power: 3))
        case "==", "!=", "<", "<=", ">", ">=": return .compare(left, symbol, try parse(power: 5))
        case "[]": return .listProjection(.flatten(left), try projection(9))
        case "[?": return try filter(left)
        case "[":
            if case .number = current { return try index(left) }
            if current == .symbol(":") { return try index(left) }
            try expect("*")
            try expect("]")
            return .listProjection(left, try projection(20))
        default: throw error("unexpected '\(symbol)'")
        }
    }

    private mutating func projection(_ power: Int) throws(JinjaError) -> JMESPathNode {
        if self.power < Self.projectionStop { return .current }
        switch current {
        case .symbol("["), .symbol("[?"): return try parse(power: power)
        case .symbol("."):
            _ = advance()
            return try afterDot(power)
        default: throw error("unexpected '\(shown)'")
        }
    }

    private mutating func afterDot(_ power: Int) throws(JinjaError) -> JMESPathNode {
        switch current {
        case .identifier, .quoted, .symbol("*"): return try parse(power: power)
        case .symbol("["):
            _ = advance()
            return try list()
        case .symbol("{"):
            _ = advance()
            return try dict()
        default: throw error("unexpected '\(shown)'")
        }
    }

    private mutating func index(_ left: JMESPathNode) throws(JinjaError) -> JMESPathNode {
        var parts: [Int?] = [nil]
        while current != .symbol("]") {
            switch advance() {
            case .number(let number): parts[parts.count - 1] = number
            case .symbol(":") where parts.count < 3: parts.append(nil)
            default: throw error("unexpected '\(shown)'")
            }
        }
        try expect("]")
        if parts.count == 1 { return .subexpression(left, .index(parts[0] ?? 0)) }
        let slice = JMESPathNode.slice(parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
        return .listProjection(.subexpression(left, slice), try projection(20))
    }

    private mutating func filter(_ left: JMESPathNode) throws(JinjaError) -> JMESPathNode {
        let condition = try parse(power: 0)
        try expect("]")
        let right: JMESPathNode = current == .symbol("[]") ? .current : try projection(21)
        return .filterProjection(left, right, condition: condition)
    }

    private mutating func list() throws(JinjaError) -> JMESPathNode {
        var items: [JMESPathNode] = []
        while true {
            items.append(try parse(power: 0))
            guard current == .symbol(",") else { break }
            _ = advance()
        }
        try expect("]")
        return .multiSelectList(items)
    }

    private mutating func dict() throws(JinjaError) -> JMESPathNode {
        var entries: [(key: String, value: JMESPathNode)] = []
        while true {
            let key: String
            switch advance() {
            case .identifier(let name), .quoted(let name): key = name
            default: throw error("expected a key")
            }
            try expect(":")
            entries.append((key, try parse(power: 0)))
            guard current == .symbol(",") else { break }
            _ = advance()
        }
        try expect("}")
        return .multiSelectDict(entries)
    }

    private mutating func call(_ name: String) throws(JinjaError) -> JMESPathNode {
        try expect("(")
        var arguments: [JMESPathNode] = []
        while current != .symbol(")") {
            if !arguments.isEmpty { try expect(",") }
            arguments.append(try parse(power: 0))
        }
        try expect(")")
        return .function(name, arguments)
    }
}
