// Evaluation of expressions.

extension JinjaContext {
    func evaluate(_ expression: Expression) throws(JinjaError) -> JinjaValue {
        try count()
        switch expression {
        case .constant(let value): return value
        case .name(let name): return try lookupName(name)
        case .attribute(let base, let name): return try attribute(try evaluate(base), name)
        case .item(let base, let key): return try item(try evaluate(base), try defined(try evaluate(key)))
        case .slice(let base, let start, let stop, let step):
            return try slice(try evaluate(base), try bound(start), try bound(stop), try bound(step))
        case .call(let callee, let syntax): return try evaluateCall(callee, syntax)
        case .filter(let base, let name, let syntax):
            return try applyFilter(name, try arguments(syntax, first: try evaluate(base)))
        case .test(let base, let name, let syntax):
            return .bool(try applyTest(name, try arguments(syntax, first: try evaluate(base))))
        case .not(let operand): return .bool(!(try isTrue(try evaluate(operand))))
        case .negate(let operand): return try Arithmetic.negate(try plain(try evaluate(operand)))
        case .positive(let operand):
            let value = try plain(try evaluate(operand))
            if BigInteger.of(value) != nil, value.number == nil { return value }
            guard let number = value.number else { throw .type("bad operand type for unary +: '\(value.typeName)'") }
            return number.value
        case .and(let operands): return try evaluateAll(operands, until: false)
        case .or(let operands): return try evaluateAll(operands, until: true)
        case .compare(let first, let rest): return .bool(try compare(try evaluate(first), rest))
        case .arithmetic(let first, let rest):
            var value = try evaluate(first)
            for (operation, operand) in rest { value = try arithmetic(operation, value, try evaluate(operand)) }
            return value
        case .concatenate(let parts): return try concatenate(parts)
        case .conditional(let test, let then, let otherwise):
            if try isTrue(try evaluate(test)) { return try evaluate(then) }
            guard let otherwise else {
                return .silentUndefined
            }
            return try evaluate(otherwise)
        case .list(let items): return .list(try evaluate(items))
        case .tuple(let items): return .tuple(try evaluate(items))
        case .dict(let items):
            var dict = JinjaDict()
            for (key, value) in items {
                let key = try plain(try evaluate(key))
                try key.requireHashable()
                dict[key] = try evaluate(value)
            }
            return .dict(dict)
        case .captured: return captured
        }
    }

    private func evaluate(_ expressions: [Expression]) throws(JinjaError) -> [JinjaValue] {
        var values: [JinjaValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    /// Python's `and`/`or`: the operand that decides, not its truth.
    private func evaluateAll(_ operands: [Expression], until deciding: Bool) throws(JinjaError) -> JinjaValue {
        var value = JinjaValue.none
        for (index, operand) in operands.enumerated() {
            value = try evaluate(operand)
            if index < operands.count - 1, try isTrue(value) == deciding { return value }
        }
        return value
    }

    func isTrue(_ value: JinjaValue) throws(JinjaError) -> Bool {
        switch value {
        case .bool(let flag): flag
        case .silentUndefined: false
        default: try plain(value).isTrue
        }
    }

    // MARK: Names

    func lookupName(_ name: String) throws(JinjaError) -> JinjaValue {
        let (local, seesScope) = frame.lookup(name)
        if let local { return local }
        do {
            if seesScope, let value = try scope.lookup(name) { return value }
        } catch {
            throw JinjaError.wrapping(error)
        }
        return environment.globals[name] ?? .undefined("'\(name)' is undefined")
    }

    /// `base.name`: a method first, then an item, as Jinja2 does.
    func attribute(_ base: JinjaValue, _ name: String) throws(JinjaError) -> JinjaValue {
        switch base {
        case .undefined: return base
        case .object(let reference):
            do {
                if let value = try reference.object.attribute(name, in: self) { return value }
            } catch {
                throw JinjaError.wrapping(error)
            }
            guard let content = try objectContent(reference) else { return missing(name, of: base) }
            return try attribute(content, name)
        default:
            if Methods.exist(name, on: base) { return .object(JinjaReference(BoundMethod(base, name))) }
            // The pairs that `groupby` gives have names too.
            if case .tuple(let pair) = base, pair.count == 2, name == "grouper" || name == "list" {
                return pair[name == "grouper" ? 0 : 1]
            }
            return base[name] ?? missing(name, of: base)
        }
    }

    private func objectContent(_ reference: JinjaReference) throws(JinjaError) -> JinjaValue? {
        do {
            return try reference.object.plain(in: self)
        } catch {
            throw JinjaError.wrapping(error)
        }
    }

    /// `base[key]`: an item first, then a method.
    func item(_ base: JinjaValue, _ key: JinjaValue) throws(JinjaError) -> JinjaValue {
        switch base {
        case .undefined: return base
        case .dict(let dict):
            if let value = dict[key] { return value }
        case .list(let items), .tuple(let items):
            if case .int(let index)? = key.number?.value {
                let position = index < 0 ? index + items.count : index
                if items.indices.contains(position) { return items[position] }
            }
        case .string(let text):
            if case .int(let index)? = key.number?.value {
                let scalars = text.scalars
                let position = index < 0 ? index + scalars.count : index
                if scalars.indices.contains(position) { return .string(String(scalars[position])) }
            }
        case .object(let reference):
            do {
                if let value = try reference.object.item(key, in: self) { return value }
            } catch {
                throw JinjaError.wrapping(error)
            }
            if let content = try objectContent(reference) { return try item(content, key) }
        default: break
        }
        guard case .string(let name) = key else {
            return .undefined("object of type '\(base.typeName)' has no element \(key.repr)")
        }
        if Methods.exist(name, on: base) { return .object(JinjaReference(BoundMethod(base, name))) }
        return missing(name, of: base)
    }

    private func missing(_ name: String, of base: JinjaValue) -> JinjaValue {
        .undefined("object of type '\(base.typeName)' has no attribute \(JinjaValue.repr(of: name))")
    }

    // MARK: Operators

    private func compare(
        _ first: JinjaValue, _ rest: [(operation: ComparisonOperator, operand: Expression)]
    ) throws(JinjaError) -> Bool {
        var left = try plain(first)
        for (comparison, operand) in rest {
            let right = try plain(try evaluate(operand))
            guard try compare(left, comparison, right) else { return false }
            left = right
        }
        return true
    }

    private func compare(
        _ left: JinjaValue, _ comparison: ComparisonOperator, _ right: JinjaValue
    ) throws(JinjaError) -> Bool {
        switch comparison {
        case .equal: left.isEqual(to: right)
        case .notEqual: !left.isEqual(to: right)
        case .less: try left.isLess(than: right)
        case .greater: try right.isLess(than: left, swapped: ">")
        case .lessOrEqual: try left.isLessOrEqual(to: right)
        case .greaterOrEqual: try right.isLessOrEqual(to: left, swapped: ">=")
        case .in: try right.contains(left)
        case .notIn: !(try right.contains(left))
        }
    }

    /// `left operation right` for any types.
    func arithmetic(
        _ operation: ArithmeticOperator, _ left: JinjaValue, _ right: JinjaValue
    ) throws(JinjaError) -> JinjaValue {
        let left = try plain(left)
        let right = try plain(right)
        if let one = left.number, let two = right.number { return try Arithmetic.apply(operation, one, two) }
        if let object = left.python, let result = try object.apply(operation, right, isLeft: true) { return result }
        if let object = right.python, let result = try object.apply(operation, left, isLeft: false) { return result }
        switch (operation, left, right) {
        case (.add, .string(let one), .string(let two)):
            try checkSize(one.utf8.count + two.utf8.count)
            return .string(one + two)
        case (.add, .list(let one), .list(let two)):
            try count(two.count)
            try checkSize(one.count + two.count)
            return .list(one + two)
        case (.add, .tuple(let one), .tuple(let two)):
            try checkSize(one.count + two.count)
            return .tuple(one + two)
        case (.multiply, _, _):
            if case .int(let times)? = right.number?.value { return try repeated(left, times, operation, right) }
            if case .int(let times)? = left.number?.value { return try repeated(right, times, operation, left) }
            throw Arithmetic.unsupported(operation, left, right)
        case (.modulo, .string(let format), _):
            return .string(try PercentFormat.format(format, right, context: self))
        default: throw Arithmetic.unsupported(operation, left, right)
        }
    }

    private func repeated(
        _ value: JinjaValue, _ times: Int, _ operation: ArithmeticOperator, _ other: JinjaValue
    ) throws(JinjaError) -> JinjaValue {
        let times = max(0, times)
        switch value {
        case .string(let text):
            _ = try checkedSize(text.utf8.count, times: times)
            return .string(text.isEmpty ? "" : String(repeating: text, count: times))
        case .list(let items), .tuple(let items):
            try count(try checkedSize(items.count, times: times))
            var result: [JinjaValue] = []
            if !items.isEmpty { for _ in 0..<times { result += items } }
            if case .tuple = value { return .tuple(result) }
            return .list(result)
        default: throw Arithmetic.unsupported(operation, value, other)
        }
    }

    private func concatenate(_ parts: [Expression]) throws(JinjaError) -> JinjaValue {
        var text = ""
        for part in parts {
            let value = try evaluate(part)
            if value.isOmitted {
                text += "<<Omit>>"
            } else if let object = value.python {
                text += object.text
            } else {
                text += try plain(value).text
            }
            try checkSize(text.utf8.count)
        }
        return .string(text)
    }

    // MARK: Calls

    func arguments(_ syntax: CallSyntax, first: JinjaValue? = nil) throws(JinjaError) -> JinjaArguments {
        if syntax.isEmpty { return JinjaArguments(first.map { [$0] } ?? []) }
        var arguments = JinjaArguments(first.map { [$0] } ?? [])
        for expression in syntax.positional { arguments.positional.append(try evaluate(expression)) }
        if let star = syntax.star { arguments.positional += try items(of: try evaluate(star)) }
        for (name, expression) in syntax.named { arguments.named.append((name, try evaluate(expression))) }
        if let doubleStar = syntax.doubleStar {
            let value = try plain(try evaluate(doubleStar))
            guard case .dict(let dict) = value else {
                throw .type("argument after ** must be a mapping, not \(value.typeName)")
            }
            for (key, value) in dict { arguments.named.append((key.text, value)) }
        }
        return arguments
    }

    private func evaluateCall(_ callee: Expression, _ syntax: CallSyntax) throws(JinjaError) -> JinjaValue {
        guard case .attribute(let base, let name) = callee else {
            let function = try evaluate(callee)
            return try call(function, try arguments(syntax))
        }
        let receiver = try evaluate(base)
        guard Methods.exist(name, on: receiver) else {
            let function = try attribute(receiver, name)
            return try call(function, try arguments(syntax))
        }
        let arguments = try arguments(syntax)
        guard Methods.changes(name, receiver) else {
            return try Methods.call(name, on: receiver, arguments, self)
        }
        var changed = receiver
        let result = try Methods.change(name, &changed, arguments, self)
        try assign(base, changed)
        return result
    }

    /// Stores a container that a method has changed in the place it came from. Values are not shared: another name
    /// that was set to the same list keeps what it had.
    private func assign(_ place: Expression, _ value: JinjaValue) throws(JinjaError) {
        switch place {
        case .name(let name):
            if !frame.update(name, value) { rootFrame.set(name, value) }
        case .attribute(let base, let name): try assign(base, key: .string(name), value)
        case .item(let base, let key): try assign(base, key: try evaluate(key), value)
        default: break
        }
    }

    private func assign(_ base: Expression, key: JinjaValue, _ value: JinjaValue) throws(JinjaError) {
        switch try evaluate(base) {
        case .dict(var dict):
            dict[key] = value
            try assign(base, .dict(dict))
        case .list(var items):
            guard case .int(let index) = key else { return }
            let position = index < 0 ? index + items.count : index
            guard items.indices.contains(position) else { return }
            items[position] = value
            try assign(base, .list(items))
        case .object(let reference):
            if let namespace = reference.object as? NamespaceObject, case .string(let name) = key {
                try setNamespace(namespace, name, value)
            }
        default: break
        }
    }

    /// The items that iterating over a value gives.
    public func items(of value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
        switch try plain(value) {
        case .list(let items), .tuple(let items):
            return items
        case .dict(let dict):
            return dict.keys
        case .string(let text):
            let scalars = text.unicodeScalars
            try count(scalars.count)
            return scalars.map { .string(String($0)) }
        case let other:
            throw .type("'\(other.typeName)' object is not iterable")
        }
    }
}

extension JinjaValue {
    /// `other > self` is asked as `self < other`; the message must show it the other way round.
    func isLess(than other: JinjaValue, swapped operation: String) throws(JinjaError) -> Bool {
        do throws(JinjaError) {
            return try isLess(than: other)
        } catch {
            throw .type(
                "'\(operation)' not supported between instances of '\(other.typeName)' and '\(typeName)'")
        }
    }

    func isLessOrEqual(to other: JinjaValue) throws(JinjaError) -> Bool {
        if let left = number?.double, let right = other.number?.double, left.isNaN || right.isNaN { return false }
        return hasOrder && isEqual(to: other) ? true : try isLess(than: other, operation: "<=")
    }

    func isLessOrEqual(to other: JinjaValue, swapped operation: String) throws(JinjaError) -> Bool {
        if let left = number?.double, let right = other.number?.double, left.isNaN || right.isNaN { return false }
        return hasOrder && isEqual(to: other) ? true : try isLess(than: other, swapped: operation)
    }

    /// Whether values of this type can be ordered among themselves.
    private var hasOrder: Bool {
        switch self {
        case .string, .list, .tuple, .int, .double, .bool: true
        case .object: python != nil
        default: false
        }
    }
}
