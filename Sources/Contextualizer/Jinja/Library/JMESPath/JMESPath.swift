/// Evaluation of JMESPath.
enum JMESPath {
    static func search(
        _ expression: String, in value: JinjaValue, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        let node = try JMESPathParser.parse(expression)
        return try evaluate(node, value, context)
    }

    static func error(_ message: String) -> JinjaError {
        .value("JMESPathError in json_query filter plugin: \(message)")
    }

    static func evaluate(
        _ node: JMESPathNode, _ value: JinjaValue, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        try context.count()
        switch node {
        case .current: return value
        case .literal(let literal): return literal
        case .field(let name): return value[name] ?? .none
        case .index(let index):
            guard let items = value.listValue else { return .none }
            let place = index < 0 ? index + items.count : index
            return items.indices.contains(place) ? items[place] : .none
        case .slice(let start, let stop, let step):
            guard let items = value.listValue else { return .none }
            guard step != 0 else { throw error("slice step cannot be 0") }
            return .list(JinjaContext.slice(items, start, stop, step ?? 1))
        case .subexpression(let left, let right), .pipe(let left, let right):
            return try evaluate(right, try evaluate(left, value, context), context)
        case .listProjection(let left, let right):
            guard let items = try evaluate(left, value, context).listValue else { return .none }
            return try project(items, right, context)
        case .valueProjection(let left, let right):
            guard case .dict(let dict) = try evaluate(left, value, context) else { return .none }
            return try project(dict.values, right, context)
        case .filterProjection(let left, let right, let condition):
            guard let items = try evaluate(left, value, context).listValue else { return .none }
            var kept: [JinjaValue] = []
            for item in items where isTrue(try evaluate(condition, item, context)) { kept.append(item) }
            return try project(kept, right, context)
        case .flatten(let inner):
            guard let items = try evaluate(inner, value, context).listValue else { return .none }
            return .list(items.flatMap { $0.listValue ?? [$0] })
        case .or(let left, let right):
            let first = try evaluate(left, value, context)
            return isTrue(first) ? first : try evaluate(right, value, context)
        case .and(let left, let right):
            let first = try evaluate(left, value, context)
            return isTrue(first) ? try evaluate(right, value, context) : first
        case .not(let inner): return .bool(!isTrue(try evaluate(inner, value, context)))
        case .compare(let left, let symbol, let right):
            return compare(try evaluate(left, value, context), symbol, try evaluate(right, value, context))
        case .multiSelectList(let nodes):
            if value.isNone { return .none }
            var items: [JinjaValue] = []
            for node in nodes { items.append(try evaluate(node, value, context)) }
            return .list(items)
        case .multiSelectDict(let entries):
            if value.isNone { return .none }
            var dict = JinjaDict()
            for (key, node) in entries { dict[key] = try evaluate(node, value, context) }
            return .dict(dict)
        case .function(let name, let arguments):
            return try JMESPathFunctions.call(name, arguments, value, context)
        case .reference: throw error("an expression reference can only be an argument")
        }
    }

    private static func project(
        _ items: [JinjaValue], _ node: JMESPathNode, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        var results: [JinjaValue] = []
        for item in items {
            let result = try evaluate(node, item, context)
            if !result.isNone { results.append(result) }
        }
        return .list(results)
    }

    /// Unlike in Python, 0 is true.
    private static func isTrue(_ value: JinjaValue) -> Bool {
        switch value {
        case .none, .undefined: false
        case .bool(let flag): flag
        case .string(let text): !text.isEmpty
        case .list(let items), .tuple(let items): !items.isEmpty
        case .dict(let dict): !dict.isEmpty
        default: true
        }
    }

    private static func compare(_ left: JinjaValue, _ symbol: String, _ right: JinjaValue) -> JinjaValue {
        func isSame() -> Bool { (left.boolValue == nil) == (right.boolValue == nil) && left.isEqual(to: right) }
        switch symbol {
        case "==": return .bool(isSame())
        case "!=": return .bool(!isSame())
        default: break
        }
        // Only numbers and texts have an order; anything else gives null.
        guard left.boolValue == nil, right.boolValue == nil,
            (left.number != nil && right.number != nil) || (left.stringValue != nil && right.stringValue != nil),
            let isLess = try? left.isLess(than: right), let isGreater = try? right.isLess(than: left)
        else { return .none }
        switch symbol {
        case "<": return .bool(isLess)
        case "<=": return .bool(!isGreater)
        case ">": return .bool(isGreater)
        default: return .bool(!isLess)
        }
    }
}

/// The functions of JMESPath.
enum JMESPathFunctions {
    private static let counts: [String: ClosedRange<Int>] = [
        "abs": 1...1, "avg": 1...1, "ceil": 1...1, "contains": 2...2, "ends_with": 2...2, "floor": 1...1, "join": 2...2,
        "keys": 1...1, "length": 1...1, "map": 2...2, "max": 1...1, "max_by": 2...2, "merge": 1...100, "min": 1...1,
        "min_by": 2...2, "not_null": 1...100, "reverse": 1...1, "sort": 1...1, "sort_by": 2...2, "starts_with": 2...2,
        "sum": 1...1, "to_array": 1...1, "to_number": 1...1, "to_string": 1...1, "type": 1...1, "values": 1...1,
    ]

    static func call(
        _ name: String, _ nodes: [JMESPathNode], _ value: JinjaValue, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        guard let count = counts[name] else { throw JMESPath.error("Unknown function: \(name)()") }
        guard count.contains(nodes.count) else {
            throw JMESPath.error("\(name)() takes another number of arguments than \(nodes.count)")
        }
        var values: [JinjaValue] = []
        var reference: JMESPathNode?
        for node in nodes {
            if case .reference(let inner) = node {
                reference = inner
            } else {
                values.append(try JMESPath.evaluate(node, value, context))
            }
        }
        if ["map", "sort_by", "max_by", "min_by"].contains(name) {
            guard let reference, let items = values.first?.listValue else {
                throw JMESPath.error("\(name)() needs a list and an expression reference")
            }
            return try by(name, reference, items, context)
        }
        guard reference == nil else { throw JMESPath.error("\(name)() takes no expression reference") }
        return try plain(name, values, context)
    }

    private static func by(
        _ name: String, _ node: JMESPathNode, _ items: [JinjaValue], _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        if name == "map" {
            var results: [JinjaValue] = []
            for item in items { results.append(try JMESPath.evaluate(node, item, context)) }
            return .list(results)
        }
        let sorted = try Sorting.sorted(items, context) { (item) throws(JinjaError) in
            try JMESPath.evaluate(node, item, context)
        }
        switch name {
        case "sort_by": return .list(sorted)
        case "min_by": return sorted.first ?? .none
        default:
            guard let last = sorted.last else { return .none }
            // Of equal ones the first counts.
            let best = try JMESPath.evaluate(node, last, context)
            for item in sorted where try JMESPath.evaluate(node, item, context).isEqual(to: best) { return item }
            return last
        }
    }

    private static func plain(
        _ name: String, _ values: [JinjaValue], _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        let first = values[0]
        func wrong() -> JinjaError { JMESPath.error("In function \(name)(), invalid type for value: \(first.repr)") }
        func list() throws(JinjaError) -> [JinjaValue] {
            guard let items = first.listValue else { throw wrong() }
            return items
        }
        func number() throws(JinjaError) -> JinjaNumber {
            guard first.boolValue == nil, let number = first.number else { throw wrong() }
            return number
        }
        func affix() throws(JinjaError) -> (text: [Unicode.Scalar], part: [Unicode.Scalar]) {
            guard let text = first.stringValue, let part = values[1].stringValue else { throw wrong() }
            return (text.scalars, part.scalars)
        }
        switch name {
        case "abs":
            if case .int(let int) = try number() { return .int(abs(int)) }
            return .double(abs(try number().double))
        case "ceil": return .int(try Numbers.truncated(.double(try number().double.rounded(.up))))
        case "floor": return .int(try Numbers.truncated(.double(try number().double.rounded(.down))))
        case "sum", "avg":
            var total = JinjaValue.int(0)
            for item in try list() { total = try context.arithmetic(.add, total, item) }
            if name == "sum" { return total }
            return try list().isEmpty ? .none : context.arithmetic(.divide, total, .int(try list().count))
        case "contains":
            if case .string(let text) = first {
                guard case .string(let part) = values[1] else { return .bool(false) }
                return .bool(text.utf8Contains(part))
            }
            return .bool(try list().contains { $0.isEqual(to: values[1]) })
        case "starts_with": return .bool(try affix().text.hasPart(affix().part, at: 0))
        case "ends_with":
            let (text, part) = try affix()
            return .bool(text.hasPart(part, at: text.count - part.count))
        case "join":
            guard let separator = first.stringValue, let items = values[1].listValue else { throw wrong() }
            guard items.allSatisfy({ $0.stringValue != nil }) else { throw wrong() }
            return .string(items.map(\.text).joined(separator: separator))
        case "keys", "values":
            guard let dict = first.dictValue else { throw wrong() }
            return .list(name == "keys" ? dict.keys : dict.values)
        case "length":
            guard let length = first.length else { throw wrong() }
            return .int(length)
        case "max", "min":
            let sorted = try Sorting.sorted(try list(), context)
            return (name == "max" ? sorted.last : sorted.first) ?? .none
        case "merge":
            var merged = JinjaDict()
            for value in values {
                guard let dict = value.dictValue else { throw wrong() }
                merged.merge(dict)
            }
            return .dict(merged)
        case "not_null": return values.first { !$0.isNone } ?? .none
        case "reverse":
            if case .string(let text) = first { return .string(String(scalars: text.unicodeScalars.reversed())) }
            return .list(try list().reversed())
        case "sort": return .list(try Sorting.sorted(try list(), context))
        case "to_array": return first.listValue == nil ? .list([first]) : first
        case "to_number":
            if first.boolValue == nil, first.number != nil { return first }
            guard case .string(let text) = first else { return .none }
            return Numbers.int(text).map(JinjaValue.int) ?? Numbers.double(text).map(JinjaValue.double) ?? .none
        case "to_string":
            if case .string = first { return first }
            return .string(
                try JSONWriter(itemSeparator: ",", keySeparator: ":").text(of: first))
        default: return .string(typeName(first))
        }
    }

    private static func typeName(_ value: JinjaValue) -> String {
        switch value {
        case .none, .undefined: "null"
        case .bool: "boolean"
        case .int, .double: "number"
        case .string: "string"
        case .list, .tuple: "array"
        case .dict, .object: "object"
        }
    }
}
