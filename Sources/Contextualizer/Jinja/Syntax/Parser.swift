/// Builds the tree of a template from its tokens. `Parser+Expressions.swift` and `Parser+Statements.swift` hold the
/// grammar, this file the token stream and the bounds.
struct Parser {
    /// Nesting of expressions and of blocks that is accepted. Deeper text comes from nobody's hand, and the
    /// interpreter's stack is bounded by it.
    static let maximumDepth = 60

    let tokens: [Token]
    let source: [UInt8]
    let options: JinjaOptions
    var index = 0
    var depth = 0
    /// Names of the open blocks, for messages about unknown tags.
    var openTags: [String] = []
    var blocks: [String: BlockSyntax] = [:]
    /// Names that the macro being parsed uses, to know whether it takes `varargs`, `kwargs` or a caller.
    var usedNames: Set<String> = []
    /// Filters, tests and lookups that were met.
    var callees = Callees()

    /// What a template calls by name, as it is written.
    struct Callees: Sendable {
        var filters: Set<String> = []
        var tests: Set<String> = []
        /// Those that are named by a constant, and whose failure is not to be ignored.
        var lookups: Set<String> = []
        /// Whether there is an `if`, so that some of them may never be called.
        var isGuarded = false
    }

    init(tokens: [Token], source: [UInt8], options: JinjaOptions) {
        self.tokens = tokens
        self.source = source
        self.options = options
        callees.isGuarded = tokens.contains { if case .name("if") = $0.kind { true } else { false } }
    }

    static func expression(_ text: String, options: JinjaOptions) throws(JinjaError) -> Expression {
        try parsed(text, options: options).expression
    }

    /// A bare expression, and what it calls.
    static func parsed(
        _ text: String, options: JinjaOptions
    ) throws(JinjaError) -> (expression: Expression, callees: Callees) {
        let (tokens, source) = try Lexer.tokens(ofExpression: text, options: options)
        var parser = Parser(tokens: tokens, source: source, options: options)
        let expression = try parser.parseExpression()
        guard case .end = parser.current.kind else {
            throw parser.error("unexpected '\(parser.current.shown)' after the expression")
        }
        return (expression, parser.callees)
    }

    // MARK: Token stream

    var current: Token { tokens[index] }

    func peek(_ offset: Int = 1) -> Token { tokens[min(index + offset, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        let token = tokens[index]
        if index < tokens.count - 1 { index += 1 }
        return token
    }

    func isSymbol(_ symbol: String) -> Bool {
        if case .symbol(symbol) = current.kind { return true }
        return false
    }

    func isName(_ name: String) -> Bool {
        if case .name(name) = current.kind { return true }
        return false
    }

    mutating func skipSymbol(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func skipName(_ name: String) -> Bool {
        guard isName(name) else { return false }
        advance()
        return true
    }

    mutating func expectSymbol(_ symbol: String) throws(JinjaError) {
        guard skipSymbol(symbol) else { throw error("expected token '\(symbol)', got '\(current.shown)'") }
    }

    mutating func expectName(_ name: String) throws(JinjaError) {
        guard skipName(name) else { throw error("expected token '\(name)', got '\(current.shown)'") }
    }

    mutating func expectIdentifier() throws(JinjaError) -> String {
        guard case .name(let name) = current.kind else {
            throw error("expected token 'name', got '\(current.shown)'")
        }
        advance()
        return name
    }

    mutating func expectBlockEnd() throws(JinjaError) {
        guard case .blockEnd = current.kind else {
            throw error("expected token 'end of statement block', got '\(current.shown)'")
        }
        advance()
    }

    func error(_ message: String) -> JinjaError { JinjaError(.syntax, message, line: current.line) }

    /// Counts one level of nesting while the body runs.
    mutating func nested<Result>(
        _ body: (inout Parser) throws(JinjaError) -> Result
    ) throws(JinjaError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw JinjaError(.limit, "nested deeper than \(Self.maximumDepth) levels", line: current.line)
        }
        return try body(&self)
    }
}
