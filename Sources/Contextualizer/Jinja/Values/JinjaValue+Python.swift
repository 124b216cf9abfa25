// Python's rules of truth, equality, order and arithmetic.

extension JinjaValue {
    /// Python's truth value. Undefined is false here; the interpreter raises before it asks.
    public var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let items), .tuple(let items): !items.isEmpty
        case .dict(let dict): !dict.isEmpty
        case .object: python?.isTrue ?? true
        }
    }

    /// Python's `==`: numbers compare by value whatever their type, dicts in any order.
    public func isEqual(to other: JinjaValue) -> Bool {
        switch (self, other) {
        case (.string(let left), .string(let right)): return left.isSame(as: right)
        case (.none, .none): return true
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEqual(to: $1) }
        case (.dict(let left), .dict(let right)):
            return left.count == right.count
                && left.allSatisfy { entry in right[entry.key].map { $0.isEqual(to: entry.value) } ?? false }
        case (.object(let left), .object(let right)): return left == right || pythonOrder(to: other) == 0
        default:
            guard let left = number, let right = other.number else { return pythonOrder(to: other) == 0 }
            return left.isEqual(to: right)
        }
    }

    /// Python's order; throws as Python does for types that have none in common.
    func isLess(than other: JinjaValue, operation: String = "<") throws(JinjaError) -> Bool {
        switch (self, other) {
        case (.string(let left), .string(let right)):
            return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (one, two) in zip(left, right) where !one.isEqual(to: two) {
                return try one.isLess(than: two, operation: operation)
            }
            return left.count < right.count
        default:
            guard let left = number, let right = other.number else {
                if let order = pythonOrder(to: other) { return order < 0 }
                throw .type(
                    "'\(operation)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
            }
            return left.isLess(than: right)
        }
    }

    /// Python's `needle in self` for plain values.
    func contains(_ needle: JinjaValue) throws(JinjaError) -> Bool {
        switch self {
        case .string(let text):
            guard case .string(let part) = needle else {
                throw .type("'in <string>' requires string as left operand, not \(needle.typeName)")
            }
            return text.utf8Contains(part)
        case .list(let items), .tuple(let items): return items.contains { $0.isEqual(to: needle) }
        case .dict(let dict):
            try needle.requireHashable()
            return dict[needle] != nil
        default: throw .type("argument of type '\(typeName)' is not iterable")
        }
    }

    func requireHashable() throws(JinjaError) {
        switch self {
        case .list, .dict: throw .type("unhashable type: '\(typeName)'")
        case .tuple(let items): for item in items { try item.requireHashable() }
        default: break
        }
    }

    /// The number of items of a container or of characters of a string, as Python's `len()`.
    var length: Int? {
        switch self {
        case .string(let text): text.unicodeScalars.count
        case .list(let items), .tuple(let items): items.count
        case .dict(let dict): dict.count
        default: nil
        }
    }
}

// MARK: - Numbers

/// An int or a float; bools count as ints, as in Python.
enum JinjaNumber {
    case int(Int)
    case double(Double)

    var double: Double {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        }
    }

    var value: JinjaValue {
        switch self {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        }
    }

    func isEqual(to other: JinjaNumber) -> Bool {
        switch (self, other) {
        case (.int(let left), .int(let right)): left == right
        case (.int(let left), .double(let right)): Int(exactly: right) == left
        case (.double(let left), .int(let right)): Int(exactly: left) == right
        case (.double(let left), .double(let right)): left == right
        }
    }

    func isLess(than other: JinjaNumber) -> Bool {
        if case (.int(let left), .int(let right)) = (self, other) { return left < right }
        return double < other.double
    }
}

extension JinjaValue {
    var number: JinjaNumber? {
        switch self {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .bool(let flag): .int(flag ? 1 : 0)
        default: nil
        }
    }
}

/// A binary operator of arithmetic.
enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum Arithmetic {
    static func unsupported(
        _ operation: ArithmeticOperator, _ left: JinjaValue, _ right: JinjaValue
    ) -> JinjaError {
        switch (operation, left, right) {
        case (.add, .string, _):
            return .type("can only concatenate str (not \"\(right.typeName)\") to str")
        case (.add, .list, _):
            return .type("can only concatenate list (not \"\(right.typeName)\") to list")
        default:
            let name = operation == .power ? "** or pow()" : operation.rawValue
            return .type(
                "unsupported operand type(s) for \(name): '\(left.typeName)' and '\(right.typeName)'")
        }
    }

    /// Arithmetic on numbers; containers and strings are the interpreter's business, because they need its limits.
    static func apply(
        _ operation: ArithmeticOperator, _ left: JinjaNumber, _ right: JinjaNumber
    ) throws(JinjaError) -> JinjaValue {
        if case (.int(let left), .int(let right)) = (left, right) {
            return try apply(operation, left, right)
        }
        let (left, right) = (left.double, right.double)
        switch operation {
        case .add: return .double(left + right)
        case .subtract: return .double(left - right)
        case .multiply: return .double(left * right)
        case .divide:
            guard right != 0 else { throw .value("float division by zero") }
            return .double(left / right)
        case .floorDivide:
            guard right != 0 else { throw .value("float floor division by zero") }
            return .double((left / right).rounded(.down))
        case .modulo:
            guard right != 0 else { throw .value("float modulo") }
            let rest = left.truncatingRemainder(dividingBy: right)
            return .double(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest)
        case .power: return .double(realPower(left, right))
        }
    }

    private static func apply(
        _ operation: ArithmeticOperator, _ left: Int, _ right: Int
    ) throws(JinjaError) -> JinjaValue {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw .value("division by zero") }
            return .double(Double(left) / Double(right))
        case .floorDivide:
            guard right != 0 else { throw .value("integer division or modulo by zero") }
            result = floorDivide(left, right)
        case .modulo:
            guard right != 0 else { throw .value("integer modulo by zero") }
            if right == -1 { return .int(0) }
            let rest = left % right
            return .int(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest)
        case .power:
            if right < 0 {
                guard left != 0 else { throw .value("0.0 cannot be raised to a negative power") }
                return .double(realPower(Double(left), Double(right)))
            }
            return try power(left, right)
        }
        guard !result.overflow else { return try BigInteger.apply(operation, BigInteger(left), BigInteger(right)) }
        return .int(result.partialValue)
    }

    static func floorDivide(_ left: Int, _ right: Int) -> (partialValue: Int, overflow: Bool) {
        let quotient = left.dividedReportingOverflow(by: right)
        if quotient.overflow { return quotient }
        let exact = quotient.partialValue * right == left
        return (exact || (left < 0) == (right < 0) ? quotient.partialValue : quotient.partialValue - 1, false)
    }

    private static func power(_ base: Int, _ exponent: Int) throws(JinjaError) -> JinjaValue {
        if base == 1 || exponent == 0 { return .int(1) }
        if base == 0 { return .int(0) }
        if base == -1 { return .int(exponent % 2 == 0 ? 1 : -1) }
        var result = 1
        for _ in 0..<min(exponent, 64) {
            let next = result.multipliedReportingOverflow(by: base)
            guard !next.overflow else { return try BigInteger.apply(.power, BigInteger(base), BigInteger(exponent)) }
            result = next.partialValue
        }
        return .int(result)
    }

    static func negate(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
        switch value.number {
        case .int(let number):
            let result = 0.subtractingReportingOverflow(number)
            return result.overflow ? BigInteger(number).negated.value : .int(result.partialValue)
        case .double(let number): return .double(-number)
        case nil:
            if let number = BigInteger.of(value) { return number.negated.value }
            throw .type("bad operand type for unary -: '\(value.typeName)'")
        }
    }
}
