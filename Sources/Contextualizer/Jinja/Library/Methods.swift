/// The methods of Python's strings, lists and dicts.
enum Methods {
    private static let string: Set<String> = [
        "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "index",
        "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
        "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]
    private static let list: Set<String> = [
        "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
    ]
    private static let tuple: Set<String> = ["count", "index"]
    /// With Python 2's `iteritems` and `has_key`, which old recipes still call.
    private static let dict: Set<String> = [
        "clear", "copy", "fromkeys", "get", "has_key", "items", "iteritems", "iterkeys", "itervalues", "keys", "pop",
        "popitem", "setdefault", "update", "values",
    ]
    private static let changing: Set<String> = [
        "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
    ]

    static func exist(_ name: String, on value: JinjaValue) -> Bool {
        switch value {
        case .string: string.contains(name)
        case .list: list.contains(name)
        case .tuple: tuple.contains(name)
        case .dict: dict.contains(name)
        case .int, .bool: name == "bit_length"
        case .double: name == "is_integer"
        default: false
        }
    }

    /// Whether a method changes its receiver in place.
    static func changes(_ name: String, _ value: JinjaValue) -> Bool {
        switch value {
        case .list, .dict: changing.contains(name)
        default: false
        }
    }

    /// Calls a method that leaves its receiver alone, or calls another on a copy.
    static func call(
        _ name: String, on receiver: JinjaValue, _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        try context.count()
        var arguments = arguments
        for index in arguments.positional.indices where name != "get" || index == 0 {
            arguments.positional[index] = try context.plain(arguments.positional[index])
        }
        switch receiver {
        case .string(let text): return try StringMethods.call(name, text, arguments, context)
        case .dict(let dict) where !changing.contains(name): return try call(name, dict, arguments)
        case .list(let items) where !changing.contains(name), .tuple(let items):
            return try call(name, items, arguments)
        case .int(let number): return .int(Int.bitWidth - number.magnitude.leadingZeroBitCount)
        case .bool(let flag): return .int(flag ? 1 : 0)
        case .double(let number): return .bool(number == number.rounded())
        default:
            var copy = receiver
            return try change(name, &copy, arguments, context)
        }
    }

    private static func call(
        _ name: String, _ dict: JinjaDict, _ arguments: JinjaArguments
    ) throws(JinjaError) -> JinjaValue {
        switch name {
        case "items", "iteritems": return .list(dict.map { .tuple([$0.key, $0.value]) })
        case "keys", "iterkeys": return .list(dict.keys)
        case "values", "itervalues": return .list(dict.values)
        case "copy": return .dict(dict)
        case "get":
            guard let key = arguments.positional.first else {
                throw .type("get expected at least 1 argument, got 0")
            }
            try key.requireHashable()
            return dict[key] ?? arguments.value(1, "default") ?? .none
        case "has_key":
            guard let key = arguments.positional.first else { throw .type("has_key() takes exactly one argument") }
            return .bool(dict[key] != nil)
        case "fromkeys":
            let value = arguments.value(1, "value") ?? .none
            return .dict(JinjaDict((arguments.positional.first?.listValue ?? []).map { ($0, value) }))
        default: throw .type("'dict' object has no attribute '\(name)'")
        }
    }

    private static func call(
        _ name: String, _ items: [JinjaValue], _ arguments: JinjaArguments
    ) throws(JinjaError) -> JinjaValue {
        if name == "copy" { return .list(items) }
        guard let wanted = arguments.positional.first else { throw .type("\(name)() takes exactly one argument") }
        if name == "count" { return .int(items.count { $0.isEqual(to: wanted) }) }
        guard let index = items.firstIndex(where: { $0.isEqual(to: wanted) }) else {
            throw .value("\(wanted.repr) is not in list")
        }
        return .int(index)
    }

    // MARK: Methods that change their receiver

    /// Calls a method and gives the changed receiver back in place.
    static func change(
        _ name: String, _ receiver: inout JinjaValue, _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        try context.count()
        switch receiver {
        case .list(var items):
            let result = try change(name, &items, arguments, context)
            receiver = .list(items)
            return result
        case .dict(var dict):
            let result = try change(name, &dict, arguments, context)
            receiver = .dict(dict)
            return result
        default: throw .type("'\(receiver.typeName)' object has no attribute '\(name)'")
        }
    }

    private static func change(
        _ name: String, _ items: inout [JinjaValue], _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        func argument(_ index: Int) throws(JinjaError) -> JinjaValue {
            guard index < arguments.positional.count else { throw .type("\(name)() needs more arguments") }
            return try context.defined(arguments.positional[index])
        }
        switch name {
        case "append": items.append(try argument(0))
        case "extend": items += try context.items(of: try argument(0))
        case "clear": items = []
        case "reverse": items.reverse()
        case "sort":
            let isReverse = arguments["reverse"]?.isTrue ?? false
            items = try Sorting.sorted(items, isReverse: isReverse, context)
        case "insert":
            guard case .int(let index) = try argument(0) else { throw .type("insert() needs an integer") }
            let position = index < 0 ? max(0, index + items.count) : min(index, items.count)
            items.insert(try argument(1), at: position)
        case "remove":
            let wanted = try argument(0)
            guard let index = items.firstIndex(where: { $0.isEqual(to: wanted) }) else {
                throw .value("list.remove(x): x not in list")
            }
            items.remove(at: index)
        case "pop":
            let index = arguments.positional.isEmpty ? items.count - 1 : try argument(0).intValue ?? 0
            let position = index < 0 ? index + items.count : index
            guard items.indices.contains(position) else {
                throw .value(items.isEmpty ? "pop from empty list" : "pop index out of range")
            }
            return items.remove(at: position)
        default: throw .type("'list' object has no attribute '\(name)'")
        }
        try context.checkSize(items.count)
        return .none
    }

    private static func change(
        _ name: String, _ dict: inout JinjaDict, _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        switch name {
        case "update":
            if let first = arguments.positional.first {
                dict.merge(try pairs(of: try context.plain(first), context))
            }
            for (name, value) in arguments.named { dict[name] = value }
        case "clear": dict = JinjaDict()
        case "pop":
            guard let key = arguments.positional.first else { throw .type("pop expected at least 1 argument, got 0") }
            if let value = dict.removeValue(forKey: key) { return value }
            guard arguments.positional.count > 1 else { throw .value("KeyError: \(key.repr)") }
            return arguments.positional[1]
        case "popitem":
            guard let key = dict.keys.last, let value = dict.removeValue(forKey: key) else {
                throw .value("popitem(): dictionary is empty")
            }
            return .tuple([key, value])
        case "setdefault":
            guard let key = arguments.positional.first else {
                throw .type("setdefault expected at least 1 argument, got 0")
            }
            if let value = dict[key] { return value }
            let value = arguments.value(1, "default") ?? .none
            dict[key] = value
            return value
        default: throw .type("'dict' object has no attribute '\(name)'")
        }
        return .none
    }

    /// A mapping, or a sequence of pairs, as a dict.
    static func pairs(of value: JinjaValue, _ context: JinjaContext) throws(JinjaError) -> JinjaDict {
        if case .dict(let dict) = value { return dict }
        var dict = JinjaDict()
        for (index, item) in try context.items(of: value).enumerated() {
            guard let pair = item.listValue, pair.count == 2 else {
                throw .value("dictionary update sequence element #\(index) is no pair")
            }
            try pair[0].requireHashable()
            dict[pair[0]] = pair[1]
        }
        return dict
    }
}
