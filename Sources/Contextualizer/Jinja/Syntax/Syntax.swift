/// A place in a template: the line, and the bytes of the statement for error excerpts.
struct SourcePosition: Sendable, Hashable {
    var line: Int
    var start: Int
    var end: Int
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case `in` = "in"
    case notIn = "not in"
}

/// An expression. Chains of operators of one level are flat, so that a long sum is not a deep tree.
indirect enum Expression: Sendable {
    case constant(JinjaValue)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dict([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
    case call(Expression, CallSyntax)
    case filter(Expression, String, CallSyntax)
    case test(Expression, String, CallSyntax)
    case not(Expression)
    case negate(Expression)
    case positive(Expression)
    case and([Expression])
    case or([Expression])
    case compare(Expression, [(operation: ComparisonOperator, operand: Expression)])
    case arithmetic(Expression, [(operation: ArithmeticOperator, operand: Expression)])
    case concatenate([Expression])
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
    /// The text of the filter block around.
    case captured
}

/// Arguments as written.
struct CallSyntax: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    var star: Expression?
    var doubleStar: Expression?

    static let empty = CallSyntax()
    var isEmpty: Bool { positional.isEmpty && named.isEmpty && star == nil && doubleStar == nil }
}

/// What an assignment or a loop binds.
indirect enum AssignmentTarget: Sendable {
    case name(String)
    case attribute(String, String)
    case tuple([AssignmentTarget])
}

struct Statement: Sendable {
    var kind: StatementKind
    var position: SourcePosition

    /// Whether it is text of whitespace alone.
    var isBlank: Bool {
        guard case .text(let text) = kind else { return false }
        return text.allSatisfy(\.isWhitespace)
    }
}

indirect enum StatementKind: Sendable {
    case text(String)
    case output(Expression)
    case conditional(branches: [(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(LoopSyntax)
    case set(AssignmentTarget, Expression)
    case setBlock(AssignmentTarget, filter: Expression?, body: [Statement])
    case macro(MacroSyntax)
    case call(MacroSyntax, Expression)
    case filter(Expression, body: [Statement])
    case with([(target: AssignmentTarget, value: Expression)], body: [Statement])
    case scope([Statement])
    case evaluate(Expression)
    case breakLoop
    case continueLoop
    case include(Expression, ignoreMissing: Bool, withContext: Bool)
    case importModule(Expression, as: String, withContext: Bool)
    case importNames(Expression, names: [(name: String, alias: String)], withContext: Bool)
    case extends(Expression)
    case block(BlockSyntax)
}

struct LoopSyntax: Sendable {
    var target: AssignmentTarget
    var sequence: Expression
    var filter: Expression?
    var body: [Statement]
    var otherwise: [Statement]
    var isRecursive: Bool
}

struct MacroSyntax: Sendable {
    var name: String
    var parameters: [(name: String, fallback: Expression?)]
    var body: [Statement]
    var usesVarargs: Bool
    var usesKwargs: Bool
    var usesCaller: Bool
}

struct BlockSyntax: Sendable {
    var name: String
    var body: [Statement]
    var isScoped: Bool
    var isRequired: Bool
}
