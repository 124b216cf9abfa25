extension BuiltIns {
    static let jinjaTests: [String: JinjaFunction] = [
        "defined": acceptingUndefined { !$0.isUndefined },
        "undefined": acceptingUndefined { $0.isUndefined },
        "none": acceptingUndefined { $0.isNone },
        "boolean": acceptingUndefined { $0.boolValue != nil },
        "true": acceptingUndefined { $0 == .bool(true) },
        "false": acceptingUndefined { $0 == .bool(false) },
        "integer": acceptingUndefined { $0.intValue != nil || $0.python is BigInteger },
        "float": acceptingUndefined { if case .double = $0 { true } else { false } },
        "number": acceptingUndefined { $0.number != nil || $0.python is BigInteger },
        "string": acceptingUndefined { $0.stringValue != nil },
        "mapping": acceptingUndefined { value in
            if case .object(let reference) = value { return reference.object is any JinjaMapping }
            return value.dictValue != nil
        },
        "sequence": plainTest { $0.length != nil },
        "iterable": plainTest { $0.length != nil },
        "callable": acceptingUndefined { value in
            if case .object(let reference) = value {
                return !(reference.object is any JinjaMapping || reference.object is any PythonObject)
            }
            return false
        },
        "escaped": acceptingUndefined { _ in false },
        "lower": plainTest {
            $0.text == $0.text.lowercased() && $0.text.unicodeScalars.contains { $0.properties.isCased }
        },
        "upper": plainTest {
            $0.text == $0.text.uppercased() && $0.text.unicodeScalars.contains { $0.properties.isCased }
        },
        "even": plainTest { value throws(JinjaError) in try remainder(value, 2).isEqual(to: .int(0)) },
        "odd": plainTest { value throws(JinjaError) in try remainder(value, 2).isEqual(to: .int(1)) },
        "divisibleby": JinjaFunction(["value", "num"]) { arguments, context in
            guard let divisor = arguments.value(1, "num") else { throw JinjaError.type("divisibleby needs a number") }
            return .bool(try context.arithmetic(.modulo, arguments.subject, divisor).isEqual(to: .int(0)))
        },
        "sameas": JinjaFunction(["value", "other"]) { arguments, _ in
            .bool(arguments.subject == arguments.value(1, "other"))
        },
        "in": JinjaFunction(["value", "seq"]) { arguments, context in
            .bool(try context.plain(arguments.value(1, "seq") ?? .none).contains(arguments.subject))
        },
        "filter": JinjaFunction(["value"]) { arguments, context in
            .bool(context.environment.filters[JinjaContext.shortName(arguments.subject.text)] != nil)
        },
        "test": JinjaFunction(["value"]) { arguments, context in
            .bool(context.environment.tests[JinjaContext.shortName(arguments.subject.text)] != nil)
        },
        "eq": equal, "equalto": equal, "==": equal,
        "ne": comparison { left, right in !left.isEqual(to: right) },
        "!=": comparison { left, right in !left.isEqual(to: right) },
        "lt": less, "lessthan": less, "<": less,
        "le": comparison { left, right in try left.isLessOrEqual(to: right) },
        "<=": comparison { left, right in try left.isLessOrEqual(to: right) },
        "gt": greater, "greaterthan": greater, ">": greater,
        "ge": comparison { left, right in try right.isLessOrEqual(to: left, swapped: ">=") },
        ">=": comparison { left, right in try right.isLessOrEqual(to: left, swapped: ">=") },
    ]

    private static let equal = comparison { left, right in left.isEqual(to: right) }
    private static let less = comparison { left, right in try left.isLess(than: right) }
    private static let greater = comparison { left, right in try right.isLess(than: left, swapped: ">") }

    private static func remainder(_ value: JinjaValue, _ divisor: Int) throws(JinjaError) -> JinjaValue {
        if let number = value.python as? BigInteger {
            return try BigInteger.apply(.modulo, number, BigInteger(divisor))
        }
        guard let number = value.number else {
            throw .type("not all arguments converted during string formatting")
        }
        return try Arithmetic.apply(.modulo, number, .int(divisor))
    }

    private static func acceptingUndefined(_ test: @escaping @Sendable (JinjaValue) -> Bool) -> JinjaFunction {
        JinjaFunction(["value"], acceptsUndefined: true) { arguments, _ in .bool(test(arguments.subject)) }
    }

    static func plainTest(
        _ test: @escaping @Sendable (JinjaValue) throws(JinjaError) -> Bool
    ) -> JinjaFunction {
        JinjaFunction(["value"]) { arguments, _ in .bool(try test(arguments.subject)) }
    }

    private static func comparison(
        _ test: @escaping @Sendable (JinjaValue, JinjaValue) throws -> Bool
    ) -> JinjaFunction {
        JinjaFunction(["value", "other"]) { arguments, context in
            guard let other = arguments.value(1, "other") else {
                throw JinjaError.type("the test needs a value to compare with")
            }
            return .bool(try test(arguments.subject, try context.plain(other)))
        }
    }
}

/// A `JinjaObject` that behaves like a dict: `is mapping` holds.
public protocol JinjaMapping: JinjaObject {}
